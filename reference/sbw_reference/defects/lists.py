"""Mistakes in lists: pages, limits, cursors."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sbw_reference.answers import Answer
from sbw_reference.cursors import Criteria, Cursor
from sbw_reference.defects.defect import Defect, answered
from sbw_reference.pages import Fetch
from sbw_reference.problems import Problem, Refusal, invalid_parameter
from sbw_reference.records import Row

Page = tuple[list[Row], int | None]
MINUTE = 60_000  # milliseconds
EVERYTHING = 1_000_000
LARGEST_HERE = 50
INTERNAL = "http://10.0.0.5:8080"


def _at_most(original: Any) -> Any:
    def limit(text: str | None) -> int:
        found = int(original(text))
        if found > LARGEST_HERE:
            raise invalid_parameter("limit", f"at most {LARGEST_HERE}")
        return found

    return limit


def _forgiving(original: Any, instead: Any) -> Any:
    """Take a value in place of one that is of no use."""

    def read(text: Any) -> Any:
        try:
            return original(text)
        except Refusal:
            return instead

    return read


def _restarting(original: Any) -> Any:
    def position(text: str, scope: str) -> Cursor:
        return original(text, scope) or Cursor(0, 50, Criteria())

    return position


def _one_more(page: Any) -> Any:
    return lambda fetch, criteria, after, limit: page(fetch, criteria, after, limit + 1)


def _always_fifty(page: Any) -> Any:
    return lambda fetch, criteria, after, _limit: page(fetch, criteria, after, 50)


def _all_at_once(page: Any) -> Any:
    """Send everything where no limit is given."""
    return lambda fetch, criteria, after, limit: page(
        fetch, criteria, after, EVERYTHING if limit == 50 else limit
    )


def _repeating(page: Any) -> Any:
    """Begin the next page with the last record of this one."""

    def repeating(fetch: Fetch, criteria: Criteria, after: int, limit: int) -> Page:
        rows, following = page(fetch, criteria, after, limit)
        return rows, following - 1 if following is not None and len(rows) > 1 else following

    return repeating


def _whole_pages(page: Any) -> Any:
    """Leave out the last page if it is not full, as the number of pages is rounded down."""

    def whole(fetch: Fetch, criteria: Criteria, after: int, limit: int) -> Page:
        rows, following = page(fetch, criteria, after, limit)
        if following is not None and len(fetch(criteria, following, limit)) < limit:
            return rows, None
        return rows, following

    return whole


def _by_offset(_page: Any) -> Any:
    """Count records instead of naming one: what is deleted before moves the rest up."""

    def offset(fetch: Fetch, criteria: Criteria, after: int, limit: int) -> Page:
        rows = fetch(criteria, 0, after + limit + 1)[after:]
        return rows[:limit], after + limit if len(rows) > limit else None

    return offset


def _latest_first(_page: Any) -> Any:
    """Order by the last change and count: what changes moves to the front."""

    def latest(fetch: Fetch, criteria: Criteria, after: int, limit: int) -> Page:
        rows = sorted(fetch(criteria, 0, EVERYTHING), key=lambda row: -row.updated_at)
        end = after + limit
        return rows[after:end], end if len(rows) > end else None

    return latest


def _moved(change: Callable[[str], str]) -> Any:
    return lambda original: lambda collection, cursor: original(change(collection), cursor)


def _elsewhere(collection: str) -> str:
    return INTERNAL + "/" + collection.rpartition("/")[2]


def _null_next(answer: Answer) -> Answer:
    if answer.kind != "json" or "next" in answer.document:
        return answer
    return replace(answer, document={**answer.document, "next": None})


def _expiring(minutes: int) -> Any:
    """Let a cursor expire so long after it was given out."""

    def make(original: Any) -> Any:
        def expired(cursor: Cursor, epoch: int, now: int) -> bool:
            return original(cursor, epoch, now) or now - cursor.given > minutes * MINUTE

        return expired

    return make


def _refused_as(status: int, name: str | None) -> Any:
    """Change how a cursor that has expired is refused."""

    def make(original: Any) -> Any:
        def problem(found: Problem) -> Problem:
            given: Problem = original(found)
            if given.name != "cursor-expired":
                return given
            return replace(given, status=status, name=name)

        return problem

    return make


DEFECTS = (
    Defect(
        "page-without-link",
        "A page has no Link header",
        ("CORE-073",),
        ("list=200",),
        "link",
        lambda _original: lambda _next: None,
    ),
    Defect(
        "link-without-relation",
        "The Link header does not say that it leads to the next page",
        ("CORE-073",),
        ("list=200",),
        "link",
        lambda _original: lambda next_: f"<{next_}>",
    ),
    Defect(
        "last-page-next-null",
        "The next of the last page is null",
        ("CORE-073",),
        ("list=200",),
        "answer",
        answered("list", _null_next),
    ),
    Defect(
        "limit-ignored",
        "A page has 50 items whatever limit says",
        ("CORE-074",),
        ("list=200",),
        "page",
        _always_fifty,
    ),
    Defect(
        "limit-one-more",
        "A page has one item more than asked for",
        ("CORE-074",),
        ("list=200",),
        "page",
        _one_more,
    ),
    Defect(
        "limit-at-most-50",
        "A limit above 50 is refused",
        ("CORE-074", "CORE-073"),
        ("list?limit",),
        "limit",
        _at_most,
    ),
    Defect(
        "default-page-of-everything",
        "Where no limit is given everything is sent at once",
        ("CORE-074",),
        ("list=200",),
        "page",
        _all_at_once,
    ),
    Defect(
        "limit-falls-back",
        "A limit of no use is passed over",
        ("CORE-056",),
        ("list=400",),
        "limit",
        lambda original: _forgiving(original, 50),
    ),
    Defect(
        "timestamp-falls-back",
        "A timestamp that is none is passed over",
        ("CORE-056",),
        ("list=400",),
        "instant",
        lambda original: _forgiving(original, 0),
    ),
    Defect(
        "cursor-falls-back",
        "A cursor that is none begins again",
        ("CORE-056",),
        ("list=400",),
        "position",
        _restarting,
    ),
    Defect(
        "pages-overlap",
        "The next page begins with the last record of the page before",
        ("CORE-075",),
        ("list=200",),
        "page",
        _repeating,
    ),
    Defect(
        "last-page-lost",
        "A last page that is not full is left out",
        ("CORE-075",),
        ("list=200",),
        "page",
        _whole_pages,
    ),
    Defect(
        "pages-by-offset",
        "Pages count records, so that a deletion hides one",
        ("CORE-075",),
        ("list=200",),
        "page",
        _by_offset,
    ),
    Defect(
        "pages-by-last-change",
        "Pages are ordered by the last change, so that a change moves a record",
        ("CORE-075",),
        ("list=200",),
        "page",
        _latest_first,
    ),
    Defect(
        "next-forgets-filter",
        "The next page forgets the filter",
        ("CORE-064", "CORE-065", "CORE-067"),
        ("list?cursor",),
        "cursor",
        lambda original: (
            lambda cursor, scope: original(replace(cursor, criteria=Criteria()), scope)
        ),
    ),
    Defect(
        "next-with-internal-host",
        "The address of the next page has the host behind the proxy",
        ("CORE-077",),
        ("list=200",),
        "next_url",
        _moved(_elsewhere),
    ),
    Defect(
        "next-with-other-scheme",
        "The address of the next page has another scheme",
        ("CORE-077",),
        ("list=200",),
        "next_url",
        _moved(lambda collection: collection.replace("http://", "https://", 1)),
    ),
    Defect(
        "cursor-for-half-an-hour",
        "A cursor works for half an hour",
        ("CORE-078",),
        ("list?cursor",),
        "expired",
        _expiring(30),
    ),
    Defect(
        "cursor-for-an-hour-in-all",
        "A cursor works for an hour and a half, however often it is used",
        ("CORE-078",),
        ("list?cursor",),
        "expired",
        _expiring(90),
    ),
    Defect(
        "expired-cursor-invalid",
        "A cursor that has expired is refused as one that never was",
        ("CORE-079",),
        ("list=410",),
        "problem",
        _refused_as(400, "invalid-parameter"),
    ),
    Defect(
        "expired-cursor-untyped",
        "A cursor that has expired is gone like any address",
        ("CORE-079",),
        ("list=410",),
        "problem",
        _refused_as(410, None),
    ),
    Defect(
        "expired-cursor-goes-on",
        "Cursors that were let expire still work",
        ("CORE-079",),
        ("list=410",),
        "expired",
        lambda _original: lambda _cursor, _epoch, _now: False,
    ),
)
