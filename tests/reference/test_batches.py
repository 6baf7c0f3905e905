"""Batches: several writes in one request, each with its own fate."""

from typing import Any

import pytest
from tests.reference.support import MINIMAL, Answer, Api, named, serving

from sbw_reference.server import Running, Settings
from sbw_validator.validation import validate


def results(answer: Answer) -> list[dict[str, Any]]:
    """The results of a batch that was carried out."""
    assert answer.status == 200, answer.body
    assert validate(answer.value, type="batch-results") == []
    found: list[dict[str, Any]] = answer.value["results"]
    return found


def batch(api: Api, *operations: dict[str, Any], **headers: str) -> Answer:
    """Send operations on contacts."""
    return api("POST", "/contacts/batch", {"operations": operations}, **headers)


def create(body: Any = None, **more: Any) -> dict[str, Any]:
    """An operation that creates."""
    return {"operation": "create", "body": MINIMAL if body is None else body, **more}


def test_results_are_those_of_single_requests(api: Api) -> None:
    """Status, headers, record and problem are as they would be alone, in the same order."""
    record = api.create()
    path = f"/contacts/{record['id']}"
    patch = {"name": {"given": "Grace"}}
    made, updated, stale, blind, broken, missing, gone = results(
        batch(
            api,
            create(named("batch-1")),
            {
                "operation": "update",
                "id": record["id"],
                "if_match": record["meta"]["version"],
                "body": patch,
            },
            {
                "operation": "update",
                "id": record["id"],
                "if_match": record["meta"]["version"],
                "body": {},
            },
            {"operation": "update", "id": record["id"], "body": patch},
            create({"name": 7}),
            {"operation": "delete", "id": "unknown"},
            {"operation": "delete", "id": record["id"]},
        )
    )
    assert (made["status"], made["body"]["name"]) == (201, MINIMAL["name"])
    address = f"{api.url}/contacts/{made['body']['id']}"
    version = made["body"]["meta"]["version"]
    assert made["headers"] == {"location": address, "etag": f'"{version}"'}
    assert api("GET", address).value == made["body"]
    assert (updated["status"], updated["body"]["name"]["given"]) == (200, "Grace")
    assert "location" not in updated["headers"]
    for result, status, kind in (
        (stale, 412, "version-conflict"),
        (blind, 428, "precondition-required"),
        (broken, 422, "validation"),
    ):
        assert result["status"] == result["problem"]["status"] == status
        assert result["problem"]["type"].rpartition("/")[2] == kind
        assert "body" not in result
    assert (missing["status"], missing["problem"]["type"]) == (404, "about:blank")
    assert gone == {"status": 204}
    assert api("GET", path).status == 404


def test_operations_see_those_before_them(api: Api) -> None:
    """An upsert after a create updates; a condition holds for what is there by then."""
    mark = {"app": "com.batch", "account": "acme", "id": "a b/c%+é"}
    upsert = {"operation": "upsert", "external_id": mark}
    one, two, three, four = results(
        batch(
            api,
            {**upsert, "body": MINIMAL},
            {**upsert, "body": {"nickname": "Countess"}},
            {**upsert, "body": {"nickname": "x"}, "if_none_match": "*"},
            {**upsert, "body": {"nickname": "x"}, "if_match": "nothing"},
        )
    )
    assert [result["status"] for result in (one, two, three, four)] == [201, 200, 412, 412]
    assert one["body"]["id"] == two["body"]["id"]
    assert two["body"]["nickname"] == "Countess"
    assert two["body"]["external_ids"] == [mark]


def test_a_key_is_carried_out_once(api: Api) -> None:
    """The scope of a key is the address of the batch: not that of a single request."""
    operation = create(named("keyed"), idempotency_key="batch-key")
    first, again = (results(batch(api, operation))[0] for _ in range(2))
    assert (first["status"], first["body"]["id"]) == (again["status"], again["body"]["id"])
    other = create({"name": {"given": "Grace"}}, idempotency_key="batch-key")
    refused = results(batch(api, other))[0]
    assert refused["problem"]["type"].endswith("/idempotency-conflict")
    alone = api("POST", "/contacts", MINIMAL, Idempotency_Key="batch-key")
    assert (alone.status, "idempotency-replayed" in alone.headers) == (201, False)
    record = api.create()
    delete = {"operation": "delete", "id": record["id"], "idempotency_key": "gone"}
    assert [results(batch(api, delete))[0]["status"] for _ in range(2)] == [204, 204]


def test_a_preference_holds_for_each_operation(api: Api) -> None:
    """With lenient handling what is not stored is named in the result."""
    [result] = results(batch(api, create({**MINIMAL, "nick": "x"})))
    assert result["problem"]["type"].endswith("/not-stored")
    answer = batch(api, create({**MINIMAL, "nick": "x"}), Prefer="handling=lenient")
    [result] = results(answer)
    assert (result["status"], result["body"]["not_stored"]) == (201, ["/nick"])
    assert answer.headers["preference-applied"] == "handling=lenient"


def test_too_many_operations_are_refused(api: Api) -> None:
    """As many as the landing page says are taken; one more, valid or not, is 413."""
    limit = api("GET", "/").value["limits"]["batch"]
    assert limit >= 20
    assert len(results(batch(api, *[create()] * limit))) == limit
    before = len(list(api.walk("/contacts")))
    for last in (create(), {"operation": "nonsense"}):
        assert batch(api, *[create()] * limit, last).problem() == (413, "about:blank")
    assert len(list(api.walk("/contacts"))) == before


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/operations"),
        ([], ""),
        ({"operations": []}, "/operations"),
        ({"operations": [create()], "atomic": True}, "/atomic"),
        ({"operations": [create(), {"operation": "merge"}]}, "/operations/1/operation"),
        ({"operations": [create(id="x")]}, "/operations/0"),
        ({"operations": [create(), {"operation": "update", "id": "x"}]}, "/operations/1/body"),
        ({"operations": [create(if_match='"7"')]}, "/operations/0/if_match"),
    ],
)
def test_what_is_no_batch_does_nothing(api: Api, body: Any, pointer: str) -> None:
    """It is refused as a whole, with the place."""
    before = len(list(api.walk("/contacts")))
    answer = api("POST", "/contacts/batch", body)
    assert answer.problem() == (422, "validation")
    assert any(entry["pointer"].startswith(pointer) for entry in answer.value["errors"])
    assert len(list(api.walk("/contacts"))) == before


def test_a_batch_needs_the_scope_to_write(running: Running) -> None:
    """Who may only read is refused the batch, before it is looked at."""
    api = Api(running)
    api.token = running.inhabitants.clients["a1"].scoped["read_only"]
    answer = api("POST", "/contacts/batch", body=b"{")
    assert answer.problem() == (403, "insufficient-scope")
    assert 'scope="contacts:write"' in answer.headers["www-authenticate"]


def test_the_order_of_refusals_is_that_of_writes(api: Api, running: Running) -> None:
    """401, 405, 415, 400."""
    path = "/contacts/batch"
    assert Api(running, None)("POST", path, {}).problem() == (401, "unauthorized")
    refused = api("GET", path)
    assert (refused.problem(), refused.headers["allow"]) == ((405, "about:blank"), "POST")
    merge_patch = {"content_type": "application/merge-patch+json"}
    assert api("POST", path, body=b"{", **merge_patch).problem() == (415, "about:blank")
    assert api("POST", f"{path}?x=1", {}).problem() == (400, "unknown-parameter")
    assert api("POST", path, body=b"{").problem() == (400, "malformed")


def test_an_operation_that_is_not_declared_is_405() -> None:
    """The others are carried out; a collection that cannot be written takes no batch."""
    declares = {
        "contact": {"operations": ["list", "read", "create"]},
        "organization": {"operations": ["list", "read"]},
    }
    with serving(Settings(declares=declares)) as running:
        api = Api(running)
        record = api.create()
        made, deleted = results(batch(api, create(), {"operation": "delete", "id": record["id"]}))
        assert (made["status"], deleted["status"]) == (201, 405)
        assert api("GET", f"/contacts/{record['id']}").status == 200
        assert api("POST", "/organizations/batch", {}).problem() == (405, "about:blank")


def test_without_the_class_there_are_no_batches() -> None:
    """Neither the address nor the limit is there."""
    with serving(Settings(classes=("contacts",))) as running:
        api = Api(running)
        assert "batch" not in api("GET", "/").value["limits"]
        assert batch(api, create()).status in (404, 405)
