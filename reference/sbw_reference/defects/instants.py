"""Mistakes with the instant that several records can have: it tells them apart for the careless."""

from dataclasses import replace
from typing import Any

from sbw_reference.cursors import Criteria
from sbw_reference.defects.defect import Defect
from sbw_reference.defects.races import EVERYTHING, Page
from sbw_reference.effects import Effect
from sbw_reference.pages import Fetch
from sbw_reference.records import Row


def _by_instant(_page: Any) -> Any:
    """Go on after the instant of the last record shown, and past those of the same instant."""

    def page(fetch: Fetch, criteria: Criteria, after: int, limit: int) -> Page:
        rows = sorted(fetch(criteria, 0, EVERYTHING), key=lambda row: row.created_at)
        rows = [row for row in rows if row.created_at > after]
        return rows[:limit], rows[limit - 1].created_at if len(rows) > limit else None

    return page


def _going_on(original: Any) -> Any:
    def effect(given: Effect) -> Effect:
        found: Effect = original(given)
        return replace(found, stands=False)

    return effect


def _never_twice(original: Any) -> Any:
    """Give no instant to two new records."""
    given: set[int] = set()

    def times(before: Row | None, now: int) -> Any:
        while before is None and now in given:
            now += 1
        given.add(now)
        return original(before, now)

    return times


DEFECTS = (
    Defect(
        "pages-by-instant",
        "A page begins after the instant of the last record, and misses others of that instant",
        ("CORE-075",),
        ("list?cursor",),
        "page",
        _by_instant,
    ),
    Defect(
        "stopped-clock-goes-on",
        "A clock that is to stand still is only moved",
        ("SANDBOX-009",),
        ("control/stopped",),
        "effect",
        _going_on,
    ),
    Defect(
        "instants-kept-apart",
        "A new record gets a later instant than it has where another one has that already",
        ("SANDBOX-009",),
        ("control/stopped",),
        "times",
        _never_twice,
    ),
)
