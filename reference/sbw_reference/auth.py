"""Tokens: which one a request carries, and what it grants (RFC 6750)."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, insert, select

from sbw_reference.cursors import Criteria
from sbw_reference.query import Pairs
from sbw_reference.store import Store
from sbw_reference.tables import app_grant

REALM = 'Bearer realm="sbw"'
FIND_GRANT = select(
    app_grant.c.tenant, app_grant.c.app, app_grant.c.scopes, app_grant.c.expires_at
).where(app_grant.c.token == bindparam("token"))


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token allows: one business, as one app, with scopes, until an instant in ms."""

    tenant: str
    app: str
    scopes: frozenset[str]
    expires_at: int | None = None


def digest(secret: str) -> str:
    """Return what is stored of a token or a client secret; both are long and random."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def issue(store: Store, grant: Grant) -> str:
    """Store a grant under a new token and return the token; only its hash is kept."""
    token = secrets.token_urlsafe(32)
    values = {
        "token": digest(token),
        "tenant": grant.tenant,
        "app": grant.app,
        "scopes": " ".join(sorted(grant.scopes)),
        "expires_at": grant.expires_at,
    }
    with store.writing() as connection:
        connection.execute(insert(app_grant), values)
    return token


def grant_of(store: Store, token: str) -> Grant | None:
    """Return the grant that was issued under a token, expired or not."""
    with store.reading() as connection:
        found = connection.execute(FIND_GRANT, {"token": digest(token)}).first()
    if found is None:
        return None
    tenant, app, scopes, expires_at = found
    return Grant(tenant, app, frozenset(scopes.split()), expires_at)


def bearer(headers: Mapping[str, str], _query: Pairs) -> str | None:
    """Return the token of a request: from the Authorization header and nowhere else."""
    scheme, _, token = headers.get("authorization", "").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def valid(grant: Grant | None, now: int) -> bool:
    """Return whether a grant holds at an instant in milliseconds."""
    return grant is not None and (grant.expires_at is None or grant.expires_at > now)


def challenge(error: str | None) -> str | None:
    """Return the WWW-Authenticate value of a 401; no error is named where no token came."""
    return REALM if error is None else f'{REALM}, error="{error}"'


def permits(scopes: frozenset[str], needed: str) -> bool:
    """Return whether scopes include the one that is needed."""
    return needed in scopes


def reach(grant: Grant, _operation: str, _criteria: Criteria | None) -> str | None:
    """Return the business in whose records an operation looks; None would be all of them.

    `criteria` are the filters of a list; the operation `unique` compares external ids.
    """
    return grant.tenant
