"""QUESTIONS.md names the sentences of the text that answer them; they stand there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = " ".join(
    " ".join(path.read_text(encoding="utf-8").split())
    for path in sorted((ROOT / "spec" / "draft").glob("*.md"))
)
ROWS = [
    [cell.strip() for cell in line.strip("| ").split(" | ")]
    for line in (ROOT / "reference" / "sbw_miniature" / "QUESTIONS.md")
    .read_text(encoding="utf-8")
    .splitlines()
    if re.match(r"\| \d+ \|", line)
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_answer_stands_in_the_text(row: list[str]) -> None:
    """Whatever is quoted as the answer to a question is a part of the text of the standard."""
    number, _, _, answered_by = row
    parts = [
        part.strip() for one in re.findall(r'"([^"]+)"', answered_by) for part in one.split("…")
    ]
    assert [part for part in parts if part not in TEXT] == [], number
    assert answered_by


def test_questions_are_numbered_in_their_order() -> None:
    """No question is lost, and none has the number of another."""
    assert [row[0] for row in ROWS] == [str(number) for number in range(1, len(ROWS) + 1)]
    assert ROWS
