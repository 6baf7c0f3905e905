"""Mistakes in walks through lists: what a filter finds, and where a page ends."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from sbw_reference.auth import Grant
from sbw_reference.cursors import Criteria, Cursor
from sbw_reference.defects.defect import Defect
from sbw_reference.pages import Fetch
from sbw_reference.places import found, pattern_of
from sbw_reference.query import DEFAULT_LIMIT
from sbw_reference.records import ExternalKey, Row, external_keys

Page = tuple[list[Row], int | None]
EVERYTHING = 1_000_000
LARGEST = 100
SEVERAL = 10
SECOND = 1_000  # milliseconds
MEMBERS = ("list?email", "list?organization", "list?applies_to")


def _named(fits: Callable[[tuple[ExternalKey, ...], str, str], bool]) -> Any:
    """Look for records whose external ids fit the app and the id asked for."""

    def make(original: Any) -> Any:
        def page(fetch: Fetch, criteria: Criteria, after: int, limit: int) -> Page:
            app, id_ = criteria.app, criteria.external_id
            if app is None or id_ is None:
                return cast(Page, original(fetch, criteria, after, limit))
            wider = replace(criteria, app=None, external_id=None)

            def fetch_fitting(_criteria: Criteria, start: int, count: int) -> list[Row]:
                rows = fetch(wider, start, EVERYTHING)
                return [row for row in rows if fits(external_keys(row.body), app, id_)][:count]

            return cast(Page, original(fetch_fitting, criteria, after, limit))

        return page

    return make


def _any_case(keys: tuple[ExternalKey, ...], app: str, id_: str) -> bool:
    return any((key.app, key.id.lower()) == (app, id_.lower()) for key in keys)


def _first_name(keys: tuple[ExternalKey, ...], app: str, id_: str) -> bool:
    return any((key.app, key.id) == (app, id_) for key in keys[:1])


def _before_colon(original: Any) -> Any:
    def external_id(text: str) -> tuple[str, str | None]:
        app, id_ = original(text)
        return app, id_.partition(":")[0] or id_ if id_ else id_

    return external_id


def _one_filter(criteria: Criteria) -> Criteria:
    """Look at external ids only, where an instant is asked for too."""
    return criteria if criteria.app is None else replace(criteria, updated_since=None)


def _all_or_nothing(original: Any) -> Any:
    """Find nothing where one of several ids is not there."""

    def page(fetch: Fetch, criteria: Criteria, after: int, limit: int) -> Page:
        wanted = criteria.ids
        if wanted is not None and len(fetch(criteria, 0, EVERYTHING)) < len(set(wanted)):
            return [], None
        return cast(Page, original(fetch, criteria, after, limit))

    return page


def _beginning(original: Any) -> Any:
    """Find too what begins like the value asked for."""

    def page(fetch: Fetch, criteria: Criteria, after: int, limit: int) -> Page:
        if not criteria.held:
            return cast(Page, original(fetch, criteria, after, limit))

        def begins(row: Row) -> bool:
            return all(
                any(str(text).startswith(one.text) for _, text in _texts(row, one.pointer))
                for one in criteria.held
            )

        def fetch_more(_criteria: Criteria, start: int, count: int) -> list[Row]:
            exact = {row.position for row in fetch(criteria, start, EVERYTHING)}
            rows = fetch(replace(criteria, held=()), start, EVERYTHING)
            return [row for row in rows if row.position in exact or begins(row)][:count]

        return cast(Page, original(fetch_more, criteria, after, limit))

    return page


def _texts(row: Row, pointer: str) -> list[tuple[Any, Any]]:
    return list(found(row.body, pattern_of(pointer)))


def _everywhere(asked: Callable[[Criteria], bool]) -> Any:
    """Look in all businesses where a filter is set."""

    def make(original: Any) -> Any:
        def reach(grant: Grant, operation: str, criteria: Criteria | None) -> str | None:
            within: str | None = original(grant, operation, criteria)
            return None if criteria is not None and asked(criteria) else within

        return reach

    return make


def _forgetting(**forgotten: Any) -> Any:
    """Leave a filter out of the cursor."""

    def make(original: Any) -> Any:
        def cursor(given: Cursor, scope: str) -> str:
            criteria = replace(given.criteria, **forgotten)
            return str(original(replace(given, criteria=criteria), scope))

        return cursor

    return make


def _losing_the_last(original: Any) -> Any:
    """Send 99 of a hundred and go on behind the hundredth."""

    def page(fetch: Fetch, criteria: Criteria, after: int, limit: int) -> Page:
        rows, following = original(fetch, criteria, after, limit)
        full = len(rows) == LARGEST and following is not None
        return (rows[:-1] if full else rows), following

    return page


def _by_second(_original: Any) -> Any:
    """Go on behind the second in which the last record of a page was made."""

    def page(fetch: Fetch, criteria: Criteria, after: int, limit: int) -> Page:
        rows = fetch(criteria, 0, EVERYTHING)
        rest = [row for row in rows if row.created_at // SECOND > after]
        following = rest[limit - 1].created_at // SECOND if len(rest) > limit else None
        return rest[:limit], following

    return page


def _endless(original: Any) -> Any:
    """Let the last page lead to itself, empty."""

    def page(fetch: Fetch, criteria: Criteria, after: int, limit: int) -> Page:
        rows, following = original(fetch, criteria, after, limit)
        if following is None:
            following = rows[-1].position if rows else after
        return rows, following

    return page


def _leading_on(original: Any) -> Any:
    """Let the page of a filter that finds nothing lead to itself."""

    def page(fetch: Fetch, criteria: Criteria, after: int, limit: int) -> Page:
        rows, following = original(fetch, criteria, after, limit)
        nothing = not rows and criteria != Criteria()
        return rows, after if nothing and following is None else following

    return page


def _empty_is(value: Any) -> Any:
    """Take an empty parameter for none."""
    return lambda original: lambda text: value if text == "" else original(text)


DEFECTS = (
    Defect(
        "external-id-filter-blind-for-case",
        "The filter by external id finds ids in another case",
        ("CORE-064",),
        ("list?external_id",),
        "page",
        _named(_any_case),
    ),
    Defect(
        "external-id-filter-sees-the-first",
        "The filter by external id looks at the first one of a record",
        ("CORE-064",),
        ("list?external_id",),
        "page",
        _named(_first_name),
    ),
    Defect(
        "external-id-filter-cut-at-colon",
        "In the filter by external id the id ends at its first colon",
        ("CORE-064",),
        ("list?external_id",),
        "external_id",
        _before_colon,
    ),
    Defect(
        "second-filter-ignored",
        "Of two filters, by external id and by instant, the second is passed over",
        ("CORE-065",),
        ("list?updated_since",),
        "criteria",
        lambda original: lambda criteria: _one_filter(original(criteria)),
    ),
    Defect(
        "ids-filter-all-or-nothing",
        "The filter by ids finds nothing where one of them is not there",
        ("CORE-066",),
        ("list?ids",),
        "page",
        _all_or_nothing,
    ),
    Defect(
        "ids-filter-takes-ten",
        f"Of many ids the filter takes {SEVERAL}",
        ("CORE-066",),
        ("list?ids",),
        "ids",
        lambda original: lambda text: original(text)[:SEVERAL],
    ),
    Defect(
        "ids-filter-in-all-businesses",
        "The filter by ids forgets whose records they are",
        ("CORE-014",),
        ("list?ids",),
        "reach",
        _everywhere(lambda criteria: criteria.ids is not None),
    ),
    Defect(
        "member-filters-in-all-businesses",
        "Filters for members forget whose records they are",
        ("CORE-014",),
        MEMBERS,
        "reach",
        _everywhere(lambda criteria: bool(criteria.held)),
    ),
    Defect(
        "member-filters-by-beginning",
        "Filters for members find values that begin like the one asked for",
        ("CORE-067",),
        MEMBERS,
        "page",
        _beginning,
    ),
    Defect(
        "next-forgets-updated-since",
        "The next page forgets the filter by the instant of the last change",
        ("CORE-065",),
        ("list?updated_since", "list?cursor"),
        "cursor",
        _forgetting(updated_since=None),
    ),
    Defect(
        "next-forgets-members",
        "The next page forgets filters for members",
        ("CORE-067",),
        (*MEMBERS, "list?cursor"),
        "cursor",
        _forgetting(held=()),
    ),
    Defect(
        "largest-page-loses-one",
        f"A page of {LARGEST} items has one less, and the next begins behind it",
        ("CORE-075",),
        ("list?limit",),
        "page",
        _losing_the_last,
    ),
    Defect(
        "pages-by-second",
        "The next page begins behind the second in which the last record was made",
        ("CORE-075", "CORE-065", "CORE-067"),
        ("list=200",),
        "page",
        _by_second,
    ),
    Defect(
        "walk-without-end",
        "The last page leads to an empty one, which leads to itself",
        ("CORE-146",),
        ("list=200",),
        "page",
        _endless,
    ),
    Defect(
        "nothing-found-leads-on",
        "The empty page of a filter that finds nothing leads to itself",
        ("CORE-146",),
        ("list=200",),
        "page",
        _leading_on,
    ),
    Defect(
        "empty-limit-falls-back",
        "A limit that is empty is passed over",
        ("CORE-056",),
        ("list?limit",),
        "limit",
        _empty_is(DEFAULT_LIMIT),
    ),
)
