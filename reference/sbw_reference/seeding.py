"""What a provider holds before its first request: two businesses, three apps, and records."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, insert, select

from sbw_reference import auth, merging, places, records
from sbw_reference.auth import Grant
from sbw_reference.behaviours import hook
from sbw_reference.entries import Held
from sbw_reference.examples import valid_examples
from sbw_reference.offers import Offer, Provider
from sbw_reference.records import Row
from sbw_reference.store import Store
from sbw_reference.tables import client, tenant

BUSINESSES = {"a": "Ada's Bakery", "b": "Bob's Bikes"}
CLIENTS = {
    "a1": ("a", "com.example.first-app"),
    "a2": ("a", "com.example.second-app"),
    "b1": ("b", "com.example.first-app"),
}
READ = ":read"
SCOPED: Mapping[str, Callable[[str], bool]] = {
    "read_only": lambda scope: scope.endswith(READ),
    "business_only": lambda scope: scope == f"business{READ}",
}
OLD_APP = "com.example.spreadsheet"
DAY = 86_400_000  # milliseconds
FIND_TENANT = select(tenant.c.id).where(tenant.c.label == bindparam("label"))


@dataclass(frozen=True, slots=True)
class Credentials:
    """What one app needs to act for one business; `scoped` are narrower tokens by short names."""

    token: str
    client_id: str
    client_secret: str
    scoped: dict[str, str]


@dataclass(frozen=True, slots=True)
class Inhabitants:
    """The ids of the businesses and the credentials of the apps, by their short names."""

    businesses: dict[str, str]
    clients: dict[str, Credentials]

    def to_json(self) -> dict[str, Any]:
        """Return what a ready line says of them."""
        clients = {
            name: {
                "token": found.token,
                "client_id": found.client_id,
                "client_secret": found.client_secret,
                "scoped": found.scoped,
            }
            for name, found in self.clients.items()
        }
        return {"businesses": self.businesses, "clients": clients}


def inhabit(provider: Provider, seed_data: int = 0) -> Inhabitants:
    """Make the businesses that are not there yet, and new credentials for each app.

    `seed_data` is how many records of each collection a new business is given.
    """
    store = provider.store
    businesses = {label: business(provider, label, seed_data) for label in BUSINESSES}
    scopes = frozenset(
        f"{offer.resource.scope}:{kind}"
        for offer in provider.offers.values()
        for kind in ("read", "write")
    )
    clients = {
        name: credentials(store, Grant(businesses[label], app, scopes))
        for name, (label, app) in CLIENTS.items()
    }
    return Inhabitants(businesses, clients)


def credentials(store: Store, grant: Grant) -> Credentials:
    """Return a token and a client that grant the same, and tokens that grant less."""
    id_, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    values = {
        "id": id_,
        "secret": auth.digest(secret),
        "tenant": grant.tenant,
        "app": grant.app,
        "scopes": " ".join(sorted(grant.scopes)),
    }
    with store.writing() as connection:
        connection.execute(insert(client), values)
    scoped = {
        name: auth.issue(store, replace(grant, scopes=frozenset(filter(wanted, grant.scopes))))
        for name, wanted in SCOPED.items()
    }
    return Credentials(auth.issue(store, grant), id_, secret, scoped)


def business(provider: Provider, label: str, seed_data: int) -> str:
    """Return the id of a business; make it with its first records if it is not there."""
    with provider.store.writing() as connection:
        found = connection.scalar(FIND_TENANT, {"label": label})
        if found is not None:
            return str(found)
        id_ = secrets.token_hex(10)
        connection.execute(insert(tenant), {"id": id_, "label": label, "seq": 0})
    rows = [
        row
        for offer in provider.offers.values()
        for row in first_rows(offer, id_, BUSINESSES[label], seed_data)
    ]
    provider.store.load(rows, OLD_APP)
    return id_


def only_one(offer: Offer, tenant_id: str, name: str) -> tuple[str, dict[str, Any]]:
    """Return id and body of the first record of a singleton: as its hook or an example has it."""
    seed = hook(offer.resource, "seed")
    if seed is not None:
        seeded: tuple[str, dict[str, Any]] = seed(tenant_id, name)
        return seeded
    body: Any = offer.resource.minimal or next(valid_examples(offer.standard, offer.resource), {})
    for pattern in (*offer.read_only, ("type",)):
        for path, _ in places.found(body, pattern):
            body = places.without(body, path)
    return secrets.token_hex(10), {**body, **offer.defaults}


def first_rows(offer: Offer, tenant_id: str, name: str, seed_data: int) -> list[tuple[Row, Held]]:
    """Return the records that a resource begins with: the one of a singleton, or seed data.

    Where no two records may share a value there is no seed data.
    """
    moment = records.now() - DAY
    if offer.alone:
        id_, body = only_one(offer, tenant_id, name)
        body = merging.with_defaults(body, offer.defaults)
        return [(Row(tenant_id, offer.type, id_, "", moment, moment, body, OLD_APP), Held())]
    writable = "create" in offer.resource.operations
    if offer.resource.minimal is None or not writable:
        return []
    rows = []
    seed_data = min(seed_data, 1) if offer.unique else seed_data
    for number in range(1, seed_data + 1):
        body = merging.with_defaults(offer.resource.minimal, offer.defaults)
        if "external_ids" in offer.defaults:
            body["external_ids"] = [{"app": OLD_APP, "id": f"row-{number}"}]
        at = moment + number
        row = Row(tenant_id, offer.type, secrets.token_hex(10), "", at, at, body, OLD_APP)
        rows.append((row, offer.held(body)))
    return rows
