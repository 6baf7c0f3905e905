"""Refusals: which comes first, what they say, and that nothing is left of a refused write."""

import json
from typing import Any

import pytest
from tests.reference.support import MINIMAL, Api

from sbw_reference.behaviour import Behaviour
from sbw_reference.server import Running
from sbw_validator.validation import validate

BAD = {"content_type": "text/plain"}


def test_the_first_of_the_order_decides(api: Api) -> None:
    """401, 405, 404, 415, 400, 428, 412, 422, 409: each hides those that follow."""
    taken = api.create({**MINIMAL, "external_ids": [{"app": "com.order", "id": "1"}]})
    path = f"/contacts/{api.create()['id']}"
    broken, invalid = b"{", {"name": {"given": ""}, "external_ids": taken["external_ids"]}
    valid = {"external_ids": taken["external_ids"]}
    anyone = {"Authorization": "Basic x"}
    steps: list[tuple[Any, Any]] = [
        (api("PUT", "/contacts/x?y=1", body=broken, **anyone), (401, "unauthorized")),
        (api("PUT", "/contacts/x?y=1", body=broken), (405, "about:blank")),
        (api("PATCH", "/contacts/x?y=1", body=broken, **BAD), (404, "about:blank")),
        (api("PATCH", f"{path}?y=1", body=broken, **BAD), (415, "about:blank")),
        (api("PATCH", f"{path}?y=1", body=broken), (400, "unknown-parameter")),
        (api("PATCH", path, body=broken), (400, "malformed")),
        (api("PATCH", path, invalid), (428, "precondition-required")),
        (api("PATCH", path, invalid, If_Match='"x"'), (412, "version-conflict")),
        (api("PATCH", path, invalid, If_Match="*"), (422, "validation")),
        (api("PATCH", path, valid, If_Match="*"), (409, "duplicate-external-id")),
    ]
    assert [answer.problem() for answer, _ in steps] == [wanted for _, wanted in steps]
    assert all(validate(answer.value, type="problem") == [] for answer, _ in steps)
    assert steps[1][0].headers["allow"] == "DELETE, GET, HEAD, PATCH"
    assert api("GET", path).value["external_ids"] == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"emails": [{"label": "x"}]}, "/emails/0/address"),
        ({"name": {"given": 1}}, "/name/given"),
        ({"name": {"given": None}}, "/name/given"),
        ({"emails": [{"address": "a@b", "pref": 1}, {"address": "b@b", "pref": 1}]}, "/emails"),
        ({"addresses": []}, ""),
        ([], ""),
    ],
)
def test_a_finding_points_to_its_place(api: Api, body: Any, pointer: str) -> None:
    """The pointer leads into the body that was sent."""
    answer = api("POST", "/contacts", body)
    assert answer.problem() == (422, "validation")
    pointers = [entry["pointer"] for entry in answer.value["errors"]]
    assert any(found.startswith(pointer) for found in pointers), pointers


def test_a_finding_of_the_merged_record_points_to_its_place(api: Api) -> None:
    """What only the whole record shows is refused with the pointer that it has there."""
    record = api.create({"emails": [{"address": "a@b", "pref": 1}], "name": {"given": "Ada"}})
    path = f"/contacts/{record['id']}"
    answer = api("PATCH", path, {"name": None, "emails": None}, If_Match="*")
    assert answer.problem() == (422, "validation")
    patch = {"emails": [{"address": "a@b", "pref": 1}, {"address": "c@d", "pref": 1}]}
    answer = api("PATCH", path, patch, If_Match="*")
    assert all(entry["pointer"].startswith("/emails") for entry in answer.value["errors"])
    assert api("GET", path).value == record


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({**MINIMAL, "nick": "x"}, ["/nick"]),
        ({"name": {"given": "A", "nick": "x", "b/c~": 1}}, ["/name/b~1c~0", "/name/nick"]),
        ({**MINIMAL, "emails": [{"address": "a@b"}, {"address": "b@b", "x": 1}]}, ["/emails/1/x"]),
    ],
)
def test_unknown_members_are_named(api: Api, body: Any, pointers: list[str]) -> None:
    """Members that are not stored are refused wherever they stand, each by its pointer."""
    answer = api("POST", "/contacts", body)
    assert answer.problem() == (422, "not-stored")
    assert sorted(entry["pointer"] for entry in answer.value["errors"]) == pointers
    path = f"/contacts/{api.create()['id']}"
    assert api("PATCH", path, body, If_Match="*").problem() == (422, "not-stored")


def test_null_for_an_unknown_member_is_refused(api: Api) -> None:
    """Who removes what is not known is mistaken too."""
    path = f"/contacts/{api.create()['id']}"
    assert api("PATCH", path, {"nick": None}, If_Match="*").problem() == (422, "not-stored")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"name":{"given":"A"},"name":{"given":"A"}}',
        b'{"name":{"given":NaN}}',
        b'{"name":{"given":"\xff"}}',
        b'\xef\xbb\xbf{"name":{"given":"A"}}',
        b'{"name":{"given":"\\ud800"}}',
        b"[" * 300 + b"]" * 300,
        b'{"name":{"given":"A"}} x',
    ],
)
def test_bodies_are_strict_i_json(api: Api, body: bytes) -> None:
    """Nothing is guessed."""
    assert api("POST", "/contacts", body=body).problem() == (400, "malformed")


@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        ("application/json", 201),
        ("Application/JSON; charset=UTF-8", 201),
        ("application/json; charset=latin-1", 415),
        ('application/json;charset="utf-8"', 201),
        ("application/json; charset=utf-16", 415),
        ("application/merge-patch+json", 415),
        ("application/x-www-form-urlencoded", 415),
        ("text/json", 415),
        ("", 415),
    ],
)
def test_bodies_are_json_in_utf_8(api: Api, media_type: str, status: int) -> None:
    """Content-Type decides whether a body is read at all."""
    body = json.dumps(MINIMAL).encode()
    assert api("POST", "/contacts", body=body, Content_Type=media_type).status == status


@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        ("application/json", 200),
        ("application/merge-patch+json", 200),
        ("application/merge-patch+json; charset=utf-8", 200),
        ("application/merge-patch+json; charset=latin-1", 415),
        ("application/json-patch+json", 415),
        ("text/plain", 415),
    ],
)
def test_a_patch_is_a_merge_patch(api: Api, media_type: str, status: int) -> None:
    """In JSON by either of its names, and nothing else."""
    path = f"/contacts/{api.create()['id']}"
    body = b'{"nickname": "x"}'
    answer = api("PATCH", path, body=body, Content_Type=media_type, If_Match="*")
    assert answer.status == status
    assert ("nickname" in api("GET", path).value) is (status == 200)


def test_methods_that_are_not_offered_are_refused(api: Api) -> None:
    """405 says what there is; addresses that lead nowhere are 404."""
    answer = api("DELETE", "/business")
    assert (answer.problem(), answer.headers["allow"]) == ((405, "about:blank"), "GET, HEAD")
    for path in ("/nowhere", "/contacts/", "/contacts/x/y", "/business/x", "/contacts/%00"):
        assert api("GET", path).problem() == (404, "about:blank")


def test_a_failure_is_answered_and_told(
    running: Running, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody thought of is a problem document with a request id, and a traceback."""

    def fail(*_: object) -> None:
        raise RuntimeError("nobody thought of it")

    monkeypatch.setattr(type(running.store), "find", fail)
    answer = Api(running)("GET", "/contacts/x")
    assert answer.problem() == (500, "about:blank")
    assert answer.value["request_id"]
    assert "nobody thought" not in answer.body.decode()
    assert "RuntimeError: nobody thought of it" in capfd.readouterr().err


def test_seams_have_defaults() -> None:
    """A behaviour needs nothing to be correct."""
    assert Behaviour() == Behaviour()
