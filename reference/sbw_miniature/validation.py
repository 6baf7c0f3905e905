"""JSON Schema 2020-12, as far as the schemas of the standard use it; formats are assertions."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from sbw_miniature.formats import FORMATS
from sbw_miniature.pointer import join, members
from sbw_miniature.schema import Schema, is_type


class Fault(NamedTuple):
    """What is wrong with a value: the pointer of its place, a code, and what was expected."""

    pointer: str
    code: str
    detail: str


Faults = Iterator[Fault]


def faults(schema: Schema, value: Any, pointer: str = "") -> Faults:
    """Yield what is wrong with a value by its schema."""
    for keyword, wanted in schema.items():
        if keyword in _KEYWORDS:
            yield from _KEYWORDS[keyword](wanted, value, pointer, schema)


def is_valid(schema: Schema, value: Any) -> bool:
    """Return whether a value has no fault."""
    return next(faults(schema, value), None) is None


def identity(value: Any) -> Any:
    """Return something hashable that two values share if they are equal as JSON."""
    if isinstance(value, dict):
        return frozenset((name, identity(inner)) for name, inner in value.items())
    if isinstance(value, list):
        return tuple(identity(inner) for inner in value)
    return (bool, value) if isinstance(value, bool) else value


def evaluated(schema: Schema, value: dict[str, Any]) -> set[str]:
    """Return the names of the members that a schema speaks of."""
    if "additionalProperties" in schema:
        return set(value)
    names = set(schema.get("properties", ())) & set(value)
    inner = [*schema.get("allOf", ())]
    inner += [schema["$ref"]] if "$ref" in schema else []
    inner += [one for one in schema.get("anyOf", ()) if is_valid(one, value)]
    inner += [one for one in schema.get("oneOf", ()) if is_valid(one, value)]
    return names.union(*(evaluated(one, value) for one in inner))


@cache
def expression(pattern: str) -> re.Pattern[str]:
    """Return a regular expression of ECMA-262, whose `$` is the end of the text only."""
    parts = re.findall(r"\\.|\[(?:\\.|[^\]\\])*\]|.", pattern, re.DOTALL)
    return re.compile("".join(r"\Z" if part == "$" else part for part in parts))


def _type(wanted: str, value: Any, pointer: str, _: Schema) -> Faults:
    if not is_type(value, wanted):
        yield Fault(pointer, "type", f"Expected {wanted}.")


def _const(wanted: Any, value: Any, pointer: str, _: Schema) -> Faults:
    if identity(value) != identity(wanted):
        yield Fault(pointer, "const", f"Expected {wanted!r}.")


def _enum(wanted: list[Any], value: Any, pointer: str, _: Schema) -> Faults:
    if identity(value) not in map(identity, wanted):
        yield Fault(pointer, "enum", f"Expected one of {wanted}.")


def _pattern(wanted: str, value: Any, pointer: str, _: Schema) -> Faults:
    if isinstance(value, str) and not expression(wanted).search(value):
        yield Fault(pointer, "pattern", f"Expected text like {wanted}.")


def _format(wanted: str, value: Any, pointer: str, _: Schema) -> Faults:
    if isinstance(value, str) and not FORMATS[wanted](value):
        yield Fault(pointer, "format", f"Expected a {wanted}.")


def _bound(
    kinds: tuple[type, ...], measure: Callable[[Any], Any], sign: int
) -> Callable[..., Faults]:
    """Return the check of a bound on a measure; `sign` is 1 for the least, -1 for the most."""

    def check(wanted: float, value: Any, pointer: str, _: Schema) -> Faults:
        is_measured = isinstance(value, kinds) and not isinstance(value, bool)
        if is_measured and sign * measure(value) < sign * wanted:
            what = "at least" if sign == 1 else "at most"
            yield Fault(pointer, "bound", f"Expected {what} {wanted}.")

    return check


def _unique_items(wanted: bool, value: Any, pointer: str, _: Schema) -> Faults:  # noqa: FBT001  # the value of the keyword
    if wanted and isinstance(value, list) and len(set(map(identity, value))) < len(value):
        yield Fault(pointer, "uniqueItems", "Expected each element once.")


def _required(wanted: list[str], value: Any, pointer: str, _: Schema) -> Faults:
    if isinstance(value, dict):
        for name in wanted:
            if name not in value:
                yield Fault(join(pointer, name), "required", "Expected this member.")


def _items(wanted: Schema, value: Any, pointer: str, _: Schema) -> Faults:
    if isinstance(value, list):
        for place in members(value, pointer):
            yield from faults(wanted, place.value, place.pointer)


def _properties(wanted: dict[str, Schema], value: Any, pointer: str, _: Schema) -> Faults:
    if isinstance(value, dict):
        for name in wanted.keys() & value.keys():
            yield from faults(wanted[name], value[name], join(pointer, name))


def _property_names(wanted: Schema, value: Any, pointer: str, _: Schema) -> Faults:
    if isinstance(value, dict):
        for name in value:
            yield from faults(wanted, name, join(pointer, name))


def _additional(wanted: Any, value: Any, pointer: str, schema: Schema) -> Faults:
    if isinstance(value, dict) and isinstance(wanted, dict):
        for name in value.keys() - schema.get("properties", {}).keys():
            yield from faults(wanted, value[name], join(pointer, name))


def _unevaluated(_wanted: Any, value: Any, pointer: str, schema: Schema) -> Faults:
    if isinstance(value, dict):
        for name in sorted(value.keys() - evaluated(schema, value)):
            yield Fault(join(pointer, name), "unknown", "There is no such member.")


def _ref(wanted: Schema, value: Any, pointer: str, _: Schema) -> Faults:
    yield from faults(wanted, value, pointer)


def _all_of(wanted: list[Schema], value: Any, pointer: str, _: Schema) -> Faults:
    for one in wanted:
        yield from faults(one, value, pointer)


def _any_of(wanted: list[Schema], value: Any, pointer: str, _: Schema) -> Faults:
    if not any(is_valid(one, value) for one in wanted):
        yield Fault(pointer, "anyOf", "Expected what one of the alternatives allows.")


def _one_of(wanted: list[Schema], value: Any, pointer: str, _: Schema) -> Faults:
    if sum(is_valid(one, value) for one in wanted) != 1:
        yield Fault(pointer, "oneOf", "Expected what just one of the alternatives allows.")


def _not(wanted: Schema, value: Any, pointer: str, _: Schema) -> Faults:
    if is_valid(wanted, value):
        yield Fault(pointer, "not", "Expected another value.")


def _itself(value: Any) -> Any:
    return value


_KEYWORDS: MappingProxyType[str, Callable[..., Faults]] = MappingProxyType(
    {
        "$ref": _ref,
        "additionalProperties": _additional,
        "allOf": _all_of,
        "anyOf": _any_of,
        "const": _const,
        "enum": _enum,
        "format": _format,
        "items": _items,
        "maxItems": _bound((list,), len, -1),
        "maxLength": _bound((str,), len, -1),
        "maxProperties": _bound((dict,), len, -1),
        "maximum": _bound((int, float), _itself, -1),
        "minItems": _bound((list,), len, 1),
        "minLength": _bound((str,), len, 1),
        "minimum": _bound((int, float), _itself, 1),
        "not": _not,
        "oneOf": _one_of,
        "pattern": _pattern,
        "properties": _properties,
        "propertyNames": _property_names,
        "required": _required,
        "type": _type,
        "unevaluatedProperties": _unevaluated,
        "uniqueItems": _unique_items,
    }
)
