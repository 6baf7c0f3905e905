"""The SQL statements of the store, built once."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, delete, insert, select, tuple_, update
from sqlalchemy.sql.elements import ColumnElement

from sbw_reference.tables import change, external_id, record, tenant

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
    .returning(tenant.c.seq)
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
FREE_EXTERNAL_IDS = delete(external_id).where(external_id.c.position == bindparam("at"))
REMOVE = delete(record).where(record.c.position == bindparam("at"))
INSERT_RECORD = insert(record)
INSERT_RECORDS = insert(record).returning(record.c.position, sort_by_parameter_order=True)
INSERT_EXTERNAL_ID = insert(external_id)
INSERT_CHANGE = insert(change)
REPLACE = update(record).where(record.c.position == bindparam("at"))


@dataclass(frozen=True, slots=True)
class Shape:
    """Which conditions a list has; `places` stands for a set of positions found before."""

    tenant: bool
    app: bool
    external_id: bool
    since: bool
    until: bool
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
