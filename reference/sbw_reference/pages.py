"""Pages of a list, and the addresses that lead to them."""

from collections.abc import Callable
from urllib.parse import quote, urlencode

from sbw_reference.cursors import Criteria
from sbw_reference.records import Row

Fetch = Callable[[Criteria, int, int], list[Row]]
"""Gives the rows that match criteria, created after a position, that many at most, in order."""


def page(fetch: Fetch, criteria: Criteria, after: int, limit: int) -> tuple[list[Row], int | None]:
    """Return the rows of a page and the position where the next begins, None on the last.

    The order is that of creation, which nothing that happens during a walk can change.
    """
    rows = fetch(criteria, after, limit + 1)
    if len(rows) > limit:
        return rows[:limit], rows[limit - 1].position
    return rows, None


def next_url(collection: str, cursor: str) -> str:
    """Return the address of the next page; the cursor says all the rest."""
    return f"{collection}?{urlencode({'cursor': cursor})}"


def link(next_page: str) -> str:
    """Return the value of the Link header (RFC 8288) for the next page."""
    return f'<{next_page}>; rel="next"'


def location(collection: str, id_: str) -> str:
    """Return the address of a record."""
    return f"{collection}/{quote(id_, safe='~')}"
