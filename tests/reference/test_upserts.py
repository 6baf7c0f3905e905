"""Reading and upserting by an external id."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.reference.support import MINIMAL, Api, named

from sbw_reference.server import Running

PLACE = "/contacts/by-external-id"


def at(id_: str, **more: str) -> str:
    """The address of an external id of one app."""
    query = "".join(f"&{name}={value}" for name, value in more.items())
    return f"{PLACE}?app=com.example.crm&id={id_}{query}"


def test_an_upsert_creates_then_updates(anywhere: Running) -> None:
    """201 with an address, then 200 on the same record; what is not sent stays."""
    api = Api(anywhere)
    made = api("PATCH", at("7"), {"name": {"given": "Ada"}, "nickname": None})
    assert made.status == 201
    record = made.value
    assert made.headers["location"] == f"{api.url}/contacts/{record['id']}"
    assert made.headers["etag"] == f'"{record["meta"]["version"]}"'
    assert record["external_ids"] == [{"app": "com.example.crm", "id": "7"}]
    assert api("GET", at("7")).value == record == api("GET", f"/contacts/{record['id']}").value
    merge = "application/merge-patch+json"
    changed = api("PATCH", at("7"), {"name": {"family": "L"}}, Content_Type=merge)
    assert (changed.status, changed.value["name"]) == (200, {"given": "Ada", "family": "L"})
    assert changed.value["id"] == record["id"]
    again = api("PATCH", at("7"), {"name": {"family": "L"}, "external_ids": None})
    assert again.value == changed.value
    more = [{"app": "com.example.shop", "id": "1"}]
    both = api("PATCH", at("7"), {"external_ids": more}).value["external_ids"]
    assert both == [*more, *record["external_ids"]]


def test_preconditions_of_an_upsert(api: Api) -> None:
    """If-None-Match creates only, If-Match updates only, each 412 otherwise."""
    conflict = (412, "version-conflict")
    assert api("PATCH", at("pre"), MINIMAL, If_Match="*").problem() == conflict
    assert api("GET", at("pre")).status == 404
    made = api("PATCH", at("pre"), MINIMAL, If_None_Match="*")
    assert made.status == 201
    assert api("PATCH", at("pre"), MINIMAL, If_None_Match="*").problem() == conflict
    assert api("PATCH", at("pre"), MINIMAL, If_Match='"other"').problem() == conflict
    assert api("PATCH", at("pre"), MINIMAL, If_Match=made.headers["etag"]).status == 200
    same = api("GET", at("pre"), If_None_Match=made.headers["etag"])
    assert (same.status, same.body) == (304, b"")


@pytest.mark.parametrize("method", ["GET", "PATCH"])
@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("app=com.example.crm", "invalid-parameter"),
        ("id=1", "invalid-parameter"),
        ("app=com.example.crm&id=", "invalid-parameter"),
        ("app=com.example.crm&id=1&account=", "invalid-parameter"),
        ("app=com.example.crm&id=1&id=2", "invalid-parameter"),
        ("app=no%20app&id=1", "invalid-parameter"),
        ("app=com.example.crm&id=1&x=1", "unknown-parameter"),
    ],
)
def test_an_address_is_exact(api: Api, method: str, query: str, problem: str) -> None:
    """A parameter that lacks, is empty, comes twice or is unknown is refused with 400."""
    body = MINIMAL if method == "PATCH" else None
    assert api(method, f"{PLACE}?{query}", body).problem() == (400, problem)


def test_values_of_an_address_are_percent_encoded(api: Api) -> None:
    """Any character is kept; the account is a part of the name."""
    id_ = "%2F%20%25%2B..%C3%BC%26"
    made = api("PATCH", at(id_, account="a%2Fb"), MINIMAL)
    wanted = {"app": "com.example.crm", "account": "a/b", "id": "/ %+..ü&"}
    assert made.value["external_ids"] == [wanted]
    assert api("GET", at(id_)).status == 404
    assert api("GET", at(id_, account="a%2Fb")).value == made.value


def test_an_upsert_is_checked_like_a_write(api: Api) -> None:
    """Schema, rules and read-only members count, and what is refused stores nothing."""
    assert api("PATCH", at("bad"), {}).problem() == (422, "validation")
    assert api("PATCH", at("bad"), []).problem() == (422, "validation")
    assert api("PATCH", at("bad"), {**MINIMAL, "id": "x"}).problem() == (422, "read-only")
    assert api("PATCH", at("bad"), {**MINIMAL, "x": 1}).problem() == (422, "not-stored")
    wrong = {**MINIMAL, "external_ids": "x"}
    assert api("PATCH", at("bad"), wrong).problem() == (422, "validation")
    assert api("GET", at("bad")).status == 404
    owner = api.create(named("taken"))
    other = {**MINIMAL, "external_ids": owner["external_ids"]}
    refused = api("PATCH", at("bad"), other)
    assert refused.problem() == (409, "duplicate-external-id")
    assert refused.value["record"]["id"] == owner["id"]


def test_parallel_upserts_make_one_record(anywhere: Running) -> None:
    """One is answered with 201, the others with 200, all with the same id."""
    api = Api(anywhere)
    parts = ("given", "family", "middle", "prefix", "suffix", "full", "family2", "sort_as")

    def work(part: str) -> Any:
        return api("PATCH", at("race"), {"name": {part: "X", "full": "Ada"}})

    with ThreadPoolExecutor(len(parts)) as pool:
        answers = list(pool.map(work, parts))
    assert sorted(answer.status for answer in answers) == [200] * 7 + [201]
    assert len({answer.value["id"] for answer in answers}) == 1
    assert set(api("GET", at("race")).value["name"]) == set(parts)


def test_only_declared_methods_are_there(api: Api) -> None:
    """Others are refused with 405; a singleton has no such address."""
    assert api("POST", at("1"), {}).problem() == (405, "about:blank")
    assert api("GET", "/business/by-external-id?app=com.example.crm&id=1").status == 404
