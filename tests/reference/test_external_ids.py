"""External ids: unique within a type of a business, free again after a deletion."""

from tests.reference.support import MINIMAL, Api, named

from sbw_reference.server import Running


def test_an_external_id_has_one_record(anywhere: Running) -> None:
    """A create or an update that takes it is refused with the record that has it."""
    api = Api(anywhere)
    owner = api.create(named(1))
    refused = api("POST", "/contacts", named(1))
    assert refused.problem() == (409, "duplicate-external-id")
    assert refused.value["record"] == {"type": "contact", "id": owner["id"]}
    other = api.create(named(2))
    both = [*owner["external_ids"], *other["external_ids"]]
    path = f"/contacts/{other['id']}"
    refused = api("PATCH", path, {"external_ids": both}, If_Match="*")
    assert refused.problem() == (409, "duplicate-external-id")
    assert refused.value["record"]["id"] == owner["id"]
    assert api("GET", path).value == other
    assert Api(anywhere, "b1").create(named(1))["id"] != owner["id"]


def test_an_account_makes_another_id(anywhere: Running) -> None:
    """The triple counts, not the pair."""
    api = Api(anywhere)
    api.create(named(1))
    other = {"app": "com.example.crm", "account": "second", "id": "1"}
    api.create({**MINIMAL, "external_ids": [other]})
    assert len(list(api.walk("/contacts?external_id=com.example.crm:1"))) == 2


def test_a_deletion_frees_external_ids(anywhere: Running) -> None:
    """So does an update that leaves one out; what is made again has an id of its own."""
    api = Api(anywhere)
    first = api.create(named(1))
    assert api("DELETE", f"/contacts/{first['id']}").status == 204
    second = api.create(named(1))
    assert second["id"] != first["id"]
    patch = {"external_ids": [{"app": "com.example.crm", "id": "9"}]}
    assert api("PATCH", f"/contacts/{second['id']}", patch, If_Match="*").status == 200
    assert api.create(named(1))["id"] not in (first["id"], second["id"])
    assert [item["id"] for item in api.walk("/contacts?external_id=com.example.crm:9")] == [
        second["id"]
    ]


def test_a_record_holds_a_thousand(anywhere: Running) -> None:
    """As many as the schema allows, compared in one go."""
    api = Api(anywhere)
    many = [{"app": "com.many", "id": str(number)} for number in range(1000)]
    record = api.create({**MINIMAL, "external_ids": many})
    assert record["external_ids"] == many
    assert api("POST", "/contacts", named(999, "com.many")).problem()[0] == 409
    path = f"/contacts/{record['id']}"
    changed = api("PATCH", path, {"external_ids": many[1:]}, If_Match="*").value
    assert changed["external_ids"] == many[1:]
