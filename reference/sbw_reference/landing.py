"""The landing page: the one document from which an integrator learns what is offered."""

from collections.abc import Mapping
from typing import Any

from sbw_reference.errors import UsageError
from sbw_validator.standard import Resource, Standard

APP_ID = "org.smallbusinessweb.reference"
READS = frozenset({"list", "read"})
BODY_BYTES = 1_048_576
BATCH = 100
CONTROLS = ("move_clock", "expire_cursors", "limit_requests")
HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "*",
    "Cache-Control": "public, max-age=60",
}
PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "600",
    "Allow": "GET, HEAD, OPTIONS",
}


def claimed(standard: Standard, names: tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the classes to claim with all that they depend on, in the standard's order."""
    wanted = set(standard.classes if names is None else names) | {"core"}
    for name in sorted(wanted - set(standard.classes)):
        there = ", ".join(standard.classes)
        raise UsageError(f"There is no class {name!r} in this standard; choose from {there}.")
    more = True
    while more:
        needed = {before for name in wanted for before in standard.classes[name].depends_on}
        more = not needed <= wanted
        wanted |= needed
    return tuple(name for name in standard.classes if name in wanted)


def scope(resource: Resource, operation: str) -> str:
    """Return the scope that an operation needs."""
    return f"{resource.scope}:{'read' if operation in READS else 'write'}"


def document(
    standard: Standard,
    classes: tuple[str, ...],
    offers: Mapping[str, tuple[Resource, tuple[str, ...], Mapping[str, Any]]],
    base: str,
) -> dict[str, Any]:
    """Return the landing page; `offers` is resource, operations and what else is said, by type."""
    resources = {}
    for type_, (resource, operations, said) in offers.items():
        kinds = {"read" if operation in READS else "write" for operation in operations}
        resources[type_] = {
            "href": f"{base}/{resource.path}",
            "operations": list(operations),
            "scopes": {kind: f"{resource.scope}:{kind}" for kind in sorted(kinds)},
            "maturity": standard.classes[resource.class_name].maturity,
            **{
                name: told
                for name, told in said.items()
                if name != "filters" or "list" in operations
            },
        }
    return {
        "sbw_version": standard.version,
        "conforms_to": [standard.classes[name].uri for name in classes],
        "app": {"id": APP_ID, "name": "SBW reference provider", "categories": ["crm"]},
        "environment": "sandbox",
        **({"sandbox": {"controls": list(CONTROLS)}} if "sandbox" in classes else {}),
        "resources": resources,
        "auth": {"schemes": ["bearer"], "token_endpoint": f"{base}/token"},
        "limits": {
            "settle_seconds": 0,
            "body_bytes": BODY_BYTES,
            **({"batch": BATCH} if "bulk" in classes else {}),
        },
        "openness": {
            "registration": "closed",
            "data_access_fee": False,
            "egress_limited": False,
            "switching_charge": False,
            "sandbox": True,
        },
    }
