"""Rules of custom field definitions."""

from collections.abc import Iterator
from math import ceil, floor, isfinite
from typing import Any

import jsonschema_rs

from sbw_validator.findings import Finding, pointer_to, shown
from sbw_validator.rules import rule

ID = "CF1"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
ONLY_FOR = {
    "enum": ("string",),
    "maxLength": ("string",),
    "format": ("string",),
    "minimum": ("integer", "number"),
    "maximum": ("integer", "number"),
    "items": ("array",),
}
SHORTEST = {"date": len("2026-03-01"), "date-time": len("2026-03-01T09:30:00Z"), "uri": len("a:b")}


@rule(ID, types=("custom_field_definition",))
def some_value_satisfies_the_schema(record: dict[str, Any]) -> Iterator[Finding]:
    """The keywords of a definition go with its type and leave a value that satisfies them."""
    schema = record.get("schema")
    if not isinstance(schema, dict) or not isinstance(schema.get("type"), str):
        return
    present = {name: value for name, value in schema.items() if value is not None}
    astray = [n for n, types in ONLY_FOR.items() if n in present and present["type"] not in types]
    for name in astray:
        expected = f"`{name}` only where the type is {' or '.join(ONLY_FOR[name])}"
        hint = f"Remove `{name}`, or choose another type."
        yield _finding((name, "type"), expected, present["type"], hint)
    if not astray:
        yield from _numbers(present)
        yield from _texts(present)


def _numbers(schema: dict[str, Any]) -> Iterator[Finding]:
    least, most = _number(schema, "minimum"), _number(schema, "maximum")
    if least is None or most is None:
        return
    whole = schema["type"] == "integer"
    if (ceil(least) > floor(most)) if whole else (least > most):
        kind = "a whole number" if whole else "a number"
        hint = "Raise `maximum` or lower `minimum`."
        expected = f"{kind} from `minimum` to `maximum`"
        yield _finding(("minimum", "maximum"), expected, [least, most], hint)


def _texts(schema: dict[str, Any]) -> Iterator[Finding]:
    limits = {k: v for k, v in schema.items() if k in ("maxLength", "format") and _sound(k, v)}
    most, form = limits.get("maxLength"), limits.get("format")
    if most is not None and most < SHORTEST.get(form or "", 0):
        expected = f"a `maxLength` that leaves room for a {form}"
        yield _finding(("maxLength", "format"), expected, most, "Raise or remove `maxLength`.")
        return
    values = schema.get("enum")
    if not isinstance(values, list) or not values or not limits:
        return
    form_of_a_value = {"$schema": DIALECT, **limits}
    compiled = jsonschema_rs.validator_for(form_of_a_value, validate_formats=True)
    if not any(isinstance(value, str) and compiled.is_valid(value) for value in values):
        names = ("enum", *limits)
        expected = f"an `enum` with a value that fits {' and '.join(f'`{n}`' for n in limits)}"
        yield _finding(names, expected, values, "Mend the values, or remove what they do not fit.")


def _number(schema: dict[str, Any], name: str) -> int | float | None:
    value = schema.get(name)
    if isinstance(value, float) and isfinite(value):
        return value
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _sound(name: str, value: Any) -> bool:
    """Say whether the value of a keyword is one that its own schema allows."""
    if name == "format":
        return isinstance(value, str) and value in SHORTEST
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _finding(names: tuple[str, ...], expected: str, got: Any, hint: str) -> Finding:
    places = [pointer_to("schema", name) for name in names]
    return Finding(
        requirement=ID,
        pointer=places[0],
        expected=expected,
        got=shown(got),
        hint=hint,
        keyword="rule",
        pointers=(*places, "/schema"),
    )
