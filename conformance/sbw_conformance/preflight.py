"""What is made sure of before any verdict: an answer, tokens that work, two businesses."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from sbw_conformance.client import Client
from sbw_conformance.exchanges import Exchange, Headers, Request
from sbw_conformance.target import (
    SCOPED,
    ConfigurationError,
    Credentials,
    Target,
    UnreachableError,
    fits_header,
    variable,
)
from sbw_validator.schemas import Schemas

BUSINESS = "business"


def ready(target: Target, client: Client, schemas: Schemas) -> Target:
    """The target with a token for each client, once it is sure that a verdict makes sense.

    UnreachableError if nothing answers; ConfigurationError if a client cannot get in or a1 and
    b1 are one business. An invalid landing page ends this early: the checks are to judge it.
    """
    page = _ask(client, target, "landing", "GET", f"{target.base}/")
    if page.failure is not None:
        raise UnreachableError(
            f"Nothing answers at {target.base}/: {page.failure}.",
            "Is the provider running, and are host, port and scheme right? "
            f"Try: curl -i {target.base}/",
        )
    if page.status != 200 or not schemas.validator("landing", "full").is_valid(page.json):
        return _with_any_tokens(target)
    for role, credentials in target.clients.items():
        if credentials.token is None:
            target = target.with_token(role, _token(client, target, role, credentials, page.json))
    target = _with_narrower_tokens(client, target, page.json)
    _businesses(client, target)
    return target


def _with_narrower_tokens(client: Client, target: Target, page: dict[str, Any]) -> Target:
    """The target with tokens of fewer scopes, asked for where a1 has client credentials.

    A provider that gives out none, or one with other scopes, leaves the target without.
    """
    a1 = target.clients.get("a1", Credentials())
    if a1.client_secret is None or "token_endpoint" not in page["auth"]:
        return target
    entries = page["resources"].values()
    reading = {entry.get("scopes", {}).get("read") for entry in entries} - {None}
    business = {page["resources"].get(BUSINESS, {}).get("scopes", {}).get("read")} - {None}
    for name, scopes in zip(SCOPED, (reading, business), strict=True):
        role = f"a1.{name}"
        if scopes and role not in target.clients:
            scope = " ".join(sorted(scopes))
            answer = _asked_for_token(client, target, a1, page["auth"]["token_endpoint"], scope)
            token = _token_in(answer)
            if token and set(str(answer.json.get("scope", scope)).split()) == scopes:
                target = target.with_token(role, token)
    return target


def _with_any_tokens(target: Target) -> Target:
    """No landing page says where to get tokens; nothing will be sent with these."""
    clients = {
        role: credentials if credentials.token else replace(credentials, token="none")  # noqa: S106
        for role, credentials in target.clients.items()
    }
    return replace(target, clients=clients)


def _businesses(client: Client, target: Target) -> None:
    ids = {}
    for role in target.clients:
        answer = _ask(client, target, "read", "GET", f"{target.base}/{BUSINESS}", role=role)
        if answer.status == 401:
            raise ConfigurationError(
                f"The provider does not accept the token of client {role} "
                f"(401 on GET {target.base}/{BUSINESS}).",
                f"Is {variable(role)} complete, of this provider, and not expired?",
            )
        value = answer.json if answer.status == 200 else None
        ids[role] = value.get("id") if isinstance(value, dict) else None
    if ids.get("b1") is not None and ids["b1"] == ids.get("a1"):
        raise ConfigurationError(
            f"Clients a1 and b1 see the same business ({ids['a1']}).",
            "Give b1 a token of another business; tenancy is tested with it.",
        )


def _token(
    client: Client, target: Target, role: str, credentials: Credentials, page: dict[str, Any]
) -> str:
    """Get a token by client credentials, with all scopes that there are."""
    endpoint = page["auth"].get("token_endpoint")
    if endpoint is None:
        raise ConfigurationError(
            f"Client {role} has client credentials, but the landing page names no "
            "auth.token_endpoint.",
            f"Give a token instead ({variable(role)}).",
        )
    answer = _asked_for_token(client, target, credentials, endpoint)
    token = _token_in(answer)
    if token is None:
        raise ConfigurationError(
            f"Client {role} got no token from {endpoint}: {answer.got}.",
            "Are its client id and secret right, and allowed to use client credentials?",
        )
    return token


def _asked_for_token(
    client: Client,
    target: Target,
    credentials: Credentials,
    endpoint: str,
    scope: str | None = None,
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
    return _ask(client, target, "token", "POST", endpoint, headers=headers, body=form)


def _token_in(answer: Exchange) -> str | None:
    """The token of an answer, if it holds one that a header takes."""
    value = answer.json if answer.status == 200 else None
    token = value.get("access_token") if isinstance(value, dict) else None
    usable = isinstance(token, str) and bool(token) and fits_header(token)
    return token if usable else None


def _ask(  # noqa: PLR0913  # a request has that many parts
    client: Client,
    target: Target,
    operation: str,
    method: str,
    url: str,
    *,
    role: str | None = None,
    headers: Headers = (),
    body: bytes | None = None,
) -> Exchange:
    if role is not None:
        headers += (("Authorization", f"Bearer {target.clients[role].token}"),)
    headers += (("Accept", "application/json"),)
    request = Request(role or "anonymous", operation, method, url, BUSINESS, headers, body)
    return client.send(request, (), "preflight", 0)
