"""Rows of the database from records and changes, and back."""

import json
from collections.abc import Iterable
from typing import Any

from sbw_reference.entries import Entry
from sbw_reference.records import ExternalKey, Row


def plain(text: str) -> str:
    """Return text as every database can hold it: PostgreSQL has no NUL character."""
    return text.replace("\\", "\\\\").replace("\0", "\\0")


def row_of(found: Any) -> Row:
    """Return the record of a result with the columns of `statements.COLUMNS`."""
    tenant, type_, id_, version, created_at, updated_at, body, *rest = found
    return Row(tenant, type_, id_, version, created_at, updated_at, json.loads(body), *rest)


def of_record(row: Row) -> dict[str, Any]:
    """Return the columns of a record but its position."""
    return {
        "tenant": row.tenant,
        "type": row.type,
        "id": row.id,
        "version": row.version,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "origin": row.origin,
        "body": json.dumps(row.body, ensure_ascii=False, separators=(",", ":")),
        "readable": row.readable,
        "listed": row.listed,
    }


def of_external_ids(row: Row, keys: Iterable[ExternalKey]) -> list[dict[str, Any]]:
    """Return the columns of the external ids of a record that has its position."""
    return [
        {
            "tenant": row.tenant,
            "type": row.type,
            "app": plain(key.app),
            "id": plain(key.id),
            "account": plain(key.account),
            "position": row.position,
        }
        for key in keys
    ]


def of_entries(row: Row, entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Return the columns of what a record that has its position is found by."""
    return [
        {
            "tenant": row.tenant,
            "type": row.type,
            "pointer": entry.pointer,
            "text": plain(entry.text),
            "position": row.position,
        }
        for entry in entries
    ]


def of_change(  # noqa: PLR0913 - a change has that many sides
    row: Row, *, sequence: int, operation: str, kept: bool, at: int, origin: str
) -> dict[str, Any]:
    """Return the columns of a change; `kept` says that the record is still there."""
    return {
        "tenant": row.tenant,
        "seq": sequence,
        "type": row.type,
        "record": row.id,
        "operation": operation,
        "version": row.version if kept else None,
        "at": at,
        "origin": origin,
    }
