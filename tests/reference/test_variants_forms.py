"""Variants of ids, lists, values and operations: what each does that the others do not."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.reference.support import MINIMAL, Api, named, serving

from sbw_reference.defects import behave, variants_http, variants_lists
from sbw_validator.validation import validate


@contextmanager
def apart(variant: str) -> Iterator[Api]:
    """Serve a variant to a client."""
    with serving(behaviour=behave(None, variant).behaviour) as running:
        yield Api(running)


def operations(api: Api, type_: str) -> list[str]:
    """The operations of a resource that the landing page declares."""
    found: list[str] = api("GET", "/").value["resources"][type_]["operations"]
    return found


def test_ids_are_counted_type_by_type() -> None:
    """`counted-ids` gives an organization and a contact the same number."""
    with apart("counted-ids") as api:
        made = [api.create()["id"] for _ in range(3)]
        assert [int(id_) - int(made[0]) for id_ in made] == [0, 1, 2]
        other = api("POST", "/organizations", {"name": "Ada & Co"}).value["id"]
        assert other.isdecimal()
        assert api("GET", f"/contacts/{made[2]}").value["id"] == made[2]


def test_ids_are_as_long_as_they_may_be() -> None:
    """`long-ids` fills ids and versions with what is odd in an address; they stay valid."""
    with apart("long-ids") as api:
        record = api.create()
        assert re.fullmatch(r"~[A-Za-z0-9._~-]{127}", record["id"])
        assert len(record["meta"]["version"]) == 64
        assert validate(record) == []
        assert api("GET", f"/contacts/{record['id']}").value == record


def test_cursors_are_spelled_in_many_ways() -> None:
    """`odd-cursors` can be followed as they are, and not without their end."""
    with apart("odd-cursors") as api:
        made = [api.create(named(number))["id"] for number in range(3)]
        assert [item["id"] for item in api.walk("/contacts?limit=1")] == made
        following = api("GET", "/contacts?limit=1").value["next"]
        cut = following.partition("%2F%2B")[0]
        assert api("GET", cut).problem() == (400, "invalid-parameter")


def test_pages_are_as_short_and_as_long_as_can_be() -> None:
    """`pages-of-one` shows one at a time, `long-pages` takes a limit of 200 and no more."""
    with apart("pages-of-one") as api:
        made = [api.create(named(number))["id"] for number in range(3)]
        assert len(api("GET", "/contacts?limit=100").value["items"]) == 1
        assert [item["id"] for item in api.walk("/contacts")] == made
    with apart("long-pages") as api:
        assert api("GET", "/contacts?limit=200").status == 200
        assert api("GET", "/contacts?limit=201").problem() == (400, "invalid-parameter")
        assert api("GET", "/contacts?limit=0").problem() == (400, "invalid-parameter")


def test_lists_lag_behind_every_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """`lagging` lists what was there before, while reading by id shows what is there now."""
    monkeypatch.setattr(variants_lists, "SETTLE_MILLISECONDS", 1000)
    with apart("lagging") as api:
        gone, changed = api.create(named(1)), api.create(named(2))
        assert list(api.walk("/contacts")) == []
        until_listed(api, [gone, changed])
        at = f"/contacts/{changed['id']}"
        headers = {"If_Match": f'"{changed["meta"]["version"]}"'}
        now = api("PATCH", at, {"nickname": "Al"}, **headers).value
        assert api("DELETE", f"/contacts/{gone['id']}").status == 204
        assert list(api.walk("/contacts")) == [gone, changed]
        assert api("GET", at).value == now
        assert api("GET", f"/contacts/{gone['id']}").status == 404
        until_listed(api, [now])


def until_listed(api: Api, wanted: list[dict[str, Any]], seconds: float = 20) -> None:
    """Wait until a list shows these records and no others."""
    deadline = time.monotonic() + seconds
    while list(api.walk("/contacts")) != wanted:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_some_operations_are_left_out() -> None:
    """Of one resource only, or of all."""
    with apart("read-only-organizations") as api:
        assert operations(api, "organization") == ["list", "read"]
        assert "create" in operations(api, "contact")
        assert api("POST", "/organizations", {"name": "Ada & Co"}).problem() == (405, "about:blank")
    with apart("append-only") as api:
        assert sorted(operations(api, "contact")) == ["create", "list", "read"]
        assert api("DELETE", f"/contacts/{api.create()['id']}").problem() == (405, "about:blank")
    with apart("one-way-in") as api:
        assert "delete" not in operations(api, "organization")
        assert "update" in operations(api, "organization")


def test_values_have_one_spelling() -> None:
    """`one-spelling` composes text and writes domains in lower case, local parts as they are."""
    body = {
        "name": {"full": "Zoe\u0308"},
        "emails": [{"address": "Ada@EXAMPLE.com"}],
        "language": "de-CH",
        "tags": ["b", "a"],
    }
    with apart("one-spelling") as api:
        record = api.create(body)
    assert record["name"]["full"] == "Zo\u00eb"
    assert record["emails"][0]["address"] == "Ada@example.com"
    assert (record["language"], record["tags"]) == ("de-ch", ["a", "b"])


def test_records_are_shown_in_other_forms() -> None:
    """`empty-arrays`, `fine-instants` and `no-origin` do what they say, and stay valid."""
    with apart("empty-arrays") as api:
        record = api.create()
        assert record["emails"] == record["tags"] == []
        assert validate(record) == []
    with apart("fine-instants") as api:
        record = api.create()
        assert re.fullmatch(r".*T\d\d:\d\d:\d\d(\.\d{9})?Z", record["meta"]["created_at"])
    with apart("no-origin") as api:
        assert set(api.create()["meta"]) == {"created_at", "updated_at", "version"}
        refused = api("POST", "/contacts", {**MINIMAL, "extensions": {"com.example.a": {}}})
        assert refused.problem() == (422, "not-stored")


def test_the_landing_page_says_the_least() -> None:
    """`bare` says what is required, and has the least limits of a batch and no controls."""
    with apart("bare") as api:
        page = api("GET", "/").value
        assert not {"limits", "environment", "sandbox"} & page.keys()
        assert validate(page, type="landing") == []
        assert set(page["resources"]["contact"]) == {"href", "operations"}
        assert api("GET", "/contacts?email=a@example.com").problem() == (400, "unknown-parameter")
        assert api("POST", "/sandbox/controls", {"control": "expire_cursors"}).status == 404
        many = {"operations": [{"operation": "create", "body": MINIMAL}] * 21}
        assert api("POST", "/contacts/batch", many).status == 413


def test_members_are_shuffled() -> None:
    """`shuffled` writes them in one order and another, with one that nobody knows."""
    with apart("shuffled") as api:
        record = api.create()
        assert "x_vendor" not in record
        assert api("GET", "/contacts").value["x_vendor"] == {"took": 7}
        shown = [api("GET", f"/contacts/{record['id']}").value for _ in range(8)]
        assert len({tuple(one) for one in shown}) > 1
        assert all(one == record for one in shown)


def test_answers_take_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """`slow` takes a while for each answer, and long for some."""
    monkeypatch.setattr(variants_http, "SELDOM", 3)
    monkeypatch.setattr(variants_http, "SLOWEST", 0.4)
    with apart("slow") as api:
        took = []
        for _ in range(3):
            began = time.monotonic()
            assert api("GET", "/business").status == 200
            took.append(time.monotonic() - began)
    assert min(took) > 0.02
    assert took[2] > 0.4
