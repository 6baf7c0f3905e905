"""The bounds of a document: counted to the value, and before anything is made of the text."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbw_validator import limits
from sbw_validator.errors import OversizedError
from sbw_validator.plainyaml import parse_yaml

TEXT = st.text('a,[]{}":\\ \n', max_size=6)
VALUES = st.recursive(
    st.none() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def count(value: Any) -> int:
    """Return how many values a value is."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(count(item) for item in inside)


@settings(deadline=None, derandomize=True)
@given(VALUES, st.sampled_from([{}, {"indent": 2}]))
def test_values_are_counted_exactly(value: Any, style: dict[str, Any]) -> None:
    """As many values as there are is enough, one less is not; in JSON and in YAML alike."""
    text = json.dumps(value, **style).encode()
    with pytest.MonkeyPatch.context() as patch:
        for module in ("limits", "plainyaml"):
            patch.setattr(f"sbw_validator.{module}.MOST_VALUES", count(value))
        limits.hold(text)
        for module in ("limits", "plainyaml"):
            patch.setattr(f"sbw_validator.{module}.MOST_VALUES", count(value) - 1)
        with pytest.raises(OversizedError, match="values"):
            limits.hold(text)
        with pytest.raises(OversizedError, match="values"):
            parse_yaml(b"- 1\n" * count(value))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b" " * (limits.LARGEST + 1), "it is larger than 64 MiB, the most for one document"),
        (b"[" + b"1," * 100_000 + b"1]", "it holds more than 100,000 values"),
        (b"[" * 200_001, "it holds more than 100,000 values"),
        (b'"' * 1_200_000, "it holds more than 100,000 values"),
        (b'["' + b"a" * 1_048_577 + b'"]', "it holds a text of more than 1 MiB"),
        (b'{"' + b"a" * 1_048_577 + b'": 1}', "it holds a text of more than 1 MiB"),
        (b'"' + b"\\n" * 1_000_000, "it holds a text of more than 1 MiB"),
    ],
    ids=["bytes", "values", "brackets", "quotes", "text", "name", "unclosed"],
)
def test_what_is_beyond_a_bound_is_refused_by_its_name(content: bytes, reason: str) -> None:
    """What is beyond a bound is refused by its name."""
    with pytest.raises(OversizedError) as caught:
        limits.hold(content)
    assert caught.value.reason.startswith(reason)


@pytest.mark.parametrize(
    "content",
    [
        b'"' + b"a" * 1_048_576 + b'"',
        b"[" + b"1," * 99_998 + b"1]",
        b"[" + b"[]," * 99_998 + b"[]]",
        b'["' + b",[{" * 300_000 + b'"]',
        b" " * 2_000_000 + b"1",
    ],
    ids=["text", "values", "empty arrays", "marks in a text", "space"],
)
def test_what_reaches_a_bound_is_held(content: bytes) -> None:
    """What reaches a bound is held."""
    assert limits.hold(content) is None
