"""JSON Schema 2020-12, as far as the schemas of the standard use it; formats are assertions."""

import re
from collections.abc import Callable, Iterator, Mapping, Sized
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
        if keyword in _HOLDS and not _HOLDS[keyword](wanted, value):
            yield Fault(pointer, keyword, f"Expected {keyword} {_brief(wanted)}.")
        elif keyword in _WITHIN:
            yield from _WITHIN[keyword](wanted, value, pointer, schema)


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


def _brief(wanted: Any) -> str:
    return "as the standard says" if isinstance(wanted, dict | list) else str(wanted)


def _text(value: Any, holds: Callable[[str], Any]) -> bool:
    return not isinstance(value, str) or bool(holds(value))


def _size(value: Any, kind: type[Sized], holds: Callable[[int], bool]) -> bool:
    return not isinstance(value, kind) or holds(len(value))


def _number(value: Any, holds: Callable[[float], bool]) -> bool:
    return not is_type(value, "number") or holds(value)


def _all_of(wanted: list[Schema], value: Any, pointer: str, _: Schema) -> Faults:
    for one in wanted:
        yield from faults(one, value, pointer)


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


def _required(wanted: list[str], value: Any, pointer: str, _: Schema) -> Faults:
    if isinstance(value, dict):
        for name in wanted:
            if name not in value:
                yield Fault(join(pointer, name), "required", "Expected this member.")


def _unevaluated(_wanted: Any, value: Any, pointer: str, schema: Schema) -> Faults:
    if isinstance(value, dict):
        for name in sorted(value.keys() - evaluated(schema, value)):
            yield Fault(join(pointer, name), "unknown", "There is no such member.")


_HOLDS: Mapping[str, Callable[[Any, Any], bool]] = MappingProxyType(
    {
        "type": lambda wanted, value: is_type(value, wanted),
        "const": lambda wanted, value: identity(value) == identity(wanted),
        "enum": lambda wanted, value: identity(value) in map(identity, wanted),
        "pattern": lambda wanted, value: _text(value, expression(wanted).search),
        "format": lambda wanted, value: _text(value, FORMATS[wanted]),
        "minLength": lambda wanted, value: _size(value, str, lambda size: size >= wanted),
        "maxLength": lambda wanted, value: _size(value, str, lambda size: size <= wanted),
        "minItems": lambda wanted, value: _size(value, list, lambda size: size >= wanted),
        "maxItems": lambda wanted, value: _size(value, list, lambda size: size <= wanted),
        "maxProperties": lambda wanted, value: _size(value, dict, lambda size: size <= wanted),
        "minimum": lambda wanted, value: _number(value, lambda number: number >= wanted),
        "maximum": lambda wanted, value: _number(value, lambda number: number <= wanted),
        "uniqueItems": lambda wanted, value: (
            not (wanted and isinstance(value, list)) or len(set(map(identity, value))) == len(value)
        ),
        "anyOf": lambda wanted, value: any(is_valid(one, value) for one in wanted),
        "oneOf": lambda wanted, value: sum(is_valid(one, value) for one in wanted) == 1,
        "not": lambda wanted, value: not is_valid(wanted, value),
    }
)
_WITHIN: Mapping[str, Callable[[Any, Any, str, Schema], Faults]] = MappingProxyType(
    {
        "$ref": lambda wanted, value, pointer, _: faults(wanted, value, pointer),
        "allOf": _all_of,
        "items": _items,
        "properties": _properties,
        "propertyNames": _property_names,
        "additionalProperties": _additional,
        "required": _required,
        "unevaluatedProperties": _unevaluated,
    }
)
KEYWORDS = frozenset({*_HOLDS, *_WITHIN})
