"""What an app's declared limits leave of a body: members it stores, values it takes.

Every body that a check sends goes through here, so that no check knows of a vendor's limits.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from sbw_conformance.checks import bodies, pointers
from sbw_validator.standard import Resource
from sbw_validator.validation import validate

if TYPE_CHECKING:
    from sbw_conformance.checks.drafts import Drafts

Value = Any
EMPTY: tuple[Any, ...] = (None, "", [], {})
SHORTEST_LOCAL_PART = 6


@dataclass(frozen=True)
class Limits:
    """What the landing page says of a resource, read so that nothing in it can surprise a check."""

    unsupported: tuple[str, ...] = ()
    constraints: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    native: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Limits":
        """The limits in an entry of the landing page's `resources`."""
        return cls(
            tuple(said.get("unsupported") or ()),
            dict(said.get("constraints") or {}),
            dict(said.get("native") or {}),
        )

    def with_(self, limit: str) -> Iterator[tuple[str, Any]]:
        """Each pointer that has this limit, with its value."""
        for pointer, limits in self.constraints.items():
            if limit in limits:
                yield pointer, limits[limit]


class Fit:
    """Makes bodies of one resource fit; `records` is whose bodies they are."""

    def __init__(self, records: "Drafts") -> None:
        self.records = records
        self.resource: Resource = records.resource
        self.limits = Limits.of(records.trial.run.said(records.resource))

    def __call__(self, value: Value) -> Value:
        """A whole body: valid, and with all that is required."""
        fitted = self.broken(value)
        if self._valid(fitted):
            return fitted
        whole = {**self.minimal, **fitted}
        return whole if self._valid(whole) else fitted

    def patch(self, value: Value) -> Value:
        """A merge patch: it takes nothing away that is required."""
        fitted = self.part(value)
        for pointer, _ in self.limits.with_("required"):
            for place in pointers.places(fitted, pointer):
                if pointers.at(fitted, place) in EMPTY:
                    fitted = pointers.removed(fitted, place)
        return self._distinct(fitted)

    def broken(self, value: Value) -> Value:
        """A body that breaks the standard on purpose: only so that no limit is broken too."""
        return self._distinct(self._complete(value))

    def _complete(self, value: Value) -> Value:
        fitted = self.part(value)
        for pointer, _ in self.limits.with_("required"):
            fitted = self._supplied(fitted, pointer)
        return fitted

    def part(self, value: Value) -> Value:
        """What can be stored of a value, without regard to what it lacks."""
        fitted: Value = pointers.copy(value)
        if not isinstance(fitted, dict):
            return fitted
        for pointer in self.limits.unsupported:
            fitted = _without(fitted, pointer)
        for pointer, reference in self.resource.refs.items():
            fitted = self._referring(fitted, pointer, reference.type)
        for member in (self._custom, self._extended, self._native):
            fitted = member(fitted)
        for limit, change in LIMITING.items():
            for pointer, most in self.limits.with_(limit):
                fitted = _changed(fitted, pointer, partial(change, most))
        return fitted

    def accepts(self, body: Value) -> bool:
        """Whether the standard and the limits of the app allow a body, uniqueness aside."""
        lacking = any(
            pointers.at(body, f"{place}/{pointer.rpartition('/')[2]}") in EMPTY
            for pointer, _ in self.limits.with_("required")
            for place in pointers.places(body, pointer.rpartition("/")[0])
        )
        return bool(self.part(body) == body) and not lacking and self._valid(body)

    @cached_property
    def minimal(self) -> dict[str, Any]:
        """The smallest body of a create that the app takes."""
        fitted = self._complete(self.resource.minimal)
        if self._valid(fitted):
            smallest: dict[str, Any] = fitted
            return smallest
        examples = bodies.valid(self.records.trial.run.standard, self.resource)
        candidates = [self._complete(example.value) for example in examples]
        usable = [body for body in candidates if self._valid(body)]
        found: dict[str, Any] = min(usable, key=lambda body: len(str(body)), default=fitted)
        return found

    @cached_property
    def change(self) -> tuple[str, tuple[Any, Any]] | None:
        """A pointer to a leaf that can be changed, and two values that it takes."""
        wanted = self.resource.change
        if wanted is not None and all(self._takes(wanted.pointer, v) for v in wanted.values):
            return wanted.pointer, wanted.values
        for pointer, leaf in pointers.leaves(self.minimal):
            if isinstance(leaf, str) and not any(part.isdecimal() for part in pointer.split("/")):
                values = (leaf, f"{leaf[:-1]}z" if not leaf.endswith("z") else f"{leaf[:-1]}y")
                if all(self._takes(pointer, value) for value in values):
                    return pointer, values
        return None

    def _takes(self, pointer: str, value: Any) -> bool:
        patch = pointers.nested(pointer, value)
        return bool(self.part(patch) == patch) and self._valid(bodies.merged(self.minimal, patch))

    def _valid(self, body: Value) -> bool:
        standard = self.records.trial.run.standard
        kind = self.resource.type
        return not validate(body, type=kind, variant="create", standard=standard)

    # Members whose values other records or the app itself decide

    def _referring(self, value: Value, pointer: str, kind: str) -> Value:
        """The value with references to a record that is there, or without them."""
        there = pointers.places(value, pointer)
        if not there:
            return value
        target = self.records.referent(kind)
        if target is None:
            return _without(value, pointer)
        for place in there:
            if pointers.at(value, place) is not None:
                value = pointers.put(value, place, {"type": kind, "id": target["id"]})
        return value

    def _custom(self, value: Value) -> Value:
        if not value.get("custom_fields"):
            return value
        definition = self.records.definition()
        kept = {name: member for name, member in value.items() if name != "custom_fields"}
        return kept if definition is None else {**kept, "custom_fields": {definition["key"]: "a"}}

    def _extended(self, value: Value) -> Value:
        if not value.get("extensions"):
            return value
        app = self.records.app
        kept = {name: member for name, member in value.items() if name != "extensions"}
        mine: Any = next(iter(value["extensions"].values()), {})
        return kept if app is None else {**kept, "extensions": {app: mine}}

    @staticmethod
    def _native(value: Value) -> Value:
        """The value without codes that the app alone gives a meaning; one check has those."""
        return {name: kept for name, kept in value.items() if not name.startswith("native_")}

    # Limits that look beyond one value

    def _supplied(self, value: Value, pointer: str) -> Value:
        """The value with something at a required place, taken from an example."""
        parent, _, last = pointer.rpartition("/")
        for place in pointers.places(value, parent) if isinstance(value, dict) else ():
            inside = pointers.at(value, place)
            if isinstance(inside, dict) and inside.get(last) in EMPTY:
                value = pointers.put(value, f"{place}/{last}", self._exemplary(pointer))
        return value

    def _exemplary(self, pattern: str) -> Value:
        """What an example of the standard has at a place, as the app can store it."""
        for example in bodies.valid(self.records.trial.run.standard, self.resource):
            for found in pointers.places(example.value, pattern):
                given = pointers.nested_at(pattern, pointers.at(example.value, found))
                fitted = pointers.at(self.part(given), pattern.replace("*", "0"))
                if fitted not in EMPTY:
                    return fitted
        return None

    def _distinct(self, value: Value) -> Value:
        """The value with texts that no other record has, where they are unique."""
        unique = [pointer for pointer, _ in self.limits.with_("unique")]
        for pointer in dict.fromkeys([*self.resource.unique, *unique]):
            most = self.limits.constraints.get(pointer, {}).get("max_length")
            value = _changed(value, pointer, partial(self._fresh, most))
        return value

    def _fresh(self, most: int | None, text: Any) -> Any:
        if not isinstance(text, str) or not text:
            return text
        token = self.records.trial.run.token_of_its_own()
        local, at_sign, domain = text.rpartition("@")
        if at_sign:
            return _shortened(most or 254, f"{token}.{local}@{domain}")
        joint = "_" if re.fullmatch("[a-z0-9_]+", text) else " "
        room = (most or 64) - len(token) - 1
        return f"{text[:room]}{joint}{token}" if room > 0 else token


def _without(value: Value, pattern: str) -> Value:
    """A value without a member; what holds nothing else goes with it."""
    for place in reversed(pointers.places(value, pattern)):
        value = pointers.removed(value, place)
        above = place.rpartition("/")[0]
        while above and pointers.at(value, above) in ({}, []):
            value = pointers.removed(value, above)
            above = above.rpartition("/")[0]
    return value


def _changed(value: Value, pattern: str, change: Callable[[Any], Any]) -> Value:
    for place in pointers.places(value, pattern) if isinstance(value, dict) else ():
        old = pointers.at(value, place)
        new = old if old is None else change(old)
        if new != old:
            value = pointers.put(value, place, new)
    return value


def _trimmed(most: int, items: Any) -> Any:
    return items[:most] if isinstance(items, list) else items


def _chosen(choice: list[Any], one: Any) -> Any:
    return one if one in choice else choice[0]


def _shortened(most: int, text: Any) -> Any:
    if not isinstance(text, str) or len(text) <= most:
        return text
    local, at_sign, domain = text.rpartition("@")
    if not at_sign:
        return text[:most].rstrip() or text[:most]
    domain = domain if len(domain) + 1 + SHORTEST_LOCAL_PART < most else "example.com"
    return f"{local[: most - len(domain) - 1]}@{domain}"


def _matching(pattern: str, text: Any) -> Any:
    if not isinstance(text, str) or re.fullmatch(pattern, text):
        return text
    from sbw_conformance.strategies import text_like

    return text_like(pattern)


LIMITING: Mapping[str, Callable[[Any, Any], Any]] = {
    "max_items": _trimmed,
    "max_length": _shortened,
    "enum": _chosen,
    "pattern": _matching,
}
"""What a limit makes of a value, by its name on the landing page."""
