"""Documents of files, folders and standard input, with their lines."""

import io
import json
from pathlib import Path

import pytest

from sbw_validator import UnreadableDocumentError, validate
from sbw_validator import documents as module
from sbw_validator.documents import read_documents
from sbw_validator.limits import LARGEST

BROKEN = b"""{
  "id": "c_1",
  "type": "contact",
  "meta": {"created_at": "2026-03-01T09:30:00Z", "updated_at": "2026-03-01T09:30:00Z",
    "version": "1"},
  "name": {"given": "Ada"},
  "emails": [
    {"label": "office"},
    {"address": "a@b",
     "pref": 0}
  ],
  "colour": "blue"
}
"""


def test_findings_get_the_lines_of_their_places(tmp_path: Path) -> None:
    """Findings get the lines of their places."""
    file = tmp_path / "one.json"
    file.write_bytes(BROKEN)
    [document] = read_documents(file)
    assert document.name == str(file)
    found = document.located(validate(document.value))
    assert [(f.pointer, f.line) for f in found] == [
        ("/external_ids", 1),
        ("/emails/0/address", 8),
        ("/emails/1/pref", 10),
        ("/colour", 12),
    ]
    assert document.located([]) == []


def test_ndjson_is_read_line_by_line(tmp_path: Path) -> None:
    """NDJSON is read line by line."""
    file = tmp_path / "many.ndjson"
    one = json.dumps(json.loads(BROKEN)).encode()
    file.write_bytes(b'{"type": 1}\n\n' + one + b"\r\n{]\n" + b"3")
    documents = list(read_documents(str(file)))
    assert [d.line for d in documents] == [1, 3, 4, 5]
    assert [d.malformed is None for d in documents] == [True, True, False, True]
    assert documents[3].value == 3
    assert {f.line for f in documents[1].located(validate(documents[1].value))} == {3}


def test_a_malformed_document_is_a_finding(tmp_path: Path) -> None:
    """A malformed document is a finding."""
    file = tmp_path / "one.json"
    file.write_bytes(b'{"a": 1,\n "a": 2}')
    [document] = read_documents(file)
    assert document.value is None
    assert document.malformed is not None
    assert document.malformed.to_json() == {
        "requirement": "CORE-031",
        "pointer": "",
        "expected": "I-JSON (RFC 7493)",
        "got": 'text that has the member "a" twice, at column 2',
        "hint": "Keep one of them: programs differ in which one they take.",
        "keyword": "malformed",
        "line": 2,
        "pointers": [""],
    }


@pytest.mark.parametrize("suffix", [".yaml", ".yml", ".YAML"])
def test_yaml_is_read_with_its_lines(tmp_path: Path, suffix: str) -> None:
    """YAML is read with its lines."""
    file = tmp_path / f"one{suffix}"
    file.write_text(
        "# a contact\ntype: contact\nemails:\n- label: office\n- address: no\n  pref: 0\n"
    )
    [document] = read_documents(file)
    found = document.located(validate(document.value))
    assert {(f.pointer, f.line) for f in found} == {
        ("/id", 2),
        ("/meta", 2),
        ("/external_ids", 2),
        ("/emails/0/address", 4),
        ("/emails/1/address", 5),
        ("/emails/1/pref", 6),
    }


def test_malformed_yaml_is_a_finding(tmp_path: Path) -> None:
    """Malformed YAML is a finding."""
    file = tmp_path / "one.yaml"
    file.write_text("type: contact\nname: &x {}\nemails: *x\n")
    [document] = read_documents(file)
    assert document.malformed is not None
    assert document.malformed.to_json() == {
        "requirement": "CORE-031",
        "pointer": "",
        "expected": "YAML that says what I-JSON (RFC 7493) can say",
        "got": 'text that has the alias "x", at column 9',
        "hint": "Write the value out.",
        "keyword": "malformed",
        "line": 3,
        "pointers": [""],
    }


@pytest.mark.parametrize("name", ["a.json", "a.yaml"])
@pytest.mark.parametrize("content", [b"", b" \n\n"])
def test_an_empty_file_is_a_finding(tmp_path: Path, name: str, content: bytes) -> None:
    """A file that holds nothing is no document, whatever YAML makes of it."""
    (tmp_path / name).write_bytes(content)
    [document] = read_documents(tmp_path / name)
    assert document.malformed is not None
    assert document.malformed.got == "text that is empty, at column 1"


def test_empty_ndjson_holds_no_document(tmp_path: Path) -> None:
    """Empty NDJSON holds no document."""
    (tmp_path / "a.ndjson").write_bytes(b"\n \n")
    assert list(read_documents(tmp_path / "a.ndjson")) == []


@pytest.mark.parametrize(
    ("content", "values"),
    [
        (b'{"a":\n 1}', [{"a": 1}]),
        (b"1\n2\n", [1, 2]),
        (b"1\n[\n3", [1, None, 3]),
        (b"[1,\n", [None]),
        (b"", [None]),
        (b"\n \n", [None]),
        (b"\n\n[1,\n2]", [[1, 2]]),
        (b"\n\n1\n\n2", [1, 2]),
    ],
)
def test_standard_input_is_one_value_or_one_a_line(
    monkeypatch: pytest.MonkeyPatch, content: bytes, values: list[object]
) -> None:
    """Standard input is one value or one a line."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    documents = list(read_documents("-"))
    assert [d.value for d in documents] == values
    assert [d.malformed is not None for d in documents] == [value is None for value in values]
    assert {d.name for d in documents} == {"<stdin>"}


def test_lines_of_standard_input_count_from_its_beginning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Blank lines in front count, before a line and before a whole document."""
    for content, lines in ((b"\n\n1\n\n2", [3, 5]), (b"\n\n[1,\n]", [4])):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
        documents = list(read_documents("-"))
        assert [d.malformed.line if d.malformed else d.line for d in documents] == lines


def test_a_file_named_like_standard_input_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`./-` is a file."""
    monkeypatch.chdir(tmp_path)
    Path("-").write_bytes(b"1")
    assert [d.value for d in read_documents(Path("-"))] == [1]


def refused(source: str | Path) -> UnreadableDocumentError:
    """Return the error that reading raises."""
    with pytest.raises(UnreadableDocumentError) as caught:
        list(read_documents(source))
    return caught.value


def test_what_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    """What cannot be opened is an error."""
    assert refused(tmp_path / "none.json").reason == "No such file or directory"
    assert refused(tmp_path).reason == "it is a folder"


def test_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """A file whose bytes the system refuses; here, memory at an address that is not used."""
    memory = tmp_path / "memory.json"
    memory.symlink_to("/proc/self/mem")
    if not memory.exists():
        pytest.skip("there is no /proc/self/mem here")
    assert refused(memory).reason == "Input/output error"


def test_standard_input_that_is_closed_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input that is closed is an error."""
    monkeypatch.setattr("sys.stdin", None)
    assert refused("-").reason == "it is closed"


@pytest.mark.parametrize("name", ["a.json", "a.yaml", "a.txt"])
def test_a_file_beyond_the_bound_is_refused_before_it_is_read(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file beyond the bound is refused before it is read."""
    with (tmp_path / name).open("wb") as file:
        file.truncate(LARGEST + 1)
    monkeypatch.setattr(module, "_reading", None)
    assert refused(tmp_path / name).reason == "it is larger than 64 MiB, the most for one document"
    assert ".ndjson" in refused(tmp_path / name).advice


def test_what_is_larger_than_its_size_says_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some systems give no size; one byte more than the bound is read, and no further."""
    (tmp_path / "a.json").write_bytes(b" " * 200)
    monkeypatch.setattr("sbw_validator.limits.LARGEST", 1000)
    assert [d.malformed is None for d in read_documents(tmp_path / "a.json")] == [False]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"[\n" + b"1,\n" * 1000)))
    assert refused("-").reason.startswith("it is larger than")
    assert 1000 < io.BytesIO.tell(module.sys.stdin.buffer) < 1100


def test_a_line_beyond_the_bound_ends_the_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes before it is told, its own line is named, and it is not held in memory."""
    monkeypatch.setattr("sbw_validator.limits.LARGEST", 1000)
    file = tmp_path / "a.ndjson"
    file.write_bytes(b'1\n2\n"' + b"a" * 2000 + b'"\n3\n')
    reading = read_documents(file)
    assert [next(reading).value, next(reading).value] == [1, 2]
    with pytest.raises(UnreadableDocumentError) as caught:
        next(reading)
    assert caught.value.line == 3
    assert str(caught.value).startswith(f"{file}:3 cannot be read: it is larger than")
    file.write_bytes(b'"' + b"a" * 998 + b'"\n3\n')
    assert len(list(read_documents(file))) == 2


def test_too_many_values_are_an_error_and_a_fault_before_them_a_finding(tmp_path: Path) -> None:
    """A small text that is malformed too is told as that, which says more."""
    file = tmp_path / "a.json"
    file.write_bytes(b"[" + b"1," * 100_000 + b"1]")
    assert refused(file).reason.startswith("it holds more than 100,000 values")
    for content in (b"[" * 200_000, b"[" + b"1," * 100_000 + b"]"):
        file.write_bytes(content)
        [document] = read_documents(file)
        assert document.malformed is not None
