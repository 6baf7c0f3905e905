"""What an app declares of its resources on the landing page: what it lacks, limits, codes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sbw_reference.errors import UsageError
from sbw_validator.schemas import SchemaValidator, load_schemas
from sbw_validator.shape import annotation, at
from sbw_validator.standard import Resource, Standard

IDS = "ids"
EXTERNAL_IDS = "/external_ids"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
Declares = Mapping[str, Mapping[str, Any]]
"""Type -> what an app declares of it, in the words of the landing page."""

DEFAULT: Declares = {
    "contact": {
        "native": {
            "lifecycle_stage": {
                "mql": "qualified",
                "sql": "qualified",
                "evangelist": "customer",
            }
        }
    }
}
"""What the reference provider declares where nobody says otherwise; all filters come with it."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What is declared of one resource; `operations` is None for all that the standard has."""

    unsupported: tuple[str, ...] = ()
    constraints: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    native: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    filters: tuple[str, ...] = ()
    operations: tuple[str, ...] | None = None
    limitations: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what the landing page says of it, beside the operations."""
        said: dict[str, Any] = {"filters": list(self.filters)} if self.filters else {}
        said |= {"unsupported": list(self.unsupported)} if self.unsupported else {}
        said |= {"constraints": dict(self.constraints)} if self.constraints else {}
        said |= {"native": dict(self.native)} if self.native else {}
        return said | ({"limitations": self.limitations} if self.limitations else {})


def optional_filters(resource: Resource) -> tuple[str, ...]:
    """Return the filters that the standard leaves to the provider."""
    names = [IDS] if IDS in resource.filters else []
    return (*names, *resource.selectors)


def declaration_of(
    resource: Resource, standard: Standard, declares: Declares | None
) -> Declaration:
    """Return what is declared of a resource: as told, by default where it is not named.

    UsageError for what is not in the standard.
    """
    told = (declares or {}).get(resource.type)
    if told is None:
        told = {"filters": list(optional_filters(resource)), **DEFAULT.get(resource.type, {})}
    else:
        refuse(resource, standard, told)
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in told.items()
    }
    return Declaration(**given)


def refuse(resource: Resource, standard: Standard, told: Mapping[str, Any]) -> None:
    """Refuse a declaration that the landing page cannot make; UsageError says why."""
    page = load_schemas(standard).bundle("landing")
    place = at(page, page, ["resources", resource.type])
    schema = {"$schema": DIALECT, **(place or {}), "required": [], "$defs": page.get("$defs", {})}
    problems = [
        f"{finding.pointer or 'it'} is not {finding.expected}"
        for finding in SchemaValidator(resource.type, "full", schema, "").findings(dict(told))
    ]
    known = Declaration.__dataclass_fields__
    problems += [f"{name} is not one of {', '.join(known)}" for name in told if name not in known]
    if not problems:
        problems = _beside_the_standard(resource, standard, told)
    if problems:
        raise UsageError(f"What is declared of {resource.type} cannot be: {'; '.join(problems)}.")


def _beside_the_standard(
    resource: Resource, standard: Standard, told: Mapping[str, Any]
) -> list[str]:
    """Return what a well-formed declaration says that is not in the standard."""
    full = load_schemas(standard).bundle(resource.type)
    pointers = [*told.get("unsupported", ()), *told.get("constraints", {})]
    problems = [
        f"{pointer} is no member of the schema"
        for pointer in pointers
        if at(full, full, pointer.split("/")[1:]) is None
    ]
    if EXTERNAL_IDS in told.get("unsupported", ()):
        problems.append(f"{EXTERNAL_IDS} is for every app to store")
    optional = optional_filters(resource)
    problems += [f"{name} is no filter" for name in told.get("filters", ()) if name not in optional]
    problems += [
        f"{name} is no operation"
        for name in told.get("operations", ())
        if name not in resource.operations
    ]
    for member, codes in told.get("native", {}).items():
        canonical = at(full, full, [member])
        values = annotation(full, canonical, "enum") if canonical else None
        if at(full, full, [f"native_{member}"]) is None or not values:
            problems.append(f"{member} has no native codes")
        else:
            problems += [
                f"{value} is no {member}" for value in codes.values() if value not in values
            ]
    return problems
