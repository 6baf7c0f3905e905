"""Whether the clients are the businesses and the apps that they should be."""

from sbw_conformance.doctoring.diagnosis import Diagnosis, fine, unknown, wrong
from sbw_conformance.doctoring.tokens import claims_of
from sbw_conformance.doctoring.visit import Visit
from sbw_conformance.target import variable

APP_CLAIMS = ("client_id", "azp", "app_id")
"""Claims of a token that is a JWT that name the app (RFC 9068, OpenID Connect)."""


def business_of(visit: Visit, role: str) -> str | None:
    """The id of the business that a client sees; None where it sees none."""
    got = visit.business(role)
    value = got.json if got.status == 200 else None
    found = value.get("id") if isinstance(value, dict) else None
    return found if isinstance(found, str) else None


def same_business(visit: Visit, role: str) -> Diagnosis:
    """Whether a client sees the business of a1."""
    a1, other = business_of(visit, "a1"), business_of(visit, role)
    if a1 is None or other is None:
        return _no_id("a1" if a1 is None else role)
    if a1 == other:
        return fine(f"Clients a1 and {role} see the same business.")
    swapped = "b1" in visit.target.clients and business_of(visit, "b1") == other
    return wrong(
        f"Clients a1 and {role} see different businesses ({a1} and {other}).",
        f"Give {role} a token of the business of a1"
        + (": what it has is one of the business of b1." if swapped else "."),
    )


def other_business(visit: Visit) -> Diagnosis:
    """Whether b1 is another business than a1."""
    a1, b1 = business_of(visit, "a1"), business_of(visit, "b1")
    if a1 is None or b1 is None:
        return _no_id("a1" if a1 is None else "b1")
    if a1 != b1:
        return fine("Client b1 sees another business than a1.")
    return wrong(
        f"Clients a1 and b1 see the same business ({a1}).",
        "Give b1 a token of another business; tenancy is tested with it.",
    )


def _no_id(role: str) -> Diagnosis:
    return unknown(
        f"Client {role} sees no business with an id.",
        "GET {base}/business shows the business of a token (CORE-020).",
    )


def two_apps(visit: Visit) -> Diagnosis:
    """Whether a1 and a2 are two apps; nothing is written to find out."""
    one, two = visit.target.clients["a1"], visit.target.clients["a2"]
    advice = f"Give {variable('a2')} a token of business a that was issued to another app."
    if one.token == two.token:
        return wrong("Clients a1 and a2 have the same token.", advice)
    apps = [_app(visit, role) for role in ("a1", "a2")]
    if apps[0] is not None and apps[0] == apps[1]:
        return wrong("The tokens of clients a1 and a2 were issued to the same app.", advice)
    if None not in apps:
        return fine("Clients a1 and a2 are two apps.")
    return unknown(
        "Whether clients a1 and a2 are two apps shows only when something is written.",
        "Make sure of it; if they are one, CORE-090 and others fail.",
    )


def _app(visit: Visit, role: str) -> str | None:
    """The app that a client is, by its id or by its token's own word; None if none says so."""
    claims = claims_of(visit, role)
    named = (visit.target.clients[role].client_id, *(claims.get(name) for name in APP_CLAIMS))
    return next((str(name) for name in named if name), None)
