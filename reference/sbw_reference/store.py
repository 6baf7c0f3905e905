"""The store: reading, and the one way to write."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from sqlalchemy import Connection, CursorResult, Engine

from sbw_reference import columns, statements, tables
from sbw_reference.columns import plain, row_of
from sbw_reference.cursors import Criteria
from sbw_reference.entries import Held
from sbw_reference.records import ExternalKey, Row, now
from sbw_reference.statements import Shape
from sbw_reference.turns import Memory, Scope, Turn, find, held_by, numbers_of, recall, remember

FEW = 2_000
CHANGED = "changed"
DELETED = "deleted"
NOTHING = Held()


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one record: the row as it is to be, and what it holds from now.

    `before` is the row as it was, with what it held then; with `keep` false the row goes.
    `operation` is what the change row says.
    """

    operation: str
    sequence: int
    row: Row
    held: Held = NOTHING
    before: Row | None = None
    had: Held = NOTHING
    keep: bool = True


Decide = Callable[[Turn], Sequence[Change]]
Which = str | ExternalKey | None
"""A record by its id or by an external id; None for one that is to be made."""


class Store:
    """The records of all businesses in one database; safe to use from many threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reading = tables.reader(engine)
        # Connections that only read stay open: to fetch one from the pool costs more than a read.
        self._readers: deque[Connection] = deque()
        # SQLite has one writer at a time: waiting here is shorter than polling its lock.
        self._turnstile: AbstractContextManager[Any] = (
            Lock() if engine.dialect.name == "sqlite" else nullcontext()
        )

    def prepare(self) -> None:
        """Create the tables that are not there yet."""
        tables.metadata.create_all(self.engine)

    def close(self) -> None:
        """Close all connections."""
        while self._readers:
            self._readers.pop().close()
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection on which each statement stands alone; read its rows before it goes."""
        try:
            connection = self._readers.pop()
        except IndexError:
            connection = self._reading.connect()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._readers.append(connection)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection in a transaction that commits at the end."""
        with self._turnstile, self.engine.begin() as connection:
            yield connection

    def find(self, tenant: str | None, type_: str, id_: str) -> Row | None:
        """Return the readable record with an id, of any business where `tenant` is None."""
        with self.reading() as connection:
            return find(connection, tenant, type_, id_)

    def find_external(self, tenant: str | None, type_: str, key: ExternalKey) -> Row | None:
        """Return the readable record with an external id, of any business for `tenant` None."""
        with self.reading() as connection:
            return held_by(connection, tenant, type_, key)

    def recall(self, scope: Scope, key: str) -> Memory | None:
        """Return what is remembered of a request."""
        with self.reading() as connection:
            return recall(connection, scope, key)

    def remember(self, scope: Scope, key: str, memory: Memory) -> None:
        """Remember a request that was answered without a change."""
        with self.writing() as connection:
            remember(connection, scope, key, memory, now())

    def first(self, tenant: str | None, type_: str) -> Row | None:
        """Return the oldest record of a type: the only one of a singleton."""
        rows = self.select(tenant, type_, Criteria(), 0, 1)
        return rows[0] if rows else None

    def fate(self, tenant: str, id_: str) -> str:
        """Return what became of an id that reads as missing: unknown, deleted or foreign."""
        with self.reading() as connection:
            owners = set(connection.scalars(statements.OWNERS_OF_ID, {"id": id_}))
        if not owners:
            return "unknown"
        return "deleted" if tenant in owners else "foreign"

    def select(  # noqa: PLR0913 - a list has that many sides
        self,
        tenant: str | None,
        type_: str,
        criteria: Criteria,
        after: int,
        count: int,
        *,
        created_until: int | None = None,
    ) -> list[Row]:
        """Return listed records in the order of creation; the cost does not grow with the tenant.

        `created_until` hides what was created later, in milliseconds.
        """
        arguments: dict[str, Any] = {
            "tenant": tenant,
            "type": type_,
            "after": after,
            "count": count,
            "app": plain(criteria.app or ""),
            "external": plain(criteria.external_id or ""),
            "since": criteria.updated_since,
            "until": created_until,
        }
        shape = Shape(
            tenant=tenant is not None,
            app=criteria.app is not None,
            external_id=criteria.external_id is not None,
            since=criteria.updated_since is not None,
            until=created_until is not None,
            ids=criteria.ids is not None,
            held=len(criteria.held),
        )
        if criteria.ids is not None:
            arguments["ids"] = list(criteria.ids)
        for number, (pointer, text) in enumerate(criteria.held):
            arguments |= {f"pointer{number}": pointer, f"text{number}": plain(text)}
        with self.reading() as connection:
            if shape.since and shape.tenant and not (shape.app or shape.ids or shape.held):
                few = connection.execute(statements.RECENT, {**arguments, "few": FEW + 1})
                positions = [position for (position,) in few]
                if len(positions) <= FEW:
                    wanted = sorted(place for place in positions if place > after)[:count]
                    shape = replace(shape, since=False, places=True)
                    arguments["places"] = wanted
            return [
                row_of(found) for found in connection.execute(statements.listing(shape), arguments)
            ]

    def commit(
        self, tenant: str, type_: str, which: Which, decide: Decide, origin: str
    ) -> Sequence[Change]:
        """Decide on a record as it is and write what was decided, all or nothing.

        The sequence of the business is taken first, which lets in one writer of a business at a
        time. What `decide` raises undoes everything, and so does an empty decision that leaves
        nothing to remember. `origin` is the app that writes.
        """
        with self._turnstile, self.engine.connect() as connection, connection.begin() as work:
            instant, numbers = numbers_of(connection, tenant)
            turn = Turn(connection, tenant, type_, which, instant, numbers)
            changes = decide(turn)
            if not changes and not turn.remembers:
                work.rollback()
            elif not changes:
                connection.execute(statements.GIVE_BACK_NUMBER, {"tenant": tenant})
            return [_apply(connection, item, turn, origin) for item in changes]

    def load(self, rows: Sequence[tuple[Row, Held]], origin: str) -> None:
        """Store many new records of one business at once, the version of each its sequence."""
        if not rows:
            return
        with self.writing() as connection:
            _, numbers = numbers_of(connection, rows[0][0].tenant, len(rows))
            new = [
                Change(CHANGED, number, replace(row, version=str(number)), held)
                for (row, held), number in zip(rows, numbers, strict=False)
            ]
            made = connection.scalars(
                statements.INSERT_RECORDS, [columns.of_record(item.row) for item in new]
            )
            placed = [
                replace(item, row=replace(item.row, position=position))
                for item, position in zip(new, made, strict=True)
            ]
            keys = [
                key for item in placed for key in columns.of_external_ids(item.row, item.held.keys)
            ]
            if keys:
                connection.execute(statements.INSERT_EXTERNAL_ID, keys)
            entries = [
                held for item in placed for held in columns.of_entries(item.row, item.held.entries)
            ]
            if entries:
                connection.execute(statements.INSERT_ENTRY, entries)
            log = [_log(item, item.row.created_at, origin) for item in placed]
            connection.execute(statements.INSERT_CHANGE, log)


def _key(made: CursorResult[Any]) -> int:
    """Return the position that a new record was given."""
    key = made.inserted_primary_key
    if key is None:
        raise TypeError("the database does not say which position a record was given")
    return int(key[0])


def _apply(connection: Connection, item: Change, turn: Turn, origin: str) -> Change:
    """Write a change and return it with the position that its row got."""
    row, old = item.row, item.before
    if old is not None:
        row = replace(row, position=old.position)
        place = {"at": old.position}
        if item.keep:
            connection.execute(statements.REPLACE, {**columns.of_record(row), **place})
        else:
            connection.execute(statements.REMOVE, place)
    elif item.keep:
        made = connection.execute(statements.INSERT_RECORD, columns.of_record(row))
        row = replace(row, position=_key(made))
    _hold(connection, row, item.held, item.had)
    item = replace(item, row=row)
    connection.execute(statements.INSERT_CHANGE, _log(item, turn.now, origin))
    return item


def _hold(connection: Connection, row: Row, held: Held, had: Held) -> None:
    """Write what a record holds from now, where it is not what it held before."""
    place = {"at": row.position}
    if set(held.keys) != set(had.keys):
        if had.keys:
            connection.execute(statements.FREE_EXTERNAL_IDS, place)
        if held.keys:
            keys = columns.of_external_ids(row, held.keys)
            connection.execute(statements.INSERT_EXTERNAL_ID, keys)
    if set(held.entries) != set(had.entries):
        if had.entries:
            connection.execute(statements.FREE_ENTRIES, place)
        if held.entries:
            connection.execute(statements.INSERT_ENTRY, columns.of_entries(row, held.entries))


def _log(item: Change, at: int, origin: str) -> dict[str, Any]:
    return columns.of_change(
        item.row,
        sequence=item.sequence,
        operation=item.operation,
        kept=item.keep,
        at=at,
        origin=origin,
    )
