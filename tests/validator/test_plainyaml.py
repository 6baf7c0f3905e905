"""YAML as JSON would say it: what is read as what, and where what is refused is."""

import json
import math
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sbw_validator.errors import MalformedYAML, OversizedError
from sbw_validator.plainyaml import parse_yaml, read_yaml, yaml_lines


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# nothing", None),
        ("---\n...\n", None),
        ("\ufeffa: 1", {"a": 1}),
        ("%YAML 1.1\n---\na: 1\n...\n", {"a": 1}),
        ("[~, null, Null, NULL, ]", [None] * 4),
        ("a:", {"a": None}),
        ("[true, True, TRUE, false, False, FALSE]", [True] * 3 + [False] * 3),
        ("[yes, no, on, off, y, n, NO]", ["yes", "no", "on", "off", "y", "n", "NO"]),
        ("[0, 007, -3, +4, 0o17, 0x1F]", [0, 7, -3, 4, 15, 31]),
        ("[1.5, .5, 1., -1e3, 1E-2]", [1.5, 0.5, 1.0, -1000.0, 0.01]),
        ("[1_000, '1:30', 0b1, 08-1, -, 1.2.3]", ["1_000", "1:30", "0b1", "08-1", "-", "1.2.3"]),
        ("[2026-03-01, 2026-03-01T09:30:00Z]", ["2026-03-01", "2026-03-01T09:30:00Z"]),
        ("['1', \"true\", '~']", ["1", "true", "~"]),
        ("a: |\n  one\n  two\nb: >\n  one\n  two\n", {"a": "one\ntwo\n", "b": "one two\n"}),
        ("1: a\ntrue: b\n~: c\n<<: d", {"1": "a", "true": "b", "~": "c", "<<": "d"}),
        ("[!!str 1, ! 2, !!int '3', !!float 4, !!bool 'true', !!null '']", ["1", "2", 3, 4, True]),
        ("!!map {a: !!seq [1]}", {"a": [1]}),
        ("a: &name 1", {"a": 1}),
        ('{"a": [1, {"b": "\\u00fc"}]}', {"a": [1, {"b": "ü"}]}),
        ("[" * 256 + "]" * 256, None),
        ("9" * 308, int("9" * 308)),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: Any) -> None:
    """Dates, yes and no are texts; a name is the text that is written."""
    parsed = parse_yaml(text.encode())
    if text.startswith("[!!str"):
        value = [*value, None]
    assert value is None or parsed == value
    assert text.startswith("[[") or type(parsed) is type(value)


@pytest.mark.parametrize(
    ("text", "reason", "line", "column"),
    [
        ("a: 1\n'a': 2", 'has "a" twice', 2, 1),
        ("a:\n  b: 1\n  b: 2", 'has "b" twice', 3, 3),
        ("a: &x 1\nb: *x", 'has the alias "x"', 2, 4),
        ("&x [*x]", 'has the alias "x"', 1, 5),
        ("a: &x {b: 1}\nc:\n  <<: *x", 'has the alias "x"', 3, 7),
        ("? [1]\n: 2", "has a name that is no text", 1, 3),
        ("? {a: 1}\n: 2", "has a name that is no text", 1, 3),
        ("&x a: 1\n*x : 2", "has a name that is no text", 2, 1),
        ("a: 1\n---\nb: 2", "has a second document", 2, 1),
        ("a: .inf", 'has ".inf", which JSON has not', 1, 4),
        ("[1, -.INF]", 'has "-.INF", which JSON has not', 1, 5),
        (".NaN", 'has ".NaN", which JSON has not', 1, 1),
        ("1e400", "has a number beyond the range of a double", 1, 1),
        ("9" * 309, "has a number beyond the range of a double", 1, 1),
        ("9" * 5000, "has a number beyond the range of a double", 1, 1),
        ("-" + "0x" + "f" * 300, None, 1, 1),
        ("0x" + "f" * 300, "has a number beyond the range of a double", 1, 1),
        ("!!python/object:os.system x", 'has the tag "tag:yaml.org,2002:python/object', 1, 1),
        ("!!timestamp 2026-03-01", 'has the tag "tag:yaml.org,2002:timestamp"', 1, 1),
        ("!!set {a}", 'has the tag "tag:yaml.org,2002:set"', 1, 1),
        ("!own [1]", 'has the tag "!own"', 1, 1),
        ("!!int one", 'has "one" under the tag "tag:yaml.org,2002:int"', 1, 1),
        ("[" * 257 + "]" * 257, "is nested deeper than 256 levels", 1, 257),
        ("[" * 100_000, "is nested deeper than 256 levels", 1, 257),
        ("{a: " * 100_000, "is nested deeper than 256 levels", 1, 1025),
        ("- " * 100_000, "is nested deeper than 256 levels", 1, 513),
        ('"\\uFFFE"', "has a text with a noncharacter", 1, 1),
        ('["\\ud800"]', "is no YAML: found invalid Unicode character escape code", 1, 5),
        ("é: \x01", "has a control character, which YAML does not allow", 1, 4),
        ("a:\n- \x00", "has a control character, which YAML does not allow", 2, 3),
        ("a: [", "is no YAML: did not find expected node content", 2, 1),
        ("a: b: c", "is no YAML: mapping values are not allowed", 1, 5),
        ("a: 'b", "is no YAML: found unexpected end of stream", 1, 6),
        ("\ta: 1", "is no YAML: found character that cannot start any token", 1, 1),
    ],
)
def test_what_json_cannot_say_is_refused_with_its_place(
    text: str, reason: str | None, line: int, column: int
) -> None:
    """What JSON cannot say, or what programs read in two ways, is refused with its place."""
    if reason is None:
        assert parse_yaml(text.encode()) == text  # YAML 1.2 has no sign before 0x: a text
        return
    with pytest.raises(MalformedYAML) as caught:
        parse_yaml(text.encode())
    assert caught.value.reason.startswith(reason)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert caught.value.hint


def test_a_bomb_of_aliases_is_refused_at_its_first() -> None:
    """Nine levels of nine aliases would be a billion values."""
    rows = ["a0: &a0 [" + ",".join("x" * 9) + "]"]
    rows += [f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]
    with pytest.raises(MalformedYAML, match="alias"):
        parse_yaml("\n".join(rows).encode())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_other_encodings_are_named(encoding: str) -> None:
    """YAML allows UTF-16, but the rest of the tools here does not."""
    with pytest.raises(MalformedYAML, match="not UTF-8"):
        parse_yaml("name: ü".encode(encoding))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"- 1\n" * 100_001, "it holds more than 100,000 values"),
        (b"a: " + b"x" * 1_048_577, "it holds a text of more than 1 MiB"),
        (b"a: " + "ü".encode() * 524_289, "it holds a text of more than 1 MiB"),
        (b"#" * (64 * 1024 * 1024 + 1), "it is larger than 64 MiB"),
    ],
    ids=["values", "text", "text of wide characters", "bytes"],
)
def test_the_bounds_are_those_of_json(content: bytes, reason: str) -> None:
    """The bounds are those of JSON."""
    with pytest.raises(OversizedError) as caught:
        parse_yaml(content)
    assert caught.value.reason.startswith(reason)


def test_lines_are_those_of_names_and_elements() -> None:
    """Lines are those of names and elements."""
    text = b"# first\na:\n  b:\n  - x\n  -\n    c: |\n      1\n  d/e: [1,\n    2]\n"
    assert yaml_lines(text).by_pointer() == {
        "": 2,
        "/a": 2,
        "/a/b": 3,
        "/a/b/0": 4,
        "/a/b/1": 6,
        "/a/b/1/c": 6,
        "/a/d~1e": 8,
        "/a/d~1e/0": 8,
        "/a/d~1e/1": 9,
    }
    assert yaml_lines(b"").by_pointer() == {"": 1}


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cn", "Cc"]), max_size=8)
LEAVES = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | TEXT
LEAVES |= st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)


@settings(deadline=None, derandomize=True)
@given(VALUES)
def test_json_is_yaml_that_says_the_same(value: Any) -> None:
    """JSON is YAML that says the same."""
    text = json.dumps(value, ensure_ascii=False, indent=1).encode()
    assert read_yaml(text)[0] == value


@settings(deadline=None, derandomize=True)
@given(VALUES)
def test_what_pyyaml_writes_is_read_back(value: Any) -> None:
    """What PyYAML writes is read back: it quotes whatever YAML 1.1 takes for something else."""
    text = yaml.safe_dump(value, allow_unicode=True, sort_keys=False)
    if "&id" not in text:  # it writes an alias where a value is the same object
        back = parse_yaml(text.encode())
        assert back == value or math.isclose(back, value)
