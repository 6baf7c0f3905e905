"""The rules that no schema can say: C1, C2, C6, C7, O2, O3, O4 and CF1."""

import math
import re
from collections import Counter
from types import MappingProxyType
from typing import Any

from sbw_miniature.formats import SHORTEST
from sbw_miniature.pointer import join, members, places
from sbw_miniature.sameness import mailbox
from sbw_miniature.validation import Fault, Faults, is_valid

_VAT_PREFIXES = MappingProxyType({"GR": ("EL",), "GB": ("GB", "XI")})
_VAT = re.compile(r"([A-Z]{2})[A-Za-z0-9]{2,13}")
_NUMBERS = frozenset({"integer", "number"})
_MADE_FOR = MappingProxyType(
    {
        "enum": frozenset({"string"}),
        "items": frozenset({"array"}),
        "maxLength": frozenset({"string"}),
        "minimum": _NUMBERS,
        "maximum": _NUMBERS,
        "format": frozenset({"string"}),
    }
)


def broken(record: dict[str, Any]) -> Faults:
    """Yield what is wrong with a record that is valid against the schema of its type."""
    yield from _RULES[record["type"]](record)


def _contact(record: dict[str, Any]) -> Faults:
    name = record.get("name", {})
    if not (
        name.keys() & {"full", "given", "family"} or record.get("emails") or record.get("phones")
    ):
        yield Fault("/name", "C1", "Expected a name, an e-mail address or a phone.")
    if sum(place.value for place in places(record, "/organizations/*/primary")) > 1:
        yield Fault("/organizations", "C7", "Expected one primary organization at most.")
    yield from _preferred(record, "C2")
    yield from _mailboxes(record, "C6")


def _organization(record: dict[str, Any]) -> Faults:
    yield from _preferred(record, "O3")
    yield from _mailboxes(record, "O4")
    for place in places(record, "/identifiers/*"):
        if place.value["scheme"] == "vat":
            found = _VAT.fullmatch(place.value["value"])
            country = place.value.get("country")
            if not found or (country and found[1] not in _VAT_PREFIXES.get(country, (country,))):
                detail = "Expected the prefix of the country, then 2 to 13 letters or digits."
                yield Fault(join(place.pointer, "value"), "O2", detail)


def _preferred(record: dict[str, Any], code: str) -> Faults:
    for place in members(record):
        if isinstance(place.value, list):
            first = [pref for pref in places(place.value, "/*/pref") if pref.value == 1]
            for pref in first[1:]:
                yield Fault(place.pointer + pref.pointer, code, "Expected one preferred at most.")


def _mailboxes(record: dict[str, Any], code: str) -> Faults:
    seen: Counter[str] = Counter()
    for place in places(record, "/emails/*/address"):
        seen[mailbox(place.value)] += 1
        if seen[mailbox(place.value)] > 1:
            yield Fault(place.pointer, code, "Expected each address once.")


def _definition(record: dict[str, Any]) -> Faults:
    schema = record["schema"]
    kind, most = schema["type"], schema.get("maxLength", math.inf)
    misplaced = [word for word in _MADE_FOR if word in schema and kind not in _MADE_FOR[word]]
    for word in misplaced:
        yield Fault(join("/schema", word), "CF1", f"Expected no {word} for the type {kind}.")
    if misplaced:
        return
    low, high = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
    if low > high or (kind == "integer" and _first_whole(low) > high):
        yield Fault("/schema/minimum", "CF1", "Expected a number between minimum and maximum.")
    if "enum" in schema:
        if not any(is_valid(schema, value) for value in schema["enum"]):
            yield Fault("/schema/enum", "CF1", "Expected a value that the other keywords allow.")
    elif most < SHORTEST.get(schema.get("format", ""), 0):
        yield Fault("/schema/maxLength", "CF1", "Expected room for a value of the format.")


def _first_whole(number: float) -> float:
    return number if math.isinf(number) else math.ceil(number)


_RULES = MappingProxyType(
    {
        "contact": _contact,
        "organization": _organization,
        "custom_field_definition": _definition,
    }
)
