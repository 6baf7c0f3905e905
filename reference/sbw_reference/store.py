"""The store: reading, and the one way to write."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from sqlalchemy import Connection, CursorResult, Engine

from sbw_reference import columns, statements, tables
from sbw_reference.columns import plain, row_of
from sbw_reference.cursors import Criteria
from sbw_reference.records import ExternalKey, Row, external_keys, now
from sbw_reference.statements import ANYWHERE, Shape

FEW = 2_000
AT_ONCE = 200
CHANGED = "changed"
DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one record: the row as it is to be, and the external ids it holds from now.

    With `keep` false the row goes; `operation` is what the change row says.
    """

    operation: str
    sequence: int
    row: Row
    keys: tuple[ExternalKey, ...] = ()
    keep: bool = True


@dataclass(frozen=True, slots=True)
class Turn:
    """A writer's turn: nobody else writes for this business until it ends.

    `now` is in milliseconds, `row` the record as it is, None if there is none; `sequence` gives
    the next number of the business's changes, `owners` the ids of the records of the type that
    hold external ids within a business, or anywhere where that is None.
    """

    now: int
    row: Row | None
    sequence: Callable[[], int]
    owners: Callable[[Iterable[ExternalKey], str | None], dict[ExternalKey, str]]


Decide = Callable[[Turn], Sequence[Change]]


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
            return _find(connection, tenant, type_, id_)

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
        )
        with self.reading() as connection:
            if shape.since and shape.tenant and not shape.app:
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
        self, tenant: str, type_: str, id_: str | None, decide: Decide, origin: str
    ) -> Sequence[Change]:
        """Decide on a record as it is and write what was decided, all or nothing.

        The sequence of the business is taken first, which lets in one writer of a business at a
        time. What `decide` raises undoes everything, and so does an empty decision. `id_` is None
        for a record to be made; `origin` is the app that writes.
        """
        with self._turnstile, self.engine.connect() as connection, connection.begin() as work:
            numbers = _numbers(connection, tenant)
            turn = Turn(
                now=now(),
                row=_find(connection, tenant, type_, id_) if id_ is not None else None,
                sequence=lambda: next(numbers),
                owners=lambda keys, within: _owners(connection, within, type_, keys),
            )
            changes = decide(turn)
            if not changes:
                work.rollback()
            return [_apply(connection, item, turn, origin) for item in changes]

    def load(self, rows: Sequence[tuple[Row, tuple[ExternalKey, ...]]], origin: str) -> None:
        """Store many new records of one business at once, the version of each its sequence."""
        if not rows:
            return
        with self.writing() as connection:
            numbers = _numbers(connection, rows[0][0].tenant, len(rows))
            new = [
                Change(CHANGED, number, replace(row, version=str(number)), keys)
                for (row, keys), number in zip(rows, numbers, strict=False)
            ]
            made = connection.scalars(
                statements.INSERT_RECORDS, [columns.of_record(item.row) for item in new]
            )
            placed = [
                replace(item, row=replace(item.row, position=position))
                for item, position in zip(new, made, strict=True)
            ]
            held = [
                entry for item in placed for entry in columns.of_external_ids(item.row, item.keys)
            ]
            if held:
                connection.execute(statements.INSERT_EXTERNAL_ID, held)
            log = [_log(item, item.row.created_at, origin) for item in placed]
            connection.execute(statements.INSERT_CHANGE, log)


def _numbers(connection: Connection, tenant: str, at_once: int = 1) -> Iterator[int]:
    """Yield the next numbers of a business; the first is taken at once and locks others out."""

    def taken() -> int:
        arguments = {"tenant": tenant, "many": at_once}
        return int(connection.execute(statements.TAKE_NUMBER, arguments).scalar_one())

    first = taken()

    def numbers() -> Iterator[int]:
        last = first
        while True:
            yield from range(last - at_once + 1, last + 1)
            last = taken()

    return numbers()


def _find(connection: Connection, tenant: str | None, type_: str, id_: str) -> Row | None:
    statement = statements.FIND if tenant is not None else statements.FIND_ANYWHERE
    arguments = {"tenant": tenant or ANYWHERE, "type": type_, "id": id_}
    found = connection.execute(statement, arguments).first()
    return None if found is None else row_of(found)


def _owners(
    connection: Connection, tenant: str | None, type_: str, keys: Iterable[ExternalKey]
) -> dict[ExternalKey, str]:
    wanted = {(plain(key.app), plain(key.id), plain(key.account)): key for key in keys}
    triples = list(wanted)
    owners: dict[ExternalKey, str] = {}
    statement = statements.HOLDERS if tenant is not None else statements.HOLDERS_ANYWHERE
    for start in range(0, len(triples), AT_ONCE):
        some = triples[start : start + AT_ONCE]
        arguments = {"tenant": tenant or ANYWHERE, "type": type_, "triples": some}
        for *triple, owner in connection.execute(statement, arguments):
            owners[wanted[(triple[0], triple[1], triple[2])]] = owner
    return owners


def _key(made: CursorResult[Any]) -> int:
    """Return the position that a new record was given."""
    key = made.inserted_primary_key
    if key is None:
        raise TypeError("the database does not say which position a record was given")
    return int(key[0])


def _apply(connection: Connection, item: Change, turn: Turn, origin: str) -> Change:
    """Write a change and return it with the position that its row got."""
    old = turn.row
    if old is not None and item.row.id == old.id:
        place = {"at": old.position}
        item = replace(item, row=replace(item.row, position=old.position))
        if not item.keep:
            connection.execute(statements.REMOVE, place)
        if set(item.keys) == set(external_keys(old.body)):
            return _write(connection, replace(item, keys=()), turn.now, origin)
        connection.execute(statements.FREE_EXTERNAL_IDS, place)
    return _write(connection, item, turn.now, origin)


def _write(connection: Connection, item: Change, at: int, origin: str) -> Change:
    row = item.row
    if item.keep and row.position:
        connection.execute(statements.REPLACE, {**columns.of_record(row), "at": row.position})
    elif item.keep:
        made = connection.execute(statements.INSERT_RECORD, columns.of_record(row))
        row = replace(row, position=_key(made))
    if item.keys:
        held = columns.of_external_ids(row, item.keys)
        connection.execute(statements.INSERT_EXTERNAL_ID, held)
    connection.execute(statements.INSERT_CHANGE, _log(item, at, origin))
    return replace(item, row=row)


def _log(item: Change, at: int, origin: str) -> dict[str, Any]:
    return columns.of_change(
        item.row,
        sequence=item.sequence,
        operation=item.operation,
        kept=item.keep,
        at=at,
        origin=origin,
    )
