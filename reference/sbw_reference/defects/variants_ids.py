"""Freedoms of what is opaque: ids, versions and cursors of every shape that the schemas allow."""

import itertools
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from sbw_reference.cursors import Cursor
from sbw_reference.defects.variants import Variant

LONGEST_ID = 128
LONGEST_VERSION = 64
ODD = "~._-"
CURSOR_TAIL = "/+= ?&#%~\u00e9"
"""Behind a cursor's text: what stands in an address in another spelling only."""

_TYPE: ContextVar[str] = ContextVar("type", default="")


def written_type() -> str:
    """Return the type of the record that is being written."""
    return _TYPE.get()


class Counters:
    """Counts from 1 for each type, over all businesses, as the key of a table does."""

    def __init__(self) -> None:
        self._counts: dict[str, Iterator[int]] = defaultdict(lambda: itertools.count(1))
        self._lock = threading.Lock()

    def next(self) -> str:
        """Return the next number of the type that is written."""
        with self._lock:
            return str(next(self._counts[_TYPE.get()]))


def typed(original: Any) -> Any:
    """Let those who give ids know for which type."""

    def commit(store: Any, tenant: str, type_: str, *rest: Any) -> Any:
        told = _TYPE.set(type_)
        try:
            return original(store, tenant, type_, *rest)
        finally:
            _TYPE.reset(told)

    return commit


def _counted(_original: Any) -> Callable[..., str]:
    counters = Counters()
    return lambda _body, _tenant: counters.next()


def _longest(text: str, length: int) -> str:
    """Return a text filled up to a length with all characters that are odd in an address."""
    return (ODD * length)[: length - len(text)] + text


def _long_id(original: Any) -> Callable[..., str]:
    return lambda body, tenant: _longest(original(body, tenant), LONGEST_ID)


def _long_version(original: Any) -> Callable[..., str]:
    return lambda before, body, sequence: _longest(
        original(before, body, sequence), LONGEST_VERSION
    )


def _odd_cursor(original: Any) -> Callable[..., str]:
    def cursor(found: Cursor, scope: str) -> str:
        text: str = original(found, scope)
        return text + CURSOR_TAIL

    return cursor


def _odd_position(original: Any) -> Any:
    def position(text: str, scope: str) -> Cursor | None:
        found = text.removesuffix(CURSOR_TAIL)
        return None if found == text else original(found, scope)

    return position


VARIANTS = (
    Variant(
        "counted-ids",
        "Ids are whole numbers, counted type by type",
        {"new_id": _counted, "commit": typed},
    ),
    Variant(
        "long-ids",
        f"Ids have {LONGEST_ID} characters and versions {LONGEST_VERSION}, with every odd one",
        {"new_id": _long_id, "version": _long_version},
    ),
    Variant(
        "odd-cursors",
        "Cursors hold what an address has to spell in another way",
        {"cursor": _odd_cursor, "position": _odd_position},
    ),
)
