"""Where values begin, by path and by pointer."""

import pytest

from sbw_validator.ijson import lines_of
from sbw_validator.lines import Lines

TEXT = b'{\n "a/b": [\n  1,\n  {"~": 2}\n ],\n "c": {\n  "0": 3}\n}'


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 1),
        (("a/b",), 2),
        (("a/b", 0), 3),
        (("a/b", 1, "~"), 4),
        (("c", "0"), 7),
        (("a/b", 7), 2),
        (("a/b", 0, "deeper"), 3),
        (("absent", "x"), 1),
    ],
)
def test_a_value_has_the_line_of_its_name_or_of_what_it_is_absent_from(
    path: tuple[str | int, ...], line: int
) -> None:
    """A value has the line of its name, an absent one that of what it is absent from."""
    assert lines_of(TEXT).of(path) == line


@pytest.mark.parametrize(
    ("pointer", "line"),
    [("", 1), ("/a~1b/1/~0", 4), ("/c/0", 7), ("/a~1b/2", 2), ("/c/1/x", 6)],
)
def test_a_pointer_is_unescaped(pointer: str, line: int) -> None:
    """A pointer is unescaped."""
    assert lines_of(TEXT).at(pointer) == line


def test_a_value_without_others_is_a_line() -> None:
    """A value without others is a line."""
    assert lines_of(b"\n\n7") == Lines(3)
    assert lines_of(b"\n\n7").by_pointer() == {"": 3}


def test_long_names_around_many_values_cost_no_more_than_the_text() -> None:
    """A mapping of pointers would hold a hundred megabytes here, and gigabytes for a large text."""
    import tracemalloc

    text = b'{"' + b"a" * 100_000 + b'": [' + b"1," * 1000 + b"1]}"
    tracemalloc.start()
    lines = lines_of(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert lines.of(["a" * 100_000, 1000]) == 1
    assert peak < 2_000_000
