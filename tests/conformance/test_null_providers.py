"""A provider that does nothing gets nothing: no vacuous pass, and the verdict says so."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.support import (
    Asked,
    Handler,
    Reply,
    Server,
    behind_landing,
    everything,
    http_answer,
    landing,
    run,
    same,
    sbw,
    with_tokens,
)

from sbw_conformance.measuring import nulls
from sbw_conformance.measuring.nulls import (
    BARE,
    NULLS,
    Null,
    judged,
    justified,
    outcomes,
    vacuous,
    vacuous_passes,
)
from sbw_conformance.results import Outcome, Report, Verdict

ROOT = Path(__file__).parents[2]

LOGIN = "<!doctype html><title>Log in</title><form><input name=password></form>"
TOKENS = {f"SBW_{role}_TOKEN": f"token-{role}" for role in ("A1", "A2", "B1")}
DISCOVERY = {"CORE-001", "CORE-002", "CORE-003", "CORE-007"}
"""What a good landing page keeps of itself, asked for without a token and with one."""

CLAIMS = {*DISCOVERY, "CORE-008", "CORE-009", "SANDBOX-001"}
"""The same for a page that claims everything: limits and a sandbox can be told well, too."""

ABSENCE = {"CORE-004", "SANDBOX-001"}
"""What a provider keeps that answers 404 to all that its landing page does not claim."""


def redirects(status: int) -> Server:
    """A server that sends everything to itself."""

    def answer(asked: Asked) -> Reply:
        return http_answer(status, location=f"http://{asked.headers['host']}{asked.path}")

    return Server(answer)


def echoes() -> Server:
    """A server that answers with what it was sent."""
    return Server(lambda asked: http_answer(200, asked.body or b"{}"))


NOTHING = {
    "empty objects": same(200, "{}"),
    "empty lists": same(200, "[]"),
    "null": same(200, "null"),
    "nothing": same(200, ""),
    "no content": same(204, ""),
    "not found": same(404, ""),
    "problems": same(404, '{"type":"about:blank","status":404}', "application/problem+json"),
    "server errors": same(500, "Internal Server Error", "text/plain"),
    "unauthorized": same(401, '{"error":"invalid_token"}'),
    "login page": same(200, LOGIN, "text/html"),
    "redirects to itself": redirects(302),
    "permanent redirects": redirects(308),
    "echo": echoes(),
}


ALIKE = NOTHING.keys() - {"empty objects", "login page", "echo", "redirects to itself"}
"""Those that the real command meets in the slow tier: in the fast one they are judged within."""


@pytest.mark.parametrize(
    "server",
    [
        pytest.param(server, id=name, marks=pytest.mark.full if name in ALIKE else ())
        for name, server in NOTHING.items()
    ],
)
def test_a_null_provider_is_not_conformant(server: Server, tmp_path: Path) -> None:
    """Without a landing page core fails, the rest could not run, and nothing passes."""
    with server:
        done = sbw("test", server.url, cwd=tmp_path, env=TOKENS, measured=False)
    report = json.loads((tmp_path / "sbw-report" / "report.json").read_text())
    assert (done.returncode, report["verdict"]) == (1, "NOT CONFORMANT")
    outcomes = {row["outcome"] for row in report["results"]}
    assert outcomes == {"fail", "could-not-run"}
    judged = {row["id"] for row in report["requirements"] if row["kind"] == "checked"}
    assert {row["requirement"] for row in report["results"]} == judged
    assert done.stdout.startswith("NOT CONFORMANT\n")
    assert "Traceback" not in done.stderr


IDLE = {"BULK-010", "C3", "CORE-110", "CORE-111"}
"""What this landing page gives no occasion for: it declares every operation and unique addresses,
and nobody is throttled or told of an end."""

HOLLOW: dict[str, Handler] = {
    "empty objects": lambda _: http_answer(200, "{}"),
    "empty pages": lambda _: http_answer(200, '{"items":[]}'),
    "not found": lambda _: http_answer(404, "", ""),
    "server errors": lambda _: http_answer(500, "oops", "text/plain"),
    "login page": lambda _: http_answer(200, LOGIN, "text/html"),
    "echo": lambda asked: http_answer(201, asked.body or b"{}"),
}


def hollow(handler: Handler, page: Callable[..., dict[str, Any]]) -> Report:
    """The report of a provider that has a landing page, and nothing but this behind it."""
    with behind_landing(handler, page) as server:
        report = run(with_tokens(server.url))
    assert (report.verdict, report.end["exit_code"]) == (Verdict.NOT_CONFORMANT, 1)
    assert [(r.check, r.reason) for r in report.results if r.outcome is Outcome.ERROR] == []
    return report


def passed(report: Report) -> set[tuple[str, str | None]]:
    """Requirement and resource of each pass that is no observer's."""
    found = [r for r in report.results if r.outcome is Outcome.PASS and r.kind != "observer"]
    return {(r.requirement, r.resource) for r in found}


@pytest.mark.no_cover
@pytest.mark.parametrize("name", HOLLOW)
def test_a_landing_page_alone_is_not_conformant(name: str) -> None:
    """Behind a perfect landing page nothing passes but what the landing page itself shows."""
    found = passed(hollow(HOLLOW[name], landing))
    # Who finds nothing anywhere has, rightly, no sandbox and none of the resources that it does
    # not claim; what it claims is missing, so that its absence elsewhere proves nothing there.
    allowed = DISCOVERY | ABSENCE if name == "not found" else DISCOVERY
    assert {requirement for requirement, _ in found} <= allowed
    assert {kind for _, kind in found}.isdisjoint(landing("http://localhost")["resources"])


@pytest.mark.parametrize("name", HOLLOW)
def test_a_landing_page_that_claims_everything_is_not_conformant(name: str) -> None:
    """The more is claimed, the more is missing: no promise is kept by an empty answer."""
    report = hollow(HOLLOW[name], everything)
    assert {requirement for requirement, _ in passed(report)} <= CLAIMS
    judged = {entry["id"] for entry in report.requirements.values() if entry["kind"] == "checked"}
    assert {result.requirement for result in report.results} == judged
    idle = {name for name in judged if report.outcome(name) is Outcome.NOT_CLAIMED}
    assert idle <= IDLE


def test_every_pass_of_a_hollow_provider_shows_an_exchange() -> None:
    """What does pass carries assertions on an exchange that the report holds."""
    with behind_landing(HOLLOW["empty objects"]) as server:
        report = run(with_tokens(server.url))
    passed = [r for r in report.results if r.outcome is Outcome.PASS]
    assert passed
    assert all(r.assertions > 0 and r.exchange in report.exchanges for r in passed)


# All of them, and each requirement

TELLING = frozenset({"claims-no-content", "claims-someone-elses", "claims-unreadable"})
"""Those that claim something and once got passes for nothing."""

CHEAP = (*BARE, *(null for null in NULLS if null.id in TELLING))
"""Null providers that cost little to judge."""

RECORDED = ROOT / "benchmarks" / "results" / "null_providers.json"


def recorded() -> dict[str, Any]:
    """The rows of the table that is committed."""
    found: dict[str, Any] = json.loads(RECORDED.read_text())["nulls"]
    return found


@pytest.mark.no_cover
def test_what_a_null_provider_keeps_has_a_reason() -> None:
    """No requirement passes for nothing, and the table says the same."""
    rows = recorded()
    for null in CHEAP:
        report = judged(null)
        assert report.verdict is Verdict.NOT_CONFORMANT
        assert vacuous(null, report) == [], null.id
        kept = {name for name, found in outcomes(report).items() if found is Outcome.PASS}
        assert kept == set(rows[null.id]["kept"]), null.id
    assert rows.keys() == {null.id for null in NULLS}
    assert [name for name, row in rows.items() if row["vacuous"]] == []


def test_a_pass_without_a_reason_is_vacuous() -> None:
    """What nobody justified is found, and so is a verdict that is too good."""
    unknown = Null("unknown", "204", lambda _: nulls.Reply(204), claims=True)
    assert vacuous_passes([unknown]) == [("unknown", "CORE-031")]


@pytest.mark.full
@pytest.mark.parametrize("null", [pytest.param(null, id=null.id) for null in NULLS])
def test_the_table_says_the_outcome_of_each_requirement(null: Null) -> None:
    """`python benchmarks/null_providers.py --write` writes it; no reason stands there for nothing.

    Each requirement that is checked has an outcome.
    """
    row = recorded()[null.id]
    report = judged(null)
    found = outcomes(report)
    listed = {name: kind for kind, names in row["outcomes"].items() for name in names}
    assert {name: outcome.value for name, outcome in found.items()} == listed
    assert row["kept"].items() <= justified(null).items()
    assert (row["verdict"], row["vacuous"]) == (report.verdict.value, vacuous(null, report))
