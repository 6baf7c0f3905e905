"""What is stored of a record, and the record that consumers see."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Row:
    """A stored record: instants in milliseconds since 1970, `body` without `id`, `type`, `meta`.

    `origin` is the app that made it; `position` is its place in the order of creation, which
    never changes and is never given twice.
    """

    tenant: str
    type: str
    id: str
    version: str
    created_at: int
    updated_at: int
    body: Mapping[str, Any]
    origin: str
    position: int = 0
    readable: bool = True
    listed: bool = True


@dataclass(frozen=True, slots=True)
class ExternalKey:
    """The triple that is unique within a type; `account` is empty where there is none."""

    app: str
    account: str
    id: str


def now() -> int:
    """Return the clock in milliseconds."""
    return time.time_ns() // 1_000_000


def clock(ahead: int, stands: int | None) -> int:
    """Return a clock that is so far ahead in milliseconds, or stands still at an instant."""
    return now() + ahead if stands is None else stands


def timestamp(milliseconds: int) -> str:
    """Return an instant as RFC 3339 in UTC, to the millisecond."""
    moment = EPOCH + milliseconds * MILLISECOND
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % 1000:03d}Z"


def record_of(row: Row) -> dict[str, Any]:
    """Return the full record of a row."""
    return {
        "id": row.id,
        "type": row.type,
        **row.body,
        "meta": {
            "created_at": timestamp(row.created_at),
            "updated_at": timestamp(row.updated_at),
            "version": row.version,
            "origin": {"app": row.origin, "at": timestamp(row.created_at)},
        },
    }


def external_keys(body: Mapping[str, Any]) -> tuple[ExternalKey, ...]:
    """Return the external ids of a valid body, each once."""
    entries = body.get("external_ids", ())
    keys = (ExternalKey(entry["app"], entry.get("account", ""), entry["id"]) for entry in entries)
    return tuple(dict.fromkeys(keys))


def external_ids(keys: Iterable[ExternalKey]) -> list[dict[str, str]]:
    """Return keys as a body has them."""
    return [
        {"app": key.app, **({"account": key.account} if key.account else {}), "id": key.id}
        for key in keys
    ]


def marked(row: Row, *, readable: bool, listed: bool) -> Row:
    """Return the row as one that reading by id and lists show or do not show."""
    return replace(row, readable=readable, listed=listed)
