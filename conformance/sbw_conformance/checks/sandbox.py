"""Checks of class sandbox: controls that make slow promises show at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sbw_conformance.checks import bodies, check
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.bodies import instant
from sbw_conformance.checks.records import OtherApp, OtherTenant, Records, ids
from sbw_conformance.checks.trial import ANONYMOUS, Trial

EFFECT: dict[str, dict[str, Any]] = {
    "move_clock": {"seconds": 0},
    "expire_cursors": {},
    "limit_requests": {"requests": 1},
    "fail_deliveries": {"deliveries": 1},
}
"""What to send along with each control."""

NO_CONTROL = "sbw_no_such_control"
"""A control that nobody has."""

TWO_HOURS = 7200
TOLERANCE = timedelta(seconds=5)

EQUALS = 5
"""Records that are made at one instant, in pages of PAGE."""

PAGE = 3


def send(trial: Trial, value: Any, client: str = "a1") -> Answer:
    """Try a control."""
    url = f"{trial.run.target.base}/sandbox/controls"
    return trial.send("control", "POST", url, client=client, value=value)


def steer(trial: Trial, **body: Any) -> None:
    """Use a control that a check stands on."""
    answer = send(trial, body)
    answer.trial.control(
        answer.status == 204, "SANDBOX-002", "status 204", answer.exchange.got, answer.exchange
    )


@contextmanager
def moved_clock(trial: Trial, seconds: int, **more: Any) -> Iterator[None]:
    """A while in which the clock of the business is ahead, or `stopped`."""
    steer(trial, control="move_clock", seconds=seconds, **more)
    try:
        yield
    finally:
        send(trial, {"control": "move_clock", "seconds": 0})


def _declared(trial: Trial) -> list[str]:
    return list(((trial.run.landing or {}).get("sandbox") or {}).get("controls") or ())


@check("SANDBOX-001", unclaimed=True)
def controls_are_for_sandboxes_only(trial: Trial) -> None:
    """Where real businesses live, there is nothing to play with."""
    page = trial.landing().must_succeed()
    if "sandbox" in trial.run.claimed_classes:
        found = page.value.get("environment")
        page.verify(found == "sandbox", "environment: sandbox", f"{found}", pointer="/environment")
        page.verify(bool(_declared(trial)), "sandbox.controls", "none", pointer="/sandbox/controls")
        return
    answer = send(trial, {"control": "move_clock", "seconds": 0})
    answer.must_have_status(404, 405)


@check("SANDBOX-002", alone=True)
def declared_controls_work(trial: Trial) -> None:
    """What the landing page names is there, and nothing else."""
    other = send(trial, {"control": NO_CONTROL})
    told = f"{other.exchange.got} to a control that is none"
    trial.control(other.status != 204, "SANDBOX-004", "a refusal", told, other.exchange)
    for name in _declared(trial):
        if name != "limit_requests":
            answer = send(trial, {"control": name, **EFFECT[name]})
            answer.verify(answer.status == 204, f"status 204 for {name}")


@check("SANDBOX-003", needs=["create", "list", "control:move_clock"], alone=True)
def controls_reach_no_other_business(records: Records, stranger: OtherTenant) -> None:
    """One business plays, and nobody else is disturbed."""
    made, _ = stranger.create(), stranger.create()
    stranger.settle()
    page = stranger.page(limit=1, updated_since=records.trial.run.start).must_succeed()
    if "control:expire_cursors" in records.trial.run.extras:
        steer(records.trial, control="expire_cursors")
        if (url := stranger.next_of(page, set())) is not None:
            answer = stranger.page(url)
            answer.verify(answer.status == 200, "a cursor of the other business that goes on")
    with moved_clock(records.trial, TWO_HOURS):
        after = stranger.create()
    moved = instant(after.value["meta"]["created_at"]) - instant(made.value["meta"]["created_at"])
    page.verify(moved < timedelta(hours=1), "the clock of the other business as it was", f"{moved}")


@check("SANDBOX-004")
def wrong_controls_are_refused(trial: Trial) -> None:
    """A control that does not exist, or lacks its number, does nothing."""
    declared = _declared(trial)
    known = trial.run.schemas.files["common/sandbox-control.json"]
    if "move_clock" in declared:
        steer(trial, control="move_clock", seconds=0)
    for value, places in bodies.refused(trial.run.standard, "sandbox-control"):
        send(trial, value).must_be_problem(422, "validation", places)
    for name in known["properties"]["control"]["enum"]:
        if name not in declared:
            answer = send(trial, {"control": name, **EFFECT[name]})
            answer.must_be_problem(422, "validation", {"/control", ""})


@check("CORE-101")
def controls_have_one_method(trial: Trial) -> None:
    """What is sent there in another way is no control."""
    url = f"{trial.run.target.base}/sandbox/controls"
    answer = trial.send("undefined", "PUT", url, value={"control": "expire_cursors"})
    answer.must_refuse_its_method({"POST"})


@check("SANDBOX-005")
def controls_need_a_token(trial: Trial) -> None:
    """Nobody moves the clock of a business from outside."""
    for name in _declared(trial):
        value = {"control": name, **EFFECT[name]}
        send(trial, value, client=ANONYMOUS).must_be_problem(401, "unauthorized")


@check("SANDBOX-006", needs=["create", "control:move_clock"], shapes=["collection"], alone=True)
def clock_moves_what_is_written(records: Records) -> None:
    """What is written while the clock is ahead, is written then."""
    before = records.create()
    with moved_clock(records.trial, TWO_HOURS):
        ahead = records.create()
    after = records.create()
    exchange = records.trial.exchanges[-1]
    start = instant(before.value["meta"]["created_at"])
    for record, wanted in ((ahead, timedelta(seconds=TWO_HOURS)), (after, timedelta())):
        moved = instant(record.value["meta"]["created_at"]) - start
        near = abs(moved - wanted) <= TOLERANCE
        place = "/meta/created_at"
        records.trial.verify(near, f"{wanted} later", f"{moved} later", exchange, pointer=place)


@check(
    "SANDBOX-009",
    "CORE-075",
    needs=["create", "list", "external_id", "control:move_clock"],
    alone=True,
    once=True,
)
def records_of_one_instant_are_told_apart(records: Records) -> None:
    """Page by page each record appears once, though all were made while the clock stood still."""
    app = records.own_app()
    drafts = [records.body(app=app) for _ in range(EQUALS)]
    start = records.trial.run.start or records.create().value["meta"]["created_at"]
    with moved_clock(records.trial, TWO_HOURS, stopped=True):
        made = records.many(drafts)
        exchange, verify = records.trial.exchanges[-1], records.trial.verify
        steer(records.trial, control="move_clock", seconds=2 * TWO_HOURS)
        records.settle()  # lists are free to lag by time that passes, so it does again
        seen = [one for page in records.pages(limit=PAGE, external_id=app) for one in _ids(page)]
    instants = sorted({record.value["meta"]["created_at"] for record in made})
    place, moved = "/meta/created_at", instant(instants[0]) - instant(start)
    ahead, wanted = moved > timedelta(hours=1), f"{timedelta(seconds=TWO_HOURS)} later"
    records.trial.control(ahead, "SANDBOX-006", wanted, f"{moved} later", exchange)
    verify(len(instants) == 1, "one instant", f"{', '.join(instants)}", exchange, pointer=place)
    last, counts = records.trial.exchanges[-2], [seen.count(record.id) for record in made]
    once, got = f"each of {EQUALS} records once", f"{counts} times"
    verify(counts == [1] * EQUALS, once, got, last, under="CORE-075")


def _ids(page: Answer) -> list[str]:
    return [str(one) for one in ids(page.exchange.items or [])]


@check("SANDBOX-007", needs=["read", "control:limit_requests"], shapes=["singleton"], alone=True)
def limited_requests_are_refused(records: Records, other: OtherApp) -> None:
    """So many requests as asked for are too many, and no others."""
    records.get().must_succeed()
    steer(records.trial, control="limit_requests", requests=2)
    others = other.get(patient=False)
    answers = [records.get(patient=False) for _ in range(3)]
    others.must_be_accepted("the other app served")
    for answer in answers[:2]:
        answer.must_be_problem(429, "rate-limited")
    answers[2].must_be_accepted("the third request served")
