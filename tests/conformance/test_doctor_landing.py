"""What is there in place of a landing page, or on one, is told in a sentence of its own."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from tests.conformance.support import (
    Asked,
    Reply,
    Server,
    behind_landing,
    http_answer,
    landing,
    problem,
    with_tokens,
)
from tests.conformance.visits import PROVIDER, looked, provider_of, states

from sbw_conformance.configuration import Configuration
from sbw_conformance.doctor import exit_code, visiting
from sbw_conformance.doctoring.diagnosis import State
from sbw_conformance.doctoring.probes import Line, examine

REDIRECT = "http://login.example/"
URI = "https://w3id.org/small-business-web/draft/"


def changed(**changes: Any) -> Callable[[str], dict[str, Any]]:
    """A landing page with changes."""
    return lambda base: landing(base, **changes)


def at(path: str) -> Callable[[str], dict[str, Any]]:
    """A landing page of a base below the root."""
    return lambda base: landing(base + path)


def elsewhere(base: str) -> dict[str, Any]:
    """A landing page whose contacts are at another origin."""
    page = landing(base)
    page["resources"]["contact"]["href"] = "https://backend.example/sbw/contacts"
    return page


def nowhere(base: str) -> dict[str, Any]:
    """A landing page whose contacts are at a port that there cannot be."""
    page = landing(base)
    page["resources"]["contact"]["href"] = "http://127.0.0.1:99999/contacts"
    return page


FAULTS: dict[str, tuple[str, Callable[[str], dict[str, Any]] | bytes, str]] = {
    "redirect": (
        "redirect",
        http_answer(302, location=REDIRECT),
        f"leads to {REDIRECT}, at another origin",
    ),
    "redirect to itself": (
        "redirect",
        http_answer(308, location="/api"),
        "and leads to http://127",
    ),
    "redirect to nowhere": ("redirect", http_answer(301, location="http://[x"), "to http://[x."),
    "needs a token": ("landing page", problem(401), "asks for authorization (status 401)"),
    "not there": ("landing page", problem(404), "is no landing page: it answers with status 404"),
    "down": ("landing page", http_answer(503), "it answers with status 503"),
    "a web page": (
        "landing page",
        http_answer(200, "<html>", "text/html"),
        "it answers with text/html, which is no JSON",
    ),
    "invalid": ("landing page", changed(auth={}), "is not valid: /auth/schemes: expected"),
    "another version": ("classes", changed(sbw_version="7.0"), "one of SBW 7.0; this suite judges"),
    "no core": ("classes", changed(conforms_to=[f"{URI}contacts"]), "does not claim class core"),
    "no such class": (
        "classes",
        changed(conforms_to=[f"{URI}core", f"{URI}contact"]),
        f'claims "{URI}contact", which is no class',
    ),
    "another origin": ("addresses", elsewhere, "contacts on the landing page is https://backend"),
    "an impossible port": ("addresses", nowhere, "is http://127.0.0.1:99999/contacts, at another"),
    "another path": ("addresses", at("/v2"), "/v2/business, where"),
    "production": ("environment", changed(environment="production"), "environment is production"),
}
"""A landing page, or an answer in its place; the probe that finds it wrong, and its words."""


@pytest.mark.parametrize(("probe", "page", "says"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_of_the_landing_page_is_told(
    probe: str, page: Callable[[str], dict[str, Any]] | bytes, says: str
) -> None:
    """One probe finds it, says what is there and what to do, and is the only one that does."""

    def answer(asked: Asked) -> Reply:
        if isinstance(page, bytes) and asked.path == "/":
            return page
        return http_answer(200, json.dumps(page(server.url))) if asked.path == "/" else problem(404)

    with Server(answer) as server:
        found = provider_of(with_tokens(server.url))
    assert says in found[probe].says
    assert found[probe].advice
    assert states(found)[State.WRONG] == {probe}
    assert exit_code(Line(name, one) for name, one in found.items()) == 2


def test_what_is_well_is_not_called_wrong() -> None:
    """The landing page of those faults is in order without them, as far as it says enough."""
    with behind_landing(lambda _: problem(404)) as server:
        found = provider_of(with_tokens(server.url))
    assert states(found) == {State.UNKNOWN: {"clock", "environment"}}


def test_production_is_well_where_nothing_is_written() -> None:
    """--read-only is for production."""
    with behind_landing(lambda _: problem(404), environment="production") as server:
        found = looked(with_tokens(server.url), read_only=True)
    assert found["environment"].state is State.OK


@pytest.mark.parametrize("path", ["/v1", "/v1/contacts"])
@pytest.mark.parametrize("catalog", [True, False])
def test_a_base_that_is_off_by_a_path_is_put_right(path: str, *, catalog: bool) -> None:
    """The API catalog leads to the base; without one it is looked for above."""
    right = "/api/sbw" if catalog else ""

    def answer(asked: Asked) -> Reply:
        if asked.path == f"{right}/":
            return http_answer(200, json.dumps(landing(server.url + right)))
        if asked.path == "/.well-known/api-catalog" and catalog:
            linked = {"anchor": server.url, "item": [{"href": f"{server.url}{right}/"}]}
            others = [{"href": "https://elsewhere.example/"}, {"href": "mailto:a@b"}, "odd", {}]
            value = {"linkset": ["odd", {**linked, "more": others}]}
            return http_answer(200, json.dumps(value), "application/linkset+json")
        return problem(404)

    with Server(answer) as server:
        found = provider_of(with_tokens(server.url + path))
    assert found["landing page"].advice == (
        f"There is one at {server.url}{right}/: make {server.url}{right} the target."
    )


def test_a_page_of_another_base_leads_there() -> None:
    """Two addresses serve the page; its own words say which of them is the base."""

    def answer(asked: Asked) -> Reply:
        is_page = asked.path in {"/", "/api/"}
        page = json.dumps(landing(f"{server.url}/api"))
        return http_answer(200, page) if is_page else problem(404)

    with Server(answer) as server:
        found = provider_of(with_tokens(server.url))
    assert found["addresses"].advice == f"Make {server.url}/api the target."


def test_a_class_that_is_not_claimed_cannot_be_judged() -> None:
    """The configuration asks for more than there is."""
    with behind_landing(lambda _: problem(404)) as server:
        asked = Configuration(classes=("contacts", "bulk"))
        found = provider_of(with_tokens(server.url), asked)
    assert "class bulk, which the landing page does not claim" in found["classes"].says
    assert found["classes"].advice == "It claims core, contacts."


def test_a_profile_asks_for_its_classes() -> None:
    """Those that are still to be written are not claimed either."""
    with behind_landing(lambda _: problem(404)) as server:
        found = provider_of(with_tokens(server.url), Configuration(profile="crm"))
    assert found["classes"].state is State.WRONG
    assert "changes" in found["classes"].says


@pytest.mark.parametrize(
    ("settle", "rate", "says"),
    [
        (30, None, "settle_seconds is 30, but the landing page promises 5"),
        (None, 0.1, "At 0.1 requests per second a run takes 2.2 h and more"),
        (5, 50, None),
        (None, None, None),
    ],
)
def test_pace_and_settling_are_held_against_what_is_promised(
    settle: float | None, rate: float | None, says: str | None
) -> None:
    """A bound beyond the provider's own has no effect, and a run of hours is a mistake."""
    with behind_landing(lambda _: problem(404), limits={"settle_seconds": 5}) as server:
        target = replace(
            with_tokens(server.url), settle_seconds=settle, requests_per_second=rate and rate * 1000
        )
        with visiting(target) as visit:
            list(examine(visit, PROVIDER[:-1]))
            visit.target = replace(target, requests_per_second=rate)
            found = PROVIDER[-1].ask(visit)
    assert (found.state is State.WRONG) == (says is not None)
    assert (says or "lists show what was written within 5 s") in found.says


@pytest.mark.parametrize(
    ("off", "says"),
    [
        (timedelta(hours=-1), r"is 36[0-9]{2} s behind that of this machine"),
        (timedelta(minutes=2), r"is 1[12][0-9] s ahead of that of this machine"),
        (timedelta(seconds=-10), r"agree"),
    ],
)
def test_clocks_that_are_apart_are_told(off: timedelta, says: str) -> None:
    """By the Date of an answer; some seconds do not count."""

    def answer(_: Asked) -> Reply:
        date = format_datetime(datetime.now(UTC) + off, usegmt=True)
        return http_answer(200, json.dumps(landing(server.url)), date=date)

    with Server(answer) as server:
        found = provider_of(with_tokens(server.url))["clock"]
    assert re.search(says, found.says)
    assert (found.state is State.OK) == (says == "agree")
