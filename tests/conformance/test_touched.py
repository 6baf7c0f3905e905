"""What an exchange touches: the marks by which a defect finds the checks that can see it."""

import json
from typing import Any

import pytest
from tests.conformance.support import Providers, run

from sbw_conformance.exchanges import Exchange, Request
from sbw_conformance.provider import Defect


def touched(operation: str = "create", **request: Any) -> set[str]:
    """The marks of an exchange that was answered with 201 where nothing else is said."""
    status = request.pop("status", 201)
    value = request.pop("value", None)
    body = None if value is None else json.dumps(value).encode()
    given = {"method": "POST", "url": "http://127.0.0.1:9/contacts", "body": body, **request}
    return set(Exchange(Request("a1", operation, **given), status=status).touched)


def test_the_operation_and_its_status_are_touched() -> None:
    """From broad to narrow: the operation, and the operation with what came back."""
    assert touched() == {"create", "create=201"}
    assert touched("read", method="GET", status=0) == {"read", "read=0"}


def test_headers_of_the_check_are_touched_in_lower_case() -> None:
    """A defect of conditional requests acts on those that have a condition."""
    headers = (("If-None-Match", '"7"'), ("PREFER", "handling=lenient"))
    found = touched("read", method="GET", status=304, headers=headers)
    assert found == {"read", "read=304", "read+if-none-match", "read+prefer"}


def test_the_method_head_is_touched() -> None:
    """HEAD is a read of its own kind; GET goes without saying."""
    assert "read+HEAD" in touched("read", method="HEAD", status=200)
    assert not any("GET" in mark for mark in touched("read", method="GET", status=200))


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", set()),
        ("?email=a%40x.example", {"list?email"}),
        ("?limit=1&updated_since=", {"list?limit", "list?updated_since"}),
        ("?limit=1&limit=2", {"list?limit"}),
    ],
)
def test_parameters_are_touched(query: str, names: set[str]) -> None:
    """Each name once, also of a parameter without a value."""
    found = touched("list", method="GET", status=200, url=f"http://127.0.0.1:9/contacts{query}")
    assert {mark for mark in found if "?" in mark} == names


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ({"name": {"given": "Ada", "family": "L"}}, {"name", "name/given", "name/family"}),
        (
            {"emails": [{"address": "a"}, {"label": "b"}]},
            {"emails", "emails/address", "emails/label"},
        ),
        ({"tags": ["a", "b"], "n": 7, "t": "abc", "b": True}, {"tags", "n", "t", "b"}),
        ({"name": None, "odd": [1, None, ["x"]]}, {"name", "odd"}),
        ([{"name": "Ada"}], set()),
        ("text", set()),
        (7, set()),
        (
            {"operations": [{"body": {"name": {"given": "A"}}}, 7, {"body": 1}, {"id": "x"}]},
            {"operations", "operations/body", "operations/id", "name", "name/given"},
        ),
        ({"operations": 7}, {"operations"}),
    ],
    ids=lambda value: json.dumps(sorted(value) if isinstance(value, set) else value),
)
def test_members_that_were_sent_are_touched(value: Any, names: set[str]) -> None:
    """Two levels deep, and in a batch those of the bodies in it; other values have none."""
    assert {mark.partition("/")[2] for mark in touched(value=value) if "/" in mark} == names


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000, b'{"a": NaN}', b""])
def test_what_is_no_json_touches_no_members(body: bytes) -> None:
    """Bodies that are broken on purpose have marks all the same."""
    assert {"create", "create=400"} <= touched(body=body, status=400)


def test_a_defect_touches_what_it_names() -> None:
    """One mark in common is enough, and an asterisk is enough for all."""
    marks = frozenset({"create", "create=422", "create/name"})
    for operations, wanted in (
        ({"create"}, True),
        ({"read", "create=422"}, True),
        ({"create/name"}, True),
        ({"*"}, True),
        ({"read", "create=201", "create/emails"}, False),
        (set(), False),
    ):
        defect = Defect("d", "", ("CORE-001",), frozenset(operations))
        assert defect.touches(marks) is wanted


def test_a_report_tells_what_each_check_touched(provider: Providers) -> None:
    """The marks of all exchanges of a check stand in its event, sorted, each once."""
    report = run(provider(), "core.known_version_is", "core.ids_select")
    marks = {
        name: event["operations"]
        for name, event in report.checks.items()
        if event["resource"] == "contact"
    }
    assert all(found == sorted(set(found)) for found in marks.values())
    conditional = marks["core.known_version_is_not_sent_again[contact]"]
    assert {"create", "create=201", "read=304", "read+if-none-match"} <= set(conditional)
    assert "list?ids" in marks["core.ids_select_records[contact]"]
    assert "list?ids" not in conditional
