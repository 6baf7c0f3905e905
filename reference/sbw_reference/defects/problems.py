"""Mistakes in refusals: what is refused, and how."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sbw_reference.defects import asgi
from sbw_reference.defects.asgi import Scope, Simple
from sbw_reference.defects.defect import Defect, answering, refused
from sbw_reference.problems import Problem

Document = dict[str, Any]
NEVER = frozenset({"unknown", "foreign"})
PUBLIC = ("/", "/token")
UPSERTED = "/by-external-id"


def _document(change: Callable[[Document], Document]) -> Any:
    return lambda original: lambda document: change(original(document))


def _untyped(document: Document) -> Document:
    """Leave out the type that says nothing, as RFC 9457 allows."""
    plain = document["type"] == "about:blank"
    return {key: value for key, value in document.items() if not (plain and key == "type")}


def _text_status(document: Document) -> Document:
    return {**document, "status": str(document["status"])}


def _rounded_status(document: Document) -> Document:
    return {**document, "status": document["status"] // 100 * 100}


def _html(_scope: Scope, status: int) -> Simple | None:
    page = b"<!doctype html><title>Not found</title><h1>404</h1>"
    return (404, {"content-type": "text/html"}, page) if status == 404 else None


def _absent(*operations: str, **changes: Any) -> Any:
    """Change what some operations answer to an id that was never given out to their business."""

    def make(original: Any) -> Any:
        def absent(fate: Callable[[], str], operation: str) -> Problem:
            found: Problem = original(fate, operation)
            there = operation in operations and fate() in NEVER
            return replace(found, **changes) if there else found

        return absent

    return make


def _text_at_the_gate(scope: Scope) -> Simple | None:
    """Refuse what is no JSON before anybody looks at who sends it, and where to."""
    kind = (asgi.header(scope, "content-type") or "json").partition(";")[0].lower()
    public = scope["path"] in PUBLIC
    return None if public or "json" in kind else asgi.problem(415, "Unsupported media type")


def _blind_at_the_gate(scope: Scope) -> Simple | None:
    """Refuse a patch without If-Match before anybody looks for the record."""
    let_in = asgi.header(scope, "authorization") is not None
    blind = scope["method"] == "PATCH" and asgi.header(scope, "if-match") is None
    if not (let_in and blind) or scope["path"].endswith(UPSERTED):
        return None
    return asgi.problem(428, "Precondition required", "precondition-required")


DEFECTS = (
    Defect(
        "problem-status-as-text",
        "The status in problem documents is text",
        ("CORE-050", "BULK-001"),
        ("*",),
        "problem_document",
        _document(_text_status),
    ),
    Defect(
        "problem-status-rounded",
        "The status in problem documents is another than that of the answer",
        ("CORE-050",),
        ("*",),
        "problem_document",
        _document(_rounded_status),
    ),
    Defect(
        "problem-without-type",
        "Problem documents leave out the type about:blank",
        ("CORE-050", "BULK-001", "BULK-002"),
        ("*",),
        "problem_document",
        _document(_untyped),
    ),
    Defect(
        "problem-as-json",
        "Problem documents are sent as application/json",
        ("CORE-050",),
        ("*",),
        "content_type",
        lambda original: (
            lambda kind, operation: (
                "application/json" if kind == "problem" else original(kind, operation)
            )
        ),
    ),
    Defect(
        "not-found-page",
        "What is not found is answered with a web page",
        ("CORE-050", "CORE-031", "BULK-002"),
        answering(404),
        "middleware",
        asgi.replacing(_html),
    ),
    Defect(
        "unknown-parameter-ignored",
        "A query parameter that does not exist is passed over",
        ("CORE-053",),
        answering(400, "list", "read"),
        "unknown_parameters",
        lambda _original: lambda _given, _known: (),
    ),
    Defect(
        "parameter-names-without-case",
        "The names of query parameters are read without regard to case",
        ("CORE-053",),
        ("list=400",),
        "unknown_parameters",
        lambda original: (
            lambda given, known: tuple(
                name for name in original(given, known) if name.lower() not in known
            )
        ),
    ),
    Defect(
        "unknown-parameter-invalid",
        "A query parameter that does not exist is refused as if its value were wrong",
        ("CORE-053",),
        answering(400, "list", "read"),
        "problem",
        refused("unknown-parameter", name="invalid-parameter"),
    ),
    Defect(
        "unknown-id-400",
        "Who writes to an id that was never given out sends a bad request",
        ("CORE-054", "BULK-001"),
        (*answering(404, "update", "delete"), "batch=200"),
        "absent",
        _absent("update", "delete", status=400, name="invalid-id"),
    ),
    Defect(
        "unknown-id-410",
        "An id that was never given out is gone for those who read it",
        ("CORE-054", "CORE-100", "CORE-120"),
        answering(404, "read"),
        "absent",
        _absent("read", status=410),
    ),
    Defect(
        "media-type-before-token",
        "A body in another format is refused before token, address and record are looked at",
        ("CORE-083",),
        ("create=401", "create=415", "update=401", "update=404", "update=415"),
        "middleware",
        asgi.answering(_text_at_the_gate),
    ),
    Defect(
        "precondition-before-record",
        "A patch without If-Match is refused before record and body are looked at",
        ("CORE-083",),
        ("update=404", "update=415", "update=400"),
        "middleware",
        asgi.answering(_blind_at_the_gate),
    ),
)
