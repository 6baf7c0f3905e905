"""The controls of a sandbox: clock, cursors, limits."""

from datetime import datetime
from typing import Any

import pytest
from tests.reference.support import Answer, Api, named, serving

from sbw_reference.behaviour import Behaviour
from sbw_reference.server import Running, Settings

CONTROLS = ["move_clock", "expire_cursors", "limit_requests"]


def control(api: Api, name: str, **more: Any) -> Answer:
    """Use a control."""
    return api("POST", "/sandbox/controls", {"control": name, **more})


def written(record: dict[str, Any], name: str = "updated_at") -> datetime:
    """An instant of a record."""
    return datetime.fromisoformat(record["meta"][name])


def test_the_clock_moves_for_one_business(running: Running) -> None:
    """What is written is written then; the clock comes back, and no record goes backwards."""
    api, other = Api(running), Api(running, "b1")
    before = api.create(named("clock"))
    path = f"/contacts/{before['id']}"
    assert control(api, "move_clock", seconds=7200).status == 204
    ahead, elsewhere = api.create(), other.create()
    moved = api("PATCH", path, {"nickname": "x"}, If_Match="*").value
    for record in (ahead, moved):
        assert 7195 < (written(record) - written(before)).total_seconds() < 7260
    assert written(ahead, "created_at") == written(ahead)
    assert moved["meta"]["created_at"] == before["meta"]["created_at"]
    assert abs((written(elsewhere) - written(before)).total_seconds()) < 60
    assert control(api, "move_clock", seconds=0).status == 204
    again = api("PATCH", path, {"nickname": "y"}, If_Match="*").value
    assert 0 < (written(again) - written(moved)).total_seconds() < 1
    assert abs((written(api.create()) - written(before)).total_seconds()) < 60


def test_cursors_expire_for_one_business(running: Running) -> None:
    """Old cursors are 410, new ones work, and those of another business go on."""
    api, other = Api(running), Api(running, "b1")
    for one in (api, other, api, other):
        one.create()
    old, elsewhere = (one("GET", "/contacts?limit=1").value["next"] for one in (api, other))
    assert api("GET", old).status == 200
    assert control(api, "expire_cursors").status == 204
    assert api("GET", old).problem() == (410, "cursor-expired")
    assert other("GET", elsewhere).status == 200
    assert api("GET", api("GET", "/contacts?limit=1").value["next"]).status == 200


def test_a_cursor_outlives_a_day(running: Running) -> None:
    """Time alone lets no cursor expire."""
    api = Api(running)
    api.create()
    api.create()
    following = api("GET", "/contacts?limit=1").value["next"]
    assert control(api, "move_clock", seconds=86_400).status == 204
    assert api("GET", following).status == 200
    assert control(api, "move_clock", seconds=0).status == 204


def test_requests_of_one_token_are_refused(running: Running) -> None:
    """So many as asked for, wherever they lead, and those of no other token."""
    a1, a2 = Api(running), Api(running, "a2")
    record = a1.create()
    assert control(a1, "limit_requests", requests=3).status == 204
    for method, path in (("GET", "/business"), ("DELETE", f"/contacts/{record['id']}")):
        assert a2("GET", "/business").status == 200
        answer = a1(method, path)
        assert answer.problem() == (429, "rate-limited")
        assert answer.headers["retry-after"] == "1"
    assert a1("GET", "/nowhere").status == 429
    assert a1("GET", f"/contacts/{record['id']}").value == record


def test_controls_work_on_any_database(anywhere: Running) -> None:
    """Clock, cursors and limits are kept where the records are."""
    api = Api(anywhere)
    before, _ = api.create(), api.create()
    following = api("GET", "/contacts?limit=1").value["next"]
    assert control(api, "move_clock", seconds=60).status == 204
    assert (written(api.create()) - written(before)).total_seconds() >= 60
    assert control(api, "expire_cursors").status == 204
    assert api("GET", following).problem() == (410, "cursor-expired")
    assert control(api, "limit_requests", requests=1).status == 204
    assert [api("GET", "/business").status for _ in range(2)] == [429, 200]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/control"),
        ([], ""),
        ({"control": "stop"}, "/control"),
        ({"control": "move_clock"}, "/seconds"),
        ({"control": "move_clock", "seconds": -1}, "/seconds"),
        ({"control": "expire_cursors", "seconds": 1}, ""),
        ({"control": "limit_requests", "requests": 0}, "/requests"),
        ({"control": "expire_cursors", "all": True}, "/all"),
        ({"control": "fail_deliveries", "deliveries": 1}, "/control"),
    ],
)
def test_what_is_no_control_is_refused(api: Api, body: Any, pointer: str) -> None:
    """With the place; so is a control that the landing page does not name."""
    answer = api("POST", "/sandbox/controls", body)
    assert answer.problem() == (422, "validation")
    assert any(entry["pointer"].startswith(pointer) for entry in answer.value["errors"])


def test_controls_are_for_those_who_are_let_in(running: Running, api: Api) -> None:
    """Without a token 401; the landing page names the controls."""
    refused = control(Api(running, None), "expire_cursors")
    assert refused.problem() == (401, "unauthorized")
    assert api("GET", "/").value["sandbox"]["controls"] == CONTROLS
    assert api("GET", "/sandbox/controls").problem() == (405, "about:blank")


def test_without_the_class_there_are_no_controls() -> None:
    """Neither the address nor the names are there."""
    with serving(Settings(classes=("core", "contacts")), Behaviour()) as running:
        api = Api(running)
        assert "sandbox" not in api("GET", "/").value
        assert control(api, "expire_cursors").problem() == (404, "about:blank")
