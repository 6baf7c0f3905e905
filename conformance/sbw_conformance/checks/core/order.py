"""Which refusal comes first where several things are wrong."""

from sbw_conformance.checks import bodies, check
from sbw_conformance.checks.records import Records

TEXT = {"Content-Type": "text/plain"}


@check("CORE-083", needs=["create", "update", "read"])
def first_refusal_decides(records: Records) -> None:
    """Each refusal comes before those that stand behind it in the order."""
    record = records.create()
    stale, record = record, records.update(record, record.change(1))
    broken, unknown = b'{"name": ', "sbw-no-such-record"
    bad, good = {bodies.UNKNOWN_MEMBER: "kept?"}, record.change(2)
    unknown_member = records.patch(record, bad)
    last, exchange = unknown_member.status, unknown_member.exchange
    control = records.trial.control
    control(last == 422, "CORE-055", "status 422", exchange.got, exchange)
    pairs = [
        (
            records.without_token("update", record),
            records.without_token("update", record, headers=TEXT),
            "a missing token before the media type",
            "CORE-010",
        ),
        (
            records.patch(unknown, good, if_match="*"),
            records.patch(unknown, body=broken, headers=TEXT),
            "an unknown record before the media type",
            "CORE-054",
        ),
        (
            records.patch(record, good, headers=TEXT),
            records.patch(record, body=broken, headers=TEXT),
            "the media type before broken JSON",
            "CORE-106",
        ),
        (
            records.patch(record, body=broken),
            records.patch(record, body=broken, if_match=None),
            "broken JSON before a missing If-Match",
            "CORE-051",
        ),
        (
            records.patch(record, good, if_match=None),
            records.patch(record, bad, if_match=None),
            "a missing If-Match before an unknown member",
            "CORE-042",
        ),
        (
            records.patch(record, good, if_match=stale.version),
            records.patch(record, bad, if_match=stale.version),
            "an old version before an unknown member",
            "CORE-041",
        ),
    ]
    for alone, both, what, requirement in pairs:
        refused = 400 <= alone.status < 500
        control(refused, requirement, "a refusal", alone.exchange.got, alone.exchange)
        both.verify(both.status == alone.status, f"status {alone.status}: {what}")
    if records.marks:
        taken = [dict(records.mark(record))]
        body = {**records.fit(records.fit.minimal), **bad, "external_ids": taken}
        answer = records.post(body)
        answer.verify(answer.status == last, f"status {last}: an unknown member before 409")
