"""Strict writing, and the leniency that a consumer can ask for (RFC 7240)."""

from typing import Any

from sbw_conformance.checks import bodies, check, pointers
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.records import Records

LENIENT = {"Prefer": "handling=lenient"}
LENIENT_TOO = {"Prefer": "return=representation, handling=lenient"}
"""The same beside a preference for what the standard says anyway."""


@check("CORE-057", needs=["create"])
def lenient_write_drops_what_is_unknown(records: Records) -> None:
    """What is not stored is dropped and named, and all else is stored."""
    body = records.body(records.richest())
    places = [
        place for place in bodies.one_of_each(body, records.schema) if place != "/external_ids/0"
    ]
    spots = [f"{place}/{bodies.UNKNOWN_MEMBER}" for place in places[:2]]
    sent = body
    for spot in spots:
        sent = pointers.put(sent, spot, {"lost": [1]})
    for pointer in records.fit.limits.unsupported:
        value = bodies.exemplary(records.trial.run.standard, records.resource, pointer)
        if value is not None and pointer.count("/") == 1 and pointer != "/external_ids":
            sent, spots = {**sent, pointer[1:]: value}, [*spots, pointer]
    answer = records.post(sent, headers=LENIENT)
    _dropped(answer, spots)
    strict = records.post(records.body(records.richest()))
    lost = sorted(strict.value.keys() - answer.value.keys())
    answer.verify(not lost, "all that a strict write keeps", f"no {lost}")
    if "update" in records.operations:
        record = records.record(answer)
        spot = f"/{bodies.UNKNOWN_MEMBER}"
        change = {**record.change(1), spot[1:]: "lost"}
        answer = records.patch(record, change, headers=LENIENT_TOO)
        _dropped(answer, [spot])
        answer.must_reflect(record.change(1))


def _dropped(answer: Answer, spots: list[str]) -> None:
    answer.must_be_accepted("a lenient write")
    applied = (answer.exchange.header("preference-applied") or "none").replace(" ", "").lower()
    answer.verify("handling=lenient" in applied, "Preference-Applied: handling=lenient", applied)
    listed = _listed(answer)
    missing = [spot for spot in spots if spot not in listed]
    answer.verify(not missing, f"not_stored with {missing}", f"{listed}", pointer="/not_stored")
    kept = [spot for spot in spots if pointers.at(answer.value, spot) is not None]
    answer.verify(not kept, "nothing of what is not stored", f"{kept}")


def _listed(answer: Answer) -> list[Any]:
    found = answer.value.get("not_stored")
    return found if isinstance(found, list) else []


@check("CORE-058", needs=["create", "read"])
def nothing_dropped_is_nothing_named(records: Records) -> None:
    """`not_stored` stands in the one answer that it is about."""
    sent = {**records.body(), bodies.UNKNOWN_MEMBER: "lost"}
    dropped = _taken(records.post(sent, headers=LENIENT))
    control = dropped.trial.control
    control(bool(_listed(dropped)), "CORE-057", "not_stored", "none", dropped.exchange)
    record = records.record(dropped)
    answers = [records.get(record), records.post(records.body(), headers=LENIENT)]
    if "update" in records.operations:
        answers += [records.patch(record, record.change(1)).must_succeed(), records.get(record)]
    for answer in answers:
        got = "not_stored" in answer.value
        answer.verify(not got, "no not_stored", "not_stored", pointer="/not_stored")
    if "list" in records.operations:
        items = records.eventually(lambda items: any(i.get("id") == record.id for i in items))
        found = any("not_stored" in item for item in items)
        answers[0].verify(not found, "no not_stored in a list", "not_stored")


def _taken(answer: Answer) -> Answer:
    """Positive control: what is lenient takes the body; a create without it is not in question."""
    taken = 200 <= answer.status < 300
    wanted = "a create with `Prefer: handling=lenient` that works"
    answer.trial.control(taken, "CORE-057", wanted, answer.exchange.got, answer.exchange)
    return answer


@check("CORE-059", needs=["create"])
def lenient_is_not_careless(records: Records) -> None:
    """What is invalid is refused as ever: leniency drops no value that is known."""
    _taken(records.post(records.body(), headers=LENIENT))
    app = records.own_app()
    for example in records.invalid():
        schema = all(finding.keyword != "rule" for finding in example.findings)
        if not schema or any(map(bodies.refused_unknown, example.findings)):
            continue
        answer = records.post(records.marked(example.value, app), headers=LENIENT)
        answer.must_be_problem(422, "validation")
    records.must_not_exist(app)
