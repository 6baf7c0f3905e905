"""Other spellings of a body that are the Same value."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from sbw_conformance.checks import pointers
from sbw_conformance.checks.bodies import applied
from sbw_conformance.checks.limits import matches


def same_but_different(value: Any, schema: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Other spellings of a body that are the Same value, each with what was respelled."""
    spellings = {
        "decimals with zeros": ("decimal", lambda text: text + ("0" if "." in text else ".0")),
        "instants with more digits": ("instant", _longer_instant),
        "text in normalization form D": ("text", lambda text: unicodedata.normalize("NFD", text)),
        "domains in other case": ("email", _other_domain_case),
        "sets in other order": ("set", lambda items: items[::-1]),
    }
    found = [("the same text", pointers.copy(value))]
    for name, (kind, respell) in spellings.items():
        new = _respelled(value, schema, schema, kind, respell)
        if new != value:
            found.append((name, new))
    return found


def with_empty_arrays(value: Any, schema: Mapping[str, Any]) -> Any:
    """A body with an empty array wherever its objects lack one that is free to be empty."""
    return _emptied(value, schema, schema)


def _emptied(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    schemas = list(applied(schema, root))
    if isinstance(value, list):
        items: dict[str, Any] = next((s["items"] for s in schemas if "items" in s), {})
        return [_emptied(item, items, root) for item in value]
    if not isinstance(value, dict):
        return value
    known: dict[str, Any] = {}
    for part in schemas:
        known |= part.get("properties", {})
    absent = {name for name in known if name not in value and _is_list(known[name], root)}
    held = {name: _emptied(item, known.get(name, {}), root) for name, item in value.items()}
    return {**held, **{name: [] for name in sorted(absent)}}


def _is_list(schema: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    """Whether a schema is one of arrays, the empty one among them."""
    schemas = list(applied(schema, root))
    array = any(part.get("type") == "array" for part in schemas)
    return array and not any(part.get("minItems") for part in schemas)


def _respelled(
    value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], kind: str, respell: Any
) -> Any:
    schemas = list(applied(schema, root))
    if isinstance(value, dict):
        known: dict[str, Any] = {}
        for part in schemas:
            known |= part.get("properties", {})
        return {
            name: _respelled(member, known.get(name, {}), root, kind, respell)
            for name, member in value.items()
        }
    if isinstance(value, list):
        items: dict[str, Any] = next((s["items"] for s in schemas if "items" in s), {})
        value = [_respelled(item, items, root, kind, respell) for item in value]
    fits = list if kind == "set" else str
    wanted = any(part.get("x-same-value") == kind for part in schemas)
    if not (wanted and isinstance(value, fits)):
        return value
    new = respell(value)
    return new if kind == "set" or all(_takes(part, new) for part in schemas) else value


def _takes(schema: Mapping[str, Any], text: str) -> bool:
    """Whether a schema has room for a text, and its form: ten decimals take no zero more."""
    most, pattern = schema.get("maxLength", len(text)), schema.get("pattern")
    return len(text) <= most and (pattern is None or matches(pattern, text))


def _longer_instant(text: str) -> str:
    whole, dot, rest = text.removesuffix("Z").partition(".")
    return f"{whole}.{rest or '000'}000Z" if dot else f"{whole}.000Z"


def _other_domain_case(text: str) -> str:
    local, at_sign, domain = text.rpartition("@")
    return f"{local}{at_sign}{domain.swapcase()}"
