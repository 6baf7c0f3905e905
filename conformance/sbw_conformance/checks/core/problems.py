"""Refusals: their form, their reason, and that a refused write leaves nothing behind."""

import json
from typing import Any

from sbw_conformance.checks import bodies, check, observer, pointers
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.observing import Found, View
from sbw_conformance.checks.records import Records
from sbw_conformance.exchanges import Exchange

STRICT = {"Prefer": "handling=strict"}
"""What holds where nothing is preferred (RFC 7240, section 4.4)."""


@observer("CORE-050")
def refusals_are_problems(exchange: Exchange, view: View) -> list[Found] | None:
    """Every answer from 400 on is a valid problem document with the status it came with."""
    if exchange.status < 400 or exchange.request.method == "HEAD":
        return None
    if exchange.media_type != "application/problem+json":
        got = exchange.media_type or "no content type"
        return [Found("CORE-050", "", "application/problem+json", got)]
    problem = exchange.json
    findings = view.schemas.validator("problem", "full").findings(problem)
    if findings:
        return [Found("CORE-050", f.pointer, f.expected, f.got) for f in findings]
    if problem["status"] != exchange.status:
        return [Found("CORE-050", "/status", str(exchange.status), str(problem["status"]))]
    return []


def _broken(body: dict[str, Any]) -> dict[str, bytes]:
    """Bodies that are no I-JSON, each close to a good one."""
    good = json.dumps(body)
    name = next(iter(body))
    member = f"{json.dumps(name)}: {json.dumps(body[name])}"
    return {
        "a body that is cut off": good[:-1].encode(),
        "a comma too many": f"{good[:-1]},}}".encode(),
        "a member name twice": f"{{{member}, {good[1:]}".encode(),
        "NaN": f'{good[:-1]}, "x": NaN}}'.encode(),
        "more after the end": f"{good} {good}".encode(),
        "bytes that are no UTF-8": good[:-1].encode() + b', "x": "\xff"}',
        "no body": b"",
    }


@check("CORE-051", needs=["create"])
def broken_json_is_refused(records: Records) -> None:
    """Nothing is guessed from a body that is no I-JSON, and nothing is stored."""
    records.create()
    app = records.own_app()
    for body in _broken(records.body(app=app)).values():
        records.post(body=body).must_be_problem(400, "malformed")
    records.must_not_exist(app)
    if {"update", "read"} <= records.operations:
        record = records.create()
        records.confirm(record)
        for body in _broken(record.change(1)).values():
            records.patch(record, body=body).must_be_problem(400, "malformed")
        records.read(record).must_show(record.value)


@check("CORE-052", needs=["create"])
def invalid_body_is_refused(records: Records) -> None:
    """Each invalid example is refused with its place, created or written over, and not stored."""
    records.create()
    app = records.own_app()
    for example in records.invalid():
        if any(bodies.refused_unknown(finding) for finding in example.findings):
            continue
        answer = records.post(records.marked(example.value, None if _breaks_rule(example) else app))
        if not _left_to_rule(example, answer):
            answer.must_be_problem(422, "validation", _shifted(example, records.marks))
    for text in (b"[]", b'"text"', b"null"):
        records.post(body=text).must_be_problem(422, "validation", {""})
    records.must_not_exist(app)


def _left_to_rule(example: bodies.Example, answer: Answer) -> bool:
    """Whether the checks of a rule judge the answer: it accepts what the rule forbids."""
    return _breaks_rule(example) and 200 <= answer.status < 300


def _breaks_rule(example: bodies.Example) -> bool:
    return all(finding.keyword == "rule" for finding in example.findings)


def _shifted(example: bodies.Example, moved: bool) -> set[str]:  # noqa: FBT001  # a fact
    """The places of a refusal in the body that is sent, where our external id stands first."""
    found = set()
    for pointer in example.pointers:
        parts = pointer.split("/")
        if moved and parts[1:2] == ["external_ids"] and parts[2:3] and parts[2].isdecimal():
            parts[2] = str(int(parts[2]) + 1)
        found.add("/".join(parts))
    return found


@check("CORE-052", needs=["update", "read"])
def invalid_update_is_refused(records: Records) -> None:
    """An update that would leave the record invalid is refused with its place, changing nothing."""
    record = records.create()
    records.confirm(record)
    run, resource = records.trial.run, records.resource
    content = bodies.written(record.value, records.schema)
    for example in records.invalid():
        patch = {name: v for name, v in example.value.items() if name != "external_ids"}
        after = bodies.merged(content, patch)
        findings = bodies.findings(run.standard, resource, after)
        if not findings or any(map(bodies.refused_unknown, findings)):
            continue
        pointers = {pointer for finding in findings for pointer in finding.pointers}
        answer = records.patch(record, patch)
        if _left_to_rule(example, answer):
            record = records.record(answer)
        else:
            answer.must_be_problem(422, "validation", pointers)
    records.read(record).must_show(record.value)


@check("CORE-053", needs=["list"])
def unknown_parameter_is_refused(records: Records) -> None:
    """A filter that does not exist is not passed over in silence."""
    records.page().must_succeed()
    for name in ("sbw_no_such_parameter", "Limit", "offset"):
        records.page(**{name: "1"}).must_be_problem(400, "unknown-parameter")
    if {"create", "read"} <= records.operations:
        record = records.create()
        records.read(record)
        answer = records.get(record, query={"sbw_no_such_parameter": "1"})
        answer.must_be_problem(400, "unknown-parameter")


@check("CORE-054", needs=["create", "read"])
def unknown_id_is_not_found(records: Records) -> None:
    """An id of any form that was never given out names no record."""
    record = records.create()
    records.read(record)
    unknown = (
        "sbw-no-such-record",
        "00000000-0000-4000-8000-00000000dead",
        "999999999999999999",
        f"{record.id}x",
    )
    for record_id in unknown:
        records.get(record_id).must_have_status(404)
    if "update" in records.operations:
        records.patch(unknown[0], record.change(1), if_match="*").must_have_status(404)
    if "delete" in records.operations:
        records.delete(unknown[0]).must_have_status(404)


@check("CORE-055", needs=["create"])
def unknown_member_is_refused(records: Records) -> None:
    """A member that would be lost is refused wherever it stands, and nothing is stored."""
    example = records.richest()
    records.create(example)
    app = records.own_app()
    for place in bodies.one_of_each(example, records.schema):
        spot = f"{_in_body(place)}/{bodies.UNKNOWN_MEMBER}"
        sent = pointers.put(records.body(example, app), spot, "kept?")
        records.post(sent).must_be_problem(422, "not-stored", {spot})
    records.must_not_exist(app)
    if {"update", "read"} <= records.operations:
        record = records.create()
        records.confirm(record)
        change = {**record.change(1), f"~{bodies.UNKNOWN_MEMBER}/": "kept?"}
        answer = records.patch(record, change, headers=STRICT)
        answer.must_be_problem(422, "not-stored", {f"/~0{bodies.UNKNOWN_MEMBER}~1"})
        records.read(record).must_show(record.value)


def _in_body(pointer: str) -> str:
    """Where an object of an example stands in the body, in which our external id comes first."""
    return pointer.replace("/external_ids/0", "/external_ids/1")


@check("CORE-056", needs=["list", "limit"])
def unusable_parameter_is_refused(records: Records) -> None:
    """A parameter that makes no sense is not passed over in silence."""
    records.page(limit=1).must_succeed()
    wrong = [
        ("limit", "0"),
        ("limit", ""),
        ("limit", "ten"),
        ("cursor", "sbw-no-such-cursor"),
    ]
    if "updated_since" in records.resource.filters:
        wrong += [("updated_since", "yesterday"), ("updated_since", "2026-02-30T00:00:00Z")]
    for name, value in wrong:
        records.page(**{name: value}).must_be_problem(400, "invalid-parameter")
