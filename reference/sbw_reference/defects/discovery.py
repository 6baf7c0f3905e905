"""Mistakes in the landing page and in what it declares."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sbw_reference.defects import asgi
from sbw_reference.defects.asgi import Scope, Simple
from sbw_reference.defects.defect import Defect
from sbw_reference.problems import Problem

Page = dict[str, Any]
CORS = "Access-Control-Allow-Origin"
PUBLIC = {"access-control-allow-origin": "*"}


def _locked(scope: Scope) -> Simple | None:
    if scope["path"] == "/" and asgi.header(scope, "authorization") is None:
        status, headers, body = asgi.problem(401, "Log in first")
        return status, {**headers, **PUBLIC}, body
    return None


def _moved(scope: Scope) -> Simple | None:
    moved = (302, {"location": "/documentation", **PUBLIC}, b"")
    return moved if scope["path"] == "/" else None


def _without(name: str) -> Any:
    return lambda original: (
        lambda page: {key: value for key, value in original(page).items() if key != name}
    )


def _registration(page: Page) -> Page:
    return {**page, "openness": {**page["openness"], "registration": "on_request"}}


def _relative(page: Page) -> Page:
    resources = {
        name: {**entry, "href": entry["href"].removeprefix("http:")}
        for name, entry in page["resources"].items()
    }
    return {**page, "resources": resources}


def _hiding(operation: str, page: Page) -> Page:
    """Leave an operation out of the declaration of each resource that has others."""
    resources = {
        name: {**entry, "operations": [one for one in entry["operations"] if one != operation]}
        for name, entry in page["resources"].items()
        if entry["operations"] != [operation]
    }
    return {**page, "resources": {**page["resources"], **resources}}


def _without_first_class(page: Page) -> Page:
    return {**page, "conforms_to": page["conforms_to"][1:] or page["conforms_to"]}


def _without_first_resource(page: Page) -> Page:
    first, *others = page["resources"]
    kept = {name: page["resources"][name] for name in others or [first]}
    return {**page, "resources": kept}


def _anything_goes(scope: Scope, status: int) -> Simple | None:
    return (204, {}, b"") if status == 405 and scope["path"] != "/" else None


def _status(old: int, new: int) -> Any:
    def make(original: Any) -> Any:
        def problem(found: Problem) -> Problem:
            given: Problem = original(found)
            return replace(given, status=new) if given.status == old else given

        return problem

    return make


def _one_origin(headers: Mapping[str, str]) -> dict[str, str]:
    return {**headers, CORS: "https://app.example.com"}


def _no_origin(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != CORS}


DEFECTS = (
    Defect(
        "landing-needs-token",
        "The landing page is shown to those who are logged in only",
        ("CORE-001",),
        ("landing",),
        "middleware",
        asgi.answering(_locked),
    ),
    Defect(
        "landing-redirects",
        "The landing page redirects to the documentation",
        ("CORE-001",),
        ("landing",),
        "middleware",
        asgi.answering(_moved),
    ),
    Defect(
        "landing-without-openness",
        "The landing page says nothing of openness",
        ("CORE-001",),
        ("landing",),
        "landing",
        _without("openness"),
    ),
    Defect(
        "landing-own-registration-word",
        "The landing page has a word of its own for registration",
        ("CORE-001",),
        ("landing",),
        "landing",
        lambda original: lambda page: _registration(original(page)),
    ),
    Defect(
        "landing-relative-addresses",
        "The addresses of resources have no scheme",
        ("CORE-001",),
        ("landing",),
        "landing",
        lambda original: lambda page: _relative(original(page)),
    ),
    Defect(
        "landing-without-cors",
        "The landing page has no CORS header",
        ("CORE-002",),
        ("landing",),
        "landing_headers",
        lambda original: lambda headers: _no_origin(original(headers)),
    ),
    Defect(
        "landing-for-one-origin",
        "Only scripts of the vendor's own site can read the landing page",
        ("CORE-002",),
        ("landing",),
        "landing_headers",
        lambda original: lambda headers: _one_origin(original(headers)),
    ),
    Defect(
        "claims-class-without-its-base",
        "The landing page names the class but not the one it depends on",
        ("CORE-003",),
        ("landing",),
        "landing",
        lambda original: lambda page: _without_first_class(original(page)),
    ),
    Defect(
        "resource-undeclared",
        "A resource of a claimed class is served but not declared",
        ("CORE-003", "CORE-004"),
        ("landing",),
        "landing",
        lambda original: lambda page: _without_first_resource(original(page)),
    ),
    Defect(
        "undeclared-methods-answer-204",
        "The framework answers methods that nobody wrote with 204",
        ("CORE-004",),
        ("*",),
        "middleware",
        asgi.replacing(_anything_goes),
    ),
    Defect(
        "undeclared-methods-answer-501",
        "Methods that do not exist are answered with 501",
        ("CORE-004",),
        ("*",),
        "problem",
        _status(405, 501),
    ),
    Defect(
        "update-served-undeclared",
        "The landing page hides that records can be updated",
        ("CORE-004",),
        ("landing", "update"),
        "landing",
        lambda original: lambda page: _hiding("update", original(page)),
    ),
    Defect(
        "read-served-undeclared",
        "The landing page hides that records can be read by id",
        ("CORE-003", "CORE-004"),
        ("landing", "read"),
        "landing",
        lambda original: lambda page: _hiding("read", original(page)),
    ),
)
