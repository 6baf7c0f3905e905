"""Creating, reading, updating and deleting one record."""

import time

import pytest
from tests.reference.support import MINIMAL, Api, named

from sbw_reference.server import Running
from sbw_validator.validation import validate


def test_a_record_lives(anywhere: Running) -> None:
    """Create, read, update, no change, delete: each answer as the text has it."""
    api = Api(anywhere)
    made = api("POST", "/contacts", MINIMAL)
    record = made.value
    path = f"/contacts/{record['id']}"
    assert (made.status, made.headers["location"]) == (201, api.url + path)
    assert made.headers["etag"] == f'"{record["meta"]["version"]}"'
    assert made.headers["cache-control"] == "private"
    assert validate(record) == []
    assert {name: record[name] for name in MINIMAL} == MINIMAL
    assert record["external_ids"] == []
    assert api("GET", path).value == record
    changed = api("PATCH", path, {"name": {"given": "Grace"}}, If_Match=made.headers["etag"])
    assert changed.status == 200
    assert changed.value["name"] == {"given": "Grace", "family": "Lovelace"}
    assert changed.value["meta"]["created_at"] == record["meta"]["created_at"]
    assert changed.value["meta"]["updated_at"] > record["meta"]["updated_at"]
    assert changed.headers["etag"] == f'"{changed.value["meta"]["version"]}"'
    same = api("PATCH", path, {"name": {"given": "Grace"}}, If_Match="*")
    assert (same.status, same.value) == (200, changed.value)
    assert api("DELETE", path, If_Match=made.headers["etag"]).problem() == (412, "version-conflict")
    gone = api("DELETE", path, If_Match=changed.headers["etag"])
    assert (gone.status, gone.body) == (204, b"")
    for method, body in (("GET", None), ("PATCH", {}), ("DELETE", None)):
        assert api(method, path, body, If_Match="*").problem() == (404, "about:blank")


def test_text_of_any_script_is_kept(anywhere: Running) -> None:
    """Every character that I-JSON has comes back, also in ids that other apps gave."""
    text = "Zoë 𠮷野 👩‍👩‍👧 \\0 ' \" محمد"
    external_id = {"app": "com.example.x", "account": "\0a\\", "id": "\0 \\0 \\ %2F ü:"}
    api = Api(anywhere)
    record = api.create({"name": {"full": text}, "external_ids": [external_id]})
    assert api("GET", f"/contacts/{record['id']}").value == record
    assert (record["name"]["full"], record["external_ids"]) == (text, [external_id])
    query = "external_id=com.example.x:%00%20%5C0%20%5C%20%252F%20%C3%BC:"
    assert [found["id"] for found in api.walk(f"/contacts?{query}")] == [record["id"]]


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ('"{v}"', 200),
        ('W/"{v}"', 200),
        ('"{v}-gzip"', 200),
        ('W/"{v}-br"', 200),
        ('"other", "{v}"', 200),
        ("*", 200),
        ('"other"', 412),
        ('"{v}0"', 412),
        ("{v}", 412),
        ('""', 412),
    ],
)
def test_if_match_names_the_version(api: Api, header: str, status: int) -> None:
    """Whatever a proxy did to the tag, it means the version; anything else does not."""
    record = api.create()
    text = header.format(v=record["meta"]["version"])
    assert api("PATCH", f"/contacts/{record['id']}", {}, If_Match=text).status == status


def test_what_the_reader_has_is_not_sent_again(api: Api) -> None:
    """If-None-Match with the version answers 304 with the ETag alone."""
    record = api.create()
    path = f"/contacts/{record['id']}"
    tag = f'"{record["meta"]["version"]}"'
    again = api("GET", path, If_None_Match=tag)
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    assert api("GET", path, If_None_Match='"other"').status == 200


def test_the_same_value_in_another_spelling_changes_nothing(api: Api) -> None:
    """NFD text, another domain case, sets in other order, empty for absent: no new version."""
    body = {
        "name": {"full": "Zoë"},
        "emails": [{"address": "Ada@example.com", "contexts": ["work", "private"]}],
        "external_ids": [{"app": "com.a", "id": "1"}, {"app": "com.b", "id": "1"}],
    }
    record = api.create(body)
    path = f"/contacts/{record['id']}"
    patch = {
        "name": {"full": "Zoe\u0308"},
        "emails": [{"address": "Ada@EXAMPLE.com", "contexts": ["private", "work"]}],
        "external_ids": body["external_ids"][::-1],
        "phones": [],
        "addresses": None,
    }
    assert api("PATCH", path, patch, If_Match="*").value == record
    other = api("PATCH", path, {"emails": [{"address": "ada@example.com"}]}, If_Match="*")
    assert other.value["meta"]["version"] != record["meta"]["version"]


def test_null_removes_and_defaults_come_back(api: Api) -> None:
    """Members and nested members go; external ids, which every record has, become none."""
    record = api.create({**named(1, "com.null"), "phones": [{"raw": "555"}]})
    path = f"/contacts/{record['id']}"
    patch = {"phones": None, "external_ids": None, "name": {"family": None, "suffix": None}}
    changed = api("PATCH", path, patch, If_Match="*").value
    assert changed["name"] == {"given": "Ada"}
    assert "phones" not in changed
    assert changed["external_ids"] == []
    assert api.create(named(1, "com.null"))["id"] != record["id"]


def test_read_only_members_are_accepted_as_they_are(api: Api) -> None:
    """What was read can be sent back whole; a changed id, meta or type is refused."""
    record = api.create()
    path = f"/contacts/{record['id']}"
    assert api("PATCH", path, record, If_Match="*").value == record
    assert api("PATCH", path, {"meta": {"version": "x"}}, If_Match="*").problem() == (
        422,
        "read-only",
    )
    refused = api("PATCH", path, {"id": "x", "meta": None}, If_Match="*")
    assert refused.problem() == (422, "read-only")
    assert [entry["pointer"] for entry in refused.value["errors"]] == ["/id", "/meta"]
    assert api("POST", "/contacts", {**MINIMAL, "id": "x"}).problem() == (422, "read-only")
    assert api("POST", "/contacts", {**MINIMAL, "type": "contact"}).status == 201
    assert api("POST", "/contacts", {**MINIMAL, "type": "x"}).problem() == (422, "validation")


def test_instants_of_changes_move_on(api: Api) -> None:
    """Many changes within a millisecond have instants in their order."""
    record = api.create()
    path = f"/contacts/{record['id']}"
    start = time.time()
    instants = [record["meta"]["updated_at"]]
    for number in range(20):
        patch = {"name": {"given": f"Ada {number}"}}
        answer = api("PATCH", path, patch, If_Match="*")
        instants.append(answer.value["meta"]["updated_at"])
    assert instants == sorted(set(instants))
    assert time.time() - start < 20
