"""The resources that are served: what the registry of the standard says, and limits of our own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sbw_miniature.schema import Schema, load


@dataclass(frozen=True)
class Resource:
    """One resource; in pointers `*` stands for any index.

    `selectors` maps a filter to the pointer that it compares, `references` the pointer of a
    reference to the type of the record, `native` a status member to our codes and what they mean.
    """

    type: str
    path: str
    operations: tuple[str, ...] = ("list", "create", "read", "update", "delete", "upsert")
    has_ids_filter: bool = False
    selectors: Mapping[str, str] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    unique: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()
    constraints: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    native: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def schema(self) -> Schema:
        """The schema of a record."""
        return load()[self.type]

    @property
    def is_collection(self) -> bool:
        """Whether there are many records of it, each at an id."""
        return "list" in self.operations

    def scope(self, *, write: bool) -> str:
        """Return the scope that reading or writing needs."""
        return f"{self.path}:{'write' if write else 'read'}"

    def all_unique(self) -> list[str]:
        """Return the pointers of values that no two records of a business share."""
        own = [pointer for pointer, limits in self.constraints.items() if limits.get("unique")]
        return [*self.unique, *own]


RESOURCES = (
    Resource("business", "business", operations=("read",)),
    Resource(
        "contact",
        "contacts",
        has_ids_filter=True,
        selectors={"email": "/emails/*/address", "organization": "/organizations/*/ref/id"},
        references={"/organizations/*/ref": "organization"},
        unsupported=("/pronouns", "/anniversaries", "/addresses/*/coordinates"),
        constraints={
            "/name/given": {"max_length": 80},
            "/emails": {"max_items": 8},
            "/tags": {"max_items": 40},
        },
        native={
            "lifecycle_stage": {
                "fresh": "lead",
                "warm": "qualified",
                "won": "customer",
                "lost": "former",
            }
        },
    ),
    Resource(
        "organization",
        "organizations",
        has_ids_filter=True,
        selectors={"email": "/emails/*/address"},
        references={"/parent": "organization"},
        unsupported=("/industry", "/billing/e_invoice_endpoint"),
        constraints={"/legal_name": {"max_length": 120, "unique": True}},
    ),
    Resource(
        "custom_field_definition",
        "custom-field-definitions",
        selectors={"applies_to": "/applies_to/*"},
        unique=("/key",),
    ),
)
