"""Strict I-JSON: what is read, and where what is refused is."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbw_validator import MalformedJSON
from sbw_validator.documents import parse_ijson, positions

# Neither surrogates (Cs) nor noncharacters (in Cn).
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cn"]), max_size=8)
LEAVES = st.none() | st.booleans() | st.integers(-(2**80), 2**80) | TEXT
LEAVES |= st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{}", {}),
        (' [1, -0.5e-3, "\\u00e4\\ud83e\\udd84"] \r\n\t', [1, -0.0005, "ä🦄"]),
        ('{"a": {"b": null}}', {"a": {"b": None}}),
        ("[" * 256 + "]" * 256, None),
        ('"\\uDBFF\\uDFFD"', "\U0010fffd"),
        ('"࿾῾"', "\u0ffe\u1ffe"),
        ("-0", 0),
        ("1" * 308, int("1" * 308)),
    ],
)
def test_i_json_is_read(text: str, value: Any) -> None:
    """I-JSON is read."""
    parsed = parse_ijson(text.encode())
    assert value is None or parsed == value
    assert "" in positions(text.encode())


@pytest.mark.parametrize(
    ("content", "reason", "line", "column"),
    [
        (b"", "is empty", 1, 1),
        (b" \n ", "is empty", 2, 2),
        (b"[1,", "ends too early", 1, 4),
        (b'{"a": 1,\n "b": 2,\n "a": 3}', 'has the member "a" twice', 3, 2),
        (b'{"a": {"x": 1, "x": 1}}', 'has the member "x" twice', 1, 16),
        (b'{"a": 1, "\\u0061": 2}', 'has the member "a" twice', 1, 10),
        (b"[NaN]", "has no JSON value here", 1, 2),
        (b"[1, -Infinity]", "has no JSON value here", 1, 5),
        (b"[1e400]", "has a number beyond the range of a double", 1, 2),
        (b"1" * 309, "has a number beyond the range of a double", 1, 1),
        (b"1" * 5000, "has a number beyond the range of a double", 1, 1),
        (b"\xef\xbb\xbf{}", "begins with a byte order mark", 1, 1),
        (b'{"a":\n "\xff"}', "is not UTF-8", 2, 3),
        (b'["\xed\xa0\x80"]', "is not UTF-8", 1, 3),
        (b'["\\ud800"]', "has a string with a surrogate or a noncharacter", 1, 2),
        (b'{"\\udc00": 1}', "has a string with a surrogate or a noncharacter", 1, 2),
        (b'["\\ufffe"]', "has a string with a surrogate or a noncharacter", 1, 2),
        ('["\ufdd0"]'.encode(), "has a string with a surrogate or a noncharacter", 1, 2),
        ('["\U0001ffff"]'.encode(), "has a string with a surrogate or a noncharacter", 1, 2),
        (b"[" * 257 + b"]" * 257, "is nested deeper than 256 levels", 1, 257),
        (b"[" * 100_000, "is nested deeper than 256 levels", 1, 257),
        (b'{"a":' * 100_000, "is nested deeper than 256 levels", 1, 1281),
        (b'[{"a":' * 100_000, "is nested deeper than 256 levels", 1, 769),
        (b"{} x", "has something behind the value", 1, 4),
        (b"{}\n{}", "has something behind the value", 2, 1),
        (b"[1,]", "has no JSON value here", 1, 4),
        (b'{"a": 1,}', "has no member name in double quotes here", 1, 9),
        (b"{'a': 1}", "has no member name in double quotes here", 1, 2),
        (b'{"a" 1}', "has no colon behind a member name", 1, 6),
        (b'{"a": 1 "b": 2}', "has neither a comma nor '}' here", 1, 9),
        (b'["a\nb"]', "has a string that is not closed", 1, 2),
        (b'["\\x"]', "has a string that is not closed", 1, 2),
        (b"[01]", "has neither a comma nor ']' here", 1, 3),
        (b"// no\n{}", "has no JSON value here", 1, 1),
    ],
)
def test_what_is_no_i_json_is_refused_with_its_place(
    content: bytes, reason: str, line: int, column: int
) -> None:
    """What is no I-JSON is refused with its place."""
    with pytest.raises(MalformedJSON) as caught:
        parse_ijson(content)
    assert caught.value.reason.startswith(reason)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert f"line {line}, column {column}" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "reason", "hint"),
    [
        ('{"ü": 1}'.encode("utf-16"), "is UTF-16, not UTF-8", "iconv -f UTF-16 -t UTF-8"),
        ('{"ü": 1}'.encode("utf-16-le"), "is UTF-16LE, not UTF-8", "iconv -f UTF-16LE"),
        ('{"ü": 1}'.encode("utf-16-be"), "is UTF-16BE, not UTF-8", "iconv -f UTF-16BE"),
        ('{"ü": 1}'.encode("utf-32"), "is UTF-32, not UTF-8", "iconv -f UTF-32 "),
        ('{"ü": 1}'.encode("utf-32-be"), "is UTF-32BE, not UTF-8", "iconv -f UTF-32BE"),
        ('{"ü": 1}'.encode("utf-32-le"), "is UTF-32LE, not UTF-8", "iconv -f UTF-32LE"),
        ('{"ü": 1}'.encode("latin-1"), "is not UTF-8", "iconv -f WINDOWS-1252 -t UTF-8"),
        (b"\xef\xbb\xbf{}", "begins with a byte order mark", "without a byte order mark"),
        (b"\0\0\0\0\0", "has no JSON value here", "Mend the text there."),
        (b'{"a": 1, "a": 1}', 'has the member "a" twice', "Keep one of them"),
        (b"[-Infinity]", "has no JSON value here", "JSON has neither NaN nor Infinity"),
        (b"1e400", "has a number beyond the range of a double", "a double holds, or a text"),
        (b"{}{}", "has something behind the value", "a file named .ndjson"),
        (b'["\\ud800"]', "has a string with a surrogate or a noncharacter", "leave it out"),
    ],
)
def test_what_is_refused_comes_with_advice(content: bytes, reason: str, hint: str) -> None:
    """What is refused comes with advice, and another encoding is called by its name."""
    with pytest.raises(MalformedJSON) as caught:
        parse_ijson(content)
    assert caught.value.reason == reason
    assert hint in caught.value.hint


@settings(deadline=None, derandomize=True)
@given(VALUES, st.sampled_from([{}, {"indent": 2}, {"ensure_ascii": False}]))
def test_what_json_writes_is_read_back(value: Any, style: dict[str, Any]) -> None:
    """What Python's json writes is read back."""
    assert parse_ijson(json.dumps(value, **style).encode()) == value


@settings(max_examples=150, deadline=None, derandomize=True)
@given(VALUES, st.integers(0, 10_000), st.sampled_from('{}[]",:0-.eE+ \n\\utfn\x00\ufeff'))
def test_the_quick_and_the_careful_reader_agree(value: Any, at: int, damage: str) -> None:
    """The quick and the careful reader agree."""
    text = json.dumps(value)
    text = text[: at % (len(text) + 1)] + damage + text[at % (len(text) + 1) + (at % 2) :]
    verdicts = []
    for reader in (parse_ijson, positions):
        try:
            reader(text.encode())
            verdicts.append("read")
        except MalformedJSON as error:
            verdicts.append(str(error))
    assert verdicts[0] == verdicts[1]


def test_positions_name_the_line_of_each_member_and_element() -> None:
    """Positions name the line of each member and element."""
    content = b'{\n "a/b": [\n  1,\n  {"~": 2}\n ],\n "c": 3\n}'
    assert positions(content) == {"": 1, "/a~1b": 2, "/a~1b/0": 3, "/a~1b/1": 4} | {
        "/a~1b/1/~0": 4,
        "/c": 6,
    }
