"""Lists: pages, cursors, filters."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import event
from tests.reference.support import Api, named, serving

from sbw_reference import cursors, query
from sbw_reference.cursors import Criteria, Cursor
from sbw_reference.problems import Refusal
from sbw_reference.server import Running, Settings
from sbw_validator.validation import validate


def _series(api: Api, count: int, app: str) -> list[str]:
    return [api.create(named(number, app))["id"] for number in range(count)]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 6, 7])
def test_a_walk_shows_each_record_once(anywhere: Running, limit: int) -> None:
    """Page by page, in the order of creation, for lengths that divide the list and others."""
    api, app = Api(anywhere), f"com.walk-{limit}"
    made = _series(api, 6, app)
    walked = list(api.walk(f"/contacts?external_id={app}&limit={limit}"))
    assert [item["id"] for item in walked] == made


def test_a_page_says_where_the_next_is(api: Api) -> None:
    """In body and header alike, under the base that was asked; the last page says nothing."""
    _series(api, 3, "com.next")
    first = api("GET", "/contacts?external_id=com.next&limit=2")
    assert validate(first.value, type="page") == []
    following = first.value["next"]
    assert first.headers["link"] == f'<{following}>; rel="next"'
    assert following.startswith(f"{api.url}/contacts?cursor=")
    last = api("GET", following)
    assert (len(last.value["items"]), "next" in last.value) == (1, False)
    assert "link" not in last.headers
    other = api("GET", "/contacts?limit=1", Host="api.example.com").value["next"]
    assert other.startswith("http://api.example.com/contacts?")


def test_a_cursor_carries_its_filter_and_limit(api: Api) -> None:
    """It goes on alone, with the same filter or another limit, and with no other filter."""
    _series(api, 5, "com.carry")
    _series(api, 1, "com.other")
    path = "/contacts?external_id=com.carry&limit=1"
    cursor = parse_qs(urlsplit(api("GET", path).value["next"]).query)["cursor"][0]
    assert len(api("GET", f"/contacts?cursor={cursor}").value["items"]) == 1
    assert len(api("GET", f"/contacts?cursor={cursor}&limit=9").value["items"]) == 4
    assert api("GET", f"/contacts?cursor={cursor}&external_id=com.carry").status == 200
    answer = api("GET", f"/contacts?cursor={cursor}&external_id=com.other")
    assert answer.problem() == (400, "invalid-parameter")


def test_a_walk_survives_writes(anywhere: Running) -> None:
    """While others are deleted, changed and added, what stays is shown once."""
    api = Api(anywhere)
    made = _series(api, 9, "com.survive")
    seen: list[str] = []
    following = "/contacts?external_id=com.survive&limit=2"
    while following:
        page = api("GET", following).value
        seen += [item["id"] for item in page["items"]]
        following = page.get("next", "")
        if len(seen) == 4:
            api("DELETE", f"/contacts/{made[0]}")
            api("DELETE", f"/contacts/{made[3]}")
            for one in (made[1], made[8]):
                api("PATCH", f"/contacts/{one}", {"name": {"given": "New"}}, If_Match="*")
            _series(api, 1, "com.else")
    assert sorted(seen) == sorted(made[:9])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("com.f", "0123"), ("com.f:x", "0"), ("com.f:x:y", "1"), ("com.f:xy", "2"), ("com.g:x", "3")],
)
def test_external_id_selects(anywhere: Running, text: str, wanted: str) -> None:
    """The app alone, or the app with the whole id behind the first colon."""
    api = Api(anywhere)
    known = {item["id"] for item in api.walk("/contacts?external_id=com.f")}
    if not known:
        for id_ in ("x", "x:y", "xy"):
            api.create(named(id_, "com.f"))
        both = named("z", "com.f")
        both["external_ids"].append({"app": "com.g", "id": "x"})
        both["external_ids"].append({"app": "com.f", "account": "second", "id": "z"})
        api.create(both)
    everything = [item["id"] for item in api.walk("/contacts?external_id=com.f")]
    got = [item["id"] for item in api.walk(f"/contacts?external_id={text}")]
    assert got == [everything[int(place)] for place in wanted]


def test_updated_since_includes_the_instant(anywhere: Running) -> None:
    """What changed at the instant or later, to the millisecond, in any spelling of it."""
    api = Api(anywhere)
    records = [api.create() for _ in range(3)]
    changed = api("PATCH", f"/contacts/{records[0]['id']}", {"name": {"given": "X"}}, If_Match="*")
    since = changed.value["meta"]["updated_at"]
    for text in (since, since.replace("Z", "%2B00:00"), since.replace("Z", "000Z")):
        found = [item["id"] for item in api.walk(f"/contacts?updated_since={text}&limit=1")]
        assert found == [records[0]["id"]]
    later = since.replace("Z", "001Z")
    assert list(api.walk(f"/contacts?updated_since={later}")) == []
    both = f"/contacts?updated_since={records[0]['meta']['updated_at']}&external_id=com.none"
    assert list(api.walk(both)) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("limit=0", "invalid-parameter"),
        ("limit=101", "invalid-parameter"),
        ("limit=ten", "invalid-parameter"),
        ("limit=1&limit=1", "invalid-parameter"),
        ("limit=", "invalid-parameter"),
        ("cursor=", "invalid-parameter"),
        ("cursor=%C3%BC", "invalid-parameter"),
        ("cursor=bm8gY3Vyc29y", "invalid-parameter"),
        ("updated_since=yesterday", "invalid-parameter"),
        ("updated_since=2026-02-30T00:00:00Z", "invalid-parameter"),
        ("updated_since=2026-02-03T00:00:00", "invalid-parameter"),
        ("external_id=", "invalid-parameter"),
        ("external_id=com.a:", "invalid-parameter"),
        ("Limit=1", "unknown-parameter"),
        ("offset=1", "unknown-parameter"),
    ],
)
def test_parameters_are_strict(api: Api, text: str, problem: str) -> None:
    """A parameter that is unknown or of no use is never passed over."""
    assert api("GET", f"/contacts?{text}").problem() == (400, problem)
    assert api("GET", "/contacts?limit=100").status == 200


def test_a_cursor_belongs_to_its_list() -> None:
    """Cursors come back as they were; one of another business, or a changed one, is none."""
    cursor = Cursor(7, 50, Criteria("com.a", "b:c", 12))
    text = cursors.write(cursor, "one contact")
    assert cursors.read(text, "one contact") == cursor
    assert cursors.read(text, "two contact") is None
    changed = ("A" if text[0] != "A" else "B") + text[1:]
    assert cursors.read(changed, "one contact") is None


def test_instants_are_rounded_up_to_the_millisecond() -> None:
    """An instant between two milliseconds begins with the second."""
    assert query.instant("1970-01-01T00:00:01Z") == 1000
    assert query.instant("1970-01-01T01:00:01.5+01:00") == 1500
    assert query.instant("1970-01-01T00:00:00.0000001Z") == 1
    with pytest.raises(Refusal):
        query.instant("1970-01-01T24:00:01Z")


def test_walks_are_complete_in_a_large_tenant() -> None:
    """Thousands of records are walked by position, a few recent ones are found among them."""
    settings = Settings(seed_data=3000, classes=("core", "contacts"))
    with serving(settings) as running:
        api = Api(running)
        since = api.create(named(1, "com.large"))["meta"]["updated_at"]
        assert len(list(api.walk(f"/contacts?updated_since={since}"))) == 1
        assert len(list(api.walk("/contacts?limit=100"))) == 3001
        everything = "/contacts?updated_since=2000-01-01T00:00:00Z&limit=100"
        assert len(list(api.walk(everything))) == 3001


def test_lists_are_flat_in_the_size_of_the_tenant(running: Running) -> None:
    """SQLite answers each list from an index: it scans no table and sorts no more than a page."""
    api = Api(running)
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: object) -> None:
        seen.append((statement, values))

    event.listen(running.store.engine, "before_cursor_execute", note)
    instant = "2026-01-01T00:00:00Z"
    for text in ("", "external_id=com.a", "external_id=com.a:1", f"updated_since={instant}"):
        assert api("GET", f"/contacts?{text}").status == 200
    event.remove(running.store.engine, "before_cursor_execute", note)
    lists = [(text, values) for text, values in seen if "record" in text]
    assert len(lists) == 5
    with running.store.reading() as connection:
        for text, values in lists:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values).all()
            steps = [row[-1] for row in plan]
            assert not any(step.startswith("SCAN record") for step in steps), (text, steps)
            # What is looked up by position is sorted, and is no more than a page.
            assert "position IN (" in text or not any("ORDER BY" in step for step in steps)
