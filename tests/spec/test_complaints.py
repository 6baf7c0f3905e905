"""The map from complaints to requirements: nothing in it is made up, and nothing is left open."""

import re
from pathlib import Path

import pytest

from sbw_validator import Standard
from sbw_validator.requirements import load_requirements, withdrawn_ids

TEXT = (Path(__file__).parents[2] / "spec" / "complaints.md").read_text(encoding="utf-8")
TABLE = [line for line in TEXT.splitlines() if line.startswith("|")]
ROWS = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in TABLE[2:]]
ID = re.compile(r"\b[A-Z][A-Z0-9]*-?[0-9]+\b")
PLANNED = re.compile(r"planned[:,] class(?:es)? ([a-z, ]+)")

each_row = pytest.mark.parametrize(("complaint", "answer"), ROWS, ids=[row[0] for row in ROWS])


def planned(answer: str) -> set[str]:
    """The classes that an answer waits for."""
    return {
        name.strip()
        for found in PLANNED.findall(answer)
        for name in re.split(r",| and ", found)
        if name.strip()
    }


def test_the_table_is_one_table() -> None:
    """Two columns, a head, and as many rows as complaints: each stands there once."""
    assert TABLE[:2] == ["| Complaint | Answered by |", "| --- | --- |"]
    assert {len(row) for row in ROWS} == {2}
    assert len({complaint.casefold() for complaint, _ in ROWS}) == len(ROWS)
    assert len(ROWS) >= 19
    lines = [number for number, line in enumerate(TEXT.splitlines()) if line.startswith("|")]
    assert lines == list(range(lines[0], lines[0] + len(TABLE)))


@each_row
def test_every_requirement_named_exists(complaint: str, answer: str, standard: Standard) -> None:
    """An id of the table is one of the text, that binds and is judged or attested."""
    known = {entry.id: entry for entry in load_requirements(standard)}
    named = ID.findall(answer)
    assert [one for one in named if one not in known] == [], complaint
    assert [one for one in named if one in withdrawn_ids(standard)] == []
    assert {known[one].kind for one in named} <= {"checked", "attested"}
    assert len(named) == len(set(named))


@each_row
def test_every_complaint_is_answered(complaint: str, answer: str, standard: Standard) -> None:
    """A row names a requirement or a class that is still to come, and no class that is there."""
    assert ID.findall(answer) or planned(answer), complaint
    assert ("planned" in answer) == bool(planned(answer)), "a planned class without its name"
    assert planned(answer).isdisjoint(standard.classes), "the class is there: name requirements"
