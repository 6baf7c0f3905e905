"""Mistakes in the landing page and in what it declares."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sbw_reference import catalog
from sbw_reference.answers import Answer
from sbw_reference.auth import Grant
from sbw_reference.defects import asgi
from sbw_reference.defects.asgi import Scope, Simple
from sbw_reference.defects.defect import Defect, answered, answering
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


def hiding(operation: str, page: Page) -> Page:
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


def _no_catalog(scope: Scope) -> Simple | None:
    return asgi.problem(404, "Not found") if scope["path"] == catalog.PATH else None


def _manual(answer: Answer) -> Answer:
    """Lead to what people read instead of the API."""
    [context] = answer.document["linkset"]
    base = context["item"][0]["href"]
    leads = {"anchor": context["anchor"], "service-doc": [{"href": f"{base}documentation"}]}
    return replace(answer, document={"linkset": [leads]})


def _with_token(change: Callable[[Page], Page]) -> Any:
    """Change the landing page for those who send a token."""

    def make(original: Any) -> Any:
        def landing_for(page: Page, grant: Grant | None) -> Page:
            shown: Page = original(page, grant)
            return shown if grant is None else change(shown)

        return landing_for

    return make


def _partner_class(page: Page) -> Page:
    """Claim for partners what the public is not told of."""
    first = page["conforms_to"][0]
    return {**page, "conforms_to": [*page["conforms_to"], first.rpartition("/")[0] + "/partners"]}


def _partner_operations(page: Page) -> Page:
    """Offer partners that records can be updated which nobody else is offered that for."""
    resources = {
        name: {**entry, "operations": list(dict.fromkeys([*entry["operations"], "update"]))}
        for name, entry in page["resources"].items()
    }
    return {**page, "resources": resources}


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
        ("CORE-004", "CORE-101"),
        answering(405),
        "middleware",
        asgi.replacing(_anything_goes),
    ),
    Defect(
        "undeclared-methods-answer-501",
        "Methods that do not exist are answered with 501",
        ("CORE-004", "CORE-101"),
        answering(405),
        "problem",
        _status(405, 501),
    ),
    Defect(
        "create-served-undeclared",
        "The landing page hides that records can be created",
        ("CORE-004",),
        ("landing", "create"),
        "landing",
        lambda original: lambda page: hiding("create", original(page)),
    ),
    Defect(
        "read-served-undeclared",
        "The landing page hides that records can be read by id",
        ("CORE-003", "CORE-004"),
        ("landing", "read"),
        "landing",
        lambda original: lambda page: hiding("read", original(page)),
    ),
    Defect(
        "no-api-catalog",
        "The origin has no API catalog",
        ("CORE-006",),
        ("catalog",),
        "middleware",
        asgi.answering(_no_catalog),
    ),
    Defect(
        "api-catalog-as-json",
        "The API catalog is sent as application/json",
        ("CORE-006",),
        ("catalog",),
        "content_type",
        lambda original: (
            lambda kind, operation: original("json" if kind == "linkset" else kind, operation)
        ),
    ),
    Defect(
        "api-catalog-of-pages",
        "The API catalog leads to the documentation and not to the API",
        ("CORE-006",),
        ("catalog",),
        "answer",
        answered("catalog", _manual),
    ),
    Defect(
        "landing-with-class-for-partners",
        "The landing page claims a further class for those who send a token",
        ("CORE-007",),
        ("landing",),
        "landing_for",
        _with_token(_partner_class),
    ),
    Defect(
        "landing-with-operations-for-partners",
        "The landing page offers further operations to those who send a token",
        ("CORE-007",),
        ("landing",),
        "landing_for",
        _with_token(_partner_operations),
    ),
)
