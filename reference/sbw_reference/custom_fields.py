"""Custom fields: the business defines them, records have them, and neither goes astray."""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from sbw_reference.decisions import UNDEFINED
from sbw_reference.offers import CUSTOM_FIELDS, Offer, Provider
from sbw_reference.problems import Problem, Refusal
from sbw_reference.records import Row
from sbw_reference.turns import Turn
from sbw_reference.writes import Write
from sbw_validator.findings import Finding, pointer_to
from sbw_validator.schemas import SchemaValidator

DEFINITION = "custom_field_definition"
KEY = "key"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
FORBIDDEN = "custom-value"
Body = Mapping[str, Any]


def findings(write: Write, turn: Turn, before: Body, body: Body) -> Iterator[Finding]:
    """Yield the new values that no definition of the business is for, or that it forbids."""
    old = before.get(CUSTOM_FIELDS, {})
    fields = body[CUSTOM_FIELDS]
    new = {key: value for key, value in fields.items() if not _same(old.get(key), value)}
    if not new:
        return
    rows = turn.having(DEFINITION, f"/{KEY}", new)
    applies = write.behaviour.applies
    defined = {key: row.body for key, row in rows if applies(row.body, write.offer.type)}
    for key, value in new.items():
        place = pointer_to(CUSTOM_FIELDS, key)
        if key not in defined:
            expected = "a field that is defined for the type"
            yield Finding("CORE-130", place, expected, "", "", UNDEFINED)
            continue
        schema = write.behaviour.value_schema(defined[key])
        if not compiled(json.dumps(schema)).is_valid(value):
            expected = "a value that the definition allows"
            yield Finding("CORE-131", place, expected, "", "", FORBIDDEN)


def _same(old: Any, value: Any) -> bool:
    """Return whether a field keeps its value; false is not 0."""
    return type(old) is type(value) and bool(old == value)


@lru_cache(maxsize=512)
def compiled(schema: str) -> SchemaValidator:
    """Return the compiled schema of a definition, which is given as JSON text."""
    return SchemaValidator(DEFINITION, "full", {"$schema": DIALECT, **json.loads(schema)}, "")


def guard(provider: Provider, offer: Offer, turn: Turn, row: Row, after: Body | None) -> None:
    """Refuse to delete a definition, or to take it from a type, while records have its field."""
    if offer.type != DEFINITION:
        return
    key = row.body[KEY]
    types = set(row.body["applies_to"])
    if after is not None and after[KEY] == key:
        types -= set(after["applies_to"])
    for other in provider.offers.values():
        if other.custom and other.type in types:
            using = turn.having(other.type, f"/{CUSTOM_FIELDS}", [key])
            if using:
                detail = "Records have this field."
                record = (other.type, using[0][1].id)
                raise Refusal(Problem(409, "in-use", detail, record=record))
