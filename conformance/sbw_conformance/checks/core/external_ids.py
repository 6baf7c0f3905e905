"""External ids: kept, unique, free again after a deletion; and the filters that stand on them."""

from datetime import timedelta
from typing import Any

from sbw_conformance.checks import bodies, check
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.bodies import instant
from sbw_conformance.checks.core.representation import LONGER_THAN_A_CLOCK_TICK
from sbw_conformance.checks.records import Record, Records, ids

SPECIAL = "a/b %2F+c ü:山=?&#"
"""Characters that a URL or a careless query would spoil."""


@check("CORE-060", needs=["create", "read", "external_id"])
def ten_external_ids_are_kept(records: Records) -> None:
    """Ten names for one record come back, with accounts and with any character in them."""
    body = records.body()
    app = records.own_app()
    body["external_ids"] += [{"app": app, "id": f"{SPECIAL}{number}"} for number in range(7)]
    body["external_ids"] += [
        {"app": app, "account": account, "id": account} for account in ("x", "y")
    ]
    created = records.post(body)
    created.verify(200 <= created.status < 300, "a record with ten external ids")
    created.must_hold({"external_ids": body["external_ids"]})
    answer = records.get(Record(created.value, {}, {}))
    answer.must_hold({"external_ids": body["external_ids"]})


def _names(answer: Answer, record: Record) -> None:
    kind = {"type": record.value.get("type"), "id": record.id}
    value = answer.exchange.json
    named_record = value.get("record") if isinstance(value, dict) else None
    got = named_record if isinstance(named_record, dict) else {}
    answer.verify(
        {name: got.get(name) for name in kind} == kind, f"record {kind}", f"record {named_record}"
    )


@check("CORE-061", needs=["create", "read", "external_id"])
def second_record_with_external_id_is_refused(records: Records) -> None:
    """A second create with an external id makes no second record, and says which is there."""
    record = records.create()
    mark = records.mark(record)
    other_account = {
        **records.fit(records.fit.minimal),
        "external_ids": [{**mark, "account": "other"}, records.external_id()],
    }
    answer = records.post(other_account)
    answer.verify(200 <= answer.status < 300, "a record with that id under another account")
    app = records.own_app()
    again = records.body(app=app)
    again["external_ids"].append(mark)
    answer = records.post(again)
    answer.must_be_problem(409, "duplicate-external-id")
    _names(answer, record)
    records.must_not_exist(app)
    records.read(record).must_show(record.value)


@check("CORE-062", needs=["create", "update", "read", "external_id"])
def external_id_of_other_record_is_refused(records: Records) -> None:
    """An update cannot take the name of another record; its own names it can send again."""
    owner, record = records.create(), records.create()
    taken = [*bodies.external_ids(record.value), records.mark(owner)]
    answer = records.patch(record, {"external_ids": taken})
    answer.must_be_problem(409, "duplicate-external-id")
    records.read(record).must_show(record.value)
    records.read(owner).must_show(owner.value)
    added = [*bodies.external_ids(record.value), records.external_id()]
    records.patch(record, {"external_ids": added}).must_succeed().must_hold({"external_ids": added})


@check("CORE-063", needs=["create", "read", "delete", "external_id"])
def deletion_frees_external_ids(records: Records) -> None:
    """A name that no record has any more is free for another record."""
    body = records.body(app=records.own_app())
    first = records.post(body).must_succeed().value["id"]
    records.delete(first).must_succeed()
    answer = records.post({**records.body(), "external_ids": body["external_ids"]})
    answer.verify(200 <= answer.status < 300, "a record with the external id of the deleted one")
    again = answer.value["id"]
    answer.verify(again != first, "an id of its own", f"{first} again", pointer="/id")
    if "update" in records.operations:
        change = {"external_ids": [records.external_id()]}
        records.update(records.record(answer), change)
        answer = records.post({**records.body(), "external_ids": body["external_ids"]})
        answer.verify(200 <= answer.status < 300, "a record with the external id that was taken")


@check("CORE-064", needs=["create", "list", "external_id"])
def external_id_selects_records(records: Records) -> None:
    """The filter finds every record with the app, or with the id of the app, and no other."""
    app = records.own_app()
    close = f"{app}x"
    given = [(app, SPECIAL), (app, f"{SPECIAL}2"), (app, "x"), (close, "x"), (close, SPECIAL)]
    made = [records.post(_body(records, entry)).value["id"] for entry in given]
    wanted: dict[str, list[str]] = {}
    for (name, number), record_id in zip(given, made, strict=True):
        wanted.setdefault(name, []).append(record_id)
        wanted.setdefault(f"{name}:{number}", []).append(record_id)
    for value, expected in {**wanted, f"{app}:X": []}.items():
        selects(records, expected, external_id=value)


def _body(records: Records, entry: tuple[str, str]) -> dict[str, Any]:
    body = records.body()
    body["external_ids"].append({"app": entry[0], "id": entry[1]})
    return body


def selects(records: Records, expected: list[str], **filters: str) -> None:
    """Assert that a filter selects just these records."""

    def complete(items: list[dict[str, Any]]) -> bool:
        return set(expected) <= set(ids(items))

    items = records.eventually(complete, **filters)
    exchange = records.trial.exchanges[-1]
    got = ids(items)
    text = ", ".join(f"{name}={value}" for name, value in filters.items())
    missing = [one for one in expected if one not in got]
    records.trial.verify(
        not missing,
        f"{len(expected)} records for {text}",
        f"{len(missing)} of them missing",
        exchange,
    )
    more = [one for one in got if one not in expected]
    records.trial.verify(not more, f"no other record for {text}", f"{len(more)} others", exchange)


@check("CORE-065", needs=["create", "list", "updated_since"])
def updated_since_selects_records(records: Records) -> None:
    """The filter finds what changed at the instant or later, and nothing older on any page."""
    app = records.own_app()
    one, two, early = records.many([records.body(app=app) for _ in range(3)])
    records.trial.pause(LONGER_THAN_A_CLOCK_TICK)
    late = records.record(records.post(records.body(app=app)))
    since = _later(records, late, early)
    _changed_since(records, since, present=[late], absent=[early])
    if "update" in records.operations:
        records.trial.pause(LONGER_THAN_A_CLOCK_TICK)
        one, two = (records.update(record, record.change(1)) for record in (one, two))
        since = _later(records, one, late)
        offered = records.trial.run.offers(records.resource)
        ours = {"external_id": app} if records.marks and "external_id" in offered else {}
        absent = [early, late]
        _changed_since(records, since, present=[one, two], absent=absent, limit=1, **ours)
        after = instant(two.value["meta"]["updated_at"]) + timedelta(milliseconds=1)
        text = after.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        _changed_since(records, text, present=[], absent=[one, two, *absent])


def _later(records: Records, one: Record, other: Record) -> str:
    """When a record changed; that it is later than the change of another is a control."""
    since, before = one.value["meta"]["updated_at"], other.value["meta"]["updated_at"]
    exchange = records.trial.exchanges[-1]
    later = instant(since) > instant(before)
    records.trial.control(later, "CORE-034", f"an instant later than {before}", since, exchange)
    return str(since)


def _changed_since(
    records: Records, since: str, *, present: list[Record], absent: list[Record], **more: Any
) -> None:
    wanted = {record.id for record in present}
    items = records.eventually(lambda items: wanted <= set(ids(items)), updated_since=since, **more)
    exchange, got = records.trial.exchanges[-1], set(ids(items))
    records.trial.verify(
        wanted <= got, f"the record of {since} for updated_since={since}", "not listed", exchange
    )
    old = {record.id for record in absent} & got
    records.trial.verify(not old, f"nothing older than {since}", f"{len(old)} listed", exchange)
