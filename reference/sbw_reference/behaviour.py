"""All that the provider decides, as a value of small pure functions.

Each field is one seam with the behaviour that the standard asks for as its default. A variant or
a defect is this value with one function replaced; nothing else in the provider knows of either.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sbw_reference import (
    answers,
    auth,
    coding,
    cursors,
    decisions,
    merging,
    native,
    negotiation,
    pages,
    preferences,
    problems,
    query,
    tags,
)
from sbw_reference.answers import Answer, Call
from sbw_reference.auth import Grant
from sbw_reference.cursors import Criteria, Cursor
from sbw_reference.decisions import Having
from sbw_reference.declarations import Declares
from sbw_reference.effects import Effect
from sbw_reference.entries import Entry
from sbw_reference.native import Codes
from sbw_reference.pages import Fetch
from sbw_reference.problems import Problem
from sbw_reference.query import Pairs
from sbw_reference.records import ExternalKey, Row
from sbw_reference.store import Change, Decide, Store, Which
from sbw_reference.turns import Scope
from sbw_validator.documents import parse_ijson
from sbw_validator.findings import Finding
from sbw_validator.standard import Resource

Record = dict[str, Any]
Body = Mapping[str, Any]
App = Callable[..., Any]
Keys = tuple[ExternalKey, ...]
Item = Mapping[str, Any]
Fate = Callable[[], str]
Commit = Callable[[Store, str, str, Which, Decide, str], tuple[Change, ...]]


@dataclass(frozen=True, slots=True)
class Removal:
    """What stays of a record after its deletion, seen or unseen; normally nothing."""

    kept: bool = False
    readable: bool = False
    listed: bool = False
    external_ids: bool = False


def same(value: Any, *_context: object) -> Any:
    """Return the value as it is."""
    return value


def new_id(_body: Body, _tenant: str) -> str:
    """Return an id that nobody else gets."""
    return secrets.token_hex(10)


def absent(_fate: Fate, _operation: str) -> Problem:
    """Return what answers an id that cannot be read, for whatever reason."""
    return problems.missing()


def needs_if_match(operation: str) -> bool:
    """Return whether an operation is refused without If-Match."""
    return operation == "update"


def version(_before: Row | None, _body: Body, sequence: int) -> str:
    """Return the version of a record after a change: the change's number within the business."""
    return str(sequence)


def times(before: Row | None, now: int) -> tuple[int, int]:
    """Return when a record was made and changed, in ms; a change is later than the one before."""
    if before is None:
        return now, now
    return before.created_at, max(now, before.updated_at + 1)


def unchanged(before: Body, after: Body, equal: Callable[[Any, Any], bool]) -> bool:
    """Return whether a write changes nothing; `equal` is Same value for the resource."""
    return equal(before, after)


def taken(owners: Mapping[ExternalKey, str], own: str | None, _operation: str) -> tuple[str, ...]:
    """Return the ids of other records that hold external ids which this one wants."""
    return tuple(sorted({owner for owner in owners.values() if owner != own}))


def removal(_row: Row) -> Removal:
    """Return what stays of a record that is deleted."""
    return Removal()


def visible(_row: Row, _grant: Grant, _operation: str) -> bool:
    """Return whether an app may see a record of its business: all apps see all of them."""
    return True


def listed_until(_now: int) -> int | None:
    """Return the instant in ms after which created records are not yet listed, None for never."""
    return None


def commit(  # noqa: PLR0913, PLR0917 - those of Store.commit
    store: Store, tenant: str, type_: str, which: Which, decide: Decide, origin: str
) -> tuple[Change, ...]:
    """Decide and write in one transaction."""
    return tuple(store.commit(tenant, type_, which, decide, origin))


def in_order(items: Sequence[Item], one: Callable[[Item], Record]) -> list[Record]:
    """Return the result of each operation of a batch, carried out whatever became of others."""
    return [one(item) for item in items]


def batch_offers(name: str, operations: tuple[str, ...]) -> bool:
    """Return whether a batch carries out an operation, of those that there are."""
    return name in operations


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The seams, by what they concern."""

    # Discovery
    landing: Callable[[Record], Record] = same
    landing_headers: Callable[[Mapping[str, str]], Mapping[str, str]] = same
    landing_for: Callable[[Record, Grant | None], Record] = same
    served: Callable[[tuple[str, ...], Resource], tuple[str, ...]] = same
    claimed: Callable[[tuple[str, ...], Resource], tuple[str, ...]] = same
    declares: Callable[[Declares | None], Declares | None] = same
    # Authorization
    bearer: Callable[[Mapping[str, str], Pairs], str | None] = auth.bearer
    valid: Callable[[Grant | None, int], bool] = auth.valid
    challenge: Callable[[str | None], str | None] = auth.challenge
    limited: Callable[[Grant, str], bool] = auth.limited
    permits: Callable[[frozenset[str], str, str], bool] = auth.permits
    out_of_scope: Callable[[Callable[[], bool], str], Problem] = auth.out_of_scope
    reach: Callable[[Grant, str, Criteria | None], str | None] = auth.reach
    visible: Callable[[Row, Grant, str], bool] = visible
    absent: Callable[[Fate, str], Problem] = absent
    # Requests
    accepts: Callable[[str | None], bool] = negotiation.admits_json
    body_bytes: Callable[[int], int] = same
    unpack: Callable[[bytes, str | None, int], bytes] = coding.unpacked
    media_type: Callable[[str | None, str], bool] = answers.readable
    parse: Callable[[bytes], Any] = parse_ijson
    unknown_parameters: Callable[[tuple[str, ...], frozenset[str]], tuple[str, ...]] = query.unknown
    limit: Callable[[str | None], int] = query.limit
    external_id: Callable[[str], tuple[str, str | None]] = query.external_id
    instant: Callable[[str], int] = query.instant
    external_key: Callable[[Mapping[str, str]], ExternalKey] = query.external_key
    ids: Callable[[str], tuple[str, ...]] = query.ids
    criteria: Callable[[Criteria], Criteria] = same
    needs_if_match: Callable[[str], bool] = needs_if_match
    if_match: Callable[[str, str, str], bool] = tags.matches
    if_none_match: Callable[[str, str | None, str], bool] = decisions.if_none_match
    matches_nothing: Callable[[str], bool] = decisions.matches_nothing
    lenient: Callable[[Mapping[str, str]], bool] = preferences.lenient
    # Retries
    idempotency_key: Callable[[Mapping[str, str]], str | None] = decisions.idempotency_key
    idempotency_scope: Callable[[Scope], Scope] = same
    same_request: Callable[[Any, Any, Callable[[Any, Any], bool]], bool] = decisions.same_request
    remembers: Callable[[int], bool] = decisions.remembers
    # Finding
    tables: Callable[[str, str], tuple[str, ...]] = decisions.tables
    located: Callable[[Row | None], Row | None] = same
    taken_for: Callable[[Body, Having], Row | None] = decisions.taken_for
    # Writing
    findings: Callable[[tuple[Finding, ...], str], tuple[Finding, ...]] = same
    droppable: Callable[[tuple[Finding, ...]], tuple[Finding, ...]] = decisions.droppable
    not_stored: Callable[[tuple[Finding, ...]], tuple[Finding, ...]] = same
    constrained: Callable[[tuple[Finding, ...], str], tuple[Finding, ...]] = same
    dangling: Callable[[tuple[Finding, ...]], tuple[Finding, ...]] = same
    foreign: Callable[[tuple[str, ...]], tuple[str, ...]] = same
    read_only: Callable[[tuple[str, ...], tuple[str, ...]], tuple[str, ...]] = same
    patch: Callable[[Any, Body, str], Any] = same
    merge: Callable[[Any, Any], Any] = merging.merge
    native: Callable[[Codes, Body, Body, Body], Record] = native.settled
    reference: Callable[[Body, str | None], Record | None] = decisions.reference
    applies: Callable[[Body, str], bool] = decisions.applies
    value_schema: Callable[[Body], Body] = decisions.value_schema
    keep: Callable[[Record, str], Record] = same
    unchanged: Callable[[Body, Body, Callable[[Any, Any], bool]], bool] = unchanged
    taken: Callable[[Mapping[ExternalKey, str], str | None, str], tuple[str, ...]] = taken
    duplicates: Callable[[Mapping[Entry, str], str | None, str], tuple[str, ...]] = (
        decisions.duplicates
    )
    new_id: Callable[[Body, str], str] = new_id
    version: Callable[[Row | None, Body, int], str] = version
    times: Callable[[Row | None, int], tuple[int, int]] = times
    removal: Callable[[Row], Removal] = removal
    on_delete: Callable[[str], str] = same
    released: Callable[[tuple[Row, ...]], tuple[Row, ...]] = same
    commit: Commit = commit
    # Lists
    page: Callable[[Fetch, Criteria, int, int], tuple[list[Row], int | None]] = pages.page
    listed_until: Callable[[int], int | None] = listed_until
    cursor: Callable[[Cursor, str], str] = cursors.write
    position: Callable[[str, str], Cursor | None] = cursors.read
    expired: Callable[[Cursor, int, int], bool] = cursors.expired
    next_url: Callable[[str, str], str] = pages.next_url
    link: Callable[[str], str | None] = pages.link
    # Batches and controls
    batch_limit: Callable[[int], int] = same
    batch_offers: Callable[[str, tuple[str, ...]], bool] = batch_offers
    batch_call: Callable[[Call], Call] = same
    batch_result: Callable[[Record, Item], Record] = same
    batch: Callable[[Sequence[Item], Callable[[Item], Record]], list[Record]] = in_order
    effect: Callable[[Effect], Effect] = same
    # Answers
    serialise: Callable[[Record, str, Grant], Record] = same
    etag: Callable[[Record, str], str | None] = tags.etag
    location: Callable[[str, str], str] = pages.location
    answer: Callable[[Answer], Answer] = same
    problem: Callable[[Problem], Problem] = same
    problem_document: Callable[[Record], Record] = same
    content_type: Callable[[str, str], str] = answers.content_type
    encode: Callable[[Any], bytes] = answers.encode
    compress: Callable[[str | None, int], bool] = coding.wanted
    middleware: Callable[[App], App] = same
