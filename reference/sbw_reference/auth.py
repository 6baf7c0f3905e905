"""Tokens: which one a request carries, and what it grants (RFC 6750)."""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import bindparam, insert, select, update

from sbw_reference.cursors import Criteria
from sbw_reference.problems import Problem
from sbw_reference.query import Pairs
from sbw_reference.records import clock
from sbw_reference.store import Store
from sbw_reference.tables import app_grant, tenant

REALM = 'Bearer realm="sbw"'
FIND_GRANT = select(
    app_grant.c.tenant,
    app_grant.c.app,
    app_grant.c.scopes,
    app_grant.c.expires_at,
    app_grant.c.refusals,
    tenant.c.clock,
    tenant.c.epoch,
    tenant.c.stands,
)
FIND_GRANT = FIND_GRANT.join(tenant, tenant.c.id == app_grant.c.tenant)
FIND_GRANT = FIND_GRANT.where(app_grant.c.token == bindparam("token"))
SPEND_REFUSAL = (
    update(app_grant)
    .where(app_grant.c.token == bindparam("held"), app_grant.c.refusals > 0)
    .values(refusals=app_grant.c.refusals - 1)
)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token allows: one business, as one app, with scopes, until an instant in ms.

    `refusals` is how many of its next requests are refused; `ahead` is how many milliseconds the
    business's clock is ahead, `stands` the instant at which it stands still, `epoch` how often its
    cursors were let expire; `token` is the digest of the token.
    """

    tenant: str
    app: str
    scopes: frozenset[str]
    expires_at: int | None = None
    refusals: int = 0
    ahead: int = 0
    epoch: int = 0
    stands: int | None = None
    token: str = ""

    def now(self) -> int:
        """Return the clock of the business in milliseconds."""
        return clock(self.ahead, self.stands)


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
    key = digest(token)
    with store.reading() as connection:
        found = connection.execute(FIND_GRANT, {"token": key}).first()
    if found is None:
        return None
    business, app, scopes, *state = found
    grant = Grant(business, app, frozenset(scopes.split()), *state)
    return replace(grant, token=key)


def limited(grant: Grant, _method: str) -> bool:
    """Return whether a request of the grant is to be refused, as a control asked for."""
    return grant.refusals > 0


def spend(store: Store, grant: Grant) -> bool:
    """Return whether a refusal was left for the next request of a grant, and take it."""
    with store.writing() as connection:
        return bool(connection.execute(SPEND_REFUSAL, {"held": grant.token}).rowcount)


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


def permits(scopes: frozenset[str], needed: str, _operation: str) -> bool:
    """Return whether scopes include the one that an operation needs."""
    return needed in scopes


def out_of_scope(_exists: Callable[[], bool], needed: str) -> Problem:
    """Return what answers a token that lacks a scope, whether the record exists or not."""
    challenge = f'{REALM}, error="insufficient_scope", scope="{needed}"'
    headers = {"WWW-Authenticate": challenge}
    return Problem(403, "insufficient-scope", f"The token lacks {needed}.", headers=headers)


def reach(grant: Grant, _operation: str, _criteria: Criteria | None) -> str | None:
    """Return the business in whose records an operation looks; None would be all of them.

    `criteria` are the filters of a list; the operation `unique` compares external ids.
    """
    return grant.tenant
