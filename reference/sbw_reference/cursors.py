"""Opaque cursors: where a walk stands, with the filters and the limit it began with."""

import base64
import binascii
import json
from dataclasses import dataclass
from hashlib import blake2s


@dataclass(frozen=True, slots=True)
class Criteria:
    """The filters of a list: an external id's app, its id, and an instant in milliseconds."""

    app: str | None = None
    external_id: str | None = None
    updated_since: int | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """The position after which a walk goes on, and what it was asked for."""

    after: int
    limit: int
    criteria: Criteria


def checksum(payload: bytes, scope: str) -> bytes:
    """Return what tells a cursor of this scope from anything else.

    It is no secret: whoever forges a cursor reads no more than the same token lists anyway.
    """
    return blake2s(payload, digest_size=6, key=blake2s(scope.encode()).digest()).digest()


def write(cursor: Cursor, scope: str) -> str:
    """Return the cursor as URL-safe text; `scope` names the list it belongs to."""
    criteria = cursor.criteria
    state = [cursor.after, cursor.limit, criteria.app, criteria.external_id, criteria.updated_since]
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
    after, limit, *criteria = json.loads(payload)
    return Cursor(after, limit, Criteria(*criteria))
