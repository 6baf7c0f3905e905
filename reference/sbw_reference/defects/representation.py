"""Mistakes in what records and answers look like."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sbw_reference.answers import Answer
from sbw_reference.auth import Grant
from sbw_reference.defects.defect import WRITTEN, Defect, Fire, answered
from sbw_reference.records import Row

Record = dict[str, Any]
CACHE = "Cache-Control"
MINUTE = 60_000  # milliseconds
SHOWING = frozenset({"read", "list"})


def _shown(change: Callable[[Record, str, Grant], Record]) -> Any:
    """Change records as they are shown."""
    return lambda original: (
        lambda record, operation, grant: change(
            original(record, operation, grant), operation, grant
        )
    )


def _own_business(change: Callable[[Record, Grant], Record]) -> Any:
    """Change the record of the business as it is shown."""
    return _shown(
        lambda record, _operation, grant: (
            change(record, grant) if record["id"] == grant.tenant else record
        )
    )


def _id_by_app(record: Record, grant: Grant) -> Record:
    both = f"{grant.tenant} {grant.app}".encode()
    return {**record, "id": hashlib.sha256(both).hexdigest()[:20]}


def _in_meta(record: Record, name: str, change: Callable[[str], Any]) -> Record:
    meta = record["meta"]
    return {**record, "meta": {**meta, name: change(meta[name])}}


def _offset(text: str) -> str:
    return text.replace("Z", "+00:00")


def _with_nulls(record: Record, operation: str, _grant: Grant) -> Record:
    """Fill in what is not set, as a serialiser does that knows all columns."""
    if operation not in SHOWING:
        return record
    return {
        name: {"suffix": None, **value} if isinstance(value, dict) and name != "meta" else value
        for name, value in record.items()
    }


def _null_notes(record: Record, operation: str, _grant: Grant) -> Record:
    return {**record, "notes": None} if operation == "list" else record


def _twice(original: Any, fire: Fire) -> Any:
    """Write the id of a single record a second time, at the end."""

    def encode(document: Any) -> bytes:
        content: bytes = original(document)
        if not isinstance(document, dict) or "meta" not in document:
            return content
        fire()
        return content[:-1] + b',"id":' + json.dumps(document["id"]).encode() + b"}"

    return encode


def _marked(original: Any, fire: Fire) -> Any:
    """Begin pages with a byte order mark."""

    def encode(document: Any) -> bytes:
        content: bytes = original(document)
        if not isinstance(document, dict) or "items" not in document:
            return content
        fire()
        return b"\xef\xbb\xbf" + content

    return encode


def _typed(media_type: str, kind: str, *operations: str) -> Any:
    """Send answers of a kind to some operations, to all where none are named, as another type."""

    def make(original: Any) -> Any:
        def content_type(found: str, operation: str) -> str:
            there = found == kind and (not operations or operation in operations)
            return media_type if there else str(original(found, operation))

        return content_type

    return make


def _times(change: Callable[[Row, int, int, int], tuple[int, int]]) -> Any:
    """Change the instants of an update; the row before, the clock, created and updated in ms."""

    def make(original: Any) -> Any:
        def times(before: Row | None, now: int) -> tuple[int, int]:
            made, changed = original(before, now)
            return (made, changed) if before is None else change(before, now, made, changed)

        return times

    return make


def _cached(value: str | None) -> Callable[[Answer], Answer]:
    """Change the Cache-Control header of an answer, or leave it out."""

    def change(answer: Answer) -> Answer:
        others = {name: text for name, text in answer.headers.items() if name != CACHE}
        return replace(answer, headers=others if value is None else {**others, CACHE: value})

    return change


DEFECTS = (
    Defect(
        "business-id-by-app",
        "Each app sees the business under another id",
        ("CORE-020", "CORE-015"),
        ("read=200",),
        "serialise",
        _own_business(_id_by_app),
        types=("business",),
    ),
    Defect(
        "business-id-for-all",
        "Every business has the id `me`",
        ("CORE-020",),
        ("read=200",),
        "serialise",
        _own_business(lambda record, _grant: {**record, "id": "me"}),
        types=("business",),
    ),
    Defect(
        "business-name-as-object",
        "The name of the business is an object",
        ("CORE-030",),
        ("read=200",),
        "serialise",
        _own_business(lambda record, _grant: {**record, "name": {"full": record["name"]}}),
        types=("business",),
    ),
    Defect(
        "business-with-local-time",
        "The timestamps of the business have an offset instead of Z",
        ("CORE-030",),
        ("read=200",),
        "serialise",
        _own_business(lambda record, _grant: _in_meta(record, "created_at", _offset)),
        types=("business",),
    ),
    Defect(
        "lists-as-text",
        "Lists are sent as text/json",
        ("CORE-031",),
        ("list=200",),
        "content_type",
        _typed("text/json", "json", "list"),
    ),
    Defect(
        "records-as-html",
        "Single records are sent as HTML, as the framework's default says",
        ("CORE-031",),
        ("read=200",),
        "content_type",
        _typed("text/html; charset=utf-8", "json", "read"),
    ),
    Defect(
        "member-twice",
        "The id of a record is written twice",
        ("CORE-031",),
        ("read=200", *WRITTEN),
        "encode",
        _twice,
    ),
    Defect(
        "byte-order-mark",
        "A list begins with a byte order mark",
        ("CORE-031",),
        ("list=200",),
        "encode",
        _marked,
    ),
    Defect(
        "nulls-in-objects",
        "Members that are not set are read as null",
        ("CORE-032",),
        ("read=200", "list=200"),
        "serialise",
        _shown(_with_nulls),
    ),
    Defect(
        "nulls-in-lists",
        "Lists show a column that is not set as null",
        ("CORE-032",),
        ("list=200",),
        "serialise",
        _shown(_null_notes),
    ),
    Defect(
        "created-at-touched",
        "An update sets the instant of creation anew",
        ("CORE-033",),
        ("update=200", "upsert=200"),
        "times",
        _times(lambda _before, _now, _made, changed: (changed, changed)),
    ),
    Defect(
        "created-at-loses-milliseconds",
        "An update cuts the instant of creation to seconds",
        ("CORE-033",),
        ("update=200", "upsert=200"),
        "times",
        _times(lambda _before, _now, made, changed: (made - made % 1000, changed)),
    ),
    Defect(
        "updated-at-untouched",
        "An update leaves the instant of the last change as it was",
        ("CORE-034",),
        ("update=200", "upsert=200"),
        "times",
        _times(lambda before, _now, made, _changed: (made, before.updated_at)),
    ),
    Defect(
        "updated-at-in-minutes",
        "The instant of the last change is kept to the minute, rounded up",
        ("CORE-034",),
        ("update=200", "upsert=200"),
        "times",
        _times(lambda _before, _now, made, changed: (made, -(-changed // MINUTE) * MINUTE)),
    ),
    Defect(
        "lists-cached-for-all",
        "Lists are kept for a minute by whoever stands between",
        ("CORE-037",),
        ("list=200",),
        "answer",
        answered("list", _cached("public, max-age=60")),
    ),
    Defect(
        "records-without-cache-control",
        "Single records say nothing of who may keep them",
        ("CORE-037",),
        ("read=200",),
        "answer",
        answered("read", _cached(None)),
    ),
    Defect(
        "records-revalidated-by-all",
        "Records that were written are no-cache, which shared caches may keep",
        ("CORE-037",),
        ("update=200",),
        "answer",
        answered("update", _cached("no-cache")),
    ),
)
