"""Mistakes at the gate: scopes, challenges, headers, what the landing page says of itself."""

import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sbw_reference import catalog, coding
from sbw_reference.answers import PRIVATE, Answer
from sbw_reference.defects import asgi
from sbw_reference.defects.asgi import Headers, Scope, Simple
from sbw_reference.defects.defect import Defect, answered, answering
from sbw_reference.problems import Problem, Refusal

Page = dict[str, Any]
CACHE = "Cache-Control"
CHALLENGE = "www-authenticate"
GZIP = 31  # window bits of zlib for gzip
DECLARED = 500


def _free(*operations: str) -> Any:
    """Ask for no more than the scope to read in some operations."""

    def make(original: Any) -> Any:
        def permits(scopes: frozenset[str], needed: str, operation: str) -> bool:
            reading = needed.rpartition(":")[0] + ":read"
            may = operation in operations and reading in scopes
            return bool(original(scopes, needed, operation)) or may

        return permits

    return make


def _challenged_readers(scope: Scope, status: int, headers: Headers) -> Headers:
    """Say how to get in to those who read."""
    if status != 401 or scope["method"] == "GET":
        return headers
    return {name: value for name, value in headers.items() if name != CHALLENGE}


def _head_for_anyone(scope: Scope, status: int) -> Simple | None:
    return (200, {}, b"") if scope["method"] == "HEAD" and status == 401 else None


def _unconditional_head(scope: Scope) -> Scope | None:
    """Take the condition from HEAD."""
    if scope["method"] != "HEAD" or asgi.header(scope, "if-none-match") is None:
        return None
    headers = [pair for pair in scope["headers"] if pair[0] != b"if-none-match"]
    return {**scope, "headers": headers}


def _without_patch(original: Any) -> Any:
    def problem(found: Problem) -> Problem:
        given: Problem = original(found)
        if given.status != 405 or "Allow" not in given.headers:
            return given
        names = [name for name in given.headers["Allow"].split(", ") if name != "PATCH"]
        return replace(given, headers={"Allow": ", ".join(names)})

    return problem


def _plain_ranges(original: Any) -> Any:
    """Read ranges of Accept that have no parameters."""
    return lambda header: bool(original(header)) and ";" not in (header or "")


def _bare_charsets(original: Any) -> Any:
    return lambda given, operation: bool(original(given, operation)) and '"' not in (given or "")


def _one_member(original: Any) -> Any:
    """Unpack the first member of a body in gzip, and forget the others."""

    def unpack(body: bytes, packing: str | None, limit: int) -> bytes:
        if (packing or "").strip().lower() not in coding.PACKED:
            found: bytes = original(body, packing, limit)
            return found
        try:
            first = zlib.decompressobj(GZIP).decompress(body, limit + 1)
        except zlib.error as error:
            raise Refusal(Problem(400, "malformed", "The body is no gzip.")) from error
        plain: bytes = original(first, None, limit)
        return plain

    return unpack


def _cached(value: str | None) -> Callable[[Answer], Answer]:
    """Change the Cache-Control header of an answer, or leave it out."""

    def change(answer: Answer) -> Answer:
        others = {name: text for name, text in answer.headers.items() if name not in PRIVATE}
        return replace(answer, headers=others if value is None else {**others, CACHE: value})

    return change


def _slashes(page: Page) -> Page:
    resources = {
        name: {**entry, "href": f"{entry['href']}/"} for name, entry in page["resources"].items()
    }
    return {**page, "resources": resources}


def _large_batches(page: Page) -> Page:
    limits = page["limits"]
    return {**page, "limits": {**limits, "batch": DECLARED}} if "batch" in limits else page


def _catalog_for_members(scope: Scope) -> Simple | None:
    if scope["path"] != catalog.PATH or asgi.header(scope, "authorization") is not None:
        return None
    status, headers, body = asgi.problem(401, "Not authorized", "unauthorized")
    return status, {**headers, CHALLENGE: 'Bearer realm="sbw"'}, body


def _not_of_records(original: Any) -> Any:
    """Look at the query of lists only."""
    return lambda given, known: original(given, known) if known else ()


DEFECTS = (
    Defect(
        "deletions-for-readers",
        "A token that may read a resource may delete its records",
        ("CORE-017", "CORE-018"),
        answering(403, "delete"),
        "permits",
        _free("delete"),
    ),
    Defect(
        "upserts-for-readers",
        "A token that may read a resource may upsert its records",
        ("CORE-017",),
        answering(403, "upsert"),
        "permits",
        _free("upsert"),
    ),
    Defect(
        "challenge-for-readers-only",
        "Only the refusal of a read says how to get in",
        ("CORE-010", "CORE-011"),
        answering(401),
        "middleware",
        asgi.amending(_challenged_readers),
    ),
    Defect(
        "head-for-anyone",
        "HEAD is answered without a token",
        ("CORE-010",),
        ("read+HEAD", "list+HEAD"),
        "middleware",
        asgi.replacing(_head_for_anyone),
    ),
    Defect(
        "head-unconditional",
        "HEAD passes over If-None-Match",
        ("CORE-100",),
        ("read+HEAD",),
        "middleware",
        asgi.rewriting(_unconditional_head),
    ),
    Defect(
        "allow-without-patch",
        "The refusal of a method does not know PATCH",
        ("CORE-101",),
        answering(405),
        "problem",
        _without_patch,
    ),
    Defect(
        "accept-with-quality-refused",
        "A range of Accept with a quality is not understood",
        ("CORE-102",),
        ("read+accept", "list+accept"),
        "accepts",
        _plain_ranges,
    ),
    Defect(
        "charset-in-quotes-refused",
        "A charset in quotes is another charset",
        ("CORE-107",),
        ("create+content-type", "update+content-type"),
        "media_type",
        _bare_charsets,
    ),
    Defect(
        "packed-body-of-one-member",
        "Of a body that consists of several gzip members the first is read",
        ("CORE-108",),
        ("create+content-encoding", "update+content-encoding"),
        "unpack",
        _one_member,
    ),
    Defect(
        "batches-without-cache-control",
        "The results of a batch say nothing of who may keep them",
        ("CORE-037",),
        ("batch=200",),
        "answer",
        answered("batch", _cached(None)),
    ),
    Defect(
        "landing-addresses-with-slash",
        "The addresses of resources on the landing page end in a slash",
        ("CORE-003",),
        ("landing",),
        "landing",
        lambda original: lambda page: _slashes(original(page)),
    ),
    Defect(
        "landing-declares-larger-batches",
        "The landing page declares batches of more operations than are taken",
        ("BULK-005",),
        ("landing", "batch"),
        "landing",
        lambda original: lambda page: _large_batches(original(page)),
    ),
    Defect(
        "api-catalog-needs-token",
        "The API catalog is shown to those who are logged in only",
        ("CORE-006",),
        ("catalog",),
        "middleware",
        asgi.answering(_catalog_for_members),
    ),
    Defect(
        "unknown-parameter-of-records-ignored",
        "A query parameter that does not exist is passed over where one record is asked for",
        ("CORE-053",),
        ("read", "create", "update", "delete"),
        "unknown_parameters",
        _not_of_records,
    ),
)
