"""All shapes of the registry, with a standard that the provider has never seen."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.reference.support import Api, serving
from tests.standard.build import HERE, build

from sbw_validator.standard import load_standard
from sbw_validator.validation import validate


@pytest.fixture(scope="module")
def widgets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Give the first app of a provider of the test standard, which SBW_STANDARD names."""
    folder = build(tmp_path_factory.mktemp("standard"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SBW_STANDARD", str(folder))
        patch.syspath_prepend(HERE)
        with serving() as running:
            yield Api(running)
    sys.modules.pop("widget_behaviours", None)


def test_all_are_declared(widgets: Api) -> None:
    """The landing page declares each shape with the operations of the registry."""
    declared = widgets("GET", "/").value["resources"]
    assert {name: entry["operations"] for name, entry in declared.items() if "w" in name} == {
        "widget": ["list", "create", "read", "update", "delete"],
        "widget_setting": ["read", "update"],
        "widget_event": ["list", "create", "read"],
        "widget_search": ["list"],
    }


def test_a_collection(widgets: Api) -> None:
    """Records are created, changed, listed and deleted."""
    price = {"amount": "1.50", "currency": "EUR"}
    made = widgets.create({"name": "Gizmo", "price": price}, "/widgets")
    path = f"/widgets/{made['id']}"
    same = widgets("PATCH", path, {"price": {"amount": "1.5"}}, If_Match="*").value
    assert same == made
    changed = widgets("PATCH", path, {"quantity": 7}, If_Match="*").value
    assert validate(changed, standard=load_standard(Path(os.environ["SBW_STANDARD"]))) == []
    assert [item["id"] for item in widgets.walk("/widgets")] == [made["id"]]
    assert widgets("DELETE", path).status == 204


def test_a_singleton(widgets: Api) -> None:
    """There is one record at the path from the first day, for each business its own."""
    first = widgets("GET", "/widget-setting")
    assert (first.status, first.value["type"]) == (200, "widget_setting")
    tag = first.headers["etag"]
    changed = widgets("PATCH", "/widget-setting", {"theme": "dusk"}, If_Match=tag)
    assert (changed.status, changed.value["theme"]) == (200, "dusk")
    assert changed.value["id"] == first.value["id"]
    stale = widgets("PATCH", "/widget-setting", {"theme": "dawn"}, If_Match=tag)
    assert stale.problem() == (412, "version-conflict")
    assert widgets("GET", "/widget-setting").value == changed.value
    for method in ("POST", "DELETE"):
        assert widgets(method, "/widget-setting").problem() == (405, "about:blank")
    assert widgets("GET", f"/widget-setting/{first.value['id']}").status == 404


def test_an_append_only_list(widgets: Api) -> None:
    """Records are created, read and listed, and stay as they are."""
    body = {"kind": "moved", "happened_at": "2026-03-01T09:30:00Z"}
    made = widgets.create(body, "/widget-events")
    path = f"/widget-events/{made['id']}"
    assert widgets("GET", path).value == made
    assert made in list(widgets.walk("/widget-events?limit=1"))
    for method in ("PATCH", "DELETE"):
        answer = widgets(method, path, {} if method == "PATCH" else None)
        assert (answer.problem(), answer.headers["allow"]) == ((405, "about:blank"), "GET, HEAD")


def test_a_query(widgets: Api) -> None:
    """Items are computed from what is stored, by declared parameters that are strict."""
    small = widgets.create({"name": "Small gear", "quantity": 1, "active": True}, "/widgets")
    large = widgets.create({"name": "Large gear", "quantity": 9, "active": False}, "/widgets")

    def found(text: str) -> list[str]:
        answer = widgets("GET", f"/widget-search?{text}")
        assert answer.status == 200, answer.body
        return [item["widget"] for item in answer.value["items"]]

    assert found("text=gear") == [small["id"], large["id"]]
    assert found("text=gear&at_least=5") == [large["id"]]
    assert found("text=gear&active=true") == [small["id"]]
    for text in ("", "text=", "text=a&at_least=x", "text=a&at_least=1.5", "text=a&active=1"):
        answer = widgets("GET", f"/widget-search?{text}")
        assert answer.problem() == (400, "invalid-parameter")
    unknown = widgets("GET", "/widget-search?text=a&sort=name")
    assert unknown.problem() == (400, "unknown-parameter")
    assert widgets("POST", "/widget-search", {}).problem() == (405, "about:blank")
