"""Requests that race: they really meet, their evidence is in order, and seeded races are seen."""

import importlib.util
import json
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.support import (
    Asked,
    Providers,
    Reply,
    Server,
    behind_landing,
    everything,
    http_answer,
    landing,
    problem,
    records_of,
    run,
    run_of,
    with_tokens,
)

from sbw_conformance import planning, wire
from sbw_conformance.checks import catalog
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.racing import LANES, all_at_once, at_once
from sbw_conformance.checks.records import OtherApp, Records
from sbw_conformance.checks.trial import CouldNotRun, Unsent
from sbw_conformance.client import Client
from sbw_conformance.pacing import Pacer
from sbw_conformance.provider import defects
from sbw_conformance.results import Outcome
from sbw_conformance.selftest import ROUNDS
from sbw_reference.defects import defects as seeded
from sbw_reference.defects.races import WINDOW
from sbw_validator.standard import load_standard

RACES = tuple(
    check for check in catalog() if check.once and check.alone and check.kind == "scenario"
)
MOST = 70
"""Requests that all races together cost at most, of the 3,000 of a run."""

PAGE = json.dumps({"items": []})


def _page(lane: Records, limit: int) -> Answer:
    return lane.page(limit=limit)


def _limit(asked: Asked) -> int:
    return int(asked.path.rpartition("=")[2])


def _raced(handler: Callable[[Asked], Reply], **client: Any) -> tuple[list[Answer], Records]:
    """What comes of a race against a handler, and the records that it was run for."""
    with Server(handler) as server:
        shared = run_of(with_tokens(server.url), landing(server.url))
        shared.client = Client(1, shared.target.origin, **client)
        records = records_of(shared, "contact")
        return all_at_once(records, _page, range(1, LANES + 1)), records


# The moment


def test_requests_of_a_race_are_all_at_work_together() -> None:
    """A server that answers nobody before all have come answers all of them."""
    meeting = threading.Barrier(LANES)

    def handler(_: Asked) -> Reply:
        meeting.wait(10)
        return http_answer(200, PAGE)

    answers, records = _raced(handler)
    assert [answer.status for answer in answers] == [200] * LANES
    assert records.trial.run.client.sent == LANES


def test_no_request_is_whole_before_all_are_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last byte of each is kept back until every connection stands and holds all the rest."""
    came: list[Asked] = []
    whole: list[int] = []
    let_go = wire._Lane.let_go

    def watched(lane: wire._Lane) -> None:
        whole.append(len(came))
        assert lane.connection.held in {b"\n", b"}"}
        let_go(lane)

    def handler(asked: Asked) -> Reply:
        came.append(asked)
        return http_answer(201, asked.body)

    def send(lane: Records, name: str) -> Answer:
        return lane.post({"name": {"full": name}}) if name else lane.get("1")

    monkeypatch.setattr(wire._Lane, "let_go", watched)
    with Server(handler) as server:
        records = records_of(run_of(with_tokens(server.url), landing(server.url)), "contact")
        answers = all_at_once(records, send, ["", "Ada", "Grace"])
    assert whole[0] == 0
    assert len(whole) == len(came) == 3
    assert [a.exchange.json for a in answers[1:]] == [
        {"name": {"full": "Ada"}},
        {"name": {"full": "Grace"}},
    ]
    assert {asked.method for asked in came} == {"GET", "POST"}


def test_a_race_keeps_to_the_pace() -> None:
    """It takes as many turns as it has requests, and then they leave together."""
    turns = []

    class Counted(Pacer):
        def wait(self) -> None:
            turns.append(1)

    _raced(lambda _: http_answer(200, PAGE), pacer=Counted())
    assert len(turns) == LANES


# The evidence


def test_evidence_stands_in_the_order_of_the_lanes() -> None:
    """Whichever is answered first, exchanges are numbered as they were asked for."""
    left = threading.Semaphore(0)

    def handler(asked: Asked) -> Reply:
        if _limit(asked) != LANES:
            left.acquire(timeout=10)
        left.release()
        return http_answer(200, PAGE)

    answers, records = _raced(handler)
    exchanges = records.trial.exchanges
    assert [exchange.index for exchange in exchanges] == list(range(1, LANES + 1))
    assert [exchange.request.url[-1] for exchange in exchanges] == ["1", "2", "3", "4"]
    assert [answer.exchange for answer in answers] == exchanges
    assert len(records.trial.added) == LANES
    answers[1].verify(True, "anything", under="CORE-075")  # noqa: FBT003
    assert [entry.exchange for entry in records.trial.assertions] == [exchanges[1].id]


def test_clients_race_with_their_own_tokens() -> None:
    """Two clients at once are two clients."""
    told: list[str] = []

    def handler(asked: Asked) -> Reply:
        told.append(asked.headers["authorization"])
        return http_answer(200, PAGE)

    with Server(handler) as server:
        shared = run_of(with_tokens(server.url), landing(server.url))
        one, other = (records_of(shared, "contact", view) for view in (Records, OtherApp))
        at_once([(each, partial(_page, limit=1)) for each in (one, other)])
    assert sorted(told) == ["Bearer some-token-a1", "Bearer some-token-a2"]


# What goes wrong


def test_a_lane_that_sends_nothing_lets_the_others_go() -> None:
    """Its own reason is told, and nobody waits for it."""

    def send(lane: Records, number: int) -> Answer:
        if number == 2:
            raise CouldNotRun("there is nothing to send")
        return _page(lane, number)

    with Server(lambda _: http_answer(200, PAGE)) as server:
        records = records_of(run_of(with_tokens(server.url), landing(server.url)), "contact")
        with pytest.raises(CouldNotRun, match="nothing to send"):
            all_at_once(records, send, [1, 2, 3])
        assert server.asked == []


def test_a_lane_sends_one_request() -> None:
    """A second one would not race with anything: that is a bug of the check."""

    def twice(lane: Records, limit: int) -> Answer:
        _page(lane, limit)
        return _page(lane, limit)

    with Server(lambda _: http_answer(200, PAGE)) as server:
        records = records_of(run_of(with_tokens(server.url), landing(server.url)), "contact")
        with pytest.raises(TypeError, match="one request"):
            all_at_once(records, twice, [1, 2])


def test_who_is_throttled_in_a_race_is_asked_again() -> None:
    """A 429 is no answer: the request is sent again alone, and what comes then is judged."""
    throttled: list[int] = []

    def handler(asked: Asked) -> Reply:
        if _limit(asked) > 2 and _limit(asked) not in throttled:
            throttled.append(_limit(asked))
            return http_answer(429, "{}", retry_after="0")
        return http_answer(200, PAGE)

    answers, records = _raced(handler)
    assert [answer.status for answer in answers] == [200] * LANES
    assert sorted(throttled) == [3, 4]
    assert records.trial.run.client.sent == LANES + 2


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (b"", "no answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", "no answer"),
        (b"nonsense\r\n\r\n", "no answer"),
        (None, "timed out"),
    ],
    ids=["cut", "short", "no-http", "silent"],
)
def test_a_lane_without_an_answer_says_why(reply: bytes | None, told: str) -> None:
    """The others have theirs, and the time that all wait is bounded together."""
    with Server(lambda _: http_answer(200, PAGE)) as server:

        def handler(asked: Asked) -> Reply:
            if _limit(asked) > 2:
                return server.hang() if reply is None else reply
            return http_answer(200, PAGE)

        server.handler = handler
        shared = run_of(with_tokens(server.url), landing(server.url))
        shared.client = Client(1, shared.target.origin, answer_seconds=0.4)
        records = records_of(shared, "contact")
        answers = all_at_once(records, _page, range(1, LANES + 1))
    assert [answer.status for answer in answers] == [200, 200, 0, 0]
    for answer in answers[2:]:
        assert told in answer.exchange.got


def test_a_race_over_tls_needs_tls() -> None:
    """Where a connection cannot be made, no lane has an answer, and each says why."""
    with Server(lambda _: http_answer(200, PAGE)) as server:
        url = server.url.replace("http:", "https:")
        records = records_of(run_of(with_tokens(url), landing(url)), "contact")
        answers = all_at_once(records, _page, [1, 2])
        assert not any("/contacts" in asked.path for asked in server.asked)
    assert [answer.status for answer in answers] == [0, 0]
    assert all("SSL" in answer.exchange.got for answer in answers)


def test_nothing_races_once_a_run_is_over() -> None:
    """After an interrupt no connection is opened any more."""
    with Server(lambda _: http_answer(200, PAGE)) as server:
        shared = run_of(with_tokens(server.url), landing(server.url))
        shared.client.abort()
        with pytest.raises(Unsent, match="interrupted"):
            all_at_once(records_of(shared, "contact"), _page, [1, 2])
        assert server.asked == []


# Where races run


def test_one_resource_stands_for_all_in_a_race() -> None:
    """It is the first that has what the race needs; where none has, the reason is still told."""
    found = {}
    for name, operations in (("all", None), ("few", ["read", "list"]), ("none", [])):
        with behind_landing(lambda _: problem(404)) as server:
            page = everything(server.url)
        if operations is not None:
            page["resources"]["contact"]["operations"] = operations
        if operations == []:
            page["resources"] = {"business": page["resources"]["business"]}
        shared = run_of(with_tokens(server.url), page)
        planned = planning.once(shared, planning.tasks(shared, RACES))
        assert [task.check.id for task in planned] == [check.id for check in RACES]
        found[name] = {task.resource.type for task in planned if task.resource}
        excuses = {planning.excuse(shared, task) is None for task in planned}
        assert excuses == {name != "none"}
    assert found["all"] == found["none"] == {"contact"}
    assert found["few"] == {"organization"}


def test_races_are_few_and_hold_for_whoever_keeps_the_standard(provider: Providers) -> None:
    """A provider that answers many at a time passes, for at most 70 requests."""
    report = run(provider(in_turn=False), *(check.id for check in RACES), tidy=False)
    outcomes = {row.check: row.outcome.value for row in report.results if row.kind != "observer"}
    assert outcomes == dict.fromkeys(outcomes, "pass")
    assert outcomes.keys() >= {check.id for check in RACES}
    mine = [entry for entry in report.checks.values() if entry["check"] in outcomes]
    others = 3  # the landing page, and records that all checks share
    assert sum(entry["requests"] for entry in mine) - others <= MOST


def test_a_race_is_run_as_often_as_asked_for(provider: Providers) -> None:
    """Each round has records of its own."""
    name = "core.creates_at_once_make_one_record"
    report = run(provider(), name, tidy=False, rounds=3)
    assert report.checks[f"{name}[contact]"]["requests"] == 3 * LANES


# Seeded races


@pytest.mark.parametrize(
    "name", ["version-compared-early", "key-remembered-late", "token-in-a-global"]
)
def test_a_seeded_race_is_seen(provider: Providers, name: str) -> None:
    """Its own requirement fails, which holds where requests are answered one after another."""
    [defect] = [one for one in defects() if one.id == name]
    wanted = [check.id for check in RACES if defect.expects[0] in check.requirements]
    failed = []
    for in_turn in (True, False):
        target = provider(defect=name, in_turn=in_turn)
        report = run(target, *wanted, workers=1, tidy=False, rounds=1 if in_turn else ROUNDS)
        failed.append({row.requirement for row in report.failures()})
    assert failed == [set(), {defect.expects[0]}]


@pytest.mark.parametrize(
    ("name", "requirement"), [("stale-update-wins", "CORE-150"), ("retries-not-known", "CORE-154")]
)
def test_what_goes_wrong_without_a_race_too_is_no_race(
    provider: Providers, name: str, requirement: str
) -> None:
    """The requirement that is broken fails, and that of the race could not be judged."""
    wanted = [check.id for check in RACES if requirement in check.requirements]
    report = run(provider(defect=name, in_turn=False), *wanted, tidy=False)
    outcomes = {row.requirement: row for row in report.results if row.check in wanted}
    found = outcomes[requirement]
    assert found.outcome is Outcome.COULD_NOT_RUN
    assert str(found.reason).startswith("without a race it goes wrong too")
    assert found.blocked_by is None


def test_seeded_races_are_told_from_other_defects() -> None:
    """They have windows of two milliseconds at most, and each has a race to be seen in."""
    parallel = {one.id for one in defects() if one.parallel}
    assert parallel == {one.id for one in seeded().values() if one.parallel}
    assert len(parallel) >= 6
    assert WINDOW <= 0.002
    raced = {name for check in RACES for name in check.requirements}
    assert {one.expects[0] for one in defects() if one.parallel} <= raced
    known = {entry.type for entry in load_standard().resources.values()}
    assert all(one.types <= known for one in defects() if one.parallel)


@pytest.mark.parametrize(
    ("seen", "runs", "least"), [(0, 300, 0.0), (300, 300, 0.99006), (299, 300, 0.98428)]
)
def test_the_share_of_runs_is_bounded_from_below(seen: int, runs: int, least: float) -> None:
    """The bound of Clopper and Pearson, one-sided at 95 %: 0.05 ** (1 / n) where all were seen."""
    place = Path(__file__).parents[2] / "benchmarks" / "races.py"
    spec = importlib.util.spec_from_file_location("benchmark_races", place)
    assert spec is not None
    assert spec.loader is not None
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    assert benchmark.at_least(seen, runs) == pytest.approx(least, abs=1e-4)
    assert benchmark.at_most(runs - seen, runs) == pytest.approx(1 - least, abs=1e-4)
