"""What a write makes of a record, or why it is refused."""

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sbw_miniature.pointer import Place, join, members, places
from sbw_miniature.problem import Problem
from sbw_miniature.resource import Resource
from sbw_miniature.rule import broken
from sbw_miniature.sameness import is_same
from sbw_miniature.schema import at, marked, unknown
from sbw_miniature.store import Collection, Token, Value, new_envelope, next_meta
from sbw_miniature.validation import Fault, Faults, faults, is_valid


@dataclass(frozen=True)
class Written:
    """A record as a write left it, and the pointers of the members that were dropped."""

    record: Value
    dropped: list[str]


@dataclass(frozen=True)
class Write:
    """A write to one record: `current` is None where it is a new one.

    A patch is merged into the record (RFC 7396); a body that is none is the record to be made.
    """

    token: Token
    collection: Collection
    current: Value | None
    body: Any
    is_patch: bool
    is_lenient: bool = False

    @property
    def resource(self) -> Resource:
        """The resource that is written."""
        return self.collection.resource

    def must_be_allowed(self) -> None:
        """Refuse with 403 what changes the extension of another app."""
        if not isinstance(self.body, dict):
            return
        before = (self.current or {}).get("extensions")
        after = merged(self.current or {}, self.body).get("extensions")
        if isinstance(before, dict | None) and isinstance(after, dict | None):
            before, after = before or {}, after or {}
            for app in sorted((before.keys() | after.keys()) - {self.token.app}):
                if not is_same({}, before.get(app), after.get(app)):
                    detail = f"The extension of {app} is not yours to change."
                    raise Problem(403, "forbidden", detail)

    def carry_out(self) -> Written:
        """Store what the write asks for, or raise the refusal and store nothing."""
        if not isinstance(self.body, dict):
            _refuse("validation", [Fault("", "type", "Expected an object.")])
        body = copy.deepcopy(self.body)
        self._take_read_only(body)
        dropped = self._take_unknown(body)
        self._resolve(body)
        record = self._candidate(body)
        _refuse("validation", self._native(body, record))
        _refuse("validation", faults(self.resource.schema, record))
        _refuse("validation", broken(record))
        _refuse("validation", self._custom_fields(record))
        _refuse("constraint", self._constraints(record))
        _refuse("unknown-reference", self._references(record))
        record = without_null(record)
        if self.current and is_same(self.resource.schema, record, self.current):
            return Written(self.current, dropped)
        self._must_be_unique(record)
        if self.current:
            record["meta"] = next_meta(self.current["meta"])
        self.collection.put(record)
        return Written(record, dropped)

    def _take_read_only(self, body: Value) -> None:
        """Take the read-only members out of the body; refuse those that have another value."""
        known = self.current or {"type": self.resource.type}
        found = list(marked(self.resource.schema, body, "readOnly"))
        wrong = []
        for place in found:
            value = merged({"value": _value_at(known, place.pointer)}, {"value": place.value})
            schema = {"properties": {"value": at(self.resource.schema, _pattern(place.pointer))}}
            if not is_same(schema, value, {"value": _value_at(known, place.pointer)}):
                wrong.append(Fault(place.pointer, "readOnly", "Only the provider writes this."))
        _refuse("read-only", wrong)
        for place in found:
            place.clear()

    def _take_unknown(self, body: Value) -> list[str]:
        """Take what cannot be stored out of the body and return its pointers, or refuse it."""
        found = list(self._not_stored(body))
        if not self.is_lenient:
            wrong = [Fault(place.pointer, "unknown", "This is not stored.") for place in found]
            _refuse("not-stored", wrong)
        for place in found:
            schema = at(self.resource.schema, _pattern(place.pointer))
            if place.value is not None:
                _refuse("validation", faults(schema, place.value, place.pointer))
            place.clear()
        return [place.pointer for place in found]

    def _not_stored(self, body: Value) -> Iterator[Place]:
        yield from unknown(self.resource.schema, body)
        for pattern in self.resource.unsupported:
            yield from places(body, pattern)
        schema = at(self.resource.schema, "/custom_fields")
        if schema and isinstance(body.get("custom_fields"), dict):
            for place in members(body["custom_fields"], "/custom_fields"):
                key = place.key
                if self._definition(key) or not is_valid(schema, {key: ""}):
                    continue
                if not self._has_field(key, place.value) and not self._loses_field(place):
                    yield place

    def _has_field(self, key: str, value: Any) -> bool:
        """Return whether the record has the custom field already, with the Same value."""
        known = (self.current or {}).get("custom_fields", {})
        schema = at(self.resource.schema, "/custom_fields")
        return key in known and is_same(schema, {key: value}, {key: known[key]})

    def _loses_field(self, place: Place) -> bool:
        return place.value is None and place.key in (self.current or {}).get("custom_fields", {})

    def _definition(self, key: str) -> Value | None:
        definitions = self.token.business.collections["custom_field_definition"]
        for _, one in definitions.records.values():
            if one["key"] == key and self.resource.type in one["applies_to"]:
                return one
        return None

    def _resolve(self, body: Value) -> None:
        """Replace references by external id with references by id."""
        for pattern, target in self.resource.references.items():
            for place in places(body, pattern):
                named = place.value.get("external_id") if isinstance(place.value, dict) else None
                if named is None or "id" in place.value:
                    continue
                if not is_valid(at(self.resource.schema, f"{pattern}/external_id"), named):
                    continue
                record = self.token.business.collections[target].owner(named)
                if record is None:
                    raise Problem(422, "unknown-reference", faults=[_leads_nowhere(place)])
                place.value["id"] = record["id"]
                del place.value["external_id"]

    def _candidate(self, body: Value) -> Value:
        known = self.current or {"type": self.resource.type, **new_envelope(self.token.app)}
        made: Value = merged(known, body) if self.is_patch else {**known, **body}
        made.setdefault("external_ids", [])
        return made

    def _native(self, body: Value, record: Value) -> Faults:
        """Let our own codes and the canonical values go together."""
        for member, codes in self.resource.native.items():
            native = f"native_{member}"
            code = record[native].get("code") if isinstance(record.get(native), dict) else None
            meant = codes.get(code) if isinstance(code, str) else None
            if meant is None or meant == record.get(member):
                continue
            if not (isinstance(body.get(native), dict) and "code" in body[native]):
                del record[native]
            elif body.get(member) is None:
                record[member] = meant
            else:
                yield Fault(f"/{member}", "native", f"The code {code} means {meant}.")

    def _custom_fields(self, record: Value) -> Faults:
        """Yield the custom fields that change and that their definition does not allow."""
        for place in members(record.get("custom_fields"), "/custom_fields"):
            definition = self._definition(place.key)
            if definition and not self._has_field(place.key, place.value):
                for fault in faults(definition["schema"], place.value):
                    yield Fault(place.pointer, fault.code, fault.detail)

    def _constraints(self, record: Value) -> Faults:
        for pattern, limits in self.resource.constraints.items():
            for place in places(record, pattern):
                for limit in ("max_length", "max_items"):
                    if limit in limits and len(place.value) > limits[limit]:
                        detail = f"Expected {limits[limit]} at most."
                        yield Fault(place.pointer, limit, detail)

    def _references(self, record: Value) -> Faults:
        for pattern, target in self.resource.references.items():
            for place in places(record, pattern):
                if not self.token.business.collections[target].get(place.value["id"]):
                    yield _leads_nowhere(place)

    def _must_be_unique(self, record: Value) -> None:
        for external_id in record["external_ids"]:
            owner = self.collection.owner(external_id)
            if owner and owner["id"] != record["id"]:
                raise Problem(409, "duplicate-external-id", record=owner)
        for pointer in self.resource.all_unique():
            if holder := self.collection.holder(pointer, record):
                raise Problem(
                    409, "duplicate", f"Another record has this {pointer}.", record=holder
                )


def merged(target: Any, patch: Any) -> Any:
    """Return what a merge patch (RFC 7396) makes of a value, which stays as it is."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def without_null(value: Any) -> Any:
    """Return a value without the members that are null, however deep."""
    if isinstance(value, dict):
        return {name: without_null(one) for name, one in value.items() if one is not None}
    return [without_null(one) for one in value] if isinstance(value, list) else value


def _value_at(record: Value, pointer: str) -> Any:
    found = [place.value for place in places(record, pointer)]
    return found[0] if found else None


def _pattern(pointer: str) -> str:
    return "".join(join("", "*" if name.isdigit() else name) for name in pointer.split("/")[1:])


def _leads_nowhere(place: Place) -> Fault:
    return Fault(place.pointer, "reference", "There is no such record.")


def _refuse(kind: str, found: Iterable[Fault]) -> None:
    """Refuse with 422 if anything was found."""
    if wrong := list(found):
        raise Problem(422, kind, faults=wrong)
