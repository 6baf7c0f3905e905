"""Mistakes with what a write depends on: it is looked at before the transaction that writes."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import repeat
from typing import Any

from sbw_reference.defects.commits import Asked, instead
from sbw_reference.defects.defect import Defect, Fire
from sbw_reference.defects.races import WINDOW
from sbw_reference.problems import Problem, Refusal
from sbw_reference.records import ExternalKey, Row, now
from sbw_reference.store import Change, Which
from sbw_reference.turns import Memory, Scope, Turn, numbers_of

SPARE = 20
"""Numbers that are taken for what is decided outside of a turn."""


class Glance(Turn):
    """A turn that is none: others write meanwhile, and what is to be remembered waits."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.kept: list[tuple[Scope, str, Memory]] = []

    def remember(self, scope: Scope, key: str, memory: Memory) -> None:
        """Keep what is to be remembered."""
        self.kept.append((scope, key, memory))


def _decided_early(kind: type | None) -> Any:
    """Decide on writes to what is named so by a look before the transaction."""

    def carry_out(asked: Asked, fire: Fire) -> Sequence[Change]:
        if not _is(asked.which, kind):
            return asked.done(asked.decide)
        with asked.store.writing() as connection:
            instant, numbers = numbers_of(connection, asked.tenant, SPARE)
        with asked.store.reading() as connection:
            seen = Glance(connection, asked.tenant, asked.type, asked.which, instant, numbers)
            changes = asked.decide(seen)
        time.sleep(WINDOW)

        def write(turn: Turn) -> Sequence[Change]:
            if any(turn.recall(scope, key) for scope, key, _ in seen.kept):
                return asked.decide(turn)
            if _has_changed(turn, seen.row, changes):
                fire()
            for scope, key, memory in seen.kept:
                turn.remember(scope, key, memory)
            return changes

        return asked.done(write)

    return instead(carry_out)


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

    def carry_out(asked: Asked, fire: Fire) -> Sequence[Change]:
        if not isinstance(asked.which, str):
            return asked.done(asked.decide)
        early = asked.store.find(asked.tenant, asked.type, asked.which)
        time.sleep(WINDOW)

        def late(turn: Turn) -> Sequence[Change]:
            row = seen(early, turn.row)
            if row != turn.row:
                fire()
            turn.row = row
            return asked.decide(turn)

        return asked.done(late)

    return instead(carry_out)


def _with_old_version(early: Row | None, row: Row | None) -> Row | None:
    return replace(row, version=early.version) if early and row else row


def _with_old_members(early: Row | None, row: Row | None) -> Row | None:
    return replace(row, body=early.body) if early and row else row


def _as_if_it_were_there(early: Row | None, row: Row | None) -> Row | None:
    return early if row is None else row


def _overtaken(kind: type | None) -> Any:
    """Let the database refuse what the look before the transaction let pass, and fail by it."""

    def carry_out(asked: Asked, fire: Fire) -> Sequence[Change]:
        if not _is(asked.which, kind):
            return asked.done(asked.decide)
        with asked.store.reading() as connection:
            seen = Glance(connection, asked.tenant, asked.type, asked.which, now(), repeat(0))
            asked.decide(seen)
        time.sleep(WINDOW)

        def late(turn: Turn) -> Sequence[Change]:
            if seen.row is None and turn.row is not None:
                raise Refusal(Problem(409))
            return asked.decide(turn)

        try:
            return asked.done(late)
        except Refusal as refusal:
            if refusal.problem.status != 409:
                raise
            fire()
            raise Refusal(Problem(500, detail="A constraint was violated.")) from None

    return instead(carry_out)


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
)
