"""Optional filters of lists: what they select, and nothing else."""

from collections.abc import Iterable, Iterator
from typing import Any

from sbw_conformance.checks import bodies, check, pointers
from sbw_conformance.checks.core.external_ids import selects
from sbw_conformance.checks.records import Record, Records, ids
from sbw_conformance.checks.trial import NotClaimed
from sbw_validator.values import same

MANY = 12
"""Records that are asked for by their ids, but for one."""


def _declared(records: Records) -> set[str]:
    return set(records.trial.run.said(records.resource).get("filters") or ())


def naming(records: Records, record: Record) -> Iterator[dict[str, Any]]:
    """A query for each declared filter that the record fits."""
    offered = _declared(records)
    if "ids" in offered:
        yield {"ids": record.id}
    for name, pattern in records.resource.selectors.items():
        if name in offered:
            yield from ({name: value} for value in _values(record, pattern)[:1])


@check("CORE-066", needs=["create", "list"])
def ids_select_records(records: Records) -> None:
    """Who knows ids gets the records with them in one request."""
    if "ids" not in _declared(records):
        raise NotClaimed(f"{records.resource.type} declares no filter ids")
    made = [record.id for record in records.many([records.body() for _ in range(MANY)])]
    selects(records, made[:-1], ids=",".join(made[:-1]))
    selects(records, made[-1:], ids=made[-1])
    selects(records, made[:1], ids=f"{made[0]},sbw-no-such-record")


@check("CORE-067", needs=["create", "list"])
def member_selects_records(records: Records) -> None:
    """A filter for a member finds the records that have the value, and no others."""
    offered = _declared(records)
    selectors = {name: at for name, at in records.resource.selectors.items() if name in offered}
    if not selectors:
        raise NotClaimed(f"{records.resource.type} declares no filter for a member")
    app = records.own_app()
    rich, twin = records.many([records.body(records.richest(), app) for _ in range(2)])
    plain = records.record(records.post(records.body(app=app)))
    others = [plain, *_in_other_case(records, rich, selectors.values(), app)]
    done = 0
    for name, pattern in selectors.items():
        theirs = _values(plain, pattern)
        for value in [one for one in _values(rich, pattern) if one not in theirs][:1]:
            without = [other for other in others if value not in _values(other, pattern)]
            both = [one for one in (rich, twin) if value in _values(one, pattern)]
            for number, spelled in enumerate(dict.fromkeys([value, _respelled(value)])):
                more = {"limit": 1} if number == 0 else {}
                query = {name: spelled, **_only(records, app), **more}
                _finds(records, pattern, query, both, without)
            done += 1
    if not done:
        raise NotClaimed("no member of a declared filter is stored")


def _only(records: Records, app: str) -> dict[str, str]:
    """What keeps the records of other checks out of a list."""
    offered = records.trial.run.offers(records.resource)
    by_app = records.marks and "external_id" in offered
    return {"external_id": app} if by_app else {"updated_since": f"{records.trial.run.start}"}


def _in_other_case(
    records: Records, rich: Record, patterns: Iterable[str], app: str
) -> Iterator[Record]:
    """A record whose e-mail addresses are nearly another's: in other case, or with more behind."""
    body = bodies.written(rich.value, records.schema)
    changed = False
    for pattern in patterns:
        places = [p for p in pointers.places(body, pattern) if "@" in str(pointers.at(body, p))]
        first = pointers.at(body, places[0]) if places else ""
        local, at_sign, domain = str(first).rpartition("@")
        near = [f"{local.swapcase()}{at_sign}{domain}", f"{local}@{domain.lower()}.example"]
        for place, value in zip(places, near, strict=False):
            changed = changed or value != first
            body = pointers.put(body, place, value)
    if changed:
        yield records.record(records.post(records.body(body, app)))


def _values(record: Record, pattern: str) -> list[Any]:
    return [pointers.at(record.value, place) for place in pointers.places(record.value, pattern)]


def _respelled(value: Any) -> Any:
    if not isinstance(value, str) or "@" not in value:
        return value
    local, _, domain = value.rpartition("@")
    return f"{local}@{domain.swapcase()}"


def _finds(
    records: Records, pattern: str, query: dict[str, Any], those: list[Record], others: list[Record]
) -> None:
    """The filter, which comes first in the query, finds those records and no other ones."""
    (name, value), *_ = query.items()
    wanted = {record.id for record in those}
    items = records.eventually(lambda items: wanted <= set(ids(items)), **query)
    exchange, found = records.trial.exchanges[-1], ids(items)
    what = f"{name}={value}"
    missing = len(wanted.difference(found))
    records.trial.verify(not missing, f"each record with {what}", f"{missing} not listed", exchange)
    odd = [other.id for other in others if other.id in found]
    records.trial.verify(not odd, f"no record without {what}", f"{odd} listed", exchange)
    leaf = {
        "$defs": records.schema.get("$defs", {}),
        "allOf": [dict(one) for one in bodies.schemas_at(records.schema, pattern)],
    }
    for item in items:
        held = [pointers.at(item, place) for place in pointers.places(item, pattern)]
        fits = any(one == value or same(one, value, leaf) for one in held)
        records.trial.verify(fits, f"{what} in each item", f"{held}", exchange, pointer=pattern)
