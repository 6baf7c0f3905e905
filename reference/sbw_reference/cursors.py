"""Opaque cursors: where a walk stands, with the filters and the limit it began with."""

import base64
import binascii
import json
from dataclasses import dataclass
from hashlib import blake2s

from sbw_reference.entries import Entry


@dataclass(frozen=True, slots=True)
class Criteria:
    """The filters of a list: an external id's app, its id, and an instant in milliseconds.

    `ids` are those of the records to show, None for all; `held` is what each of them holds.
    """

    app: str | None = None
    external_id: str | None = None
    updated_since: int | None = None
    ids: tuple[str, ...] | None = None
    held: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Cursor:
    """The position after which a walk goes on, and what it was asked for.

    `epoch` is how often the business's cursors had been let expire when it was given out, `given`
    the business's clock at that moment in milliseconds.
    """

    after: int
    limit: int
    criteria: Criteria
    epoch: int = 0
    given: int = 0


def checksum(payload: bytes, scope: str) -> bytes:
    """Return what tells a cursor of this scope from anything else.

    It is no secret: whoever forges a cursor reads no more than the same token lists anyway.
    """
    return blake2s(payload, digest_size=6, key=blake2s(scope.encode()).digest()).digest()


def write(cursor: Cursor, scope: str) -> str:
    """Return the cursor as URL-safe text; `scope` names the list it belongs to."""
    criteria = cursor.criteria
    filters = [criteria.app, criteria.external_id, criteria.updated_since]
    sets = [criteria.ids, criteria.held]
    state = [cursor.after, cursor.limit, cursor.epoch, cursor.given, *filters, *sets]
    payload = json.dumps(state, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(checksum(payload, scope) + payload).decode().rstrip("=")


def read(text: str, scope: str) -> Cursor | None:
    """Return the cursor of a text, or None if this list never gave it out."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    payload = data[6:]
    if checksum(payload, scope) != data[:6]:
        return None
    after, limit, epoch, given, app, id_, since, ids, held = json.loads(payload)
    only = None if ids is None else tuple(ids)
    criteria = Criteria(app, id_, since, only, tuple(Entry(*pair) for pair in held))
    return Cursor(after, limit, criteria, epoch, given)


def expired(cursor: Cursor, epoch: int, _now: int) -> bool:
    """Return whether a cursor no longer works; no cursor expires with time alone."""
    return cursor.epoch < epoch
