"""Documents of files, folders and standard input, with their lines."""

import io
import json
from pathlib import Path

import pytest

from sbw_validator import UnreadableDocumentError, validate
from sbw_validator.documents import read_documents

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
        "hint": "Mend the text there.",
        "keyword": "malformed",
        "line": 2,
        "pointers": [""],
    }


def test_a_folder_is_walked_in_order(tmp_path: Path) -> None:
    """A folder is walked in order."""
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "z.json").write_text("1")
    (tmp_path / "a.jsonl").write_text("2\n3\n")
    (tmp_path / "notes.txt").write_text("x")
    assert [d.value for d in read_documents(tmp_path)] == [2, 3, 1]


@pytest.mark.parametrize(
    ("content", "values"),
    [
        (b'{"a":\n 1}', [{"a": 1}]),
        (b"1\n2\n", [1, 2]),
        (b"1\n[\n3", [1, None, 3]),
        (b"[1,\n", [None]),
        (b"", [None]),
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


def test_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """What cannot be read is an error."""
    with pytest.raises(UnreadableDocumentError, match="No such file"):
        list(read_documents(tmp_path / "none.json"))
    with pytest.raises(UnreadableDocumentError, match=r"it holds no \.json"):
        list(read_documents(tmp_path))
