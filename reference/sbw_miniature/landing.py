"""What can be read without a token: the landing page and the API catalog."""

from typing import Any

from sbw_miniature.message import BODY_BYTES, Answer
from sbw_miniature.resource import RESOURCES, Resource

_CLASSES = "https://w3id.org/small-business-web/draft"
_OPEN_TO_SCRIPTS = {"Access-Control-Allow-Origin": "*"}


def landing(base: str) -> Answer:
    """Return the landing page (`common/landing.json`) of the API at `base`."""
    page = {
        "sbw_version": "draft",
        "conforms_to": [f"{_CLASSES}/core", f"{_CLASSES}/contacts"],
        "app": {"id": "org.smallbusinessweb.miniature", "name": "SBW miniature"},
        "environment": "sandbox",
        "resources": {one.type: _offer(one, base) for one in RESOURCES},
        "auth": {"schemes": ["bearer"]},
        "limits": {"settle_seconds": 0, "body_bytes": BODY_BYTES},
        "openness": {
            "registration": "self_serve",
            "data_access_fee": False,
            "egress_limited": False,
            "switching_charge": False,
            "sandbox": True,
        },
    }
    return Answer(200, page, _OPEN_TO_SCRIPTS)


def catalog(origin: str, base: str) -> Answer:
    """Return the API catalog (RFC 9727) of an origin."""
    anchor = f"{origin}/.well-known/api-catalog"
    linkset = {"linkset": [{"anchor": anchor, "item": [{"href": f"{base}/"}]}]}
    return Answer(200, linkset, _OPEN_TO_SCRIPTS, "application/linkset+json")


def _offer(resource: Resource, base: str) -> dict[str, Any]:
    offer: dict[str, Any] = {
        "href": f"{base}/{resource.path}",
        "operations": list(resource.operations),
        "scopes": {"read": resource.scope(write=False)},
        "maturity": "candidate",
    }
    if resource.is_collection:
        offer["scopes"]["write"] = resource.scope(write=True)
        own = ["ids"] if resource.has_ids_filter else []
        offer["filters"] = [*own, *resource.selectors]
    for name in ("unsupported", "constraints", "native"):
        if value := getattr(resource, name):
            offer[name] = list(value) if isinstance(value, tuple) else dict(value)
    return offer
