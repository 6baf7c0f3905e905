"""What the controls of a sandbox change in the store."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, update

from sbw_reference.records import clock
from sbw_reference.store import Store
from sbw_reference.tables import app_grant, tenant

EVERYWHERE = update(tenant)
BUSINESS = EVERYWHERE.where(tenant.c.id == bindparam("whose"))
REFUSALS: dict[str, Any] = {"refusals": bindparam("requests")}
OF_TOKEN = update(app_grant).where(app_grant.c.token == bindparam("held")).values(REFUSALS)
OF_BUSINESS = update(app_grant).where(app_grant.c.tenant == bindparam("whose")).values(REFUSALS)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a control changes; None stays as it is.

    `business` is whose clock and cursors, None for all. `ahead` is in milliseconds, and where it
    `stands` the clock stands still there; `expire` lets the cursors expire; `requests` is how many
    of the next requests are refused: those of the token with that digest, those of the business
    where it is None.
    """

    business: str | None
    token: str | None
    ahead: int | None = None
    stands: bool = False
    expire: bool = False
    requests: int | None = None


def take(store: Store, effect: Effect) -> None:
    """Write what a control changes."""
    where, what = EVERYWHERE, {}
    if effect.business is not None:
        where, what = BUSINESS, {"whose": effect.business}
    with store.writing() as connection:
        if effect.ahead is not None:
            stands = clock(effect.ahead, None) if effect.stands else None
            connection.execute(where.values(clock=effect.ahead, stands=stands), what)
        if effect.expire:
            connection.execute(where.values(epoch=tenant.c.epoch + 1), what)
        if effect.requests is not None:
            counted = {"requests": effect.requests}
            if effect.token is not None:
                connection.execute(OF_TOKEN, {**counted, "held": effect.token})
            else:
                connection.execute(OF_BUSINESS, {**counted, **what})
