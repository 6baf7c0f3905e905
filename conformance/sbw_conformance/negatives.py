"""Bodies that break the standard in one place: each constraint of a schema, and each rule, broken.

What is right is taken from valid examples, so that nothing but the one place is wrong.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sbw_conformance.checks import bodies, pointers
from sbw_conformance.strategies import text_like
from sbw_validator.rules import rules_for
from sbw_validator.schemas import load_schemas
from sbw_validator.shape import facets, places
from sbw_validator.standard import Resource, Standard

Schema = Mapping[str, Any]

UNKNOWN = "unevaluatedProperties"
"""Stands for the constraint that an object has no members but those that the schema names."""

OTHER_TYPES: Mapping[str, tuple[Any, ...]] = {
    "string": (7, True, ["text"]),
    "object": ("text", []),
    "array": ({}, "text"),
    "integer": ("1", 1.5),
    "number": ("1",),
    "boolean": ("true", 0),
}
"""Values of another type that careless code takes for one of this type."""

NO_FORMAT = {
    "date": ("2023-02-29", "2024-13-01", "2024-00-10"),
    "date-time": ("2024-02-30T10:00:00Z", "2024-01-01T25:00:00Z"),
    "uri": ("https://exa mple.com/", "https://example.com/%zz"),
}
"""Texts that look like a format and are none."""

ODD = ("~{}", "{} ~", " {}", "{}\n", "", "\u0000", "{}\u0007", "x", "-", "0", "QQ{}")
"""What makes another text of one; each pattern refuses some."""


@dataclass(frozen=True)
class Negative:
    """A body of a create that breaks the `keyword` of the place at `pattern`, or a rule by its id.

    The body has no external id of the suite.
    """

    pattern: str
    keyword: str
    body: Any

    @property
    def name(self) -> str:
        """What is broken, in one word."""
        return f"{self.keyword} of {self.pattern or 'the whole'}"


@lru_cache
def negatives_of(standard: Standard, resource: Resource) -> tuple[Negative, ...]:
    """A body for each constraint that can be broken, in the order of the schema, then the rules."""
    schemas = load_schemas(standard)
    bundle = schemas.bundle(resource.type, "create")
    validator = schemas.validator(resource.type, "create")
    found: dict[tuple[str, str], Negative] = {}
    for path, schema in places(bundle):
        pattern = "".join(f"/{pointers.escape(part)}" for part in path)
        base = _base(standard, resource, pattern)
        if base is None:
            continue
        place = pointers.places(base, pattern)[-1]
        for keyword, wrong in _broken(pointers.at(base, place), list(facets(bundle, schema))):
            body = pointers.put(base, place, wrong) if place else wrong
            if (pattern, keyword) not in found and not validator.is_valid(body):
                found[pattern, keyword] = Negative(pattern, keyword, body)
    return (*found.values(), *_against_rules(standard, resource))


def _base(standard: Standard, resource: Resource, pattern: str) -> Any:
    """The smallest valid example that has something at a place, of those where it is not empty."""
    known = [
        _lean(resource, example.value, pattern) for example in bodies.valid(standard, resource)
    ]
    having = [value for value in known if pointers.places(value, pattern)]
    full = [one for one in having if pointers.at(one, pointers.places(one, pattern)[-1])]
    return min(full or having, key=lambda value: len(str(value)), default=None)


def _lean(resource: Resource, value: Any, pattern: str) -> Any:
    """A body without what other records or apps decide, unless the place is in it."""
    top = pattern.split("/")[1] if pattern else ""
    apart = {"custom_fields", "extensions", *(place.split("/")[1] for place in resource.refs)}
    apart |= {name for name in value if name.startswith("native_")}
    return {name: member for name, member in value.items() if name not in apart - {top}}


def _broken(value: Any, schemas: list[Schema]) -> Iterator[tuple[str, Any]]:
    """Values that each break one keyword that applies to a good value, with the keyword."""
    for schema in schemas:
        for keyword, constraint in schema.items():
            breaks = BREAKING.get(keyword)
            if breaks is not None:
                yield from ((keyword, wrong) for wrong in breaks(value, constraint))
    if isinstance(value, dict) and any("properties" in schema for schema in schemas):
        yield UNKNOWN, {**value, bodies.UNKNOWN_MEMBER: "kept?"}


def _type(_: Any, kind: Any) -> Iterator[Any]:
    yield from OTHER_TYPES.get(kind, ())


def _enum(value: Any, choice: list[Any]) -> Iterator[Any]:
    yield from ("sbw_no_such_value", str(value).swapcase(), 7)
    yield from (f"{one} " for one in choice[:1])


def _const(value: Any, only: Any) -> Iterator[Any]:
    yield from _enum(value, [only])


def _too_short(value: Any, least: int) -> Iterator[Any]:
    if isinstance(value, str) and least:
        yield value[: least - 1]


def _too_long(value: Any, most: int) -> Iterator[Any]:
    if isinstance(value, str) and value:
        local, at_sign, domain = value.partition("@")
        grown = local.ljust(most + 1, local[-1:] or "x")
        yield f"{local}@{domain.rjust(most, 'x')}" if at_sign else grown


def _off_pattern(value: Any, pattern: str) -> Iterator[Any]:
    if isinstance(value, str):
        yield from (one.format(value) for one in ODD if "\n" not in pattern or one != "{}\n")
        yield value.swapcase()


def _off_format(_: Any, name: str) -> Iterator[Any]:
    yield from NO_FORMAT.get(name, ())


def _too_small(_: Any, least: float) -> Iterator[Any]:
    yield least - 1


def _too_large(_: Any, most: float) -> Iterator[Any]:
    yield most + 1


def _too_few(value: Any, least: int) -> Iterator[Any]:
    if isinstance(value, list) and least:
        yield value[: least - 1]


def _too_many(value: Any, most: int) -> Iterator[Any]:
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        yield [*value, *(f"{value[0][:8]}{number}" for number in range(most + 1 - len(value)))]
    if isinstance(value, list) and value:
        yield (value * (most + 1))[: most + 1]


def _twice(value: Any, unique: Any) -> Iterator[Any]:
    if isinstance(value, list) and value and unique:
        yield [*value, value[0]]


def _missing(value: Any, names: list[str]) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from (
            {n: v for n, v in value.items() if n != name} for name in names if name in value
        )


def _no_branch(value: Any, branches: list[Schema]) -> Iterator[Any]:
    """An object without any member that a branch asks for, and one with all of them."""
    named = [name for branch in branches for name in branch.get("required", ())]
    if isinstance(value, dict) and named:
        yield {name: member for name, member in value.items() if name not in named}
        yield {**dict.fromkeys(named, "x"), **value}
    if isinstance(value, str):
        yield from ("sbw", f"{value}0", value[:-1])


def _what_is_not(value: Any, schema: Schema) -> Iterator[Any]:
    """A text of the form, or an object with all members, that there is not to be."""
    if "pattern" in schema:
        yield text_like(schema["pattern"])
    named = [name for branch in schema.get("anyOf", ()) for name in branch.get("required", ())]
    if isinstance(value, dict) and named:
        yield {**dict.fromkeys(named, "x"), **value}


def _too_many_members(value: Any, most: int) -> Iterator[Any]:
    if isinstance(value, dict) and value:
        one = next(iter(value.values()))
        yield {f"sbw_{number}": one for number in range(most + 1)}


def _odd_names(value: Any, _: Any) -> Iterator[Any]:
    if isinstance(value, dict) and value:
        yield {**value, "Not A Name!": next(iter(value.values()))}


BREAKING: Mapping[str, Callable[[Any, Any], Iterator[Any]]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "minLength": _too_short,
    "maxLength": _too_long,
    "pattern": _off_pattern,
    "format": _off_format,
    "minimum": _too_small,
    "maximum": _too_large,
    "minItems": _too_few,
    "maxItems": _too_many,
    "uniqueItems": _twice,
    "required": _missing,
    "anyOf": _no_branch,
    "oneOf": _no_branch,
    "not": _what_is_not,
    "maxProperties": _too_many_members,
    "propertyNames": _odd_names,
}
"""What breaks a keyword: functions from a good value and what the keyword says to wrong values."""


def _against_rules(standard: Standard, resource: Resource) -> Iterator[Negative]:
    """Bodies that the schema allows and a rule forbids: examples, and those with a mistake."""
    validator = load_schemas(standard).validator(resource.type, "create")
    examples = [example.value for example in bodies.invalid(standard, resource)]
    twisted = [
        changed
        for example in bodies.valid(standard, resource)
        for changed in _mistakes(example.value)
    ]
    for rule in rules_for(resource.type):
        count = 0
        for body in (*examples, *twisted):
            if count < MOST_OF_A_RULE and validator.is_valid(body) and any(rule.check(body)):
                count += 1
                yield Negative("", rule.id, body)


MOST_OF_A_RULE = 6


def _mistakes(body: dict[str, Any]) -> Iterator[Any]:
    """A body with an element twice, without a member, or with a text that begins anew."""
    for name, value in body.items():
        if isinstance(value, list) and value:
            yield {**body, name: [*value, value[0]]}
        yield {other: member for other, member in body.items() if other != name}
    for pointer, leaf in pointers.leaves(body):
        if isinstance(leaf, str) and len(leaf) > 2:
            yield pointers.put(body, pointer, f"QQ{leaf[2:]}")
