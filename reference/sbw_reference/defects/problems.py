"""Mistakes in refusals: what is refused, and how."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sbw_validator.errors import MalformedJSON
from sbw_validator.findings import Finding, parts_of

from sbw_reference.defects import asgi
from sbw_reference.defects.asgi import Scope, Simple
from sbw_reference.defects.defect import Defect
from sbw_reference.problems import Fault, Problem

Document = dict[str, Any]


def _document(change: Callable[[Document], Document]) -> Any:
    return lambda original: lambda document: change(original(document))


def _named(kind: str, /, **changes: Any) -> Any:
    """Change the refusals of one registered type."""

    def make(original: Any) -> Any:
        def problem(found: Problem) -> Problem:
            given: Problem = original(found)
            return replace(given, **changes) if given.name == kind else given

        return problem

    return make


def _pointing(change: Callable[[str], str]) -> Any:
    """Change the pointers of validation errors."""

    def make(original: Any) -> Any:
        def problem(found: Problem) -> Problem:
            given: Problem = original(found)
            if given.name != "validation":
                return given
            moved = (replace(fault, pointer=change(fault.pointer)) for fault in given.faults)
            return replace(given, faults=tuple(moved))

        return problem

    return make


def _dotted(pointer: str) -> str:
    """Return a pointer as `emails[0].address`."""
    path = "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in parts_of(pointer))
    return path.removeprefix(".")


def _plain_error(document: Document) -> Document:
    return {"error": document["title"], "code": document["status"]}


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


def _loose(**options: Any) -> Any:
    """Read a body that is refused with the language's own parser."""

    def make(original: Any) -> Any:
        def parse(body: bytes) -> Any:
            try:
                return original(body)
            except MalformedJSON:
                try:
                    return json.loads(body.decode("utf-8"), **options)
                except ValueError:
                    return original(body)

        return parse

    return make


def _refuse(_word: str) -> Any:
    raise ValueError(_word)


def _single(pairs: list[tuple[str, Any]]) -> Document:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member twice")
    return members


def _crash(original: Any) -> Any:
    def parse(body: bytes) -> Any:
        try:
            return original(body)
        except MalformedJSON as error:
            raise ValueError(str(error)) from error

    return parse


def _empty_for_nothing(original: Any) -> Any:
    return lambda body: original(body) if body.strip() else {}


def _absent(*fates: str, **changes: Any) -> Any:
    """Change what answers an id of one of these fates."""

    def make(original: Any) -> Any:
        def absent(fate: Callable[[], str], operation: str) -> Problem:
            found: Problem = original(fate, operation)
            return replace(found, **changes) if fate() in fates else found

        return absent

    return make


def _dropped(drops: Callable[[Finding], bool]) -> Any:
    return lambda original: (
        lambda findings: tuple(finding for finding in original(findings) if not drops(finding))
    )


def _deep(finding: Finding) -> bool:
    return finding.pointer.count("/") > 1


def _without_places(original: Any) -> Any:
    def problem(found: Problem) -> Problem:
        given: Problem = original(found)
        whole = tuple(Fault("", fault.code, fault.detail) for fault in given.faults)
        return replace(given, faults=whole) if given.name == "not-stored" else given

    return problem


DEFECTS = (
    Defect(
        "problem-status-as-text",
        "The status in problem documents is text",
        ("CORE-050",),
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
        ("CORE-050",),
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
        ("CORE-050", "CORE-031"),
        ("*",),
        "middleware",
        asgi.replacing(_html),
    ),
    Defect(
        "duplicate-members-accepted",
        "Of members with the same name the last one wins",
        ("CORE-051",),
        ("create", "update"),
        "parse",
        _loose(parse_constant=_refuse),
    ),
    Defect(
        "nan-accepted",
        "NaN is read as a number",
        ("CORE-051",),
        ("create", "update"),
        "parse",
        _loose(object_pairs_hook=_single),
    ),
    Defect(
        "malformed-500",
        "A body that is no JSON makes the provider fail",
        ("CORE-051",),
        ("create", "update"),
        "parse",
        _crash,
    ),
    Defect(
        "malformed-422",
        "A body that is no JSON is refused as if it were invalid",
        ("CORE-051",),
        ("create", "update"),
        "problem",
        _named("malformed", status=422, name="validation"),
    ),
    Defect(
        "empty-body-is-an-object",
        "No body counts as an empty object",
        ("CORE-051",),
        ("create", "update"),
        "parse",
        _empty_for_nothing,
    ),
    Defect(
        "validation-400",
        "An invalid body is a bad request",
        ("CORE-052",),
        ("create", "update"),
        "problem",
        _named("validation", status=400),
    ),
    Defect(
        "validation-without-errors",
        "The refusal of an invalid body does not say where",
        ("CORE-052",),
        ("create", "update"),
        "problem",
        _named("validation", faults=()),
    ),
    Defect(
        "validation-points-to-member",
        "The place of an error is the member of the top level that it is in",
        ("CORE-052",),
        ("create", "update"),
        "problem",
        _pointing(lambda pointer: "/".join(pointer.split("/")[:2])),
    ),
    Defect(
        "validation-with-paths",
        "The place of an error is written like `emails[0].address`",
        ("CORE-052", "CORE-050"),
        ("create", "update"),
        "problem",
        _pointing(_dotted),
    ),
    Defect(
        "unknown-parameter-ignored",
        "A query parameter that does not exist is passed over",
        ("CORE-053",),
        ("list", "read"),
        "unknown_parameters",
        lambda _original: lambda _given, _known: (),
    ),
    Defect(
        "parameter-names-without-case",
        "The names of query parameters are read without regard to case",
        ("CORE-053",),
        ("list",),
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
        ("list", "read"),
        "problem",
        _named("unknown-parameter", name="invalid-parameter"),
    ),
    Defect(
        "unknown-id-400",
        "An id that was never given out is a bad request",
        ("CORE-054", "CORE-013"),
        ("read", "update", "delete"),
        "absent",
        _absent("unknown", "foreign", status=400, name="invalid-id"),
    ),
    Defect(
        "unknown-id-410",
        "An id that was never given out is gone",
        ("CORE-054", "CORE-013"),
        ("read", "update", "delete"),
        "absent",
        _absent("unknown", "foreign", status=410),
    ),
    Defect(
        "unknown-members-dropped",
        "Members that are not known are left out in silence",
        ("CORE-055",),
        ("create", "update"),
        "not_stored",
        _dropped(lambda _finding: True),
    ),
    Defect(
        "unknown-members-dropped-inside",
        "Members that are not known are left out in silence inside objects and arrays",
        ("CORE-055",),
        ("create", "update"),
        "not_stored",
        _dropped(_deep),
    ),
    Defect(
        "not-stored-as-validation",
        "A member that is not known is refused as if it were invalid",
        ("CORE-055",),
        ("create", "update"),
        "problem",
        _named("not-stored", name="validation"),
    ),
    Defect(
        "not-stored-without-place",
        "The refusal of a member that is not known does not name it",
        ("CORE-055",),
        ("create", "update"),
        "problem",
        _without_places,
    ),
)
