"""The SQL statements of the store, built once."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, delete, insert, select, tuple_, update
from sqlalchemy.sql.elements import ColumnElement

from sbw_reference.tables import change, entry, external_id, memory, record, tenant

ANYWHERE = "*"
COLUMNS = (
    record.c.tenant,
    record.c.type,
    record.c.id,
    record.c.version,
    record.c.created_at,
    record.c.updated_at,
    record.c.body,
    record.c.origin,
    record.c.position,
    record.c.readable,
    record.c.listed,
)

TAKE_NUMBER = (
    update(tenant)
    .where(tenant.c.id == bindparam("tenant"))
    .values(seq=tenant.c.seq + bindparam("many"))
    .returning(tenant.c.seq, tenant.c.clock, tenant.c.stands)
)
GIVE_BACK_NUMBER = (
    update(tenant).where(tenant.c.id == bindparam("tenant")).values(seq=tenant.c.seq - 1)
)
FIND_ANYWHERE = select(*COLUMNS).where(
    record.c.type == bindparam("type"), record.c.id == bindparam("id"), record.c.readable
)
FIND = FIND_ANYWHERE.where(record.c.tenant == bindparam("tenant"))
OWNERS_OF_ID = select(change.c.tenant).where(change.c.record == bindparam("id"))
RECENT = (
    select(record.c.position)
    .where(
        record.c.tenant == bindparam("tenant"),
        record.c.type == bindparam("type"),
        record.c.updated_at >= bindparam("since"),
        record.c.listed,
    )
    .limit(bindparam("few"))
)
HOLDERS_ANYWHERE = (
    select(external_id.c.app, external_id.c.id, external_id.c.account, record.c.id)
    .join(record, record.c.position == external_id.c.position)
    .where(
        external_id.c.type == bindparam("type"),
        tuple_(external_id.c.app, external_id.c.id, external_id.c.account).in_(
            bindparam("triples", expanding=True)
        ),
    )
)
HOLDERS = HOLDERS_ANYWHERE.where(external_id.c.tenant == bindparam("tenant"))
HAVING_ANYWHERE = (
    select(entry.c.text, *COLUMNS)
    .join(record, record.c.position == entry.c.position)
    .where(
        entry.c.type == bindparam("type"),
        entry.c.pointer == bindparam("pointer"),
        entry.c.text.in_(bindparam("texts", expanding=True)),
    )
    .order_by(entry.c.position)
)
HAVING = HAVING_ANYWHERE.where(entry.c.tenant == bindparam("tenant"))
RECALL = select(memory.c.request, memory.c.status, memory.c.headers, memory.c.document).where(
    memory.c.tenant == bindparam("tenant"),
    memory.c.app == bindparam("app"),
    memory.c.address == bindparam("address"),
    memory.c.key == bindparam("key"),
)
REMEMBER = insert(memory)
FREE_ENTRIES = delete(entry).where(entry.c.position == bindparam("at"))
INSERT_ENTRY = insert(entry)
FREE_EXTERNAL_IDS = delete(external_id).where(external_id.c.position == bindparam("at"))
REMOVE = delete(record).where(record.c.position == bindparam("at"))
INSERT_RECORD = insert(record)
INSERT_RECORDS = insert(record).returning(record.c.position, sort_by_parameter_order=True)
INSERT_EXTERNAL_ID = insert(external_id)
INSERT_CHANGE = insert(change)
REPLACE = update(record).where(record.c.position == bindparam("at"))


@dataclass(frozen=True, slots=True)
class Shape:
    """Which conditions a list has; `places` stands for a set of positions found before.

    `held` is how many values it asks for at places of the records.
    """

    tenant: bool
    app: bool
    external_id: bool
    since: bool
    until: bool
    ids: bool = False
    held: int = 0
    places: bool = False


@cache
def listing(shape: Shape) -> Select[Any]:
    """Return the statement of a list with the conditions of the shape."""
    conditions: list[ColumnElement[bool]] = [record.c.type == bindparam("type"), record.c.listed]
    if shape.tenant:
        conditions.append(record.c.tenant == bindparam("tenant"))
    if shape.since:
        conditions.append(record.c.updated_at >= bindparam("since"))
    if shape.until:
        conditions.append(record.c.created_at <= bindparam("until"))
    if shape.ids:
        conditions.append(record.c.id.in_(bindparam("ids", expanding=True)))
    conditions += [record.c.position.in_(_having(shape, number)) for number in range(shape.held)]
    if shape.app:
        conditions.append(record.c.position.in_(_holders(shape, conditions)))
    elif shape.places:
        conditions.append(record.c.position.in_(bindparam("places", expanding=True)))
    else:
        conditions.append(record.c.position > bindparam("after"))
    return select(*COLUMNS).where(*conditions).order_by(record.c.position).limit(bindparam("count"))


def _holders(shape: Shape, conditions: list[ColumnElement[bool]]) -> Select[Any]:
    """Return the positions of the next records that hold a matching external id."""
    matching = [
        external_id.c.type == bindparam("type"),
        external_id.c.app == bindparam("app"),
        external_id.c.position > bindparam("after"),
    ]
    if shape.tenant:
        matching.append(external_id.c.tenant == bindparam("tenant"))
    if shape.external_id:
        matching.append(external_id.c.id == bindparam("external"))
    return (
        select(external_id.c.position)
        .join(record, record.c.position == external_id.c.position)
        .where(*matching, *conditions)
        .distinct()
        .order_by(external_id.c.position)
        .limit(bindparam("count"))
    )


def _having(shape: Shape, number: int) -> Select[Any]:
    """Return the positions of the records that hold a value at a place."""
    matching = [
        entry.c.type == bindparam("type"),
        entry.c.pointer == bindparam(f"pointer{number}"),
        entry.c.text == bindparam(f"text{number}"),
    ]
    if shape.tenant:
        matching.append(entry.c.tenant == bindparam("tenant"))
    return select(entry.c.position).where(*matching)
