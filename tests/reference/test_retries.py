"""Retries with an Idempotency-Key."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.reference.support import MINIMAL, Api, named

from sbw_reference.server import Running


def test_a_retried_create_is_answered_again(anywhere: Running) -> None:
    """Same status, address and id, and no second record; members in another order are the same."""
    api = Api(anywhere)
    first = api("POST", "/contacts", named("k1"), Idempotency_Key="key-1")
    assert "idempotency-replayed" not in first.headers
    retried = {name: named("k1")[name] for name in reversed(named("k1"))}
    again = api("POST", "/contacts", retried, Idempotency_Key="key-1")
    assert (again.status, again.value) == (201, first.value)
    assert again.headers["idempotency-replayed"] == "true"
    for name in ("location", "etag", "content-type"):
        assert again.headers[name] == first.headers[name]
    assert len(list(api.walk("/contacts?external_id=com.example.crm:k1"))) == 1


def test_another_body_is_refused(api: Api) -> None:
    """422 idempotency-conflict, and nothing is stored."""
    first = api("POST", "/contacts", MINIMAL, Idempotency_Key="key-2")
    other = api("POST", "/contacts", named("k2"), Idempotency_Key="key-2")
    assert other.problem() == (422, "idempotency-conflict")
    assert list(api.walk("/contacts?external_id=com.example.crm:k2")) == []
    again = api("POST", "/contacts", MINIMAL, Idempotency_Key="key-2")
    assert again.value == first.value


def test_a_retried_update_is_answered_before_its_version_is_judged(anywhere: Running) -> None:
    """The If-Match of a retry is stale by then; so is a record that has gone meanwhile."""
    api = Api(anywhere)
    record = api.create()
    path, tag = f"/contacts/{record['id']}", f'"{record["meta"]["version"]}"'
    patch = {"name": {"given": "Grace"}}
    first = api("PATCH", path, patch, If_Match=tag, Idempotency_Key="key-3")
    again = api("PATCH", path, patch, If_Match=tag, Idempotency_Key="key-3")
    assert (first.status, again.status, again.value) == (200, 200, first.value)
    assert again.headers["idempotency-replayed"] == "true"
    stale = api("PATCH", path, patch, If_Match=tag, Idempotency_Key="key-4")
    assert stale.problem() == (412, "version-conflict")
    assert api("DELETE", path).status == 204
    assert api("PATCH", path, patch, If_Match=tag, Idempotency_Key="key-3").value == first.value


def test_a_write_without_effect_is_remembered(anywhere: Running) -> None:
    """And takes no number from the business."""
    api = Api(anywhere)
    record = api.create()
    path = f"/contacts/{record['id']}"
    before = api.create()["meta"]["version"]
    first = api("PATCH", path, {}, If_Match="*", Idempotency_Key="key-5")
    other = api("PATCH", path, {"nickname": "A"}, If_Match="*", Idempotency_Key="key-5")
    assert (first.value, other.problem()) == (record, (422, "idempotency-conflict"))
    assert int(api.create()["meta"]["version"]) == int(before) + 1


def test_an_upsert_is_retried(api: Api) -> None:
    """The key counts for one external id; another one is another address."""
    place = "/contacts/by-external-id?app=com.example.crm&id="
    first = api("PATCH", f"{place}u1", MINIMAL, If_None_Match="*", Idempotency_Key="key-6")
    again = api("PATCH", f"{place}u1", MINIMAL, If_None_Match="*", Idempotency_Key="key-6")
    other = api("PATCH", f"{place}u2", MINIMAL, Idempotency_Key="key-6")
    assert (first.status, again.status, other.status) == (201, 201, 201)
    assert again.value["id"] == first.value["id"] != other.value["id"]


def test_a_refused_request_frees_its_key(api: Api) -> None:
    """Each status from 400 to 499."""
    api.create(named("k7"))
    for body, status in ({"name": 1}, 422), (named("k7"), 409):
        assert api("POST", "/contacts", body, Idempotency_Key="key-7").status == status
    assert api("POST", "/contacts", body=b"{", Idempotency_Key="key-7").status == 400
    assert api("POST", "/contacts", MINIMAL, Idempotency_Key="key-7").status == 201


def test_a_key_has_a_scope(running: Running) -> None:
    """App, business, method and path."""
    first = Api(running)
    made = [
        api("POST", "/contacts", MINIMAL, Idempotency_Key="key-8").value["id"]
        for api in (first, Api(running, "a2"), Api(running, "b1"))
    ]
    assert len(set(made)) == 3
    body = {"name": "Engines"}
    assert first("POST", "/organizations", body, Idempotency_Key="key-8").status == 201
    patched = first("PATCH", f"/contacts/{made[0]}", {}, If_Match="*", Idempotency_Key="key-8")
    assert patched.status == 200


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "tab\there", "é"])
def test_a_key_is_visible_text(api: Api, key: str) -> None:
    """Of 1 to 255 characters of ASCII; other ones are refused with 400."""
    refused = api("POST", "/contacts", MINIMAL, Idempotency_Key=key)
    assert refused.problem() == (400, "malformed")


def test_of_retries_at_once_one_writes(anywhere: Running) -> None:
    """All are answered with the record that one of them made."""
    api = Api(anywhere)

    def work(_: int) -> tuple[int, str]:
        answer = api("POST", "/contacts", MINIMAL, Idempotency_Key="key-9")
        return answer.status, answer.value["id"]

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(work, range(8)))) == 1
