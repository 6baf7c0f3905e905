"""HTTP as integrators rely on it: methods, media types, sizes, codings, pace."""

import gzip
import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from sbw_conformance.checks import check, observer
from sbw_conformance.checks.observing import Found, View
from sbw_conformance.checks.records import Record, Records
from sbw_conformance.checks.trial import ANONYMOUS, NotClaimed
from sbw_conformance.exchanges import Exchange

LEAST_BODY = 65_536
MOST_SENT = 8 * 1024 * 1024
"""Bytes of a body that the suite sends at most: a limit beyond it is not used up."""

METHODS = {"list": "GET", "read": "GET", "create": "POST", "update": "PATCH", "delete": "DELETE"}
STRUCTURED_DATE = re.compile(r"@-?[0-9]{1,15}")


@observer("CORE-037")
def records_are_not_cached_for_others(exchange: Exchange, _: View) -> list[Found] | None:
    """No cache between provider and consumer shows a record to somebody else."""
    many = exchange.request.operation == "batch" and exchange.status == 200
    some = many or exchange.record is not None or exchange.items is not None
    if exchange.request.resource is None or not some:
        return None
    said = (exchange.header("cache-control") or "").lower()
    parts = {part.split("=")[0].strip() for part in said.split(",")}
    if parts & {"private", "no-store"} and "public" not in parts:
        return []
    return [Found("CORE-037", "", "Cache-Control: private or no-store", said or "no Cache-Control")]


@check("CORE-010", needs=["read"], shapes=["singleton"])
def head_needs_a_token(records: Records) -> None:
    """Who asks for the headers only is asked for a token as well."""
    records.get().must_succeed()
    url, kind = records.url(), records.resource
    answer = records.trial.send("read", "HEAD", url, client=ANONYMOUS, resource=kind)
    answer.must_have_status(401)


@check("CORE-100", needs=["read"])
def head_is_get_without_a_body(records: Records) -> None:
    """Who asks for the headers only gets those of the record, as it has them or not."""
    record = records.create()
    wanted = records.read(record)
    answer = records.head(record)
    answer.must_have_status(wanted.status)
    size = len(answer.exchange.body)
    answer.verify(size == 0, "no body", f"{size} bytes")
    one, other = wanted.exchange.header("etag"), answer.exchange.header("etag")
    answer.verify(one == other, f"ETag: {one}", f"ETag: {other}")
    known = {"If-None-Match": f'"{record.version}"'}
    usual, control = records.get(record, headers=known), records.trial.control
    unchanged = usual.status == 304
    control(unchanged, "CORE-092", "status 304", usual.exchange.got, usual.exchange)
    records.head(record, headers=known).must_have_status(304)
    if records.resource.shape != "singleton":
        missing = records.trial.send(
            "read", "HEAD", records.url("sbw-no-such-record"), resource=records.resource
        )
        missing.must_have_status(404)


@check("CORE-101", needs=["read"])
def undefined_method_is_refused(records: Records) -> None:
    """An address says which methods it has."""
    record = records.create()
    records.confirm(record)
    item = records.operations & {"read", "update", "delete"}
    wanted = {METHODS[operation] for operation in item}
    for method in ("PUT", "POST"):
        answer = records.trial.send(
            "undefined", method, records.url(record.id), resource=records.resource, value={}
        )
        answer.must_refuse_its_method(wanted)
    records.read(record).must_show(record.value)


@check("CORE-102", needs=["read"])
def json_is_answered_where_it_is_accepted(records: Records) -> None:
    """However a client asks for JSON, and where it asks for nothing, JSON is what it gets."""
    record = records.create()
    usual = records.read(record).exchange.media_type
    accepted = ("application/*", "*/*", "text/html;q=0.9, application/json;q=0.1", "")
    for accept in accepted:
        answer = records.get(record, headers={"Accept": accept})
        answer.must_be_accepted(f"the record for Accept: {accept or '(none)'}")
        kind = answer.exchange.media_type
        answer.verify(kind == usual, f"{usual} as ever", kind)


@check("CORE-103", needs=["read"])
def unacceptable_format_is_refused(records: Records) -> None:
    """Who cannot read JSON is told that there is nothing else."""
    record = records.create()
    records.confirm(record)
    for accept in ("text/html", "application/xml, text/csv;q=0.5"):
        answer = records.get(record, headers={"Accept": accept})
        answer.verify(answer.status == 406, f"status 406 for Accept: {accept}")


def _most_bytes(records: Records) -> int | None:
    """The largest body that the landing page says is taken."""
    limits = (records.trial.run.landing or {}).get("limits") or {}
    found = limits.get("body_bytes")
    return int(found) if isinstance(found, int) else None


def _padded(body: dict[str, Any], size: int) -> bytes:
    """A body of just so many bytes, filled up with white space."""
    return json.dumps(body).encode().ljust(size)


@check("CORE-104", needs=["create"])
def large_body_is_taken(records: Records) -> None:
    """A body as large as the limit is no problem."""
    size = max(LEAST_BODY, _most_bytes(records) or 0)
    body = records.body()
    answer = records.post(body, body=_padded(body, size if size <= MOST_SENT else LEAST_BODY))
    answer.must_be_accepted(f"a body of {size} bytes")
    answer.must_hold(body)


@check("CORE-105", needs=["create"])
def larger_body_is_refused(records: Records) -> None:
    """One byte more than declared is too much, and nothing is stored."""
    size = _most_bytes(records)
    if size is None or size > MOST_SENT:
        raise NotClaimed("the landing page declares no limit that can be tried")
    records.create()
    app = records.own_app()
    answer = records.post(body=_padded(records.body(app=app), size + 1))
    answer.must_have_status(413)
    records.must_not_exist(app)


@check("CORE-106", needs=["create"])
def other_media_types_are_refused(records: Records) -> None:
    """Nothing is guessed from a body that does not say that it is JSON in UTF-8."""
    records.create()
    app = records.own_app()
    kinds = (
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "application/json; charset=iso-8859-1",
    )
    for kind in kinds:
        answer = records.post(records.body(app=app), headers={"Content-Type": kind})
        answer.verify(answer.status == 415, f"status 415 for {kind}")
    records.must_not_exist(app)
    if {"update", "read"} <= records.operations:
        record = records.create()
        records.confirm(record)
        for kind in kinds[:1] + kinds[-1:]:
            answer = records.patch(record, record.change(1), headers={"Content-Type": kind})
            answer.verify(answer.status == 415, f"status 415 for {kind}")
        records.read(record).must_show(record.value)


@check("CORE-107", needs=["create"])
def json_is_taken_by_each_of_its_names(records: Records) -> None:
    """A media type with its charset, or in other case, is the same media type."""
    for kind in (
        "application/json",
        "application/json; charset=utf-8",
        'Application/JSON;charset="UTF-8"',
    ):
        body = records.body()
        answer = records.post(body, headers={"Content-Type": kind})
        answer.must_be_accepted(f"a create in {kind}").must_hold(body)
    if "update" in records.operations:
        record = records.create()
        for number, kind in enumerate(
            ("application/json", "application/merge-patch+json; charset=utf-8"), 1
        ):
            change = record.change(number)
            answer = records.patch(record, change, headers={"Content-Type": kind})
            answer.must_be_accepted(f"an update in {kind}").must_reflect(change)
            record = Record(answer.value, record.first, record.second)


@check("CORE-108", needs=["create"])
def compressed_body_is_read_or_refused(records: Records) -> None:
    """A body that is compressed, in one piece or several, is read as what it is, or not at all."""
    body = records.body()
    text = json.dumps(body).encode()
    half = len(text) // 2
    packed = gzip.compress(text[:half]) + gzip.compress(text[half:])  # RFC 1952, section 2.2
    answer = records.post(body, body=packed, headers={"Content-Encoding": "gzip"})
    taken = 200 <= answer.status < 300
    answer.verify(taken or answer.status == 415, "success or status 415")
    if taken:
        answer.must_hold(body)
    else:
        records.create()  # to refuse whatever comes is no refusal of this


@check("CORE-109", needs=["read"])
def answer_is_compressed_only_where_that_is_accepted(records: Records) -> None:
    """Who does not understand gzip is not sent it."""
    record = records.create(records.richest() if "create" in records.operations else None)
    usual = records.read(record).value
    plain = {"Accept-Encoding": "identity"}
    for headers in (plain, {"Accept-Encoding": "gzip;q=0"}, {"Accept-Encoding": ""}):
        answer = records.get(record, headers=headers).must_succeed()
        _is_plain(answer)
        answer.must_show(usual)
    answer = records.get(record, headers={"Accept-Encoding": "gzip"}).must_succeed()
    said = (answer.exchange.header("content-encoding") or "identity").lower()
    answer.verify(said in {"gzip", "identity"}, "gzip or nothing", said)
    answer.must_show(usual)
    if "list" in records.operations:
        page = records.trial.send(
            "list", "GET", records.url(), resource=records.resource, headers=plain
        )
        _is_plain(page.must_succeed())


def _is_plain(answer: Any) -> None:
    said = (answer.exchange.header("content-encoding") or "identity").strip().lower()
    answer.verify(said == "identity", "no Content-Encoding", f"Content-Encoding: {said}")


@observer("CORE-110", seldom=True)
def throttled_requests_are_told_when_to_come_back(
    exchange: Exchange, _: View
) -> list[Found] | None:
    """Who asks too often learns how long to wait."""
    if exchange.status != 429:
        return None
    found, said = [], exchange.header("retry-after")
    if not _is_pause(said):
        found.append(Found("CORE-110", "", "Retry-After", f"Retry-After: {said}"))
    if not exchange.got.endswith("problem type rate-limited"):
        found.append(Found("CORE-110", "/type", "problem type rate-limited", exchange.got))
    return found


def _is_pause(said: str | None) -> bool:
    """Whether a header is seconds or a date (RFC 9110, section 10.2.3)."""
    if said is None or not said.strip():
        return False
    return (said.strip().isascii() and said.strip().isdecimal()) or _date(said) is not None


def _date(said: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(said)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@observer("CORE-111", seldom=True)
def end_of_life_is_a_date(exchange: Exchange, _: View) -> list[Found] | None:
    """An API that will go says when, in the form that programs read."""
    deprecated, sunset = exchange.header("deprecation"), exchange.header("sunset")
    if deprecated is None and sunset is None:
        return None
    found, since = [], None
    if deprecated is not None and not STRUCTURED_DATE.fullmatch(deprecated.strip()):
        found.append(Found("CORE-111", "", "Deprecation: @ and seconds", deprecated))
    elif deprecated is not None:
        since = int(deprecated.strip()[1:])
    until = _date(sunset) if sunset is not None else None
    if sunset is not None and until is None:
        found.append(Found("CORE-111", "", "Sunset: an HTTP date", sunset))
    if since is not None and until is not None and until.timestamp() < since:
        found.append(Found("CORE-111", "", "Sunset after Deprecation", f"{sunset}"))
    return found
