"""What happens to a run: tokens run out, the provider restarts or falls silent, signals come."""

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.support import (
    SBW,
    Asked,
    Passed,
    Providers,
    Proxy,
    Reply,
    Server,
    behind_landing,
    http_answer,
    leftovers,
    problem,
    run,
    tokens,
    unmeasured,
    unmeasured_children,
    until,
)

from sbw_conformance.client import Client
from sbw_conformance.exchanges import Exchange, Lack, Request
from sbw_conformance.journals import journals_in, resumed
from sbw_conformance.provider import Reference, target_of
from sbw_conformance.results import Outcome, Report, Verdict
from sbw_conformance.runner import Progress
from sbw_conformance.suite import Options, judge
from sbw_conformance.target import Credentials, Target
from sbw_validator.standard import Standard, load_standard

STANDARD = Path(__file__).parents[1] / "standard"
SOME = ("core.create_answers", "core.reading_shows", "core.update_", "core.walk_shows")
"""Checks enough for something to happen while they run."""

REVOKED = http_answer(
    401,
    json.dumps(
        {
            "type": "https://w3id.org/small-business-web/problems/unauthorized",
            "title": "Unauthorized",
            "status": 401,
        }
    ),
    "application/problem+json",
    www_authenticate='Bearer realm="sbw", error="invalid_token"',
)


def outcomes(report: Report) -> set[Outcome]:
    """The outcomes that a report holds."""
    return {result.outcome for result in report.results}


def reasons(report: Report) -> set[str | None]:
    """Why checks could not run."""
    return {r.reason for r in report.results if r.outcome is Outcome.COULD_NOT_RUN}


# Tokens


class Revoking:
    """Lets tokens in until an instant, and none of them afterwards.

    Tokens that the token endpoint gave later are let in.
    """

    def __init__(self, target: Target, after: int) -> None:
        self.old = {client.token for client in target.clients.values() if client.token}
        self.left = after
        self.refused = 0
        self._lock = threading.Lock()

    def __call__(self, asked: Asked) -> Reply | None:
        """Refuse a token that was there at the beginning, once enough was asked."""
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        with self._lock:
            self.left -= asked.place.startswith("/contacts")
            if self.left >= 0 or token not in self.old:
                return None
            self.refused += 1
        return REVOKED

    def saw(self, asked: Asked, passed: Passed) -> None:
        """Take the tokens that are given out before the instant for old ones too."""
        if asked.place == "/token" and passed.status == 200 and self.left >= 0:
            self.old.add(passed.json["access_token"])


def with_secrets_only(target: Target) -> Target:
    """The target with client credentials in place of tokens, and without narrower tokens."""
    kept = {role: client for role, client in target.clients.items() if "." not in role}
    return replace(
        target, clients={role: replace(client, token=None) for role, client in kept.items()}
    )


def with_tokens_only(target: Target) -> Target:
    """The target with tokens and nothing to get others with."""
    clients = {role: Credentials(client.token) for role, client in target.clients.items()}
    return replace(target, clients=clients)


def asked_for_tokens(proxy: Proxy) -> int:
    """How many tokens were asked for."""
    return sum(asked.place == "/token" for asked in proxy.server.asked)


def test_a_token_that_is_revoked_is_renewed(provider: Providers, tmp_path: Path) -> None:
    """With client credentials a run goes on with another token, and no report holds either."""
    target = with_secrets_only(provider(classes=["core", "contacts"]))
    revoking = Revoking(target, after=20)
    with Proxy(target, revoking, revoking.saw) as proxy:
        report = run(proxy.seen, *SOME, only="contact", folder=tmp_path)
        given = asked_for_tokens(proxy)
    assert report.verdict is Verdict.CONFORMANT
    assert report.cleanup["kept"] == []
    assert revoking.refused > 0
    assert given > len(revoking.old) > 0
    written = (tmp_path / "run.ndjson").read_text()
    assert not any(token in written for token in revoking.old if token)


def test_a_token_is_renewed_before_it_runs_out(provider: Providers) -> None:
    """What `expires_in` says is kept an eye on: nothing is ever refused."""
    target = with_secrets_only(provider(classes=["core", "contacts"]))
    refused: list[str] = []

    def shorter(asked: Asked, passed: Passed) -> None:
        if asked.place == "/token" and passed.status == 200:
            passed.json = {**passed.json, "expires_in": 0.5}
        elif passed.status == 401:
            refused.append(asked.path)

    with Proxy(target, after=shorter) as proxy:
        report = run(proxy.seen, *SOME, only="contact")
        given = asked_for_tokens(proxy)
    assert report.verdict is Verdict.CONFORMANT
    assert refused == []
    assert given > len(target.clients) + 2  # the narrower ones of a1


def test_a_given_token_at_its_end_ends_the_run(provider: Providers, tmp_path: Path) -> None:
    """The rest could not run, with a sentence that says when and what to do; nothing fails."""
    target = with_tokens_only(provider(classes=["core", "contacts"]))
    revoking = Revoking(target, after=20)
    with Proxy(target, revoking) as proxy:
        report = run(proxy.seen, *SOME, only="contact", folder=tmp_path, workers=4)
        sent = len(proxy.server.asked)
    assert report.verdict is Verdict.INCOMPLETE
    assert outcomes(report) <= {Outcome.PASS, Outcome.COULD_NOT_RUN, Outcome.NOT_CLAIMED}
    told = [reason for reason in reasons(report) if reason and "was accepted until" in reason]
    assert told
    assert all(reason.endswith("it expired or was revoked") for reason in told)
    assert report.end["exit_code"] == 2
    assert "Set SBW_A1_TOKEN to one that lasts for the whole run" in report.end["ended_early"]
    # What is still there is named, and the journal is there for `sbw clean`.
    kept = report.cleanup["kept"]
    assert all(row["reason"].endswith("it expired or was revoked") for row in kept)
    known = {row["record"] for row in kept if not row["reason"].startswith("not known")}
    assert known == {record["id"] for record in leftovers(target)}
    assert list(tmp_path.glob("journal-*.ndjson"))
    assert revoking.refused < sent / 2
    assert sent < 80


def test_a_401_to_one_request_is_the_providers_fault(provider: Providers) -> None:
    """Where the token is let in elsewhere, the refusal is judged as any other answer."""
    target = with_tokens_only(provider(classes=["core", "contacts"]))
    refused = 0

    def before(asked: Asked) -> Reply | None:
        nonlocal refused
        if asked.method == "PATCH" and asked.place.startswith("/contacts/"):
            refused += 1
            return REVOKED
        return None

    with Proxy(target, before) as proxy:
        report = run(proxy.seen, *SOME, only="contact")
        made_sure = sum(asked.place == "/business" for asked in proxy.server.asked)
    assert refused > 0
    assert made_sure <= refused + 20
    assert report.verdict is Verdict.NOT_CONFORMANT
    assert any("status 401" in (r.got or "") for r in report.failures())
    assert not any("was accepted until" in (reason or "") for reason in reasons(report))


def test_tokens_that_are_wrong_on_purpose_renew_nothing(provider: Providers) -> None:
    """A check that sends no token or a wrong one gets its 401."""
    target = with_secrets_only(provider(classes=["core", "contacts"]))
    with Proxy(target) as proxy:
        report = run(proxy.seen, "core.wrong_token", "core.no_token", only="contact")
        given = asked_for_tokens(proxy)
    assert Outcome.FAIL not in outcomes(report)
    assert any(r.check.startswith("core.wrong_token") for r in report.results)
    assert given == len(target.clients) + 2  # the narrower ones of a1


def test_a_new_token_that_is_refused_ends_the_run(provider: Providers) -> None:
    """Where the client is not let in any more, the run says so and does not go in circles."""
    target = with_secrets_only(provider(classes=["core", "contacts"]))
    given = 0

    def before(asked: Asked) -> Reply | None:
        nonlocal given
        given += asked.place == "/token"
        late = len(proxy.server.asked) > 60
        if late and asked.place == "/token":
            return http_answer(400, '{"error":"invalid_client"}')
        return REVOKED if late and asked.headers.get("authorization") else None

    with Proxy(target, before) as proxy:
        report = run(proxy.seen, *SOME, only="contact")
    assert report.verdict is Verdict.INCOMPLETE
    assert any("a new one was asked for" in (reason or "") for reason in reasons(report))
    assert given < 20


# A provider that goes away


class Mortal:
    """A reference provider on a port and a database of its own, which can be killed and started."""

    def __init__(self, folder: Path) -> None:
        self._database = f"sqlite:///{folder}/records.db"
        self._port = 0
        self._process: subprocess.Popen[str]
        self.target = self.start()

    def start(self) -> Target:
        """Start it, on the port that it had before."""
        given = ("--port", str(self._port), "--db", self._database, "--classes", "core,contacts")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sbw_reference", "serve", "--ready-json", *given],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        target = target_of(json.loads(self._process.stdout.readline()))
        self._port = target.origin[2] or 0
        return target

    def kill(self) -> None:
        """End it as `kill -9` does."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Mortal]:
    """Give a provider that can be killed."""
    found = Mortal(tmp_path)
    yield found
    found.kill()


def once(after: int, act: Callable[[], None]) -> Callable[[Progress], None]:
    """Something that is done as soon as so many tasks are."""
    todo = [act]

    def listen(progress: Progress) -> None:
        if progress.done >= after and todo:
            todo.pop()()

    return listen


def test_a_restart_is_waited_out(mortal: Mortal) -> None:
    """The run goes on where it was, nothing fails, and the report says how long it took."""
    started = []

    def restart() -> None:
        mortal.kill()
        late = threading.Timer(0.5, lambda: started.append(mortal.start()))
        late.start()

    report = run(mortal.target, *SOME, only="contact", listen=once(4, restart), workers=4)
    assert started
    assert report.verdict is Verdict.CONFORMANT, reasons(report)
    assert report.end["away"]["times"] == 1
    assert 0.3 < report.end["away"]["seconds"] < 20
    assert report.cleanup["kept"] == []
    assert leftovers(mortal.target) == []


def test_a_provider_that_stays_away_ends_the_run(mortal: Mortal, tmp_path: Path) -> None:
    """Beyond its patience the suite says so of all that is left, records included."""
    folder = tmp_path / "reports"
    folder.mkdir()
    report = run(
        mortal.target,
        *SOME,
        only="contact",
        listen=once(4, mortal.kill),
        patience=0.6,
        folder=folder,
        workers=4,
    )
    assert report.verdict is Verdict.INCOMPLETE
    assert Outcome.FAIL not in outcomes(report)
    assert any("did not answer for 0.6 s" in (reason or "") for reason in reasons(report))
    assert (report.end["exit_code"], report.end["away"]["times"]) == (4, 2)  # clean-up waits too
    assert "Is it still running?" in report.end["ended_early"]
    assert report.end["seconds"] < 15
    kept = report.cleanup["kept"]
    assert kept
    assert all("did not answer for" in row["reason"] for row in kept)
    assert list(folder.glob("journal-*.ndjson"))


def test_who_is_away_behind_a_gateway_is_waited_for(provider: Providers) -> None:
    """502, 503 and 504 to everything are an absence; to one request they are its answer."""
    target = provider(classes=["core", "contacts"])
    away_until = 0.0

    def before(_: Asked) -> Reply | None:
        nonlocal away_until
        if len(proxy.server.asked) == 40:
            away_until = time.monotonic() + 0.6
        return http_answer(503, "gone", "text/plain") if time.monotonic() < away_until else None

    with Proxy(target, before) as proxy:
        report = run(proxy.seen, *SOME, only="contact")
    assert report.verdict is Verdict.CONFORMANT, reasons(report)
    assert report.end["away"]["times"] == 1

    def one(asked: Asked) -> Reply | None:
        patch = asked.method == "PATCH" and asked.place.startswith("/contacts/")
        return problem(503) if patch else None

    with Proxy(target, one) as proxy:
        report = run(proxy.seen, *SOME, only="contact")
    assert report.verdict is Verdict.NOT_CONFORMANT
    assert any("status 503" in (r.got or "") for r in report.failures())


def test_a_request_that_brings_the_provider_down_fails(provider: Providers) -> None:
    """Who goes away each time that a request comes is not waited for without end."""
    target = provider(classes=["core", "contacts"])
    away_until = 0.0

    def before(asked: Asked) -> Reply | None:
        nonlocal away_until
        if asked.method == "PATCH" and asked.place.startswith("/contacts/"):
            away_until = time.monotonic() + 0.3
            return b""
        return http_answer(503, "gone", "text/plain") if time.monotonic() < away_until else None

    with Proxy(target, before) as proxy:
        report = run(proxy.seen, "core.update_answers", only="contact", workers=1)
    assert Outcome.FAIL in outcomes(report)
    assert any("went away" in (r.got or "") for r in report.failures())
    assert report.end["away"]["times"] <= 6


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_nobody_is_waited_for_who_was_never_there() -> None:
    """Where nothing answers at first, that is said at once."""
    base = f"http://127.0.0.1:{free_port()}"
    client = Client(base=base, absence=20)
    began = time.monotonic()
    exchange = client.send(Request("anonymous", "landing", "GET", f"{base}/"), (), "test", 1)
    assert exchange.lack is Lack.UNSENT
    assert exchange.unjudged is None
    assert time.monotonic() - began < 5
    assert client.away is None


# A provider that falls silent


def asked(client: Client, server: Server, kind: str = "contact") -> Exchange:
    """One list of a server."""
    request = Request("a1", "list", "GET", f"{server.url}/{kind}s", kind)
    return client.send(request, (), "test", 1)


def test_silence_of_one_request_after_the_other_ends_the_run() -> None:
    """Three in a row of a kind are enough; what is not sent any more says why."""
    server = behind_landing(lambda _: server.hang())
    with server:
        client = Client(answer_seconds=0.2, base=server.url)
        for _ in range(3):
            assert client.ending is None
            assert asked(client, server).lack is Lack.SILENT
        assert client.ending is not None
        assert client.ending.reason == (
            f"there was no answer to GET {server.url}/contacts within 0.2 s, 3 times in a row"
        )
        sent = client.sent
        exchange = asked(client, server, "organization")
        assert (exchange.lack, exchange.unjudged) == (Lack.UNSENT, client.ending.reason)
        assert client.sent == sent


def test_silence_that_is_broken_ends_nothing() -> None:
    """A kind of request that is answered in between has another three."""
    answers = [True, False, False] * 3
    handler: Callable[[Asked], Reply] = lambda _: (  # noqa: E731  # it names the server itself
        http_answer(200, '{"items":[]}') if answers.pop() else server.hang()
    )
    server = behind_landing(handler)
    with server:
        client = Client(answer_seconds=0.15, base=server.url)
        for _ in range(9):
            asked(client, server)
        assert client.ending is None


def test_silence_at_the_same_time_counts_once() -> None:
    """However many workers wait, one hiccup of the provider is one."""
    server = behind_landing(lambda _: server.hang())
    with server:
        client = Client(answer_seconds=0.4, base=server.url)
        waiting = [threading.Thread(target=asked, args=(client, server)) for _ in range(6)]
        for thread in waiting:
            thread.start()
        for thread in waiting:
            thread.join()
        assert client.ending is None


# Traces for good


@pytest.fixture(scope="module")
def widgets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Target, Standard]]:
    """Give a provider of a standard with a resource whose records stay for good."""
    folder = tmp_path_factory.mktemp("standard")
    spec = importlib.util.spec_from_file_location("standard_build", STANDARD / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.build(folder)
    with unmeasured_children(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("SBW_STANDARD", str(folder))
        patch.setenv("PYTHONPATH", os.pathsep.join([str(STANDARD), *sys.path]))
        with Reference("--classes", "core,contacts,widgets") as reference:
            yield reference.target, load_standard(folder)


def events(
    widgets: tuple[Target, Standard], environment: str, **more: Any
) -> tuple[Report, list[str]]:
    """A run over the records that stay, and the methods by which they were asked for."""
    target, standard = widgets

    def after(_: Asked, passed: Passed) -> None:
        if b'"sbw_version"' in passed.body:
            passed.json = {**passed.json, "environment": environment}

    with Proxy(target, after=after) as proxy:
        options = Options(
            programs=1,
            wanted=lambda task: task.resource is None or task.resource.type == "widget_event",
            **more,
        )
        report = judge(proxy.seen, options, standard)
        used = [a.method for a in proxy.server.asked if a.place.startswith("/widget-events")]
    return report, used


def test_records_that_stay_for_good_are_made_in_a_sandbox_only(
    widgets: tuple[Target, Standard],
) -> None:
    """Elsewhere what needs them could not run, and says what to do."""
    report, used = events(widgets, "production")
    assert report.verdict is Verdict.INCOMPLETE
    assert Outcome.FAIL not in outcomes(report), report.failures()
    assert set(used) <= {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"}
    [told] = {r for r in reasons(report) if r and "--allow-traces" in r}
    assert told.startswith("it makes widget_event records, which the standard keeps for good")
    assert report.cleanup["kept"] == []


def test_records_that_stay_for_good_are_made_where_that_is_allowed(
    widgets: tuple[Target, Standard], tmp_path: Path
) -> None:
    """They are named with the reason, and no journal is left: nothing is to be done for them."""
    report, used = events(widgets, "production", allow_traces=True, folder=tmp_path)
    assert Outcome.FAIL not in outcomes(report), report.failures()
    assert not any("--allow-traces" in (reason or "") for reason in reasons(report))
    assert "POST" in used
    kept = report.cleanup["kept"]
    assert {row["reason"] for row in kept} == {"the standard keeps such records"}
    assert list(tmp_path.glob("journal-*.ndjson")) == []


# Signals


@contextmanager
def at_work(
    target: Target, folder: Path, given: Mapping[str, str]
) -> Iterator[subprocess.Popen[str]]:
    """Run the real command over contacts, killed at the latest when the test is over."""
    busy = subprocess.Popen(
        [SBW, "test", target.base, "--out", folder, "--workers", "2"],
        cwd=folder,
        env=unmeasured(given),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield busy
    finally:
        busy.kill()
        busy.wait()


def interrupted_twice(busy: subprocess.Popen[str]) -> None:
    """Press Ctrl-C twice: the run ends soon, with its reports and without a traceback."""
    began = time.monotonic()
    for _ in range(2):
        busy.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            busy.wait(0.7)
    out, err = busy.communicate(timeout=20)
    assert time.monotonic() - began < 15
    assert busy.returncode == 130, err
    assert out.startswith("INTERRUPTED\n")
    assert "Traceback" not in err


def test_sigterm_ends_a_run_as_ctrl_c_does(provider: Providers, tmp_path: Path) -> None:
    """Who stops a container gets reports, and a clean provider."""
    target = provider(classes=["core", "contacts"])
    with at_work(target, tmp_path, tokens(target)) as busy:
        until(lambda: bool(leftovers(target)), "the first record", 60)
        busy.send_signal(signal.SIGTERM)
        out, err = busy.communicate(timeout=60)
    assert busy.returncode == 130, err
    assert out.startswith("INTERRUPTED\n")
    assert "Traceback" not in err
    assert json.loads((tmp_path / "report.json").read_text())["verdict"] == "INTERRUPTED"
    assert leftovers(target) == []
    assert list(tmp_path.glob("journal-*.ndjson")) == []


@pytest.mark.parametrize("hangs", ["contacts", "deletion"])
def test_a_second_ctrl_c_ends_the_clean_up(provider: Providers, tmp_path: Path, hangs: str) -> None:
    """Whatever the provider does, the run ends at once, with reports that say what is left."""
    target = provider(classes=["core", "contacts"])
    stuck = threading.Event()

    def before(asked: Asked) -> Reply | None:
        on = asked.method == "DELETE" if hangs == "deletion" else len(proxy.server.asked) > 60
        if not on:
            return None
        stuck.set()
        return proxy.server.hang()

    with Proxy(target, before) as proxy, at_work(proxy.seen, tmp_path, tokens(target)) as busy:
        assert stuck.wait(60)
        interrupted_twice(busy)
    report = json.loads((tmp_path / "report.json").read_text())
    assert {row["reason"] for row in report["cleanup"]["kept"]} == {"the clean-up was interrupted"}
    [journal] = journals_in(tmp_path)
    assert journal.target == proxy.seen.base
    held = resumed(journal)
    assert held.open()
    held.close(finished=False)


def test_ctrl_c_ends_the_wait_for_a_provider(mortal: Mortal, tmp_path: Path) -> None:
    """Nobody has to wait for the end of the suite's patience."""
    folder = tmp_path / "reports"
    folder.mkdir()
    with at_work(mortal.target, folder, tokens(mortal.target)) as busy:
        until(lambda: bool(leftovers(mortal.target)), "the first record", 60)
        mortal.kill()
        with pytest.raises(subprocess.TimeoutExpired):
            busy.wait(1)
        interrupted_twice(busy)
    assert journals_in(folder)
