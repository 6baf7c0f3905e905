"""What vendors declare of their apps: limits, and members that they do not store."""

from typing import Any

from sbw_reference.declarations import Declares, optional_filters
from sbw_validator.schemas import load_schemas
from sbw_validator.shape import annotation, members, places
from sbw_validator.standard import Resource, load_standard

SHORT = 50
LINE = 250
EXTERNAL_IDS = "external_ids"
STORED = frozenset({"external_ids", "id", "meta", "type", "name", "emails", "tags"})

STRICT_EMAIL: Declares = {
    "contact": {
        "constraints": {
            "/emails": {"required": True, "max_items": 3},
            "/emails/*/address": {"unique": True, "max_length": 120},
        },
        "unsupported": [
            "/nickname",
            "/anniversaries",
            "/native_lifecycle_stage",
            "/phones/*/extension",
            "/addresses/*/time_zone",
            "/extensions",
        ],
        "limitations": "A contact is one mailbox.",
    },
    "organization": {
        "constraints": {
            "/billing/currency": {"enum": ["EUR", "GBP", "USD"]},
            "/addresses/*/postal_code": {"pattern": "^[0-9A-Z -]{2,10}$"},
        },
        "unsupported": ["/industry", "/billing/e_invoice_endpoint", "/extensions"],
    },
    "custom_field_definition": {},
}
"""A newsletter tool, whose contacts are mailboxes."""


def short_text() -> Declares:
    """Return what a vendor declares whose columns are short: every line of every resource."""
    standard = load_standard()
    return {
        resource.type: _short(resource)
        for resource in standard.resources.values()
        if resource.writable
    }


def _short(resource: Resource) -> dict[str, Any]:
    bundle = load_schemas(load_standard()).bundle(resource.type)
    constraints: dict[str, Any] = {}
    for path, schema in places(bundle):
        line = annotation(bundle, schema, "maxLength") == LINE
        if line and _floor(annotation(bundle, schema, "x-floor")) and EXTERNAL_IDS not in path:
            constraints["/" + "/".join(path)] = {"max_length": SHORT}
    if "emails" in members(bundle, bundle):
        constraints["/emails"] = {"max_items": 1}
    return {"constraints": constraints, "filters": list(optional_filters(resource))}


def _floor(floor: Any) -> bool:
    """Return whether a limit of SHORT is not below a floor."""
    return isinstance(floor, dict) and floor.get("max_length", SHORT) <= SHORT


def few_members() -> Declares:
    """Return what a vendor declares that keeps little of a contact."""
    standard = load_standard()
    bundle = load_schemas(standard).bundle("contact")
    top = [f"/{name}" for name in members(bundle, bundle) if name not in STORED]
    parts = ["/name/middle", "/name/family2", "/name/sort_as", "/emails/*/label"]
    return {"contact": {"unsupported": [*top, *parts], "filters": ["email"]}}
