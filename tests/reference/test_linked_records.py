"""References between records, and custom fields."""

from typing import Any

import pytest
from tests.reference.support import MINIMAL, Api, named, serving

from sbw_reference.defects import behave
from sbw_reference.server import Running

FIRM: dict[str, Any] = {"name": "Analytical Engines"}


def member_of(reference: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A contact that belongs to an organization."""
    ref = {"type": "organization", **reference}
    return {**MINIMAL, "organizations": [{"ref": ref, "primary": True, **more}]}


def test_a_reference_by_external_id_becomes_one_by_id(anywhere: Running) -> None:
    """In arrays and single members, in creates and updates."""
    api = Api(anywhere)
    key = {"app": "com.example.crm", "id": "firm"}
    firm = api.create({**FIRM, "external_ids": [key]}, "/organizations")
    found = {"type": "organization", "id": firm["id"]}
    record = api.create(member_of({"external_id": key}))
    assert record["organizations"] == [{"ref": found, "primary": True}]
    child = api.create(
        {**FIRM, "parent": {"type": "organization", "external_id": key}}, "/organizations"
    )
    assert child["parent"] == found
    path = f"/organizations/{child['id']}"
    same = api("PATCH", path, {"parent": {"external_id": key}}, If_Match="*").value
    assert same == child
    other = api.create({**FIRM, "external_ids": [{**key, "account": "2"}]}, "/organizations")
    patch = {"parent": {"type": "organization", "external_id": {**key, "account": "2"}}}
    assert api("PATCH", path, patch, If_Match="*").value["parent"]["id"] == other["id"]


@pytest.mark.parametrize(
    "reference",
    [{"id": "never"}, {"external_id": {"app": "com.example.crm", "id": "never"}}],
    ids=["id", "external_id"],
)
def test_an_unknown_reference_is_refused(api: Api, reference: dict[str, Any]) -> None:
    """In creates and updates, with the place of the reference."""
    refused = api("POST", "/contacts", member_of(reference))
    assert refused.problem() == (422, "unknown-reference")
    assert [error["pointer"] for error in refused.value["errors"]] == ["/organizations/0/ref"]
    firm = api.create(FIRM, "/organizations")
    patch = {"parent": {"type": "organization", **reference}}
    refused = api("PATCH", f"/organizations/{firm['id']}", patch, If_Match="*")
    assert refused.problem() == (422, "unknown-reference")
    assert refused.value["errors"][0]["pointer"] == "/parent"
    assert api("GET", f"/organizations/{firm['id']}").value == firm


def test_records_of_other_types_and_businesses_are_not_there(running: Running) -> None:
    """A contact is no organization; what another business has is unknown."""
    api = Api(running)
    contact = api.create()
    firm = Api(running, "b1").create(FIRM, "/organizations")
    for id_ in (contact["id"], firm["id"]):
        answer = api("POST", "/contacts", member_of({"id": id_}))
        assert answer.problem() == (422, "unknown-reference")


def test_both_id_and_external_id_are_too_much(api: Api) -> None:
    """A reference has one of the two."""
    both = {"id": "x", "external_id": {"app": "com.a", "id": "1"}}
    assert api("POST", "/contacts", member_of(both)).problem() == (422, "validation")
    firm = api.create(FIRM, "/organizations")
    patch = {"parent": {"type": "organization", **both}}
    answer = api("PATCH", f"/organizations/{firm['id']}", patch, If_Match="*")
    assert answer.problem() == (422, "validation")


def test_a_deletion_releases(anywhere: Running) -> None:
    """Elements and members that refer to the record go, each record with a new version."""
    api = Api(anywhere)
    gone, stays = (api.create(FIRM, "/organizations") for _ in range(2))
    both = member_of({"id": gone["id"]})
    both["organizations"] += [
        {"ref": {"type": "organization", "id": stays["id"]}, "primary": False}
    ]
    contact = api.create(both)
    alone = api.create(member_of({"id": gone["id"]}))
    parent = {"parent": {"type": "organization", "id": gone["id"]}}
    child = api.create({**FIRM, **parent}, "/organizations")
    itself = api("PATCH", f"/organizations/{gone['id']}", parent, If_Match="*")
    assert itself.status == 200
    assert api("DELETE", f"/organizations/{gone['id']}").status == 204
    left = api("GET", f"/contacts/{contact['id']}").value
    assert left["organizations"] == both["organizations"][1:]
    assert left["meta"]["version"] != contact["meta"]["version"]
    assert left["meta"]["updated_at"] > contact["meta"]["updated_at"]
    assert "organizations" not in api("GET", f"/contacts/{alone['id']}").value
    assert "parent" not in api("GET", f"/organizations/{child['id']}").value
    listed = {item["id"]: item for item in api.walk("/contacts")}
    assert listed[contact["id"]] == left
    assert [item["id"] for item in api.walk(f"/contacts?organization={gone['id']}")] == []
    assert [item["id"] for item in api.walk(f"/contacts?organization={stays['id']}")] == [
        contact["id"]
    ]


def test_a_deletion_is_refused_where_references_hold() -> None:
    """`restricts-references` answers 409 with a record that refers, until none does."""
    with serving(behaviour=behave(None, "restricts-references").behaviour) as running:
        api = Api(running)
        firm = api.create(FIRM, "/organizations")
        path = f"/organizations/{firm['id']}"
        contact = api.create(member_of({"id": firm["id"]}))
        refused = api("DELETE", path)
        assert refused.problem() == (409, "in-use")
        assert refused.value["record"] == {"type": "contact", "id": contact["id"]}
        patch = {"organizations": None}
        assert api("PATCH", f"/contacts/{contact['id']}", patch, If_Match="*").status == 200
        assert api("DELETE", path).status == 204


def defined(api: Api, key: str, schema: dict[str, Any], *types: str) -> dict[str, Any]:
    """A custom field, of contacts unless types are named."""
    body = {
        "key": key,
        "label": "Field",
        "applies_to": list(types or ("contact",)),
        "visibility": "internal",
        "schema": schema,
    }
    return api.create(body, "/custom-field-definitions")


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "string", "maxLength": 3}, "abc", "abcd"),
        ({"type": "string", "enum": ["a", "b"]}, "b", "c"),
        ({"type": "string", "format": "date"}, "2026-03-01", "2026-02-30"),
        ({"type": "integer", "minimum": 3}, 3, 2),
        ({"type": "number", "maximum": 4.5}, 4.5, 4.6),
        ({"type": "boolean"}, False, "no"),
        ({"type": "array", "items": {"type": "string", "enum": ["x"]}}, ["x"], ["y"]),
    ],
)
def test_a_definition_says_which_values_a_field_takes(
    api: Api, schema: dict[str, Any], good: Any, bad: Any
) -> None:
    """The value is kept, another one refused where it stands, in creates and updates."""
    key = f"f_{abs(hash(str(schema)))}"
    defined(api, key, schema)
    record = api.create({**MINIMAL, "custom_fields": {key: good}})
    assert record["custom_fields"] == {key: good}
    path = f"/contacts/{record['id']}"
    refused = api("POST", "/contacts", {**MINIMAL, "custom_fields": {key: bad}})
    assert refused.problem() == (422, "validation")
    assert refused.value["errors"][0]["pointer"] == f"/custom_fields/{key}"
    patch = {"custom_fields": {key: bad}}
    assert api("PATCH", path, patch, If_Match="*").problem() == (422, "validation")
    number = {"custom_fields": {key: 0}}
    if good is False:
        assert api("PATCH", path, number, If_Match="*").problem() == (422, "validation")
    cleared = api("PATCH", path, {"custom_fields": {key: None}}, If_Match="*")
    assert not cleared.value.get("custom_fields")


def test_a_field_without_a_definition_is_not_stored(running: Running) -> None:
    """Nor one that is for another type, or of another business."""
    api = Api(running)
    defined(api, "firms_only", {"type": "string"}, "organization")
    defined(Api(running, "b1"), "theirs", {"type": "string"})
    for key in ("never", "firms_only", "theirs"):
        body = {**MINIMAL, "custom_fields": {key: "x"}}
        refused = api("POST", "/contacts", body)
        assert refused.problem() == (422, "not-stored")
        assert refused.value["errors"][0]["pointer"] == f"/custom_fields/{key}"
        lenient = api("POST", "/contacts", body, Prefer="handling=lenient")
        assert (lenient.status, lenient.value["not_stored"]) == (201, [f"/custom_fields/{key}"])
        assert not lenient.value.get("custom_fields")


def test_a_definition_in_use_stays(anywhere: Running) -> None:
    """It is not deleted, renamed or taken from the type while records have the field."""
    api = Api(anywhere)
    definition = defined(api, "used", {"type": "string"}, "contact", "organization")
    path = f"/custom-field-definitions/{definition['id']}"
    record = api.create({**MINIMAL, "custom_fields": {"used": "x"}})
    refused = api("DELETE", path)
    assert refused.problem() == (409, "in-use")
    assert refused.value["record"] == {"type": "contact", "id": record["id"]}
    for patch in {"key": "other"}, {"applies_to": ["organization"]}:
        assert api("PATCH", path, patch, If_Match="*").problem() == (409, "in-use")
    narrower = api("PATCH", path, {"schema": {"maxLength": 1}}, If_Match="*")
    assert narrower.status == 200
    assert api("PATCH", path, {"applies_to": ["contact"]}, If_Match="*").status == 200
    assert api("DELETE", f"/contacts/{record['id']}").status == 204
    assert api("DELETE", path).status == 204


def test_a_key_is_unique(anywhere: Running) -> None:
    """A second definition with it is refused with the record that has it, until that goes."""
    api = Api(anywhere)
    first = defined(api, "only", {"type": "string"})
    other = defined(api, "second", {"type": "string"})
    body = {name: first[name] for name in ("key", "label", "applies_to", "visibility", "schema")}
    refused = api("POST", "/custom-field-definitions", body)
    assert refused.problem() == (409, "duplicate")
    assert refused.value["record"] == {"type": "custom_field_definition", "id": first["id"]}
    path = f"/custom-field-definitions/{other['id']}"
    refused = api("PATCH", path, {"key": "only"}, If_Match="*")
    assert (refused.problem(), refused.value["record"]["id"]) == ((409, "duplicate"), first["id"])
    assert defined(Api(anywhere, "b1"), "only", {"type": "string"})["id"] != first["id"]
    assert api("DELETE", f"/custom-field-definitions/{first['id']}").status == 204
    assert api("PATCH", path, {"key": "only"}, If_Match="*").status == 200


def test_named_records_are_found(api: Api) -> None:
    """Filters by ids and by members, alone and together; what is not there is passed over."""
    mail = {"emails": [{"address": "Zoë@Example.com"}]}
    one, two, three = (api.create({**named(n, "com.find"), **mail}) for n in range(3))

    def found(query: str) -> list[str]:
        return [item["id"] for item in api.walk(f"/contacts?{query}&limit=1")]

    assert found(f"ids={two['id']},never,{one['id']},%00") == [one["id"], two["id"]]
    same = "email=Zoe%CC%88@EXAMPLE.COM"
    assert found(same) == [one["id"], two["id"], three["id"]]
    assert found("email=zo%C3%AB@example.com") == []
    assert found(f"{same}&ids={three['id']}") == [three["id"]]
    assert found(f"{same}&external_id=com.find:1") == [two["id"]]
    since = three["meta"]["updated_at"]
    assert found(f"{same}&updated_since={since}") == [three["id"]]
    for query in ("ids=", "ids=a,,b", "email=", "ids=" + ",".join("abc" for _ in range(101))):
        assert api("GET", f"/contacts?{query}").problem() == (400, "invalid-parameter")
