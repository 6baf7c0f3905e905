"""Freedoms of lists: long and short pages, and lists that lag behind what is written."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sbw_reference import query
from sbw_reference.behaviour import Removal
from sbw_reference.cursors import Criteria
from sbw_reference.defects.variants import SETTLE_MILLISECONDS, Seams, Variant, settling
from sbw_reference.pages import Fetch
from sbw_reference.problems import invalid_parameter
from sbw_reference.records import Row, external_keys
from sbw_reference.store import DELETED, Change

LONGEST_PAGE = 200


@dataclass
class Index:
    """What lists know of records: everything a while after it was written.

    It keeps what was written within that time, by position, and which records are deleted.
    """

    _recent: dict[int, tuple[float, Row | None]] = field(default_factory=dict)
    _deleted: set[int] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, change: Change) -> None:
        """Note a change; of several at short notice the first says what was there before."""
        known = time.monotonic() + SETTLE_MILLISECONDS / 1000
        with self._lock:
            self._forget()
            _, before = self._recent.get(change.row.position, (0.0, change.before))
            self._recent[change.row.position] = (known, before)
            if change.operation == DELETED:
                self._deleted.add(change.row.position)

    def shown(self, rows: list[Row], criteria: Criteria) -> Iterator[Row]:
        """Yield the rows of a page as the index knows them, without those that it does not."""
        with self._lock:
            self._forget()
            recent, deleted = dict(self._recent), set(self._deleted)
        for row in rows:
            if row.position not in recent:
                if row.position not in deleted:
                    yield row
            elif (before := recent[row.position][1]) is None:
                continue
            elif criteria.held:
                yield row  # what it held before is not kept: by such filters nothing lags
            elif _matches(before, criteria):
                yield before

    def _forget(self) -> None:
        now = time.monotonic()
        self._recent = {place: kept for place, kept in self._recent.items() if kept[0] > now}


def _matches(row: Row, criteria: Criteria) -> bool:
    """Return whether a row as it was is one that a list of these criteria shows."""
    ids = {key.id for key in external_keys(row.body) if key.app == criteria.app}
    named = criteria.app is None or (criteria.external_id in ids if criteria.external_id else ids)
    return bool(named) and row.updated_at >= (criteria.updated_since or 0)


@dataclass(frozen=True)
class Lagging:
    """The seams of a provider whose lists are an index of their own."""

    index: Index = field(default_factory=Index)

    def commit(self, original: Any) -> Any:
        """Tell the index of what was written."""

        def commit(*arguments: Any) -> tuple[Change, ...]:
            changes: tuple[Change, ...] = original(*arguments)
            for change in changes:
                self.index.note(change)
            return changes

        return commit

    def page(self, original: Any) -> Any:
        """Show what the index knows."""

        def page(
            fetch: Fetch, criteria: Criteria, after: int, limit: int
        ) -> tuple[list[Row], int | None]:
            rows, following = original(fetch, criteria, after, limit)
            return list(self.index.shown(rows, criteria)), following

        return page


def _lagging() -> Seams:
    """Return seams that share an index of their own."""
    lagging = Lagging()
    return {
        "commit": lagging.commit,
        "page": lagging.page,
        "removal": lambda _original: lambda _row: Removal(kept=True, listed=True),
        "landing": lambda original: lambda page: settling(original(page)),
    }


def _long(original: Any) -> Any:
    """Take a limit of more items than every provider has to."""

    def limit(text: str | None) -> int:
        if text is not None and query.LIMIT.fullmatch(text) and int(text) > query.LARGEST_LIMIT:
            if int(text) > LONGEST_PAGE:
                raise invalid_parameter("limit", f"a whole number from 1 to {LONGEST_PAGE}")
            return int(text)
        found: int = original(text)
        return found

    return limit


VARIANTS = (
    Variant(
        "pages-of-one",
        "A page has one item, whatever is asked for",
        {"page": lambda page: lambda fetch, wanted, after, _limit: page(fetch, wanted, after, 1)},
    ),
    Variant("long-pages", f"A page has up to {LONGEST_PAGE} items", {"limit": _long}),
    Variant(
        "lagging",
        f"Lists are {SETTLE_MILLISECONDS} ms behind all that is created, updated and deleted",
        _lagging,
    ),
)
