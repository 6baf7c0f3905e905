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
    bad = {bodies.UNKNOWN_MEMBER: "kept?"}
    nobody = records.without_token("update", record, headers=TEXT)
    nobody.verify(nobody.status == 401, "status 401 before 415")
    for answer, status, what in (
        (records.patch(unknown, body=broken, headers=TEXT), 404, "404 before 415 and 400"),
        (records.patch(record, body=broken, headers=TEXT), 415, "415 before 400"),
        (records.patch(record, body=broken, if_match=None), 400, "400 before 428"),
        (records.patch(record, bad, if_match=None), 428, "428 before 422"),
        (records.patch(record, bad, if_match=stale.version), 412, "412 before 422"),
    ):
        answer.verify(answer.status == status, f"status {what}")
    if records.marks:
        taken = [dict(records.mark(record))]
        both = {**records.fit(records.fit.minimal), **bad, "external_ids": taken}
        answer = records.post(both)
        answer.verify(answer.status == 422, "status 422 before 409")
