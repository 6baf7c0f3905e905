"""What an app's declared limits leave of a body: members it stores, values it takes.

Every body that a check sends goes through here, so that no check knows of a vendor's limits.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from sbw_conformance.checks import bodies, pointers
from sbw_conformance.checks.limits import LIMITING, Limits, matches, others
from sbw_validator.findings import Finding
from sbw_validator.once import once
from sbw_validator.standard import Resource
from sbw_validator.validation import validate

if TYPE_CHECKING:
    from sbw_conformance.checks.drafts import Drafts

Value = Any
EMPTY: tuple[Any, ...] = (None, "", [], {})


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
        if not self._valid(whole) and self._valid(value):
            whole = self.minimal  # what the app takes of the value does not go together
        return self.distinct(whole) if self._valid(whole) else fitted

    def patch(self, value: Value) -> Value:
        """A merge patch: it takes nothing away that is required."""
        fitted = self._stored(value, "patch")
        for pointer in self._required:
            above, star, _ = pointer.partition("/*")
            if star:
                fitted = self._supplied(fitted, pointer)
                continue
            parts = above.split("/")
            for length in range(2, len(parts) + 1):
                place = "/".join(parts[:length])
                if pointers.places(fitted, place) and _clears(pointers.at(fitted, place)):
                    fitted = pointers.removed(fitted, place)
        return self.distinct(fitted)

    def broken(self, value: Value) -> Value:
        """A body that breaks the standard on purpose: only so that no limit is broken too."""
        return self.distinct(self._complete(value))

    def _complete(self, value: Value) -> Value:
        fitted = self._stored(value)
        # What is supplied may lack what is required in it, so the outer places come first.
        for pointer in sorted(self._required, key=lambda pointer: pointer.count("/")):
            fitted = self._supplied(fitted, pointer)
        return self._without_new_faults(fitted, value, "create", keep=self._required)

    @property
    def _required(self) -> list[str]:
        return [pointer for pointer, _ in self.limits.with_("required")]

    def _stored(self, value: Value, variant: str = "create") -> Value:
        """What can be stored of a value, without what makes no sense any more without the rest.

        What was wrong with the value already stays so.
        """
        return self._without_new_faults(self.part(value), value, variant)

    def _without_new_faults(
        self, fitted: Value, value: Value, variant: str, keep: Collection[str] = ()
    ) -> Value:
        """A body without what is wrong with it and was not with the value that it was made of."""
        known = None
        if fitted == value:
            return fitted
        while isinstance(fitted, dict) and (findings := self._findings(fitted, variant)):
            if known is None:
                known = {_kind(finding) for finding in self._findings(value, variant)}
            new = (finding for finding in findings if _kind(finding) not in known)
            choice = (_innermost(fitted, finding, keep) for finding in new)
            places = next((found for found in choice if found), [])
            lighter = [_without(fitted, place) for place in places]
            if not lighter:
                break
            better = (one for one in lighter if len(self._findings(one, variant)) < len(findings))
            fitted = next(better, lighter[0])
        return fitted

    def part(self, value: Value) -> Value:
        """What can be stored of a value, without regard to what it lacks."""
        fitted: Value = pointers.copy(value)
        if not isinstance(fitted, dict):
            return fitted
        for pointer in self.limits.unsupported:
            fitted = _without(fitted, pointer)
        for pointer, reference in self.resource.refs.items():
            fitted = self._referring(fitted, pointer, reference.types)
        for member in (self._custom, self._extended, self._native):
            fitted = member(fitted)
        for limit, change in LIMITING.items():
            for pointer, most in self.limits.with_(limit):
                fitted = _changed(fitted, pointer, partial(change, most))
        return fitted

    def accepts(self, body: Value) -> bool:
        """Whether the standard and the limits of the app allow a body, uniqueness aside."""
        lacking = any(True for place in self._required for _ in pointers.lacking(body, place))
        return bool(self.part(body) == body) and not lacking and self._valid(body)

    @once
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

    @once
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
        return bodies.accepted(self.records.trial.run.standard, self.resource, body)

    def _findings(self, body: Value, variant: str = "create") -> list[Finding]:
        standard = self.records.trial.run.standard
        return validate(body, type=self.resource.type, variant=variant, standard=standard)

    # Members whose values other records or the app itself decide

    def _referring(self, value: Value, pointer: str, kinds: tuple[str, ...]) -> Value:
        """The value with references to a record that is there, or without them.

        A reference keeps its type where there can be a record of that, or else gets another one.
        """
        for place in pointers.places(value, pointer):
            reference = pointers.at(value, place)
            if not isinstance(reference, dict):
                continue
            own = reference.get("type")
            wanted = sorted(kinds, key=lambda kind: kind != own)
            found = ((kind, self.records.referent(kind)) for kind in wanted)
            there = next(((kind, target) for kind, target in found if target is not None), None)
            if there is None:
                return _without(value, pointer)
            value = pointers.put(value, place, {"type": there[0], "id": there[1]["id"]})
        return value

    def _custom(self, value: Value) -> Value:
        if not _members(value, "custom_fields"):
            return value
        definition = self.records.definition()
        kept = {name: member for name, member in value.items() if name != "custom_fields"}
        return kept if definition is None else {**kept, "custom_fields": {definition["key"]: "a"}}

    def _extended(self, value: Value) -> Value:
        if not _members(value, "extensions"):
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
        """The value with something at a required place, taken from an example.

        An element that takes none of what the examples have is left out.
        """
        lacking = list(pointers.lacking(value, pointer)) if isinstance(value, dict) else []
        for place in reversed(lacking):
            above = place
            while pointers.at(value, parent := above.rpartition("/")[0]) is None:
                above = parent
            if isinstance(pointers.at(value, parent), dict):
                pattern = "/".join(pointer.split("/")[: above.count("/") + 1])
                value = self._filled(value, above, self._exemplary(pattern, pointer))
        return value

    def _filled(self, value: Value, place: str, choice: Iterable[Value]) -> Value:
        """The value with the first of these at a place that makes it no less valid."""
        faults = len(self._findings(value))
        found = [pointers.put(value, place, new) for new in choice]
        fitting = (one for one in found if len(self._findings(one)) <= faults)
        element = re.match(r"(.*/[0-9]+)/", place)
        left_out = _without(value, element[1]) if element else value
        return next(fitting, left_out if element or not found else found[0])

    def _exemplary(self, pattern: str, within: str) -> Iterator[Value]:
        """What examples have at a place, as the app stores it, if something stands `within`."""
        for example in self._examples:
            for found in pointers.places(example, pattern):
                inside = f"{found}{within.removeprefix(pattern)}"
                held = [pointers.at(example, place) for place in pointers.places(example, inside)]
                if any(one not in EMPTY for one in held):
                    yield pointers.at(example, found)

    @once
    def _examples(self) -> list[Value]:
        """The valid examples of the standard, as far as the app stores them."""
        examples = bodies.valid(self.records.trial.run.standard, self.resource)
        return [self._stored(example.value) for example in examples]

    def distinct(self, value: Value) -> Value:
        """The value with texts that no other record has, where they are unique."""
        unique = [pointer for pointer, _ in self.limits.with_("unique")]
        for pointer in dict.fromkeys([*self.resource.unique, *unique]):
            for place in pointers.places(value, pointer) if isinstance(value, dict) else ():
                text = pointers.at(value, place)
                if isinstance(text, str) and text:
                    value = self._renamed(value, place, self.limits.constraints.get(pointer, {}))
        return value

    def _renamed(self, value: Value, place: str, limits: Mapping[str, Any]) -> Value:
        """The value with another text at a place, in a form that is no less valid there."""
        text, faults = pointers.at(value, place), len(self._findings(value))
        pattern, most = limits.get("pattern"), limits.get("max_length")
        found = []
        for new in others(text, most, self.records.trial.run.token_of_its_own()):
            found.append(pointers.put(value, place, new))
            fits = pattern is None or matches(pattern, new) or not matches(pattern, text)
            if fits and len(self._findings(found[-1])) <= faults:
                return found[-1]
        return found[0]


def _members(value: Value, name: str) -> bool:
    """Whether a body has an object under a name that holds something."""
    found = value.get(name)
    return isinstance(found, dict) and bool(found)


def _kind(finding: Finding) -> tuple[str, str]:
    """What tells faults of one kind from others, wherever in an array they are."""
    return pointers.kind_of(finding.pointer), finding.keyword


def _innermost(value: Value, finding: Finding, keep: Collection[str]) -> list[str]:
    """The places that a fault is about and that are there, innermost first.

    Of a lack, what lacks it; places whose pattern is to `keep` are none.
    """
    there = [place for place in finding.pointers if pointers.places(value, place)]
    missing = [place for place in finding.pointers if place not in there]
    above = [place.rpartition("/")[0] for place in missing]
    found = [
        place
        for place in dict.fromkeys((*there, *above))
        if place and pointers.places(value, place) and pointers.kind_of(place) not in keep
    ]
    return sorted(found, key=lambda place: -place.count("/"))


def _clears(value: Value) -> bool:
    """Whether a member of a merge patch takes away what was there."""
    return value is None or value in ("", [])


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
