"""A provider that does nothing gets nothing: no vacuous pass, and the verdict says so."""

import json
from pathlib import Path

import pytest
from tests.conformance.support import (
    Asked,
    Handler,
    Reply,
    Server,
    behind_landing,
    http_answer,
    run,
    same,
    sbw,
    with_tokens,
)

from sbw_conformance.results import Outcome

LOGIN = "<!doctype html><title>Log in</title><form><input name=password></form>"
TOKENS = {f"SBW_{role}_TOKEN": f"token-{role}" for role in ("A1", "A2", "B1")}
DISCOVERY = {"CORE-001", "CORE-002", "CORE-003"}


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


@pytest.mark.parametrize("server", NOTHING.values(), ids=NOTHING.keys())
def test_a_null_provider_is_not_conformant(server: Server, tmp_path: Path) -> None:
    """Without a landing page core fails, the rest could not run, and nothing passes."""
    with server:
        done = sbw("test", server.url, cwd=tmp_path, env=TOKENS)
    report = json.loads((tmp_path / "sbw-report" / "report.json").read_text())
    assert (done.returncode, report["verdict"]) == (1, "NOT CONFORMANT")
    outcomes = {row["outcome"] for row in report["results"]}
    assert outcomes == {"fail", "could-not-run"}
    judged = {row["id"] for row in report["requirements"] if row["kind"] == "checked"}
    assert {row["requirement"] for row in report["results"]} == judged
    assert done.stdout.startswith("NOT CONFORMANT\n")
    assert "Traceback" not in done.stderr


HOLLOW: dict[str, Handler] = {
    "empty objects": lambda _: http_answer(200, "{}"),
    "empty pages": lambda _: http_answer(200, '{"items":[]}'),
    "not found": lambda _: http_answer(404, "", ""),
    "server errors": lambda _: http_answer(500, "oops", "text/plain"),
    "login page": lambda _: http_answer(200, LOGIN, "text/html"),
    "echo": lambda asked: http_answer(201, asked.body or b"{}"),
}


@pytest.mark.parametrize("handler", HOLLOW.values(), ids=HOLLOW.keys())
def test_a_landing_page_alone_is_not_conformant(handler: Handler) -> None:
    """Behind a perfect landing page nothing passes but what the landing page itself shows."""
    with behind_landing(handler) as server:
        report = run(with_tokens(server.url))
    assert report.end["verdict"] == "NOT CONFORMANT"
    assert report.end["exit_code"] == 1
    scenarios = [r for r in report.results if r.kind != "observer"]
    assert {r.requirement for r in scenarios if r.outcome is Outcome.PASS} <= DISCOVERY
    assert [r for r in report.results if r.outcome is Outcome.ERROR] == []


def test_every_pass_of_a_hollow_provider_shows_an_exchange() -> None:
    """What does pass carries assertions on an exchange that the report holds."""
    with behind_landing(HOLLOW["empty objects"]) as server:
        report = run(with_tokens(server.url))
    passed = [r for r in report.results if r.outcome is Outcome.PASS]
    assert passed
    assert all(r.assertions > 0 and r.exchange in report.exchanges for r in passed)
