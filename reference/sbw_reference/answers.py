"""Requests as the operations see them, and answers before they are written."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sbw_reference import catalog
from sbw_reference.auth import Grant
from sbw_reference.problems import Problem
from sbw_reference.query import Pairs

PRIVATE = {"Cache-Control": "private"}
MEDIA_TYPES = {
    "json": "application/json",
    "problem": "application/problem+json",
    "linkset": catalog.MEDIA_TYPE,
}
WRITABLE = {
    "batch": frozenset({"application/json"}),
    "control": frozenset({"application/json"}),
    "create": frozenset({"application/json"}),
    "update": frozenset({"application/json", "application/merge-patch+json"}),
    "upsert": frozenset({"application/json", "application/merge-patch+json"}),
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request: header names in lower case, `id` None where the path has none.

    `base` is the address that the caller used, without a slash at the end, `address` the method
    and the path below it; `flaw` answers a body that could not be read.
    """

    operation: str
    base: str
    id: str | None
    query: Pairs
    headers: Mapping[str, str]
    body: bytes
    grant: Grant
    address: str = ""
    flaw: Problem | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; `kind` is json, problem, linkset or empty, `operation` what it answers."""

    operation: str
    status: int
    document: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "json"


def encode(document: Any) -> bytes:
    """Return the bytes of a document: compact JSON in UTF-8."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def content_type(kind: str, _operation: str) -> str:
    """Return the media type of an answer that has a body."""
    return MEDIA_TYPES[kind]


def readable(media_type: str | None, operation: str) -> bool:
    """Return whether a body of this Content-Type can be read: JSON in UTF-8."""
    name, *parameters = [part.strip().lower() for part in (media_type or "").split(";")]
    charsets = [part.partition("=")[2].strip('"') for part in parameters if "charset" in part]
    return name in WRITABLE[operation] and all(charset == "utf-8" for charset in charsets)
