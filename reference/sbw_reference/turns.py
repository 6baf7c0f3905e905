"""A writer's turn, in which it reads what it decides by and nobody else of its business writes."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection

from sbw_reference import statements
from sbw_reference.columns import plain, row_of
from sbw_reference.records import ExternalKey, Row, clock
from sbw_reference.statements import ANYWHERE

AT_ONCE = 200


class Scope(NamedTuple):
    """Where an Idempotency-Key has an effect; `path` has the query where that is an address."""

    tenant: str
    app: str
    method: str
    path: str


@dataclass(frozen=True, slots=True)
class Memory:
    """A request and the answer that it was given; `record` is the id of the record in it."""

    request: Any
    status: int
    headers: Mapping[str, str]
    document: Any
    record: str | None = None


class Turn:
    """A writer's turn: `now` is the business's clock in milliseconds, `row` the record as it is.

    `row` is None if there is none; `remembers` says that there is something to remember, though
    nothing may change.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what a turn is about
        self,
        connection: Connection,
        tenant: str,
        type_: str,
        which: str | ExternalKey | None,
        now: int,
        numbers: Iterator[int],
    ) -> None:
        self.tenant = tenant
        self.type = type_
        self.now = now
        self.remembers = False
        self._connection = connection
        self._numbers = numbers
        self.row: Row | None = None
        if isinstance(which, ExternalKey):
            self.row = held_by(connection, tenant, type_, which)
        elif which is not None:
            self.row = find(connection, tenant, type_, which)

    def sequence(self) -> int:
        """Return the next number of the business's changes."""
        return next(self._numbers)

    def owners(
        self, keys: Iterable[ExternalKey], within: str | None, type_: str | None = None
    ) -> dict[ExternalKey, str]:
        """Return the ids of the records that hold external ids in a business, or anywhere."""
        return owners(self._connection, within, type_ or self.type, keys)

    def find(self, type_: str, id_: str) -> Row | None:
        """Return a record of the business."""
        return find(self._connection, self.tenant, type_, id_)

    def having(
        self, type_: str, pointer: str, texts: Iterable[str], within: str | None = None
    ) -> list[tuple[str, Row]]:
        """Return the records of a type that hold texts at a place, each with the text it holds.

        Those of the writer's business are looked at, those of all where `within` is ANYWHERE.
        """
        statement = statements.HAVING_ANYWHERE if within == ANYWHERE else statements.HAVING
        held = {plain(text): text for text in texts}
        wanted, found = list(held), []
        for start in range(0, len(wanted), AT_ONCE):
            some = wanted[start : start + AT_ONCE]
            arguments = {"tenant": self.tenant, "type": type_, "pointer": pointer, "texts": some}
            for text, *row in self._connection.execute(statement, arguments):
                found.append((held[text], row_of(row)))
        return found

    def recall(self, scope: Scope, key: str) -> Memory | None:
        """Return what is remembered of a request."""
        return recall(self._connection, scope, key)

    def remember(self, scope: Scope, key: str, memory: Memory) -> None:
        """Remember a request with its answer, if the turn ends well."""
        remember(self._connection, scope, key, memory, self.now)
        self.remembers = True


def numbers_of(connection: Connection, tenant: str, at_once: int = 1) -> tuple[int, Iterator[int]]:
    """Return the business's clock in milliseconds, and the next numbers of its changes.

    The first number is taken at once, which locks others out.
    """

    def taken() -> tuple[int, int]:
        arguments = {"tenant": tenant, "many": at_once}
        number, *state = connection.execute(statements.TAKE_NUMBER, arguments).one()
        return int(number), clock(*state)

    first, instant = taken()

    def numbers() -> Iterator[int]:
        last = first
        while True:
            yield from range(last - at_once + 1, last + 1)
            last, _ = taken()

    return instant, numbers()


def find(connection: Connection, tenant: str | None, type_: str, id_: str) -> Row | None:
    """Return the readable record with an id, of any business where `tenant` is None."""
    statement = statements.FIND if tenant is not None else statements.FIND_ANYWHERE
    arguments = {"tenant": tenant or ANYWHERE, "type": type_, "id": id_}
    found = connection.execute(statement, arguments).first()
    return None if found is None else row_of(found)


def held_by(connection: Connection, tenant: str | None, type_: str, key: ExternalKey) -> Row | None:
    """Return the readable record with an external id, of any business where `tenant` is None."""
    owner = owners(connection, tenant, type_, [key]).get(key)
    return None if owner is None else find(connection, tenant, type_, owner)


def owners(
    connection: Connection, tenant: str | None, type_: str, keys: Iterable[ExternalKey]
) -> dict[ExternalKey, str]:
    """Return the ids of the records of a type that hold external ids."""
    wanted = {(plain(key.app), plain(key.id), plain(key.account)): key for key in keys}
    triples = list(wanted)
    found: dict[ExternalKey, str] = {}
    statement = statements.HOLDERS if tenant is not None else statements.HOLDERS_ANYWHERE
    for start in range(0, len(triples), AT_ONCE):
        some = triples[start : start + AT_ONCE]
        arguments = {"tenant": tenant or ANYWHERE, "type": type_, "triples": some}
        for *triple, owner in connection.execute(statement, arguments):
            found[wanted[triple[0], triple[1], triple[2]]] = owner
    return found


def recall(connection: Connection, scope: Scope, key: str) -> Memory | None:
    """Return what is remembered of a request."""
    found = connection.execute(statements.RECALL, _address(scope, key)).first()
    if found is None:
        return None
    request, status, headers, document = found
    return Memory(json.loads(request), status, json.loads(headers), json.loads(document))


def remember(connection: Connection, scope: Scope, key: str, memory: Memory, at: int) -> None:
    """Remember a request with its answer."""
    values = {
        **_address(scope, key),
        "request": json.dumps(memory.request),
        "status": memory.status,
        "headers": json.dumps(dict(memory.headers)),
        "document": json.dumps(memory.document),
        "record": memory.record,
        "at": at,
    }
    connection.execute(statements.REMEMBER, values)


def _address(scope: Scope, key: str) -> dict[str, str]:
    address = hashlib.sha256(f"{scope.method} {scope.path}".encode()).hexdigest()
    return {"tenant": scope.tenant, "app": scope.app, "address": address, "key": key}
