"""The records, in memory: of each business, by type and id."""

import copy
import itertools
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sbw_miniature.pointer import places
from sbw_miniature.resource import RESOURCES, Resource
from sbw_miniature.sameness import comparable
from sbw_miniature.schema import at

Value = dict[str, Any]
_VERSIONS = itertools.count(1)


@dataclass(frozen=True)
class Token:
    """Who a token speaks for: a business, an app by its id, and what it may do."""

    business: "Business"
    app: str
    scopes: frozenset[str]


@dataclass(frozen=True)
class Collection:
    """The records of one type in one business, in the order in which they were made.

    `records` maps an id to a number that grows from record to record, and the record's value.
    Nobody changes a value that stands here; a write puts another one in its place.
    """

    resource: Resource
    records: dict[str, tuple[int, Value]] = field(default_factory=dict)
    owners: dict[tuple[str, ...], str] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def get(self, identity: str) -> Value | None:
        """Return the record with an id, or None."""
        return self.records[identity][1] if identity in self.records else None

    def owner(self, external_id: Mapping[str, str]) -> Value | None:
        """Return the record that has an external id, or None."""
        return self.get(self.owners.get(_name(external_id), ""))

    def holder(self, pointer: str, record: Value) -> Value | None:
        """Return another record that has the Same text as this one at a pointer, or None."""
        text = comparable(at(self.resource.schema, pointer))
        wanted = {text(place.value) for place in places(record, pointer)}
        for _, other in self.records.values() if wanted else ():
            there = {text(place.value) for place in places(other, pointer)}
            if other["id"] != record["id"] and not wanted.isdisjoint(there):
                return other
        return None

    def put(self, record: Value) -> None:
        """Store a record, new or in the place of the one that it was."""
        known = self.records.get(record["id"])
        if known:
            self._forget(known[1])
        self.records[record["id"]] = (known[0] if known else next(self.numbers), record)
        self.owners.update((_name(one), record["id"]) for one in record["external_ids"])

    def remove(self, record: Value) -> None:
        """Forget a record and free its external ids."""
        self._forget(record)
        del self.records[record["id"]]

    def _forget(self, record: Value) -> None:
        for external_id in record["external_ids"]:
            del self.owners[_name(external_id)]


@dataclass(frozen=True)
class Business:
    """One customer: its own record and its collections by type."""

    record: Value
    collections: Mapping[str, Collection]

    @classmethod
    def named(cls, name: str) -> "Business":
        """Return a new business without records."""
        record = {"type": "business", **new_envelope(None), "name": name}
        return cls(record, {one.type: Collection(one) for one in RESOURCES if one.is_collection})

    def delete(self, collection: Collection, record: Value) -> None:
        """Delete a record, and let go the references that others have to it."""
        collection.remove(record)
        for other in self.collections.values():
            for pointer, target in other.resource.references.items():
                if target == record["type"]:
                    _release(other, pointer, record["id"])


def new_envelope(app: str | None) -> Value:
    """Return the members that a new record gets; `app` is the one that makes it."""
    now = _now()
    meta: Value = {"created_at": now, "updated_at": now, "version": str(next(_VERSIONS))}
    if app:
        meta["origin"] = {"app": app, "at": now}
    return {"id": secrets.token_hex(10), "meta": meta}


def next_meta(meta: Value) -> Value:
    """Return the `meta` of a record after a change: a new version, and a later instant."""
    earliest = _milliseconds(meta["updated_at"]) + 1
    return {**meta, "updated_at": _now(earliest), "version": str(next(_VERSIONS))}


def _release(collection: Collection, pointer: str, gone: str) -> None:
    """Take the references to a record that is gone out of those that have them."""
    holder, _, member = pointer.rpartition("/*")
    for record in [record for _, record in collection.records.values()]:
        if any(place.value["id"] == gone for place in places(record, pointer)):
            changed = copy.deepcopy(record)
            if holder:
                for place in places(changed, holder):
                    place.put([one for one in place.value if one[member[1:]]["id"] != gone])
            else:
                del changed[member[1:]]
            changed["meta"] = next_meta(record["meta"])
            collection.put(changed)


def _name(external_id: Mapping[str, str]) -> tuple[str, ...]:
    return (external_id["app"], external_id["id"], *filter(None, [external_id.get("account")]))


def _now(earliest: int = 0) -> str:
    milliseconds = max(time.time_ns() // 1_000_000, earliest)
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03}Z"


def _milliseconds(timestamp: str) -> int:
    return round(datetime.fromisoformat(timestamp).timestamp() * 1000)
