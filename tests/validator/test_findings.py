"""How findings show values and names."""

from typing import Any

import pytest

from sbw_validator.findings import LONGEST_GOT, printable, shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (1.5, "1.5"),
        ('a"ü\n', '"a\\"ü\\n"'),
        ({"a": [1, {"b": "ü"}]}, '{"a": [1, {"b": "ü"}]}'),
        ("\ud800", '"\\ud800"'),
        (object(), "a Python object"),
        ({"a": object()}, "a Python dict"),
        ("x" * 118, '"' + "x" * 118 + '"'),
        ("x" * 119, '"' + "x" * 118 + "…"),
        ([1] * 1000, "[" + "1, " * 39 + "1…"),
    ],
)
def test_a_value_is_shown_as_json_and_cut(value: Any, text: str) -> None:
    """A value is shown as JSON, and cut."""
    assert shown(value) == text
    assert len(text) <= LONGEST_GOT


def test_only_the_beginning_of_a_value_is_read() -> None:
    """What is cut off costs nothing: here it would be an error."""
    assert shown([*range(1000), object()]).startswith("[0, 1, 2")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("as it is: ü 😀 “”", "as it is: ü 😀 “”"),
        ("a\nb\tc\x00", "a\\nb\\tc\\x00"),
        ("\x1b[31m\x9b2J", "\\x1b[31m\\x9b2J"),
        ("\u202eright to left", "\\u202eright to left"),
        ("caf\udce9", "caf\\xe9"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_a_terminal_acts_upon_is_escaped(text: str, line: str) -> None:
    """What a terminal acts upon is escaped, and so are bytes that are no UTF-8."""
    assert printable(text) == line
