"""Mistakes in the filters of lists."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from sbw_reference.cursors import Criteria
from sbw_reference.defects.defect import Defect
from sbw_reference.entries import Entry
from sbw_reference.pages import Fetch
from sbw_reference.places import found, pattern_of
from sbw_reference.records import ExternalKey, Row, external_keys

DAY = 86_400_000  # milliseconds
SECOND = 1_000
MOST = 5
EVERYTHING = 1_000_000
MEMBERS = ("list?email", "list?organization", "list?applies_to")
Page = tuple[list[Row], int | None]


def _selecting(change: Callable[[Criteria], Criteria]) -> Any:
    return lambda original: lambda criteria: change(original(criteria))


def _like(fits: Callable[[ExternalKey, str, str], bool]) -> Any:
    """Look for external ids that fit the app and the id asked for."""

    def make(original: Any) -> Any:
        def page(fetch: Fetch, criteria: Criteria, after: int, limit: int) -> Page:
            app, id_ = criteria.app, criteria.external_id
            if app is None or id_ is None:
                return cast(Page, original(fetch, criteria, after, limit))

            def fetch_like(_criteria: Criteria, start: int, count: int) -> list[Row]:
                rows = fetch(Criteria(None, None, criteria.updated_since), start, EVERYTHING)
                keyed = [(row, external_keys(row.body)) for row in rows]
                like = [row for row, keys in keyed if any(fits(key, app, id_) for key in keys)]
                return like[:count]

            return cast(Page, original(fetch_like, criteria, after, limit))

        return page

    return make


def _created_since(original: Any) -> Any:
    """Take the instant of creation for that of the last change."""

    def page(fetch: Fetch, criteria: Criteria, after: int, limit: int) -> Page:
        since = criteria.updated_since
        if since is None:
            return cast(Page, original(fetch, criteria, after, limit))

        def fetch_new(_criteria: Criteria, start: int, count: int) -> list[Row]:
            rows = fetch(replace(criteria, updated_since=None), start, EVERYTHING)
            return [row for row in rows if row.created_at >= since][:count]

        return cast(Page, original(fetch_new, criteria, after, limit))

    return page


def _of_members(fits: Callable[[Row, Entry], bool]) -> Any:
    """Look at all records for what a filter for a member asks for."""

    def make(original: Any) -> Any:
        def page(fetch: Fetch, criteria: Criteria, after: int, limit: int) -> Page:
            if not criteria.held:
                return cast(Page, original(fetch, criteria, after, limit))

            def fetch_fitting(_criteria: Criteria, start: int, count: int) -> list[Row]:
                rows = fetch(replace(criteria, held=()), start, EVERYTHING)
                fitting = [row for row in rows if all(fits(row, one) for one in criteria.held)]
                return fitting[:count]

            return cast(Page, original(fetch_fitting, criteria, after, limit))

        return page

    return make


def _texts_at(row: Row, entry: Entry) -> list[str]:
    return [str(value) for _, value in found(row.body, pattern_of(entry.pointer))]


def _case_blind(row: Row, entry: Entry) -> bool:
    return entry.text.lower() in [text.lower() for text in _texts_at(row, entry)]


def _first_only(row: Row, entry: Entry) -> bool:
    first = _texts_at(row, entry)[:1]
    return [entry.text.lower()] == [text.lower() for text in first]


def _since(change: Callable[[int], int]) -> Any:
    return lambda original: lambda text: change(original(text))


def _last_colon(original: Any) -> Any:
    def external_id(text: str) -> tuple[str, str | None]:
        app, id_ = original(text)
        return app, id_.partition("+")[0] if id_ and "+" in id_ else id_

    return external_id


DEFECTS = (
    Defect(
        "app-filter-ignored",
        "The filter by the app of an external id is passed over",
        ("CORE-064",),
        ("list?external_id",),
        "criteria",
        _selecting(
            lambda criteria: (
                criteria if criteria.external_id is not None else replace(criteria, app=None)
            )
        ),
    ),
    Defect(
        "external-id-filter-without-app",
        "The filter by external id looks at the id only",
        ("CORE-064",),
        ("list?external_id",),
        "page",
        _like(lambda key, _app, id_: key.id == id_),
    ),
    Defect(
        "external-id-filter-by-beginning",
        "The filter by external id finds ids that begin like the one asked for",
        ("CORE-064",),
        ("list?external_id",),
        "page",
        _like(lambda key, app, id_: key.app == app and key.id.startswith(id_)),
    ),
    Defect(
        "external-id-decoded-badly",
        "What stands behind a plus sign in the filter by external id is lost",
        ("CORE-064",),
        ("list?external_id",),
        "external_id",
        _last_colon,
    ),
    Defect(
        "updated-since-ignored",
        "The filter by the instant of the last change is passed over",
        ("CORE-065",),
        ("list?updated_since",),
        "criteria",
        _selecting(lambda criteria: replace(criteria, updated_since=None)),
    ),
    Defect(
        "updated-since-later-only",
        "The filter leaves out what changed at the very instant",
        ("CORE-065",),
        ("list?updated_since",),
        "instant",
        _since(lambda since: since + 1),
    ),
    Defect(
        "updated-since-by-day",
        "The filter looks at the day only",
        ("CORE-065",),
        ("list?updated_since",),
        "instant",
        _since(lambda since: since - since % DAY),
    ),
    Defect(
        "updated-since-by-second",
        "The filter cuts the instant to seconds",
        ("CORE-065",),
        ("list?updated_since",),
        "instant",
        _since(lambda since: since - since % SECOND),
    ),
    Defect(
        "updated-since-means-created",
        "The filter looks at the instant of creation",
        ("CORE-065",),
        ("list?updated_since",),
        "page",
        _created_since,
    ),
    Defect(
        "ids-filter-ignored",
        "The filter by ids is passed over",
        ("CORE-066",),
        ("list?ids",),
        "criteria",
        _selecting(lambda criteria: replace(criteria, ids=None)),
    ),
    Defect(
        "ids-filter-takes-one",
        "Of several ids the filter takes the first",
        ("CORE-066",),
        ("list?ids",),
        "ids",
        lambda original: lambda text: original(text)[:1],
    ),
    Defect(
        "member-filters-ignored",
        "Filters for members are passed over",
        ("CORE-067",),
        MEMBERS,
        "criteria",
        _selecting(lambda criteria: replace(criteria, held=())),
    ),
    Defect(
        "member-filters-compare-text",
        "Filters for members compare text, not values",
        ("CORE-067",),
        MEMBERS,
        "page",
        _of_members(lambda row, entry: entry.text in _texts_at(row, entry)),
    ),
    Defect(
        "member-filters-blind-for-case",
        "Filters for members find what is written in another case",
        ("CORE-067",),
        MEMBERS,
        "page",
        _of_members(_case_blind),
    ),
    Defect(
        "member-filters-see-the-first",
        "Filters for members look at the first element of an array",
        ("CORE-067",),
        MEMBERS,
        "page",
        _of_members(_first_only),
    ),
)
