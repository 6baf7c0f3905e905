"""Optional filters of lists: what they select, and nothing else."""

from collections.abc import Iterable, Iterator
from typing import Any

from sbw_conformance.checks import bodies, check, pointers
from sbw_conformance.checks.core.external_ids import selects
from sbw_conformance.checks.records import Record, Records, ids
from sbw_conformance.checks.trial import NotClaimed
from sbw_validator.values import same


def _declared(records: Records) -> set[str]:
    return set(records.trial.run.said(records.resource).get("filters") or ())


@check("CORE-066", needs=["create", "list"])
def ids_select_records(records: Records) -> None:
    """Who knows ids gets the records with them in one request."""
    if "ids" not in _declared(records):
        raise NotClaimed(f"{records.resource.type} declares no filter ids")
    made = [records.create().id for _ in range(3)]
    selects(records, made[:2], ids=",".join(made[:2]))
    selects(records, made[2:], ids=made[2])
    selects(records, made[:1], ids=f"{made[0]},sbw-no-such-record")


@check("CORE-067", needs=["create", "list"])
def member_selects_records(records: Records) -> None:
    """A filter for a member finds the records that have the value, and no others."""
    offered = _declared(records)
    selectors = {name: at for name, at in records.resource.selectors.items() if name in offered}
    if not selectors:
        raise NotClaimed(f"{records.resource.type} declares no filter for a member")
    rich, plain = records.create(records.richest()), records.create()
    others = [plain, *_in_other_case(records, rich, selectors.values())]
    done = 0
    for name, pattern in selectors.items():
        theirs = _values(plain, pattern)
        for value in [one for one in _values(rich, pattern) if one not in theirs][:1]:
            without = [other for other in others if value not in _values(other, pattern)]
            for spelled in dict.fromkeys([value, _respelled(value)]):
                _finds(records, name, pattern, spelled, rich, without)
            done += 1
    if not done:
        raise NotClaimed("no member of a declared filter is stored")


def _in_other_case(records: Records, rich: Record, patterns: Iterable[str]) -> Iterator[Record]:
    """A record whose e-mail addresses differ from another's in the case of the local part."""
    body = bodies.written(rich.value, records.schema)
    changed = False
    for pattern in patterns:
        for place in pointers.places(body, pattern):
            value = pointers.at(body, place)
            local, at_sign, domain = str(value).rpartition("@")
            if at_sign and local.swapcase() != local:
                body = pointers.put(body, place, f"{local.swapcase()}@{domain}")
                changed = True
    if changed:
        yield records.create(body)


def _values(record: Record, pattern: str) -> list[Any]:
    return [pointers.at(record.value, place) for place in pointers.places(record.value, pattern)]


def _respelled(value: Any) -> Any:
    if not isinstance(value, str) or "@" not in value:
        return value
    local, _, domain = value.rpartition("@")
    return f"{local}@{domain.swapcase()}"


def _finds(  # noqa: PLR0913, PLR0917  # what is asked for, and both records
    records: Records, name: str, pattern: str, value: Any, rich: Record, others: list[Record]
) -> None:
    query = {name: value, "updated_since": records.trial.run.start}
    items = records.eventually(lambda items: rich.id in ids(items), **query)
    exchange, found = records.trial.exchanges[-1], ids(items)
    what = f"{name}={value}"
    records.trial.verify(rich.id in found, f"the record with {what}", "not listed", exchange)
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
