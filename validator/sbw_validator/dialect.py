"""jsonschema, held to the verdicts of ECMA-262, RFC 3339 and RFC 3986.

Where the library errs: `pattern` is run by Python's `re`, whose `$` accepts a line break behind
it and whose classes hold all of Unicode; formats differ from their RFCs; and an error inside
`allOf` or `$ref` makes `unevaluatedProperties` name members that are known.
"""

import re
from collections import OrderedDict
from collections.abc import Iterator
from functools import cache, partial
from ipaddress import AddressValueError, IPv6Address
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.validators import extend

from sbw_validator.shape import Schema, resolve

Errors = Iterator[ValidationError]
SPACE = "\t\n\v\f\r\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
INSIDE = {"d": "0-9", "w": "A-Za-z0-9_", "s": SPACE, "/": "/"}
ESCAPES = {
    "/": "/",
    **{name: f"[{INSIDE[name]}]" for name in "dws"},
    **{name.upper(): f"[^{INSIDE[name]}]" for name in "dws"},
}
DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
TIME = re.compile(
    r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
PERCENT = "%[0-9A-Fa-f]{2}"
NAME = rf"(?:[A-Za-z0-9._~!$&'()*+,;=-]|{PERCENT})"
USER = rf"(?:[A-Za-z0-9._~!$&'()*+,;=:-]|{PERCENT})"
PATH = rf"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|{PERCENT})"
QUERY = rf"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|{PERCENT})*"
URI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:"
    rf"(?://(?:{USER}*@)?(?:\[(?P<literal>[^\[\]]*)\]|{NAME}*)(?::[0-9]*)?(?:/{PATH}*)*"
    rf"|/(?:{PATH}+(?:/{PATH}*)*)?|{PATH}+(?:/{PATH}*)*|)(?:\?{QUERY})?(?:#{QUERY})?"
)
FUTURE_ADDRESS = re.compile(r"v[0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+")
ADDRESS = re.compile("[0-9A-Fa-f:.]+")
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


def _pattern(validator: Any, pattern: str, instance: Any, _schema: Any) -> Errors:
    if validator.is_type(instance, "string") and not ecma(pattern).search(instance):
        yield ValidationError("does not match")


def _properties(validator: Any, properties: Any, instance: Any, _schema: Any) -> Errors:
    """Judge the members; the library forgets the name of one that is not allowed at all."""
    if validator.is_type(instance, "object"):
        for name, schema in properties.items():
            if name in instance and schema is False:
                yield ValidationError("not allowed", path=[name], instance=instance[name])
            elif name in instance:
                yield from validator.descend(instance[name], schema, path=name, schema_path=name)


def _additional(validator: Any, allowed: Any, instance: Any, schema: Any) -> Errors:
    if validator.is_type(instance, "object"):
        patterns = [ecma(pattern) for pattern in schema.get("patternProperties", ())]
        known = {name for name in instance if any(p.search(name) for p in patterns)}
        known |= schema.get("properties", {}).keys()
        yield from _others(validator, allowed, instance, known)


def _others(validator: Any, allowed: Any, instance: Any, known: set[str]) -> Errors:
    """Judge the members that are not known, an error for each if they are not allowed."""
    for name, value in instance.items():
        if name not in known:
            if allowed is False:
                yield ValidationError("unknown member", path=[name], instance=value)
            else:
                yield from validator.descend(value, allowed, path=name)


def _patterned(validator: Any, patterns: Any, instance: Any, _schema: Any) -> Errors:
    if validator.is_type(instance, "object"):
        for pattern, schema in patterns.items():
            for name, value in instance.items():
                if ecma(pattern).search(name):
                    yield from validator.descend(value, schema, path=name, schema_path=pattern)


def _unevaluated(
    bundle: Schema, validator: Any, allowed: Any, instance: Any, schema: Any
) -> Errors:
    if validator.is_type(instance, "object"):
        known = _evaluated(bundle, validator, instance, schema)
        yield from _others(validator, allowed, instance, known)


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
    dependent = schema.get("dependentSchemas", {})
    yield from (dependent[name] for name in dependent if name in instance)


def _conditional(validator: Any, test: Any, instance: Any, schema: Any) -> Errors:
    """Put the errors of a branch into the context, where `if` is known to be involved."""
    branch = "then" if validator.evolve(schema=test).is_valid(instance) else "else"
    errors = list(validator.descend(instance, schema.get(branch, True), schema_path=branch))
    if errors:
        yield ValidationError("a condition is not kept", context=errors)


@FORMATS.checks("date")
def is_date(value: object) -> bool:
    """Say whether a text is `full-date` of RFC 3339; anything but a text is none of its business.

    jsonschema-rs takes `+026-02-08` too, so a pattern stands beside the formats of dates (lint).
    """
    if not isinstance(value, str):
        return True
    match = DATE.fullmatch(value)
    if match is None:
        return False
    year, month, day = (int(part) for part in match.groups())
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 1 <= month <= 12 and 1 <= day <= DAYS[month - 1] + leap


@FORMATS.checks("date-time")
def is_instant(value: object) -> bool:
    """Say whether a text is `date-time` of RFC 3339; a leap second ends a day in UTC."""
    if not isinstance(value, str):
        return True
    match = TIME.fullmatch(value[11:])
    if match is None or value[10] not in "Tt" or not is_date(value[:10]):
        return False
    hour, minute, second = (int(part) for part in match.groups()[:3])
    ahead_hours, ahead_minutes = int(match[5] or 0), int(match[6] or 0)
    if hour > 23 or minute > 59 or second > 60 or ahead_hours > 23 or ahead_minutes > 59:
        return False
    ahead = (ahead_hours * 60 + ahead_minutes) * (-1 if match[4] == "-" else 1)
    return second < 60 or (hour * 60 + minute - ahead) % 1440 == 1439


@FORMATS.checks("uri")
def is_uri(value: object) -> bool:
    """Say whether a text is `URI` of RFC 3986, so not a relative one."""
    match = URI.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return not isinstance(value, str)
    literal = match["literal"]
    if literal is None or FUTURE_ADDRESS.fullmatch(literal):
        return True
    try:
        return bool(ADDRESS.fullmatch(literal)) and bool(IPv6Address(literal))
    except AddressValueError:
        return False


_built: OrderedDict[int, tuple[Schema, Any]] = OrderedDict()
MOST_BUILT = 64


def explainer(bundle: Schema) -> Any:
    """Return a jsonschema validator of a bundle; the last ones are kept, for to build one is dear.

    A bundle is known by its identity: who holds it does not change it.
    """
    known = _built.get(id(bundle))
    if known is not None and known[0] is bundle:
        _built.move_to_end(id(bundle))
        return known[1]
    built = _explainer(bundle)
    _built[id(bundle)] = (bundle, built)
    while len(_built) > MOST_BUILT:
        _built.popitem(last=False)
    return built


def _explainer(bundle: Schema) -> Any:
    keywords = {
        "pattern": _pattern,
        "properties": _properties,
        "patternProperties": _patterned,
        "additionalProperties": _additional,
        "unevaluatedProperties": partial(_unevaluated, bundle),
        "if": _conditional,
    }
    class_: Any = extend(Draft202012Validator, keywords)  # type: ignore[no-untyped-call]
    return class_(bundle, format_checker=FORMATS)
