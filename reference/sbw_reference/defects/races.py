"""Mistakes that show only where requests meet in what all share: a variable, a cache, a list.

Each parallel one, of whatever module, leaves a window of at most WINDOW between a look and what is
done by it; a request that meets no other is answered as it has to be.
"""

import time
from collections.abc import Mapping
from typing import Any

from sbw_reference.auth import Grant
from sbw_reference.cursors import Criteria
from sbw_reference.defects.defect import Defect
from sbw_reference.pages import Fetch
from sbw_reference.query import Pairs
from sbw_reference.records import Row

WINDOW = 0.002
"""Seconds between a look and what is done by it."""

EVERYTHING = 1_000_000
Page = tuple[list[Row], int | None]
Record = dict[str, Any]


class Slot:
    """A variable that all requests share, where each was to have its own."""

    def __init__(self) -> None:
        self._value: Any = None

    def passed(self, value: Any) -> Any:
        """Put a value there, and take out what is there a moment later."""
        self._value = value
        time.sleep(WINDOW)
        return self._value


def _shared_token(original: Any) -> Any:
    slot = Slot()

    def bearer(headers: Mapping[str, str], query: Pairs) -> str | None:
        found: str | None = original(headers, query)
        return found and slot.passed(found)

    return bearer


def _shared_business(original: Any) -> Any:
    slot = Slot()

    def reach(grant: Grant, operation: str, criteria: Criteria | None) -> str | None:
        found: str | None = slot.passed(original(grant, operation, criteria))
        return found

    return reach


def _cached(original: Any) -> Any:
    """Keep records that are read, until they are written; a write lets go of them too early."""
    kept: dict[tuple[str, str, str], Record] = {}

    def serialise(record: Record, operation: str, grant: Grant) -> Any:
        place = (grant.tenant, record["type"], record["id"])
        if operation != "read":
            kept.pop(place, None)
        elif place not in kept:
            time.sleep(WINDOW)
            kept[place] = record
        return original(kept.get(place, record), operation, grant)

    return serialise


def _counted_first(_page: Any) -> Any:
    """Count the records that come before a page, and then leave out so many."""

    def page(fetch: Fetch, criteria: Criteria, after: int, limit: int) -> Page:
        before = sum(row.position <= after for row in fetch(criteria, 0, EVERYTHING))
        time.sleep(WINDOW)
        rows = fetch(criteria, 0, before + limit + 1)[before:]
        return rows[:limit], rows[limit - 1].position if len(rows) > limit else None

    return page


def _looked_up_again(page: Any) -> Any:
    """Read a page twice: for its records, and for where the next one begins."""

    def again(fetch: Fetch, criteria: Criteria, after: int, limit: int) -> Page:
        rows, _ = page(fetch, criteria, after, limit)
        time.sleep(WINDOW)
        return rows, page(fetch, criteria, after, limit)[1]

    return again


DEFECTS = (
    Defect(
        "token-in-a-global",
        "The token of a request stands in a variable that all requests share",
        ("CORE-155",),
        ("read=404",),
        "bearer",
        _shared_token,
        parallel=True,
    ),
    Defect(
        "business-in-a-global",
        "The business of a request stands in a variable that all requests share",
        ("CORE-155",),
        ("read=404",),
        "reach",
        _shared_business,
        parallel=True,
    ),
    Defect(
        "cache-filled-late",
        "A read keeps in a cache what a write has just changed",
        ("CORE-071",),
        ("read=304",),
        "serialise",
        _cached,
        parallel=True,
    ),
    Defect(
        "page-counted-first",
        "Where a page begins is counted before it is read",
        ("CORE-075",),
        ("list?cursor",),
        "page",
        _counted_first,
        parallel=True,
    ),
    Defect(
        "next-looked-up-again",
        "Where the next page begins is read after the page",
        ("CORE-075",),
        ("list?cursor",),
        "page",
        _looked_up_again,
        parallel=True,
    ),
)
