"""Who gets in: where each token comes from, and whether the provider accepts it."""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from sbw_conformance.doctoring.diagnosis import Diagnosis, fine, unknown, wrong
from sbw_conformance.doctoring.visit import Visit
from sbw_conformance.exchanges import Exchange
from sbw_conformance.target import ROLES, SCOPED, Credentials, variable
from sbw_conformance.tokens import token_in

NEEDED_FOR = {
    "a2": "what two apps of a business see of each other",
    "b1": "that businesses are kept apart",
    "a1.read_only": "that writing needs a scope",
    "a1.business_only": "that reading needs a scope",
}
"""What cannot be judged without a client."""


def granted(visit: Visit, role: str) -> Diagnosis | None:
    """Get a token for a client that has client credentials; gives what stands in the way."""
    credentials = visit.target.clients[role]
    if credentials.token is not None:
        return None
    endpoint = (visit.page or {}).get("auth", {}).get("token_endpoint")
    if endpoint is None:
        return wrong(
            f"Client {role} has client credentials, but the landing page names no "
            "auth.token_endpoint.",
            f"Give a token instead ({variable(role)}).",
        )
    answer = asked_for_token(visit, credentials, endpoint)
    token = token_in(answer)
    if token is None:
        return wrong(
            f"Client {role} got no token from {endpoint}: {answer.got}.",
            "Are its client id and secret right, and allowed to use client credentials?",
        )
    visit.target = visit.target.with_token(role, token)
    return None


def asked_for_token(
    visit: Visit, credentials: Credentials, endpoint: str, scope: str | None = None
) -> Exchange:
    """Ask for a token (RFC 6749 section 4.4.2), with all scopes or these."""
    form = urlencode(
        {
            "grant_type": "client_credentials",
            "client_id": credentials.client_id or "",
            "client_secret": credentials.client_secret or "",
            **({"scope": scope} if scope else {}),
        }
    ).encode()
    headers = (("Content-Type", "application/x-www-form-urlencoded"),)
    return visit.ask("token", "POST", endpoint, headers=headers, body=form)


def narrow(visit: Visit) -> None:
    """Ask for tokens of fewer scopes, where a1 has client credentials and was given none.

    A provider that gives out none, or one with other scopes, leaves the target without.
    """
    a1 = visit.target.clients.get("a1", Credentials())
    page = visit.page or {}
    if a1.client_secret is None or "token_endpoint" not in page["auth"]:
        return
    entries = page["resources"].values()
    reading = {entry.get("scopes", {}).get("read") for entry in entries} - {None}
    business = {page["resources"].get("business", {}).get("scopes", {}).get("read")} - {None}
    for name, scopes in zip(SCOPED, (reading, business), strict=True):
        role = f"a1.{name}"
        if scopes and role not in visit.target.clients:
            scope = " ".join(sorted(scopes))
            answer = asked_for_token(visit, a1, page["auth"]["token_endpoint"], scope)
            token = token_in(answer)
            if token and set(str(answer.json.get("scope", scope)).split()) == scopes:
                visit.target = visit.target.with_token(role, token)


def missing(role: str) -> Diagnosis:
    """What it means that there is nothing for a client to get in with."""
    if role not in NEEDED_FOR:
        return wrong(
            f"There is no token for client {role} (business a through the first app).",
            f"export {variable(role)}=..., or write clients into sbw.yaml.",
        )
    return unknown(
        f"There is no token for client {role}: {NEEDED_FOR[role]} cannot be judged, and the "
        "verdict will be INCOMPLETE.",
        f"export {variable(role)}=..., or name it in sbw.yaml.",
    )


def token(visit: Visit, role: str) -> Diagnosis:
    """Whether the provider lets a client in."""
    if role not in visit.target.clients and role not in ROLES:
        narrow(visit)
    if role not in visit.target.clients:
        return missing(role)
    refused = granted(visit, role)
    if refused is not None:
        return refused
    got = visit.business(role)
    place = got.request.url
    if got.status == 401:
        return wrong(
            f"The provider does not accept the token of client {role} (401 on GET {place}).",
            _expired(visit, role, got)
            or f"Is {variable(role)} complete, of this provider, and not expired?",
        )
    if got.failure is not None or got.status in {404, 405, 429} or got.status >= 500:
        return unknown(
            f"Whether the token of client {role} is accepted is not known: GET {place}: {got.got}.",
            "A token is tried on the business of its client, which every provider has (CORE-003).",
        )
    return fine(f"The token of client {role} is accepted.")


def _expired(visit: Visit, role: str, got: Exchange) -> str | None:
    """What there is to say of a token that has expired, by its own word or by the provider's."""
    until = claims_of(visit, role).get("exp")
    if isinstance(until, int | float) and 0 < until < datetime.now(UTC).timestamp():
        ended = datetime.fromtimestamp(until, UTC)
        return f"It expired on {ended:%Y-%m-%d at %H:%M} UTC: issue {variable(role)} again."
    detail = got.json.get("detail") if isinstance(got.json, dict) else None
    said = f"{got.header('www-authenticate')} {detail}".lower()
    return f"It has expired: issue {variable(role)} again." if "expired" in said else None


def claims_of(visit: Visit, role: str) -> dict[str, Any]:
    """What a token says of itself if it is a JWT (RFC 7519); nothing otherwise."""
    parts = (visit.target.clients[role].token or "").split(".")
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, ValueError, binascii.Error, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
