"""The suite goes no faster than it is asked to, and waits when a provider says so."""

import itertools
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from tests.conformance.support import (
    Asked,
    Providers,
    Proxy,
    Reply,
    Server,
    http_answer,
    run,
    until,
)

from sbw_conformance import pacing
from sbw_conformance.client import Client, Pacer
from sbw_conformance.exchanges import Exchange, Lack, Request
from sbw_conformance.results import Outcome, Verdict

PROBLEM = "application/problem+json"
LIMITED = json.dumps(
    {
        "type": "https://w3id.org/small-business-web/problems/rate-limited",
        "title": "Too many requests",
        "status": 429,
    }
)


def get(client: Client, server: Server) -> Exchange:
    """One request to a server."""
    request = Request("anonymous", "read", "GET", f"{server.url}/business")
    return client.send(request, (), "test", 1)


def impatient(client: Client, server: Server) -> Exchange:
    """One request to a server that waits for nothing."""
    request = Request("anonymous", "read", "GET", f"{server.url}/business")
    return client.send(request, (), "test", 1, patient=False)


class Throttle:
    """Refuses what comes sooner than an instant that it gave out, and counts such haste."""

    def __init__(self, every: int, answer: Callable[[], str]) -> None:
        self._every = every
        self._answer = answer
        self._lock = threading.Lock()
        self.asked = self.refused = 0

    def __call__(self, _: Asked) -> Reply | None:
        """Refuse each so many requests."""
        with self._lock:
            self.asked += 1
            if self.asked % self._every:
                return None
            self.refused += 1
        return http_answer(429, "{}", retry_after=self._answer())


def test_a_provider_that_throttles_is_conformant(provider: Providers) -> None:
    """429 with Retry-After is waited out and asked again; it spoils no check."""
    throttle = Throttle(10, lambda: "0")
    with Proxy(provider(), throttle) as proxy:
        report = run(proxy.seen, "core.create_answers", "core.reading_shows", "core.walk_shows")
    assert report.verdict is Verdict.CONFORMANT
    assert throttle.refused >= 3
    assert not any(e.get("status") == 429 for e in report.exchanges.values())


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("1", 1.0),
        (lambda: format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True), 0.9),
    ],
    ids=["seconds", "date"],
)
def test_retry_after_is_waited_out(value: object, seconds: float) -> None:
    """Both forms of RFC 9110 section 10.2.3 are honoured, by all workers at once."""
    came: list[float] = []

    def answer(_: Asked) -> Reply:
        came.append(time.monotonic())
        said = value() if callable(value) else str(value)
        return (
            http_answer(429, "{}", retry_after=said) if len(came) == 1 else http_answer(200, "{}")
        )

    client = Client()
    with Server(answer) as server:
        assert get(client, server).status == 200
    assert came[1] - came[0] >= seconds
    assert client.sent == 2


FAR = "Sun, 06 Nov 2094 08:49:37 GMT"


@pytest.mark.parametrize("value", ["86400", "31536000", "9" * 5000, FAR])
def test_a_pause_that_is_too_long_is_not_waited_out(value: str) -> None:
    """A 429 that says a day or a year is no answer to judge, and says what it said."""
    with Server(lambda _: http_answer(429, "{}", retry_after=value)) as server:
        client = Client(patience=5)
        started = time.monotonic()
        exchange = get(client, server)
    assert time.monotonic() - started < 3
    assert client.sent == 1
    assert exchange.status == 429
    assert exchange.unjudged == (
        f"the provider throttles the suite: 429 to read with "
        f"Retry-After: {value[:60]}, longer than the 5 s that are waited"
    )


@pytest.mark.parametrize(
    "value", ["soon", "-1", "1.5", "", "²", "Sun, 06 Nov 99999999999999999999 08:49:37 GMT"]
)
def test_a_pause_that_is_none_is_guessed(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 429 that names no usable time is waited out a little, twice as long each time."""
    monkeypatch.setattr(pacing, "UNTOLD_PAUSE", 0.05)
    came: list[float] = []

    def answer(_: Asked) -> Reply:
        came.append(time.monotonic())
        return http_answer(429 if len(came) < 4 else 200, "{}", retry_after=value)

    with Server(answer) as server:
        assert get(Client(), server).status == 200
    pauses = [later - sooner for sooner, later in itertools.pairwise(came)]
    assert [p >= least for p, least in zip(pauses, (0.05, 0.1, 0.2), strict=True)] == [True] * 3


def test_guesses_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who always answers 429 without a time is given up soon."""
    monkeypatch.setattr(pacing, "UNTOLD_PAUSE", 0.05)
    monkeypatch.setattr(pacing, "UNTOLD_PATIENCE", 0.4)
    with Server(lambda _: http_answer(429, "{}")) as server:
        client = Client()
        exchange = get(client, server)
    assert client.sent == 4  # after 0.05, 0.1 and 0.2 seconds
    assert "with no Retry-After, and again after" in (exchange.unjudged or "")


def test_a_date_that_is_over_is_waited_out_for_a_moment() -> None:
    """Clocks differ: a date in the past asks to come again at once."""
    came: list[float] = []

    def answer(_: Asked) -> Reply:
        came.append(time.monotonic())
        past = "Sun, 06 Nov 1994 08:49:37 GMT"
        return http_answer(429 if len(came) == 1 else 200, "{}", retry_after=past)

    with Server(answer) as server:
        assert get(Client(), server).status == 200
    assert 0.1 <= came[1] - came[0] < 2


def test_patience_ends_and_is_not_spent_again() -> None:
    """Where waiting was in vain, later requests do not wait until another answer came."""
    status = [429]
    with Server(lambda _: http_answer(status[0], "{}", retry_after="0")) as server:
        client = Client(patience=0.5)
        assert "and again after" in (get(client, server).unjudged or "")
        spent = client.sent
        assert 3 <= spent <= 7
        assert "as before" in (get(client, server).unjudged or "")
        assert client.sent == spent + 1
        status[0] = 200
        assert get(client, server).unjudged is None
        status[0] = 429
        assert get(client, server).status == 429
        assert client.sent > spent + 4


def test_a_kind_of_request_that_is_refused_for_ever_holds_up_no_other() -> None:
    """Answers to other requests do not make the suite wait for the same refusal again."""

    def answer(asked: Asked) -> Reply:
        return http_answer(200 if asked.place == "/business" else 429, "{}", retry_after="0")

    with Server(answer) as server:
        client = Client(patience=0.3)
        create = Request("a1", "create", "POST", f"{server.url}/contacts", "contact", body=b"{}")
        assert "and again after" in (client.send(create, (), "test", 1).unjudged or "")
        spent = client.sent
        for _ in range(3):
            assert get(client, server).status == 200
            assert "as before" in (client.send(create, (), "test", 1).unjudged or "")
        assert client.sent == spent + 6


def test_time_spent_in_vain_has_an_end() -> None:
    """Where waiting was in vain often enough, nothing is waited out any more."""
    kinds = [f"kind-{number}" for number in range(6)]
    with Server(lambda _: http_answer(429, "{}", retry_after="0")) as server:
        client = Client(patience=0.25)
        sent = []
        for kind in kinds:
            request = Request("a1", "list", "GET", f"{server.url}/{kind}", kind)
            before = client.sent
            assert client.send(request, (), "test", 1).unjudged
            sent.append(client.sent - before)
    assert sent[0] > 1
    assert sent[-1] == 1


def test_nothing_but_refusals_ends_a_run() -> None:
    """A provider that throttles is not asked for hundreds of things that it would refuse."""
    status = [429]
    with Server(lambda _: http_answer(status[0], "{}", retry_after="86400")) as server:
        client = Client()
        for _ in range(pacing.HOPELESS - 1):
            assert get(client, server).unjudged
        status[0] = 200
        assert get(client, server).unjudged is None
        status[0] = 429
        for _ in range(pacing.HOPELESS):
            assert client.ending is None
            assert get(client, server).status == 429
        assert client.ending is not None
        assert "Retry-After: 86400" in client.ending.reason
        sent = client.sent
        assert get(client, server).lack is Lack.UNSENT
        assert client.sent == sent
        client.resume()
        assert get(client, server).status == 429


def test_a_provider_that_throttles_for_ever_could_not_be_judged(provider: Providers) -> None:
    """The checks could not run, for a reason that is said; nothing fails, and it takes no time."""
    target = provider(classes=["core", "contacts"])

    def before(_: Asked) -> Reply | None:
        late = len(proxy.server.asked) > 40
        return http_answer(429, LIMITED, PROBLEM, retry_after="86400") if late else None

    with Proxy(target, before) as proxy:
        report = run(proxy.seen, "core.create_answers", "core.reading_shows", "core.throttled")
    assert report.verdict is Verdict.INCOMPLETE
    assert Outcome.FAIL not in {result.outcome for result in report.results}
    told = [r.reason or "" for r in report.results if r.outcome is Outcome.COULD_NOT_RUN]
    assert any("Retry-After: 86400, longer than the 120 s" in reason for reason in told)
    assert report.outcome("CORE-110") is Outcome.PASS  # what it says meanwhile is well said
    assert report.end["seconds"] < 10


def test_without_patience_a_refusal_is_the_answer() -> None:
    """A 429 that is looked for comes back at once, and holds up nobody else."""
    with Server(lambda _: http_answer(429, "{}", retry_after="60")) as server:
        client = Client()
        started = time.monotonic()
        for _ in range(3):
            assert impatient(client, server).status == 429
        server.handler = lambda _: http_answer(200, "{}")
        assert get(client, server).status == 200
        assert time.monotonic() - started < 5
    assert client.sent == 4


def test_patience_is_that_of_each_request() -> None:
    """Who waits still waits after others that did not, and is not taken to wait in vain."""
    came: list[int] = []

    def answer(_: Asked) -> Reply:
        came.append(429 if len(came) < 4 else 200)
        return http_answer(came[-1], "{}", retry_after="0")

    client = Client()
    with Server(answer) as server:
        assert [impatient(client, server).status for _ in range(3)] == [429] * 3
        assert get(client, server).status == 200
    assert came == [429] * 4 + [200]


def test_limits_of_a_sandbox_are_not_waited_out(provider: Providers) -> None:
    """Refusals that a control asks for are seen as they are, and cost no time."""
    report = run(provider(), "sandbox.limited_requests", "core.throttled")
    found = {(r.requirement, r.outcome) for r in report.results if r.requirement != "CORE-001"}
    assert {("SANDBOX-007", Outcome.PASS), ("CORE-110", Outcome.PASS)} <= found
    refused = [e for e in report.exchanges.values() if e.get("status") == 429]
    assert len(refused) == 2
    assert report.end["seconds"] < 10


def test_pace_holds_over_all_workers() -> None:
    """So many requests a second and no more, whoever sends them."""
    came: list[float] = []

    def answer(_: Asked) -> Reply:
        came.append(time.monotonic())
        return http_answer(200, "{}")

    with Server(answer) as server, ThreadPoolExecutor(8) as pool:
        client = Client(pacer=Pacer(requests_per_second=20))
        list(pool.map(lambda _: get(client, server), range(21)))
    assert max(came) - min(came) >= 20 / 20 * 0.95


def test_pace_holds_over_a_run(provider: Providers) -> None:
    """`requests_per_second` bounds a whole run, clean-up included."""
    target = replace(provider(), requests_per_second=40)
    report = run(target, "core.create_answers", "core.reading_shows", preflight=False)
    assert report.verdict is Verdict.CONFORMANT
    sent, took = report.end["requests"], report.end["seconds"]
    assert (sent - 1) / 40 <= took


def test_a_hurry_lets_go_of_those_that_wait() -> None:
    """Those that wait for their turn go at once; the pace holds for those that come later."""
    pacer = Pacer(requests_per_second=0.01)
    pacer.wait()
    waiting = threading.Thread(target=pacer.wait)
    waiting.start()
    until(lambda: pacer._next > time.monotonic() + 100, "the wait")
    pacer.hurry()
    waiting.join(5)
    assert not waiting.is_alive()
    pacer.wait()
    assert pacer._next > time.monotonic() + 50


def test_a_hurry_ends_the_wait_of_who_was_refused() -> None:
    """Who waits as a 429 asked for is not made to wait again when the run is interrupted."""
    found: list[Exchange] = []
    with Server(lambda _: http_answer(429, "{}", retry_after="30")) as server:
        client = Client()
        waiting = threading.Thread(target=lambda: found.append(get(client, server)))
        waiting.start()
        until(lambda: client.pacer._next > time.monotonic() + 20, "the wait")
        client.pacer.hurry()
        waiting.join(10)
        assert not waiting.is_alive()
    assert [exchange.unjudged for exchange in found] == ["the run was interrupted"]
    assert client.sent == 2


def test_a_connection_that_went_stale_is_tried_once_more() -> None:
    """A read on a connection that broke at once is asked again; a write is not."""
    came: list[str] = []

    def answer(asked: Asked) -> Reply:
        came.append(asked.method)
        return b"" if came.count(asked.method) == 1 else http_answer(200, "{}")

    with Server(answer) as server:
        client = Client()
        assert get(client, server).status == 200
        request = Request("anonymous", "create", "POST", f"{server.url}/contacts", body=b"{}")
        assert client.send(request, (), "test", 2).failure
    assert came == ["GET", "GET", "POST"]
