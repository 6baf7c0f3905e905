"""What the provider offers: the resources of the classes it claims, ready to be served."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sbw_reference import constraints, entries, landing, members, native
from sbw_reference.behaviour import Behaviour
from sbw_reference.behaviours import Hook, hook
from sbw_reference.constraints import Limit
from sbw_reference.declarations import IDS, Declaration, Declares, declaration_of
from sbw_reference.entries import Held, Place
from sbw_reference.errors import UsageError
from sbw_reference.places import Pattern, pattern_of
from sbw_reference.records import external_keys
from sbw_reference.store import Store
from sbw_validator import shape, values
from sbw_validator.derive import bundle as derived
from sbw_validator.findings import Finding
from sbw_validator.schemas import SchemaValidator, load_schemas
from sbw_validator.standard import Reference, Resource, Standard
from sbw_validator.validation import validate

EXTERNAL_ID = "common/external-id.json"
EXTERNAL_IDS = "external_ids"
EXTENSIONS = "extensions"
CUSTOM_FIELDS = "custom_fields"
OPEN = frozenset({EXTENSIONS, CUSTOM_FIELDS})
COLLECTION, BY_EXTERNAL_ID, ITEM = "", "/by-external-id", "/{id}"
METHODS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "list": ((COLLECTION, "GET"),),
    "read": ((ITEM, "GET"), (BY_EXTERNAL_ID, "GET")),
    "create": ((COLLECTION, "POST"),),
    "update": ((ITEM, "PATCH"),),
    "delete": ((ITEM, "DELETE"),),
    "upsert": ((BY_EXTERNAL_ID, "PATCH"),),
}
"""The addresses below that of a resource, and the methods, at which an operation is asked for."""


@dataclass(frozen=True, eq=False)
class Offer:
    """One resource as it is served: operations, and what its schema says about its members.

    `places` are those that its records are found by, `unique` those among them that no two
    records share; `codes` are the native ones of each status member, `selectors` the places of
    filters. `extended` and `custom` say that it has extensions and custom fields.
    """

    resource: Resource
    standard: Standard
    operations: tuple[str, ...]
    declared: tuple[str, ...]
    declaration: Declaration
    bundle: dict[str, Any]
    writes: dict[str, Any]
    read_only: tuple[Pattern, ...]
    defaults: Mapping[str, Any]
    unsupported: tuple[Pattern, ...]
    limits: tuple[Limit, ...]
    codes: native.Codes
    places: tuple[Place, ...]
    unique: frozenset[str]
    selectors: Mapping[str, Place]
    filters: frozenset[str]
    refs: tuple[tuple[Pattern, Reference], ...]
    extended: bool
    custom: bool
    external_id: SchemaValidator
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

    def addresses(self) -> dict[str, dict[str, str]]:
        """Return the operation of each method at each address, in the order of routing."""
        found: dict[str, dict[str, str]] = {COLLECTION: {}, BY_EXTERNAL_ID: {}, ITEM: {}}
        for operation in self.operations:
            for address, method in METHODS[operation]:
                where = COLLECTION if self.alone and address == ITEM else address
                if where != BY_EXTERNAL_ID or "upsert" in self.resource.operations:
                    found[where][method] = operation
        return {address: methods for address, methods in found.items() if methods}

    def findings(self, value: Any, variant: str) -> tuple[Finding, ...]:
        """Return what schema and rules say against a value."""
        found = validate(value, type=self.type, variant=variant, standard=self.standard)
        return tuple(found)

    def equal(self, one: Any, other: Any) -> bool:
        """Return whether two bodies are the Same value.

        Members that are equal in Python are: but in those open to anything 1 is not true.
        """
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            names = {**one, **other}
            apart = {n for n in names if n in OPEN or one.get(n) != other.get(n)}
            one = {name: value for name, value in one.items() if name in apart}
            other = {name: value for name, value in other.items() if name in apart}
        return values.same(one, other, self.bundle)

    def held(self, body: Mapping[str, Any]) -> Held:
        """Return what a record with a body is found by."""
        return Held(external_keys(body), entries.entries_of(self.places, body))


@dataclass(frozen=True, eq=False)
class Provider:
    """One app: what it offers, how it behaves, where it keeps its records.

    `referrers` are the offers whose records refer to those of a type, with the places.
    """

    standard: Standard
    classes: tuple[str, ...]
    behaviour: Behaviour
    store: Store
    offers: Mapping[str, Offer]
    referrers: Mapping[str, tuple[tuple[Offer, Pattern, Reference], ...]]

    def landing(self, base: str) -> dict[str, Any]:
        """Return the landing page under a base."""
        offered = {
            name: (offer.resource, offer.declared, offer.declaration.to_json())
            for name, offer in self.offers.items()
        }
        page = landing.document(self.standard, self.classes, offered, base)
        return self.behaviour.landing(page)


def offer_of(
    resource: Resource, standard: Standard, behaviour: Behaviour, declares: Declares | None = None
) -> Offer:
    """Return the offer of a resource; UsageError for a declaration that cannot be."""
    schemas = load_schemas(standard)
    full, writes = schemas.bundle(resource.type), schemas.bundle(resource.type, "create")
    told = declaration_of(resource, standard, declares)
    operations = resource.operations if told.operations is None else told.operations
    declared = behaviour.claimed(operations, resource)
    known = shape.members(full, full)
    unique = {
        *resource.unique,
        *(p for p, limits in told.constraints.items() if "unique" in limits),
    }
    selectors = resource.selectors
    found_by = {*unique, *selectors.values()} - set(resource.refs)
    custom = (entries.name_place(f"/{CUSTOM_FIELDS}"),) if CUSTOM_FIELDS in known else ()
    at_values = {pointer: entries.value_place(pointer, full) for pointer in sorted(found_by)}
    at_values |= {pointer: entries.reference_place(pointer) for pointer in resource.refs}
    return Offer(
        resource=resource,
        standard=standard,
        operations=behaviour.served(declared, resource),
        declared=declared,
        declaration=told,
        bundle=full,
        writes=writes,
        read_only=members.read_only(schemas, resource.type),
        defaults=members.defaults(full),
        unsupported=tuple(pattern_of(pointer) for pointer in told.unsupported),
        limits=constraints.limits_of(told.constraints),
        codes={name: told.native.get(name, {}) for name in native.statuses(known)},
        places=(*at_values.values(), *custom),
        unique=frozenset(unique),
        selectors={name: at_values[selectors[name]] for name in told.filters if name in selectors},
        filters=frozenset({*resource.filters, *told.filters}) - ({IDS} - {*told.filters}),
        refs=tuple((pattern_of(pointer), ref) for pointer, ref in resource.refs.items()),
        extended=EXTENSIONS in known and f"/{EXTENSIONS}" not in told.unsupported,
        custom=bool(custom),
        external_id=_external_id(standard),
        before_write=hook(resource, "before_write"),
        after_commit=hook(resource, "after_commit"),
        compute=hook(resource, "compute"),
    )


def _external_id(standard: Standard) -> SchemaValidator:
    files = load_schemas(standard).files
    return SchemaValidator("external-id", "full", derived(files, EXTERNAL_ID), "")


def referring(
    offers: Mapping[str, Offer],
) -> Iterator[tuple[str, tuple[Offer, Pattern, Reference]]]:
    """Yield for each reference the type that it leads to, the offer, the place, and what it is."""
    for offer in offers.values():
        for pattern, ref in offer.refs:
            yield from ((kind, (offer, pattern, ref)) for kind in ref.types)


def provider(
    standard: Standard,
    names: tuple[str, ...] | None,
    behaviour: Behaviour,
    store: Store,
    declares: Declares | None = None,
) -> Provider:
    """Return an app that claims the named classes, all of the standard where None are named.

    `declares` is what it says of its resources; what it says nothing of is as by default.
    """
    classes = landing.claimed(standard, names)
    wanted = [type_ for name in classes for type_ in standard.classes[name].resources]
    told = behaviour.declares(declares) or {}
    for type_ in set(told) - set(standard.resources):
        there = ", ".join(standard.resources)
        raise UsageError(f"There is no {type_!r} to declare; choose from {there}.")
    offers = {
        type_: offer_of(standard.resources[type_], standard, behaviour, told) for type_ in wanted
    }
    referrers: dict[str, tuple[tuple[Offer, Pattern, Reference], ...]] = {}
    for type_, found in referring(offers):
        referrers[type_] = (*referrers.get(type_, ()), found)
    return Provider(standard, classes, behaviour, store, offers, referrers)
