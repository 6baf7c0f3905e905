"""What requests at the same moment may be told: legal histories fit, and seeded wrongs do not."""

from typing import Any

import pytest

from sbw_conformance.checks import histories
from sbw_conformance.checks.histories import Ask, Oracle, Said, State, Told

ORACLE = Oracle(lambda one, other: one == other)
ID, NAME, KEY, OLD = "1", "crm:7", "k", "v1"
BEFORE = State().holding(("a", ID), {"n": "old"}, OLD)


def record(content: dict[str, Any], version: str, record_id: str = ID) -> dict[str, Any]:
    """A record as an answer shows it."""
    return {"id": record_id, "meta": {"version": version}, **content}


def updated(
    body: dict[str, Any], status: int = 200, version: str | None = OLD, **shown: Any
) -> Said:
    """An update that names the old version, or any where that is None, and its answer."""
    ask = Ask(histories.UPDATE, ID, body, version)
    return ask, Told(status, record(shown, shown.pop("now")) if shown else None)


def deleted(status: int) -> Said:
    """A deletion that names the old version."""
    return Ask(histories.DELETE, ID, {}, OLD), Told(status)


def read(status: int = 200, record_id: str = ID, **shown: Any) -> Said:
    """A read of the record."""
    told = Told(status, record(shown, shown.pop("now"), record_id) if shown else None)
    return Ask(histories.READ, record_id), told


def made(kind: str, status: int, record_id: str = "", now: str = "w1", **more: Any) -> Said:
    """A request that makes a record under a name or key, and its answer."""
    target = KEY if kind == histories.RETRY else NAME
    shown = record({"n": "new"}, now, record_id) if record_id else None
    return Ask(kind, target, {"n": "new"}), Told(status, shown, **more)


WON = updated({"n": "x"}, n="x", now="v2")
LOST = updated({"n": "x"}, 412)
A = updated({"a": 1}, version=None, n="old", a=1, now="v2")
B = updated({"b": 1}, version=None, n="old", a=1, b=1, now="v3")
ALONE = updated({"b": 1}, version=None, n="old", b=1, now="v3")
BOTH, HALF = read(n="old", a=1, b=1, now="v3"), read(n="old", b=1, now="v3")

Case = tuple[list[Said], list[Said]]

LEGAL: dict[str, Case] = {
    "one writer wins": ([LOST, WON, LOST], [read(n="x", now="v2")]),
    "a busy writer left nothing": ([updated({"n": "x"}, 409), WON], [read(n="x", now="v2")]),
    "a late writer finds nothing": ([LOST, deleted(204)], [read(404)]),
    "a deletion comes too late": ([deleted(412), WON], [read(n="x", now="v2")]),
    "patches add up, in another order than sent": ([B, A], [BOTH]),
    "one patch was refused": ([A, updated({"b": 1}, 409, None)], [read(n="old", a=1, now="v2")]),
    "a read shows either state": (
        [read(n="x", now="v2"), read(n="old", now=OLD), WON],
        [read(n="x", now="v2")],
    ),
    "one create, one duplicate": (
        [made("create", 409), made("create", 201, "2")],
        [read(record_id="2", n="new", now="w1")],
    ),
    "the first upsert creates": ([made("upsert", 200, "2"), made("upsert", 201, "2")], []),
    "a create beside an upsert": ([made("create", 201, "2"), made("upsert", 200, "2")], []),
    "one retry is new": (
        [made("retry", 201, "2", replayed=True), made("retry", 201, "2")],
        [read(record_id="2", n="new", now="w1")],
    ),
    "a write that changes nothing keeps the version": (
        [updated({"n": "old"}, n="old", now=OLD), WON],
        [read(n="x", now="v2")],
    ),
    "a page": ([WON, (Ask(histories.PAGE), Told(200, ids=("1", "2")))], []),
}


@pytest.mark.parametrize("name", LEGAL)
def test_what_an_order_foretells_is_right(name: str) -> None:
    """Answers that come one after the other in some order fit, in whatever order they are given."""
    asked, after = LEGAL[name]
    assert ORACLE.fits(BEFORE, asked, after)
    assert ORACLE.fits(BEFORE, asked[::-1], after)


WRONG: dict[str, tuple[str, list[Said], list[Said]]] = {
    "two writers win": ("CORE-150", [WON, updated({"n": "x"}, n="x", now="v3")], []),
    "nobody wins": ("CORE-150", [LOST, LOST], [read(n="old", now=OLD)]),
    "all are busy": ("CORE-150", [updated({"n": "x"}, 409)] * 2, [read(n="old", now=OLD)]),
    "two delete": ("CORE-150", [deleted(204), deleted(204)], [read(404)]),
    "a deletion is undone": ("CORE-150", [deleted(204), WON], [read(n="x", now="v2")]),
    "a stale version wins beside a patch": (
        "CORE-150",
        [
            updated({"b": 1}, version=None, n="old", b=1, now="v2"),
            updated({"n": "x"}, n="x", b=1, now="v3"),
        ],
        [read(n="x", b=1, now="v3")],
    ),
    "a member is lost": ("CORE-151", [A, ALONE], [HALF]),
    "a refused write fails": ("CORE-151", [A, updated({"b": 1}, 500, None)], []),
    "two records of one name": (
        "CORE-152",
        [made("create", 201, "2"), made("create", 201, "3")],
        [],
    ),
    "no record of a name": ("CORE-152", [made("create", 409), made("create", 409)], []),
    "an overtaken create fails": ("CORE-152", [made("create", 500), made("upsert", 201, "2")], []),
    "two upserts create": ("CORE-153", [made("upsert", 201, "2"), made("upsert", 201, "3")], []),
    "an upsert hits another record": (
        "CORE-153",
        [made("upsert", 201, "2"), made("upsert", 200, ID)],
        [],
    ),
    "two retries create": ("CORE-154", [made("retry", 201, "2"), made("retry", 201, "3")], []),
    "two retries are new": ("CORE-154", [made("retry", 201, "2"), made("retry", 201, "2")], []),
    "a read stays stale": ("CORE-071", [read(n="old", now=OLD), WON], [read(n="old", now=OLD)]),
    "a read shows what never was": ("CORE-071", [read(n="y", now="v9"), WON], []),
    "a page shows a record twice": (
        "CORE-075",
        [WON, (Ask(histories.PAGE), Told(200, ids=("1", "1")))],
        [],
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_no_order_foretells_names_what_is_broken(name: str) -> None:
    """Answers that fit no order are told apart, whatever order they are given in."""
    requirement, asked, after = WRONG[name]
    for given in (asked, asked[::-1]):
        assert not ORACLE.fits(BEFORE, given, after)
        assert ORACLE.blamed(BEFORE, given) == requirement


def test_what_is_read_afterwards_comes_last() -> None:
    """A state that was there before a write fits beside it, and not after it."""
    old = read(n="old", now=OLD)
    assert ORACLE.fits(BEFORE, [WON, old], [])
    assert not ORACLE.fits(BEFORE, [WON], [old])


def test_two_businesses_are_two_worlds() -> None:
    """The same id and version are another record there; what is not theirs is a mix-up."""
    before = BEFORE.holding(("b", ID), {"n": "old"}, OLD)
    theirs = Ask(histories.UPDATE, ID, {"n": "x"}, OLD, "b"), WON[1]
    assert ORACLE.fits(before, [WON, theirs])
    mixed = [WON, (theirs[0], Told(404))]
    assert not ORACLE.fits(before, mixed)
    assert ORACLE.blamed(before, mixed) == "CORE-155"


def test_a_name_is_free_again_when_its_record_is_gone() -> None:
    """A create may take the name of a record that is deleted just then, and not before."""
    before = BEFORE.naming(("a", NAME), ID)
    assert ORACLE.fits(before, [made("create", 201, "2"), deleted(204)])
    assert not ORACLE.fits(before, [made("create", 201, "2"), LOST])
