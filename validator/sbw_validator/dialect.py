"""jsonschema, held to the verdicts of ECMA-262 and RFC 3339.

Where the library errs: `pattern` is run by Python's `re`, whose `$` accepts a line break behind
it and whose classes hold all of Unicode; formats differ from RFC 3339; and an error inside
`allOf` or `$ref` makes `unevaluatedProperties` name members that are known.
"""

import re
from collections.abc import Iterator
from functools import cache, partial
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from rfc3986_validator import validate_rfc3986

from sbw_validator.shape import Schema, resolve

Errors = Iterator[ValidationError]
SPACE = "\t\n\v\f\r\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
ESCAPES = {
    **{"d": "[0-9]", "D": "[^0-9]", "w": "[A-Za-z0-9_]", "W": "[^A-Za-z0-9_]"},
    **{"s": f"[{SPACE}]", "S": f"[^{SPACE}]", "/": "/", "-": r"\-"},
}
INSIDE = {"d": "0-9", "w": "A-Za-z0-9_", "s": SPACE, "/": "/"}
DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
TIME = re.compile(
    r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
FORMATS = FormatChecker(formats=())


@cache
def ecma(pattern: str) -> re.Pattern[str]:
    """Return a pattern of ECMA-262 (with the flag u) as Python understands it."""
    result, position, in_class = "", 0, False
    while position < len(pattern):
        character = pattern[position]
        following = pattern[position + 1 : position + 2]
        if character == "\\" and following:
            table = INSIDE if in_class else ESCAPES
            result += table.get(following, character + following)
            position += 2
            continue
        if in_class:
            in_class = character != "]"
            result += "\\[" if character == "[" else character
        elif character == "[":
            in_class = True
            result += character
        else:
            result += {"$": r"\Z", ".": r"[^\n\r\u2028\u2029]"}.get(character, character)
        position += 1
    return re.compile(result)


def _pattern(validator: Validator, pattern: str, instance: Any, _schema: Any) -> Errors:
    if validator.is_type(instance, "string") and not ecma(pattern).search(instance):
        yield ValidationError("does not match")


def _additional(validator: Validator, allowed: Any, instance: Any, schema: Any) -> Errors:
    if not validator.is_type(instance, "object"):
        return
    patterns = [ecma(pattern) for pattern in schema.get("patternProperties", ())]
    known = schema.get("properties", {})
    for name, value in instance.items():
        if name not in known and not any(pattern.search(name) for pattern in patterns):
            if allowed is False:
                yield ValidationError("unknown member", path=[name], instance=value)
            else:
                yield from validator.descend(value, allowed, path=name)


def _patterned(validator: Validator, patterns: Any, instance: Any, _schema: Any) -> Errors:
    if validator.is_type(instance, "object"):
        for pattern, schema in patterns.items():
            for name, value in instance.items():
                if ecma(pattern).search(name):
                    yield from validator.descend(value, schema, path=name, schema_path=pattern)


def _unevaluated(
    bundle: Schema, validator: Validator, allowed: Any, instance: Any, schema: Any
) -> Errors:
    if not validator.is_type(instance, "object"):
        return
    known = _evaluated(bundle, validator, instance, schema)
    for name, value in instance.items():
        if name in known:
            continue
        if allowed is False:
            yield ValidationError("unknown member", path=[name], instance=value)
        else:
            yield from validator.descend(value, allowed, path=name)


def _evaluated(bundle: Schema, validator: Any, instance: Any, schema: Any) -> set[str]:
    """Return the members that a schema knows.

    Where `allOf`, `$ref`, or all alternatives fail, that is an error of its own; what they know
    counts all the same, so that the verdict stays and no known member is called unknown.
    """
    if not isinstance(schema, dict):
        return set()
    if "additionalProperties" in schema:
        return set(instance)
    patterns = [ecma(pattern) for pattern in schema.get("patternProperties", ())]
    found = {name for name in instance if any(pattern.search(name) for pattern in patterns)}
    found |= schema.get("properties", {}).keys()
    for inner in _applied(bundle, validator, instance, schema):
        if isinstance(inner, dict) and "unevaluatedProperties" in inner:
            return set(instance)
        found |= _evaluated(bundle, validator, instance, inner)
    return found


def _applied(bundle: Schema, validator: Any, instance: Any, schema: Any) -> Iterator[Any]:
    """Yield the schemas that apply to the same object."""

    def holds(item: Any) -> bool:
        return bool(validator.evolve(schema=item).is_valid(instance))

    if "$ref" in schema:
        yield resolve(bundle, schema["$ref"])
    yield from schema.get("allOf", ())
    for keyword in ("anyOf", "oneOf"):
        branches = schema.get(keyword, ())
        yield from [item for item in branches if holds(item)] or branches
    if "if" in schema:
        met = holds(schema["if"])
        if met:
            yield schema["if"]
        yield schema.get("then" if met else "else", True)
    yield from (item for name, item in schema.get("dependentSchemas", {}).items() if name in instance)


def _conditional(validator: Validator, test: Any, instance: Any, schema: Any) -> Errors:
    """Put the errors of a branch into the context, where `if` is known to be involved."""
    inner: Any = validator
    branch = "then" if inner.evolve(schema=test).is_valid(instance) else "else"
    errors = list(inner.descend(instance, schema.get(branch, True), schema_path=branch))
    if errors:
        yield ValidationError("a condition is not kept", context=errors)


@FORMATS.checks("date")
def _is_date(value: object) -> bool:
    """Say whether a text is `full-date` of RFC 3339."""
    if not isinstance(value, str):
        return True
    match = DATE.fullmatch(value)
    if match is None:
        return False
    year, month, day = (int(part) for part in match.groups())
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 1 <= month <= 12 and 1 <= day <= DAYS[month - 1] + leap


@FORMATS.checks("date-time")
def _is_instant(value: object) -> bool:
    """Say whether a text is `date-time` of RFC 3339; a leap second ends a day in UTC."""
    if not isinstance(value, str):
        return True
    match = TIME.fullmatch(value[11:])
    if match is None or value[10] not in "Tt" or not _is_date(value[:10]):
        return False
    hour, minute, second = (int(part) for part in match.groups()[:3])
    behind = -1 if match[4] == "-" else 1
    ahead = [int(part) for part in (match[5] or 0, match[6] or 0)]
    if hour > 23 or minute > 59 or ahead[0] > 23 or ahead[1] > 59 or second > 60:
        return False
    in_utc = hour * 60 + minute - behind * (ahead[0] * 60 + ahead[1])
    return second < 60 or in_utc % 1440 == 1439


@FORMATS.checks("uri")
def _is_uri(value: object) -> bool:
    """Say whether a text is `URI` of RFC 3986, so not a relative one."""
    return not isinstance(value, str) or bool(validate_rfc3986(value, rule="URI"))


def explainer(bundle: Schema) -> Any:
    """Return a jsonschema validator of a bundle."""
    keywords = {
        "pattern": _pattern,
        "patternProperties": _patterned,
        "additionalProperties": _additional,
        "unevaluatedProperties": partial(_unevaluated, bundle),
        "if": _conditional,
    }
    return extend(Draft202012Validator, keywords)(bundle, format_checker=FORMATS)
