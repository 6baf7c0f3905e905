"""References between records: written by id or external id, and kept whole by deletions."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sbw_reference import places
from sbw_reference.decisions import WRITTEN
from sbw_reference.entries import named
from sbw_reference.offers import EXTERNAL_IDS, Offer, Provider
from sbw_reference.places import EACH, Path, Pattern
from sbw_reference.problems import Problem, Refusal
from sbw_reference.records import ExternalKey, Row, external_keys
from sbw_reference.store import CHANGED, Change
from sbw_reference.turns import Turn
from sbw_reference.writes import Write
from sbw_validator.findings import Finding, pointer_to

REQUIREMENT = "CORE-140"
RESTRICT, RELEASE = "restrict", "release"
NOBODY = "-"
Reference = Mapping[str, Any]


def resolved(write: Write, turn: Turn, body: Any) -> tuple[Any, tuple[Finding, ...]]:
    """Return a body in which references have ids, and what is said against the others."""
    unknown = []
    for pattern, ref in write.offer.refs:
        for path, value in list(places.found(body, pattern)):
            key = _key(value)
            if key is None:
                continue
            kind = value.get("type", ref.types[0])
            owner = turn.owners([key], turn.tenant, kind).get(key)
            found = write.behaviour.reference(value, owner)
            if found is None:
                unknown.append(_unknown(path))
                found = {"type": kind, "id": NOBODY}
            body = places.put(body, path, found)
    return body, tuple(unknown)


def _key(value: Any) -> ExternalKey | None:
    """Return the external id that a reference is written by."""
    if not isinstance(value, Mapping) or "id" in value or not isinstance(value.get(WRITTEN), dict):
        return None
    return external_keys({EXTERNAL_IDS: [value[WRITTEN]]})[0]


def dangling(
    write: Write, turn: Turn, before: Mapping[str, Any], body: Mapping[str, Any]
) -> Iterator[Finding]:
    """Yield the new references to records that there are not."""
    for pattern, ref in write.offer.refs:
        old = {named(value) for _, value in places.found(before, pattern)}
        seen: dict[str, bool] = {}
        for path, value in places.found(body, pattern):
            name, kind, id_ = named(value), value.get("type", ref.types[0]), str(value["id"])
            if name in old or id_ == NOBODY:
                continue
            if name not in seen:
                seen[name] = kind in ref.types and turn.find(kind, id_) is not None
            if not seen[name]:
                yield _unknown(path)


def _unknown(path: Path) -> Finding:
    place = pointer_to(*path)
    return Finding(REQUIREMENT, place, "a record that there is", "", "", "reference")


def released(provider: Provider, offer: Offer, turn: Turn, row: Row) -> list[Change]:
    """Return the changes of the records that refer to one which is deleted.

    Where one of them holds on to it, the deletion is refused.
    """
    behaviour = provider.behaviour
    name = named({"type": row.type, "id": row.id})
    rows: dict[tuple[str, str], tuple[Offer, Row, dict[str, Any]]] = {}
    for referrer, pattern, ref in provider.referrers.get(offer.type, ()):
        rule = behaviour.on_delete(ref.on_delete)
        having = turn.having(referrer.type, ref.pointer, [name])
        others = [one for _, one in having if (one.type, one.id) != (row.type, row.id)]
        if others and rule == RESTRICT:
            record = (referrer.type, others[0].id)
            raise Refusal(Problem(409, "in-use", "Another record refers to it.", record=record))
        for one in behaviour.released(tuple(others)) if rule == RELEASE else ():
            place = (one.type, one.id)
            body = rows[place][2] if place in rows else dict(one.body)
            rows[place] = (referrer, one, free(body, pattern, name))
    return [_change(provider, turn, *found) for found in rows.values()]


def free(body: dict[str, Any], pattern: Pattern, name: str) -> dict[str, Any]:
    """Return a body without the references to a record, or the elements that hold them."""
    paths = [path for path, value in places.found(body, pattern) if named(value) == name]
    for path in reversed(paths):
        depth = max((i + 1 for i, part in enumerate(pattern) if part == EACH), default=len(path))
        body = places.without(body, path[:depth])
        if isinstance(path[depth - 1], int) and not places.at(body, path[: depth - 1]):
            body = places.without(body, path[: depth - 1])
    return body


def _change(provider: Provider, turn: Turn, offer: Offer, row: Row, body: dict[str, Any]) -> Change:
    behaviour = provider.behaviour
    number = turn.sequence()
    made, changed = behaviour.times(row, turn.now)
    version = behaviour.version(row, body, number)
    after = replace(row, version=version, created_at=made, updated_at=changed, body=body)
    return Change(CHANGED, number, after, offer.held(body), row, offer.held(row.body))
