"""The words of findings, made from what a schema says about itself: title, description, examples.

A pattern is told by the description of the schema that has it, so that a new type needs no new
words here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from sbw_validator.dialect import explainer
from sbw_validator.findings import shown
from sbw_validator.shape import Schema, annotation, facets, member, members

KINDS = {
    "object": "an object",
    "array": "an array",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
LIMITS = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} elements",
    "maxItems": "at most {} elements",
    "minProperties": "at least {} members",
    "maxProperties": "at most {} members",
    "minimum": "{} or more",
    "maximum": "{} or less",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
}
SINGULAR = {" characters": " character", " elements": " element", " members": " member"}
ADVICE = {
    "minLength": "Leave the member out, or write more.",
    "maxLength": "Shorten it by {over} characters.",
    "minItems": "Add elements, or leave the member out.",
    "maxItems": "Remove {over} elements.",
    "uniqueItems": "Remove the element that is there twice.",
}
FORMATS = {
    "date": "a calendar date (RFC 3339)",
    "date-time": "an instant (RFC 3339)",
    "uri": "an absolute URI (RFC 3986)",
}
CLOSE = 0.7  # of 1, how alike two words are of which one was meant
FIT = ("pattern", "format", "not")
FIXED = {
    "uniqueItems": "elements that all differ",
    "contains": "an element that fits",
    "propertyNames": "other member names",
    "false": "no such member",
}


def kinds(type_: Any) -> str:
    """Return JSON types in words, such as `a text or null`."""
    types = type_ if isinstance(type_, list) else [type_]
    return " or ".join(KINDS.get(str(name), shown(name)) for name in types)


def listed(values: Iterable[Any], joint: str = ",") -> str:
    """Return values as JSON, joined."""
    joint = ", " if joint == "," else f" {joint} "
    return joint.join(shown(value) for value in values)


def involved(schema: Any) -> list[str]:
    """Return the members that a condition or an alternative looks at, each once."""
    found: dict[str, None] = {}
    waiting = [schema]
    while waiting:
        item = waiting.pop(0)
        if isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, dict):
            found.update(dict.fromkeys(item.get("required", ())))
            found.update(dict.fromkeys(item.get("properties", {})))
            keywords = ("not", "anyOf", "allOf", "oneOf")
            waiting.extend(item[keyword] for keyword in keywords if keyword in item)
    return list(found)


@dataclass(frozen=True, slots=True)
class Broken:
    """A keyword that a value breaks: its own value, the schema that has it, where it stands."""

    bundle: Schema
    keyword: str
    limit: Any
    schema: Any
    value: Any
    name: str


def told(broken: Broken) -> str:
    """Return what a keyword expects."""
    keyword, limit = broken.keyword, broken.limit
    if keyword == "type":
        return kinds(limit)
    if keyword in LIMITS:
        return _counted(LIMITS[keyword].format(shown(limit)), limit)
    if keyword in ("const", "enum"):
        return shown(limit) if keyword == "const" else f"one of {listed(limit)}"
    if keyword == "not" and isinstance(limit, dict) and "enum" in limit:
        return f"none of {listed(limit['enum'])}"
    if keyword in FIT:
        text = annotation(broken.bundle, broken.schema, "description")
        return _phrase(text) if text else FORMATS.get(str(limit), _fit(keyword, limit))
    return FIXED.get(keyword, f"a value that fits `{keyword}`")


def _fit(keyword: str, limit: Any) -> str:
    return f"a text that matches {limit}" if keyword == "pattern" else f"not {shown(limit)}"


def _counted(text: str, number: Any) -> str:
    for plural, singular in SINGULAR.items():
        text = text.replace(plural, singular) if number == 1 else text
    return text


def hint(broken: Broken) -> str:
    """Return what a person can do about it."""
    keyword, value = broken.keyword, broken.value
    if keyword == "type" and value is None:
        return "Leave the member out: null does nothing but clear what may be absent."
    if keyword == "enum" and isinstance(value, str):
        return near(value, [item for item in broken.limit if isinstance(item, str)], "Use")
    if keyword in ADVICE:
        over = len(value) - broken.limit if keyword in ("maxLength", "maxItems") else 0
        return _counted(ADVICE[keyword].format(over=over), over)
    if keyword in (*FIT, "type"):
        return _like(broken)
    if keyword in LIMITS or keyword in ("const", "enum"):
        return f"Write {told(broken)}."
    return "Change it so that it fits, or leave it out."


def _like(broken: Broken) -> str:
    """Return advice such as `Write the country as two capital letters, such as DE`."""
    bundle, schema, value = broken.bundle, broken.schema, broken.value
    if isinstance(value, str) and value != value.strip() and broken.keyword in FIT:
        trimmed = value.strip()
        if explainer({"$defs": bundle.get("$defs", {}), **schema}).is_valid(trimmed):
            where = "at the end" if value.startswith(trimmed) else "around it"
            return f"Remove the white space {where}."
    title = annotation(bundle, schema, "title")
    subject = f"the {_phrase(title)}" if title else f"`{broken.name}`"
    manner = told(broken)
    if manner.startswith("none of "):
        return f"Use another value for {subject}."
    example = example_of(bundle, schema)
    tail = f", such as {example}" if example else ""
    return f"Write {subject} as {manner}{tail}."


def example_of(bundle: Schema, schema: Any) -> str:
    """Return the first example of a schema: a text as it is, anything else as JSON."""
    for facet in facets(bundle, schema):
        if facet.get("examples"):
            example = facet["examples"][0]
            return example if isinstance(example, str) else shown(example)
    return ""


def add(bundle: Schema, schema: Any, name: str) -> str:
    """Return the advice to add a member."""
    known = member(bundle, schema, name) or member(bundle, bundle, name)
    example = example_of(bundle, known) if known else ""
    constant = annotation(bundle, known, "const") if known else None
    example = shown(constant) if constant is not None else example
    return f"Add `{name}`, such as {example}." if example else f"Add `{name}`."


def unknown(bundle: Schema, schema: Any, name: str) -> str:
    """Return the advice about a member that is not known."""
    known = [other for other in members(bundle, schema) if other != name]
    return near(name, known, "Remove it, or use")


def near(value: str, known: list[str], lead: str) -> str:
    """Return the advice to use a known word, the one that was probably meant if there is one."""
    folded = {word.casefold(): word for word in known}
    close = get_close_matches(value.casefold(), folded, 1, CLOSE)
    if close:
        return f"Did you mean {shown(folded[close[0]])}?"
    return f"{lead} one of {listed(known)}." if known else f"{lead.partition(',')[0]}."


def _phrase(text: str) -> str:
    """Return a title or description as part of a sentence."""
    first, rest = text[:1], text[1:]
    lower = first.lower() if rest[:1].islower() or rest[:1] in (" ", "-") else first
    return (lower + rest).rstrip(".")
