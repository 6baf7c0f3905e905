"""A request that would be right, of a record of a program: sent as it is, or wrong in one place."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sbw_conformance.checks import bodies
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.model import Life
from sbw_conformance.checks.world import World

NOBODY = ("sbw-no-such-record", "00000000-0000-4000-8000-00000000dead", "999999999999999999", "%20")
"""Ids that were never given out."""


@dataclass(frozen=True)
class Sent:
    """A request that would be right, of a record of this program."""

    operation: str
    method: str
    url: str
    value: Any
    headers: dict[str, str]


def sent_of(world: World, operation: str, life: Life) -> Sent:
    """A right request of an operation; it is of this record where it is of one that is there."""
    records, change = world.records, world.record(life).change(1)
    body = world.body(records.fit.minimal) if operation in {"create", "upsert", "batch"} else None
    one, tag = records.url(life.id), {"If-Match": f'"{life.version}"'}
    batch = {"operations": [{"operation": "create", "body": body}]}
    known = {
        "list": ("GET", records.url(), None, {}),
        "read": ("GET", one, None, {}),
        "create": ("POST", records.url(), body, {}),
        "update": ("PATCH", one, change, tag),
        "delete": ("DELETE", one, None, tag),
        "upsert": ("PATCH", f"{records.url()}/by-external-id", body, {}),
        "batch": ("POST", f"{records.url()}/batch", batch, {}),
    }
    return Sent(operation, *known[operation])


def send(world: World, sent: Sent, *, client: str = "a1", **changed: Any) -> Answer:
    """Send a request, changed in one place, and learn of a record that it makes all the same."""
    trial, resource = world.records.trial, world.records.resource
    query = changed.pop("query", {})
    if sent.operation == "upsert":
        mark = bodies.external_ids(sent.value)[0]
        query = {"app": mark["app"], "id": mark["id"], **query}
    given = {"value": sent.value, "headers": sent.headers, **changed}
    if given.get("body") is not None:
        given["value"] = None
    url = given.pop("url", sent.url)
    return trial.send(
        sent.operation, sent.method, url, client=client, resource=resource, query=query, **given
    )


@contextmanager
def refused(world: World, operation: str, life: Life, under: str) -> Iterator[Sent]:
    """A right request, to be sent in a wrong way: the record that it would write stays as it is."""
    sent = sent_of(world, operation, life)
    yield sent
    if operation in {"update", "delete"}:
        world.show(life, under=under)
