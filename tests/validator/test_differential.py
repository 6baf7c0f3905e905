"""jsonschema-rs decides and jsonschema explains, so both come to the same verdict on anything."""

import json
from copy import deepcopy
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbw_validator import Standard, load_schemas
from sbw_validator.derive import VARIANTS
from sbw_validator.dialect import explainer
from sbw_validator.shape import members

NASTY = (
    *(None, True, 0, -1, 1.0, 1.5, 10**20, "", "a", "a\n", [], [None], {}, {"a": 1}),
    *("2026-02-30", "2026-02-30T00:00:00Z", "2026-12-31T23:59:60Z", "2026-12-31T23:59:60.5Z"),
    *("2026-03-01T09:30:00+01:00", "\u0661", "\uff11", "-0", "-0.00", "1e3", "DE\n", "x" * 300),
    *("/relative", "https://example.com/ x", "batch", "7-gzip", "\U0001f984", "e\u0301", "a@b"),
)
APPENDED = ("\n", " ", "\u0660", "\u200b", "0", "\x00", "\u2028")


@cache
def seeds(standard: Standard) -> list[tuple[str, Any]]:
    """Return name and value of the valid examples."""
    found = []
    schemas = load_schemas(standard)
    for name in schemas.names():
        folder = standard.schemas / "examples" / name / "valid"
        found += [(name, json.loads(file.read_bytes())) for file in folder.iterdir()]
    return sorted(found, key=repr)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every (container, key) inside a value."""
    found: list[tuple[Any, Any]] = []
    if isinstance(value, dict | list):
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        for key in keys:
            found += [(value, key), *places(value[key])]
    return found


@st.composite
def mutated(draw: st.DrawFn, standard: Standard) -> tuple[str, Any]:
    """Draw an example with some members dropped, added, replaced or altered."""
    name, seed = draw(st.sampled_from(seeds(standard)))
    value = deepcopy(seed)
    bundle = load_schemas(standard).bundle(name)
    for _ in range(draw(st.integers(0, 3))):
        spots = places(value)
        if not spots:
            break
        container, key = draw(st.sampled_from(spots))
        change = draw(st.sampled_from(["drop", "replace", "append", "add", "repeat"]))
        if change == "drop":
            del container[key]
        elif change == "replace":
            container[key] = deepcopy(draw(st.sampled_from(NASTY)))
        elif change == "append" and isinstance(container[key], str):
            container[key] += draw(st.sampled_from(APPENDED))
        elif change == "add" and isinstance(container, dict):
            known = draw(st.sampled_from(["unknown", "type", *members(bundle, bundle)]))
            container[known] = deepcopy(draw(st.sampled_from(NASTY)))
        elif change == "repeat" and isinstance(container, list):
            container.append(deepcopy(container[key]))
    return name, value


@pytest.mark.parametrize("variant", VARIANTS)
@settings(max_examples=100, deadline=None, derandomize=True)
@given(data=st.data())
def test_verdicts_are_equal(widgets: Standard, variant: str, data: st.DataObject) -> None:
    """Verdicts are equal."""
    name, value = data.draw(mutated(widgets))
    validator = load_schemas(widgets).validator(name, variant)
    valid = validator.is_valid(value)
    assert explainer(validator.bundle).is_valid(value) is valid
    findings = validator.findings(value)
    assert bool(findings) is not valid
    assert len({(f.pointer, f.keyword, f.expected) for f in findings}) == len(findings)
    assert all(f.hint and f.expected and f.pointer in f.pointers for f in findings)


def test_findings_come_from_jsonschema_rs_where_jsonschema_sees_nothing(
    standard: Standard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Findings come from jsonschema-rs where jsonschema sees nothing."""
    validator = load_schemas(standard).validator("page")
    monkeypatch.setattr("sbw_validator.explain.explainer", lambda _bundle: explainer({}))
    [found] = validator.findings({"items": 1})
    assert (found.requirement, found.pointer, found.keyword) == ("CORE-073", "/items", "type")
    assert "array" in found.hint


def test_what_is_no_json_value_is_invalid(standard: Standard) -> None:
    """What is no JSON value is invalid."""
    validator = load_schemas(standard).validator("page")
    assert not validator.is_valid({"items": [], "next": "https://a.example/\ud800"})
    [found] = validator.findings({"items": [], "next": "https://a.example/\ud800"})
    assert (found.pointer, found.keyword) == ("/next", "format")
    assert validator.is_valid({"items": [], "next": "https://a.example/"})
