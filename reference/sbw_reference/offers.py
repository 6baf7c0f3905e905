"""What the provider offers: the resources of the classes it claims, ready to be served."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sbw_reference import landing, members
from sbw_reference.behaviour import Behaviour
from sbw_reference.behaviours import Hook, hook
from sbw_reference.members import Path
from sbw_reference.store import Store
from sbw_validator import values
from sbw_validator.findings import Finding
from sbw_validator.schemas import Schemas, load_schemas
from sbw_validator.standard import Resource, Standard
from sbw_validator.validation import validate

ITEM_OPERATIONS = frozenset({"read", "update", "delete"})
METHODS = {"list": "GET", "read": "GET", "create": "POST", "update": "PATCH", "delete": "DELETE"}


@dataclass(frozen=True, eq=False)
class Offer:
    """One resource as it is served: operations, and what its schema says about its members."""

    resource: Resource
    standard: Standard
    operations: tuple[str, ...]
    declared: tuple[str, ...]
    bundle: dict[str, Any]
    read_only: tuple[Path, ...]
    defaults: Mapping[str, Any]
    before_write: Hook | None
    after_commit: Hook | None
    compute: Hook | None

    @property
    def type(self) -> str:
        """Return the type of the resource."""
        return self.resource.type

    @property
    def alone(self) -> bool:
        """Return whether there is one record only, without an id in its address."""
        return self.resource.shape == "singleton"

    def methods(self, *, item: bool) -> dict[str, str]:
        """Return the operation of each method at the address of a record or of all of them."""
        return {
            METHODS[operation]: operation
            for operation in self.operations
            if (operation in ITEM_OPERATIONS and not self.alone) is item
        }

    def findings(self, value: Any, variant: str) -> tuple[Finding, ...]:
        """Return what schema and rules say against a value."""
        found = validate(value, type=self.type, variant=variant, standard=self.standard)
        return tuple(found)

    def equal(self, one: Any, other: Any) -> bool:
        """Return whether two bodies are the Same value."""
        return values.same(one, other, self.bundle)


@dataclass(frozen=True, eq=False)
class Provider:
    """One app: what it offers, how it behaves, where it keeps its records."""

    standard: Standard
    classes: tuple[str, ...]
    behaviour: Behaviour
    store: Store
    offers: Mapping[str, Offer]

    def landing(self, base: str) -> dict[str, Any]:
        """Return the landing page under a base."""
        offered = {name: (offer.resource, offer.declared) for name, offer in self.offers.items()}
        page = landing.document(self.standard, self.classes, offered, base)
        return self.behaviour.landing(page)


def offer_of(resource: Resource, standard: Standard, behaviour: Behaviour) -> Offer:
    """Return the offer of a resource."""
    schemas: Schemas = load_schemas(standard)
    full = schemas.bundle(resource.type)
    declared = behaviour.claimed(resource.operations, resource)
    return Offer(
        resource=resource,
        standard=standard,
        operations=behaviour.served(declared, resource),
        declared=declared,
        bundle=full,
        read_only=members.read_only(full, schemas.bundle(resource.type, "create")),
        defaults=members.defaults(full),
        before_write=hook(resource, "before_write"),
        after_commit=hook(resource, "after_commit"),
        compute=hook(resource, "compute"),
    )


def provider(
    standard: Standard, names: tuple[str, ...] | None, behaviour: Behaviour, store: Store
) -> Provider:
    """Return an app that claims the named classes, all of the standard where None are named."""
    classes = landing.claimed(standard, names)
    wanted = [type_ for name in classes for type_ in standard.classes[name].resources]
    offers = {type_: offer_of(standard.resources[type_], standard, behaviour) for type_ in wanted}
    return Provider(standard, classes, behaviour, store, offers)
