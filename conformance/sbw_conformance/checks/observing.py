"""What observers see of an exchange, and what they say of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from sbw_conformance.exchanges import Exchange
from sbw_conformance.target import Target
from sbw_validator.schemas import Schemas
from sbw_validator.standard import Standard

MOST_ITEMS = 500
"""Items of a page that are looked at; no page is to have more than 100."""


@dataclass(frozen=True)
class View:
    """What an observer knows beside the exchange; `own` holds (type, id) of records we made."""

    target: Target
    standard: Standard
    schemas: Schemas
    own: frozenset[tuple[str, str]] | set[tuple[str, str]]


@dataclass(frozen=True)
class Found:
    """One thing an observer found.

    An observer with one requirement returns only what is wrong; one that names requirements
    itself says `ok` of those that hold.
    """

    requirement: str
    pointer: str
    expected: str
    got: str
    holds: bool = False

    @classmethod
    def ok(cls, requirement: str) -> Self:
        """The requirement holds in this exchange."""
        return cls(requirement, "", "", "", holds=True)


def records_in(exchange: Exchange) -> Iterator[tuple[str, Any]]:
    """Each record of a successful answer with its JSON Pointer, of a page the first MOST_ITEMS."""
    if exchange.request.resource is None:
        return
    if exchange.record is not None:
        yield "", exchange.record
    for index, item in enumerate((exchange.items or ())[:MOST_ITEMS]):
        yield f"/items/{index}", item
