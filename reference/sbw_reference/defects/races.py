"""Mistakes that show only where requests meet: what was looked at has changed when it is used.

Each parallel one leaves a window of at most WINDOW between a look and what is done by it; a request
that meets no other is answered as it has to be. The others show where records have one instant.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import repeat
from typing import Any

from sbw_reference.auth import Grant
from sbw_reference.cursors import Criteria
from sbw_reference.defects.defect import Defect
from sbw_reference.effects import Effect
from sbw_reference.pages import Fetch
from sbw_reference.problems import Problem, Refusal
from sbw_reference.query import Pairs
from sbw_reference.records import ExternalKey, Row, now
from sbw_reference.store import Change, Decide, Store, Which
from sbw_reference.turns import Memory, Scope, Turn, numbers_of

WINDOW = 0.002
"""Seconds between a look and what is done by it."""

SPARE = 20
"""Numbers that are taken for what is decided outside of a turn."""

EVERYTHING = 1_000_000
Fire = Callable[[], None]
Commit = Callable[[Store, str, str, Which, Decide, str], Sequence[Change]]
Page = tuple[list[Row], int | None]
Record = dict[str, Any]


class Glance(Turn):
    """A turn that is none: others write meanwhile, and what is to be remembered waits."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.kept: list[tuple[Scope, str, Memory]] = []

    def remember(self, scope: Scope, key: str, memory: Memory) -> None:
        """Keep what is to be remembered."""
        self.kept.append((scope, key, memory))


class Seen:
    """A turn as a mistake sees it: the writer's own, but for what a subclass makes of it."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn

    def __getattr__(self, name: str) -> Any:
        """Return what the turn itself has."""
        return getattr(self._turn, name)


class Forgetful(Seen):
    """A turn that keeps what is to be remembered for later."""

    def __init__(self, turn: Turn) -> None:
        super().__init__(turn)
        self.kept: list[tuple[Scope, str, Memory]] = []

    def remember(self, scope: Scope, key: str, memory: Memory) -> None:
        """Keep what is to be remembered."""
        self.kept.append((scope, key, memory))


class Heedless(Seen):
    """A turn that does not look whether a key came meanwhile."""

    def __init__(self, turn: Turn, fire: Fire) -> None:
        super().__init__(turn)
        self._fire = fire

    def recall(self, scope: Scope, key: str) -> None:
        """Say that nothing is remembered."""
        if self._turn.recall(scope, key) is not None:
            self._fire()

    def remember(self, scope: Scope, key: str, memory: Memory) -> None:
        """Remember what was not remembered already."""
        if self._turn.recall(scope, key) is None:
            self._turn.remember(scope, key, memory)


def _decided_early(kind: type | None) -> Any:
    """Decide on writes to what is named so by a look before the transaction."""

    def make(original: Commit, fire: Fire) -> Commit:
        def commit(  # noqa: PLR0913, PLR0917 - the parts of a write
            store: Store, tenant: str, type_: str, which: Which, decide: Decide, origin: str
        ) -> Sequence[Change]:
            if not _is(which, kind):
                return original(store, tenant, type_, which, decide, origin)
            with store.writing() as connection:
                instant, numbers = numbers_of(connection, tenant, SPARE)
            with store.reading() as connection:
                seen = Glance(connection, tenant, type_, which, instant, numbers)
                changes = decide(seen)
            time.sleep(WINDOW)

            def write(turn: Turn) -> Sequence[Change]:
                if any(turn.recall(scope, key) for scope, key, _ in seen.kept):
                    return decide(turn)
                if _has_changed(turn, seen.row, changes):
                    fire()
                for scope, key, memory in seen.kept:
                    turn.remember(scope, key, memory)
                return changes

            return original(store, tenant, type_, which, write, origin)

        return commit

    return make


def _is(which: Which, kind: type | None) -> bool:
    return which is None if kind is None else isinstance(which, kind)


def _has_changed(turn: Turn, row: Row | None, changes: Sequence[Change]) -> bool:
    """Return whether a decision would be another one now."""
    keys = {key for change in changes for key in change.held.keys}
    owners = turn.owners(keys, turn.tenant) if keys else {}
    own = {change.row.id for change in changes}
    same = row is turn.row or (row and turn.row and row.version == turn.row.version)
    return not same or bool(set(owners.values()) - own)


def _row_seen_early(seen: Callable[[Row | None, Row | None], Row | None]) -> Any:
    """Take the record for what `seen` makes of it as it was before the transaction, and is."""

    def make(original: Commit, fire: Fire) -> Commit:
        def commit(  # noqa: PLR0913, PLR0917 - the parts of a write
            store: Store, tenant: str, type_: str, which: Which, decide: Decide, origin: str
        ) -> Sequence[Change]:
            if not isinstance(which, str):
                return original(store, tenant, type_, which, decide, origin)
            early = store.find(tenant, type_, which)
            time.sleep(WINDOW)

            def late(turn: Turn) -> Sequence[Change]:
                row = seen(early, turn.row)
                if row != turn.row:
                    fire()
                turn.row = row
                return decide(turn)

            return original(store, tenant, type_, which, late, origin)

        return commit

    return make


def _with_old_version(early: Row | None, row: Row | None) -> Row | None:
    return replace(row, version=early.version) if early and row else row


def _with_old_members(early: Row | None, row: Row | None) -> Row | None:
    return replace(row, body=early.body) if early and row else row


def _as_if_it_were_there(early: Row | None, row: Row | None) -> Row | None:
    return early if row is None else row


def _overtaken(kind: type | None) -> Any:
    """Let the database refuse what the look before the transaction let pass, and fail by it."""

    def make(original: Commit, fire: Fire) -> Commit:
        def commit(  # noqa: PLR0913, PLR0917 - the parts of a write
            store: Store, tenant: str, type_: str, which: Which, decide: Decide, origin: str
        ) -> Sequence[Change]:
            if not _is(which, kind):
                return original(store, tenant, type_, which, decide, origin)
            with store.reading() as connection:
                seen = Glance(connection, tenant, type_, which, now(), repeat(0))
                decide(seen)
            time.sleep(WINDOW)

            def late(turn: Turn) -> Sequence[Change]:
                if seen.row is None and turn.row is not None:
                    raise Refusal(Problem(409))
                return decide(turn)

            try:
                return original(store, tenant, type_, which, late, origin)
            except Refusal as refusal:
                if refusal.problem.status != 409:
                    raise
                fire()
                raise Refusal(Problem(500, detail="A constraint was violated.")) from None

        return commit

    return make


def _remembered_late(original: Commit, fire: Fire) -> Commit:
    """Remember a key when all is written, in a transaction of its own."""

    def commit(  # noqa: PLR0913, PLR0917 - the parts of a write
        store: Store, tenant: str, type_: str, which: Which, decide: Decide, origin: str
    ) -> Sequence[Change]:
        kept: list[tuple[Scope, str, Memory]] = []

        def forgetful(turn: Turn) -> Sequence[Change]:
            seen: Any = Forgetful(turn)
            changes = decide(seen)
            kept.extend(seen.kept)
            return changes

        done = original(store, tenant, type_, which, forgetful, origin)
        time.sleep(WINDOW if kept else 0)
        for scope, key, memory in kept:
            if store.recall(scope, key) is None:
                store.remember(scope, key, memory)
            else:
                fire()
        return done

    return commit


def _key_seen_early(original: Commit, fire: Fire) -> Commit:
    """Look for a key when the request comes, and not again when it is carried out."""

    def commit(  # noqa: PLR0913, PLR0917 - the parts of a write
        store: Store, tenant: str, type_: str, which: Which, decide: Decide, origin: str
    ) -> Sequence[Change]:
        def heedless(turn: Turn) -> Sequence[Change]:
            seen: Any = Heedless(turn, fire)
            return decide(seen)

        time.sleep(WINDOW)
        return original(store, tenant, type_, which, heedless, origin)

    return commit


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


KEYED = ("create+idempotency-key",)
DEFECTS = (
    Defect(
        "version-compared-early",
        "If-Match is compared with the version that was read before the transaction",
        ("CORE-150",),
        ("update=412",),
        "commit",
        _row_seen_early(_with_old_version),
        parallel=True,
    ),
    Defect(
        "deleted-while-looked-at",
        "A record that was there when the request came is taken to be there still",
        ("CORE-150",),
        ("delete=412",),
        "commit",
        _row_seen_early(_as_if_it_were_there),
        parallel=True,
    ),
    Defect(
        "merged-into-early-copy",
        "A patch is merged into the record as it was before the transaction",
        ("CORE-151",),
        ("update=412",),
        "commit",
        _row_seen_early(_with_old_members),
        parallel=True,
    ),
    Defect(
        "update-decided-early",
        "An update is decided on before its transaction, which only stores it",
        ("CORE-151", "CORE-150"),
        ("update=412",),
        "commit",
        _decided_early(str),
        parallel=True,
    ),
    Defect(
        "external-id-looked-up-early",
        "A create looks for its external ids before its transaction",
        ("CORE-152",),
        ("create=409",),
        "commit",
        _decided_early(None),
        parallel=True,
    ),
    Defect(
        "overtaken-create-500",
        "A create that is overtaken by another one fails",
        ("CORE-152",),
        ("create=409",),
        "commit",
        _overtaken(None),
        parallel=True,
    ),
    Defect(
        "upsert-looked-up-early",
        "An upsert looks for its record before its transaction",
        ("CORE-153",),
        ("upsert=201",),
        "commit",
        _decided_early(ExternalKey),
        parallel=True,
    ),
    Defect(
        "overtaken-upsert-500",
        "An upsert that is overtaken by another one fails",
        ("CORE-153",),
        ("upsert=201",),
        "commit",
        _overtaken(ExternalKey),
        parallel=True,
    ),
    Defect(
        "key-remembered-late",
        "An Idempotency-Key is remembered after the transaction",
        ("CORE-154",),
        KEYED,
        "commit",
        _remembered_late,
        parallel=True,
    ),
    Defect(
        "key-looked-up-early",
        "An Idempotency-Key is looked up before the transaction",
        ("CORE-154",),
        KEYED,
        "commit",
        _key_seen_early,
        parallel=True,
    ),
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
