"""What an app declares of itself: shown on the landing page, and kept."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import create_engine
from tests.reference.support import MINIMAL, Answer, Api, serving

from sbw_reference import offers
from sbw_reference.behaviour import Behaviour
from sbw_reference.errors import UsageError
from sbw_reference.server import Settings
from sbw_reference.store import Store
from sbw_validator.standard import load_standard
from sbw_validator.validation import validate

DECLARES = {
    "contact": {
        "constraints": {
            "/name/given": {"max_length": 60},
            "/emails": {"required": True, "max_items": 2},
            "/emails/*/address": {"unique": True},
            "/emails/*/label": {"pattern": "^[A-Z]+$"},
            "/lifecycle_stage": {"enum": ["lead", "customer"]},
        },
        "unsupported": ["/nickname", "/phones/*/label", "/native_lifecycle_stage"],
        "filters": ["email"],
        "operations": ["list", "create", "read", "update", "upsert"],
        "limitations": "E-mail first.",
    }
}
LENIENT = {"Prefer": "handling=lenient"}


@contextmanager
def declaring(declares: Mapping[str, Mapping[str, Any]]) -> Iterator[Api]:
    """The first app of a provider that declares something."""
    with serving(Settings(declares=declares)) as running:
        yield Api(running)


@pytest.fixture(scope="module")
def limited() -> Iterator[Api]:
    """A provider with limits of its own."""
    with declaring(DECLARES) as api:
        yield api


def mailed(address: str, **more: Any) -> dict[str, Any]:
    """A body with one e-mail address."""
    return {**MINIMAL, "emails": [{"address": address}], **more}


def places(answer: Answer) -> list[str]:
    """Where a refusal points to."""
    return [error["pointer"] for error in answer.value["errors"]]


def test_a_declaration_stands_on_the_landing_page(limited: Api) -> None:
    """As it was told; what is not told of is as by default."""
    page = limited("GET", "/").value
    assert validate(page, type="landing") == []
    told = page["resources"]["contact"]
    assert {name: told[name] for name in DECLARES["contact"]} == DECLARES["contact"]
    assert page["resources"]["organization"]["filters"] == ["ids", "email"]
    assert "native" not in told


def test_the_reference_provider_declares_filters_and_codes(api: Api) -> None:
    """All filters, native codes, no limits and nothing unsupported."""
    told = api("GET", "/").value["resources"]["contact"]
    assert told["filters"] == ["ids", "email", "organization"]
    assert told["native"]["lifecycle_stage"]["evangelist"] == "customer"
    assert not {"constraints", "unsupported"} & set(told)


def test_what_is_not_declared_is_absent(limited: Api) -> None:
    """Operations are refused with 405, filters are unknown."""
    path = f"/contacts/{limited.create(mailed('a@x.example'))['id']}"
    assert limited("DELETE", path).problem() == (405, "about:blank")
    assert limited("GET", "/contacts?ids=x").problem() == (400, "unknown-parameter")
    assert limited("GET", "/contacts?email=a@x.example").status == 200


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (mailed("a1@x.example", name={"given": "é" * 61}), "/name/given"),
        (MINIMAL, "/emails"),
        ({**MINIMAL, "emails": []}, "/emails"),
        (mailed("a2@x.example", lifecycle_stage="former"), "/lifecycle_stage"),
        ({"emails": [{"address": "a3@x.example", "label": "x"}]}, "/emails/0/label"),
        ({"emails": [{"address": f"a{n}@y.example"} for n in range(3)]}, "/emails"),
    ],
)
def test_a_constraint_is_kept(limited: Api, body: dict[str, Any], place: str) -> None:
    """In creates and in what an update would make; leniency changes nothing."""
    refused = limited("POST", "/contacts", body)
    assert (refused.problem(), places(refused)) == ((422, "constraint"), [place])
    assert limited("POST", "/contacts", body, **LENIENT).problem() == (422, "constraint")
    address = f"{abs(hash(str(body)))}@u.example"
    path = f"/contacts/{limited.create(mailed(address))['id']}"
    patch = {"emails": None, **body}
    refused = limited("PATCH", path, patch, If_Match="*")
    assert (refused.problem(), places(refused)) == ((422, "constraint"), [place])


def test_a_limit_can_be_used_up(limited: Api) -> None:
    """Code points count, not bytes."""
    body = mailed("full@x.example", name={"given": "𠮷" * 60})
    assert limited.create(body)["name"] == body["name"]


def test_a_unique_value_has_one_record(limited: Api) -> None:
    """Compared as the Same value; the refusal names the record, an update keeps its own."""
    first = limited.create(mailed("Zoë@Example.com"))
    for again in ("Zoë@EXAMPLE.com", "Zoe\u0308@example.com"):
        refused = limited("POST", "/contacts", mailed(again))
        assert refused.problem() == (409, "duplicate")
        assert refused.value["record"] == {"type": "contact", "id": first["id"]}
    other = limited.create(mailed("zoë@example.com"))
    path = f"/contacts/{other['id']}"
    patch = {"emails": first["emails"]}
    assert limited("PATCH", path, patch, If_Match="*").problem() == (409, "duplicate")
    patch = {"emails": [{"address": "zoë@EXAMPLE.com", "pref": 1}]}
    assert limited("PATCH", path, patch, If_Match="*").status == 200


def test_what_is_unsupported_is_not_stored(limited: Api) -> None:
    """Refused with its place, or dropped and told where the writer is lenient."""
    body = mailed("n@x.example", nickname="Zo", phones=[{"raw": "1", "label": "x"}], odd={"a": 1})
    refused = limited("POST", "/contacts", body)
    assert refused.problem() == (422, "not-stored")
    wanted = ["/nickname", "/odd", "/phones/0/label"]
    assert sorted(places(refused)) == wanted
    answer = limited("POST", "/contacts", body, **LENIENT)
    assert (answer.status, answer.headers["preference-applied"]) == (201, "handling=lenient")
    record = answer.value
    assert sorted(record.pop("not_stored")) == wanted
    assert record["phones"] == [{"raw": "1"}]
    path = f"/contacts/{record['id']}"
    assert limited("GET", path).value == record
    patch = {"odd": 1, "name": {"odd": 2, "given": "Z"}}
    changed = limited("PATCH", path, patch, If_Match="*", **LENIENT)
    assert sorted(changed.value["not_stored"]) == ["/name/odd", "/odd"]
    assert changed.value["name"]["given"] == "Z"


def test_leniency_drops_nothing_else(api: Api) -> None:
    """What is invalid or missing is refused; without anything to drop nothing is listed."""
    for body in {"name": {"given": 1}, "x": 1}, {"x": 1}, {"organizations": [{"primary": True}]}:
        assert api("POST", "/contacts", body, **LENIENT).problem() == (422, "validation")
    answer = api("POST", "/contacts", MINIMAL, **LENIENT)
    assert answer.headers["preference-applied"] == "handling=lenient"
    assert "not_stored" not in answer.value
    strict = api("POST", "/contacts", MINIMAL)
    assert "preference-applied" not in strict.headers


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("handling=lenient", 201),
        ("Handling=Lenient", 201),
        ('handling="lenient"', 201),
        ("respond-async, wait=10; x=y, handling = lenient; a", 201),
        ('foo="a, handling=strict", handling=lenient', 201),
        ("handling=strict, handling=lenient", 422),
        ("handling", 422),
        ("x-handling=lenient", 422),
        ("return=minimal", 422),
        ("", 422),
    ],
)
def test_a_preference_is_read_as_the_rfc_has_it(api: Api, header: str, status: int) -> None:
    """RFC 7240: names without case, quotes, parameters, and the first of two."""
    assert api("POST", "/contacts", {**MINIMAL, "x": 1}, Prefer=header).status == status


def test_a_native_code_gives_the_canonical_value(api: Api) -> None:
    """Alone it means what is declared; both must agree; a changed value drops another's code."""
    record = api.create({**MINIMAL, "native_lifecycle_stage": {"code": "mql", "label": "Hot"}})
    assert record["lifecycle_stage"] == "qualified"
    path = f"/contacts/{record['id']}"

    def patched(**patch: Any) -> Answer:
        return api("PATCH", path, patch, If_Match="*")

    assert patched(lifecycle_stage="qualified").value == record
    moved = patched(native_lifecycle_stage={"code": "evangelist"}).value
    assert moved["lifecycle_stage"] == "customer"
    assert moved["native_lifecycle_stage"] == {"code": "evangelist", "label": "Hot"}
    assert "native_lifecycle_stage" not in patched(lifecycle_stage="former").value
    both = patched(lifecycle_stage="qualified", native_lifecycle_stage={"code": "sql"}).value
    assert both["native_lifecycle_stage"] == {"code": "sql"}
    assert patched(native_lifecycle_stage=None).value["lifecycle_stage"] == "qualified"
    for wrong in (
        {"lifecycle_stage": "lead", "native_lifecycle_stage": {"code": "sql"}},
        {"lifecycle_stage": None, "native_lifecycle_stage": {"code": "sql"}},
        {"native_lifecycle_stage": {"code": "never"}},
    ):
        refused = patched(**wrong)
        assert refused.problem() == (422, "validation")
        assert places(refused) == ["/native_lifecycle_stage/code"]
    left = patched(lifecycle_stage=None).value
    assert not {"lifecycle_stage", "native_lifecycle_stage"} & set(left)


def test_an_app_changes_its_own_extension_only() -> None:
    """Others' objects stay, whatever is written; a change of them is refused with 403."""
    with serving() as running:
        mine, theirs = Api(running), Api(running, "a2")
        first, second = "com.example.first-app", "com.example.second-app"
        own = {"n": [1, {"x": None}], "y": {"z": None, "v": "é"}}
        record = mine.create({**MINIMAL, "extensions": {first: own}})
        assert record["extensions"] == {first: {"n": [1, {}], "y": {"v": "é"}}}
        path = f"/contacts/{record['id']}"

        def patched(api: Api, extensions: Any) -> Answer:
            return api("PATCH", path, {"extensions": extensions}, If_Match="*")

        both = patched(theirs, {second: {"a": 1}}).value["extensions"]
        assert both == {**record["extensions"], second: {"a": 1}}
        assert patched(theirs, both).status == 200
        for wrong in ({first: {"n": 2}}, {first: None}, None, {"com.other": {}, first: {"m": 1}}):
            assert patched(theirs, wrong).problem() == (403, "forbidden")
        refused = theirs("POST", "/contacts", {**MINIMAL, "extensions": {first: {"a": 1}}})
        assert (refused.problem(), places(refused)) == (
            (403, "forbidden"),
            ["/extensions/com.example.first-app"],
        )
        assert patched(theirs, {second: {"a": True}}).value["extensions"][second] == {"a": True}
        flag = patched(theirs, {second: {"a": 1}}).value["extensions"][second]["a"]
        assert flag is not True
        assert patched(mine, {second: {"a": True}}).problem() == (403, "forbidden")
        assert patched(mine, {first: None}).value["extensions"] == {second: {"a": 1}}
        large = {"text": "x" * 16_000}
        assert patched(mine, {first: large}).value["extensions"][first] == large


def test_a_record_says_where_it_comes_from(running: Any) -> None:
    """`meta.origin` is the app that made it and when, whoever changes it."""
    one, two = Api(running), Api(running, "a2")
    record = one.create()
    origin = {"app": "com.example.first-app", "at": record["meta"]["created_at"]}
    assert record["meta"]["origin"] == origin
    path = f"/contacts/{record['id']}"
    changed = two("PATCH", path, {"nickname": "A"}, If_Match="*").value
    assert changed["meta"]["origin"] == origin
    assert two.create()["meta"]["origin"]["app"] == "com.example.second-app"
    for meta in (origin, {"at": origin["at"].replace("Z", "000Z")}):
        same = two("PATCH", path, {"meta": {"origin": meta}}, If_Match="*")
        assert same.value == changed
    other = {"meta": {"origin": {"app": "com.example.second-app"}}}
    assert two("PATCH", path, other, If_Match="*").problem() == (422, "read-only")


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"nothing": {}}, "no 'nothing'"),
        ({"contact": {"odd": 1}}, "odd is not one of"),
        ({"contact": {"unsupported": ["/no/such"]}}, "/no/such is no member"),
        ({"contact": {"unsupported": ["/external_ids"]}}, "for every app to store"),
        ({"contact": {"constraints": {"/name/given": {"max_length": "x"}}}}, "max_length"),
        ({"contact": {"constraints": {"/name/odd": {"max_length": 60}}}}, "/name/odd"),
        ({"contact": {"filters": ["sort"]}}, "sort is no filter"),
        ({"contact": {"operations": ["merge"]}}, "operations"),
        ({"custom_field_definition": {"operations": []}}, "operations"),
        ({"contact": {"native": {"nickname": {"a": "b"}}}}, "nickname has no native codes"),
        ({"contact": {"native": {"lifecycle_stage": {"a": "b"}}}}, "b is no lifecycle_stage"),
    ],
)
def test_a_declaration_that_cannot_be_is_told(told: dict[str, Any], said: str) -> None:
    """Before the app starts, with what is wrong."""
    store = Store(create_engine("sqlite://"))
    with pytest.raises(UsageError, match=said):
        offers.provider(load_standard(), None, Behaviour(), store, told)
