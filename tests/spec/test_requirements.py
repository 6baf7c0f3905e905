"""The numbered sentences of the shipped text, and how such a line is read."""

import shutil
from pathlib import Path

import pytest

from sbw_validator import Standard, StandardError, load_standard
from sbw_validator.requirements import (
    JUDGES,
    KEYWORDS,
    PROMISES,
    ROLES,
    load_requirements,
    withdrawn_ids,
)

ROOT = Path(__file__).parents[2]
SENTENCE = "A record of this class MUST be valid against the schema of its type."
LINE = f"- **CONTACTS-001** (provider, P3) {SENTENCE}"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Give a copy of the shipped standard that a test may change."""
    shutil.copytree(ROOT / "spec", tmp_path / "spec")
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas")
    return tmp_path


def put(folder: Path, line: str) -> None:
    """Put a line in the place of the first requirement of class contacts."""
    file = folder / "spec" / "draft" / "contacts.md"
    text = file.read_text(encoding="utf-8")
    assert LINE in text
    file.write_text(text.replace(LINE, line), encoding="utf-8")


def test_the_shipped_text_is_read_in_its_order(standard: Standard) -> None:
    """Requirements come class by class, line by line, with unique ids."""
    found = load_requirements(standard)
    ids = [requirement.id for requirement in found]
    assert len(ids) == len(set(ids))
    assert ids[0] == "CORE-001"
    assert ids[-2:] == ["PROD2", "PROD3"]
    order = [list(standard.classes).index(requirement.class_name) for requirement in found]
    assert order == sorted(order)
    for name, class_ in standard.classes.items():
        lines = [requirement.line for requirement in found if requirement.class_name == name]
        assert lines == sorted(lines)
        assert {r.file for r in found if r.class_name == name} == {class_.text}


def test_every_shipped_requirement_is_complete(standard: Standard) -> None:
    """Role, promise, keyword, judge and version are known ones; only some kinds have a reason."""
    for requirement in load_requirements(standard):
        assert requirement.role in ROLES
        assert requirement.promise in PROMISES
        assert requirement.keyword in KEYWORDS
        assert requirement.judged_by in JUDGES
        assert requirement.since == "draft"
        assert requirement.keyword in requirement.sentence
        assert requirement.sentence.endswith(".")
        assert (requirement.reason is None) == (requirement.kind in ("checked", "attested"))


def test_marks_of_the_shipped_text_are_read(standard: Standard) -> None:
    """An attested promise, two for later classes, an excluded one, and one for a later judge."""
    found = {requirement.id: requirement for requirement in load_requirements(standard)}
    assert (found["CORE-005"].kind, found["CORE-005"].reason) == ("attested", None)
    assert (found["C4"].kind, found["C4"].reason) == ("planned", "consent")
    assert (found["SANDBOX-008"].kind, found["SANDBOX-008"].reason) == ("planned", "webhooks")
    assert found["C5"].kind == "excluded"
    assert (found["C5"].reason or "").startswith("it binds the schema of this standard")
    later = found["CORE-080"]
    assert (later.kind, later.judged_by) == ("planned", "test-consumer")
    assert (later.role, later.reason) == ("consumer", "judge test-consumer")
    assert (found["CORE-012"].keyword, found["CORE-012"].kind) == ("MUST NOT", "checked")
    assert "`Access-Control-Allow-Origin: *`" in found["CORE-002"].sentence


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (LINE, ("checked", "suite", None, "MUST")),
        (f"{LINE} [attested]", ("attested", "suite", None, "MUST")),
        (
            f"{LINE} [excluded: nobody can see it]",
            ("excluded", "suite", "nobody can see it", "MUST"),
        ),
        (f"{LINE} [planned: sandbox]", ("planned", "suite", "sandbox", "MUST")),
        (f"{LINE} [judged by: lint]", ("checked", "lint", None, "MUST")),
        (f"{LINE} [judged by: validator]", ("checked", "validator", None, "MUST")),
        (f"{LINE} [judged by: interop]", ("planned", "interop", "judge interop", "MUST")),
        (LINE.replace("MUST", "SHOULD NOT"), ("checked", "suite", None, "SHOULD NOT")),
        (LINE.replace("MUST", "MAY"), ("checked", "suite", None, "MAY")),
        (LINE.replace("A record", "A `MUST`"), ("checked", "suite", None, "MUST")),
    ],
)
def test_a_line_is_read(copy: Path, line: str, expected: tuple[str, str, str | None, str]) -> None:
    """Mark and keyword decide kind, judge and severity."""
    put(copy, line)
    [found] = [r for r in load_requirements(load_standard(copy)) if r.id == "CONTACTS-001"]
    assert (found.kind, found.judged_by, found.reason, found.keyword) == expected
    assert "[" not in found.sentence


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (LINE.removesuffix("."), "is not a requirement"),
        (LINE.replace("(provider, P3) ", ""), "is not a requirement"),
        (LINE.replace("CONTACTS-001", "contacts-1"), "is not a requirement"),
        (LINE.replace("P3", "P8"), "is bound to provider, P8"),
        (LINE.replace("provider", "vendor"), "is bound to vendor, P3"),
        (LINE.replace("MUST be", "is"), "has 0 keywords"),
        (LINE.replace("be valid", "be valid and MUST be good"), "has 2 keywords"),
        (f"{LINE} [planned]", "has the mark [planned]"),
        (f"{LINE} [judged by: me]", "has the mark [judged by: me]"),
    ],
)
def test_a_bad_line_is_refused_with_its_place(copy: Path, line: str, problem: str) -> None:
    """A line that begins like a requirement and is none names file and line."""
    put(copy, line)
    with pytest.raises(StandardError) as caught:
        load_requirements(load_standard(copy))
    assert caught.value.problem == problem
    assert caught.value.file == "draft/contacts.md"
    text = (copy / "spec" / "draft" / "contacts.md").read_text(encoding="utf-8").splitlines()
    assert text[(caught.value.line or 0) - 1] == line


def test_a_withdrawn_requirement_keeps_its_id(copy: Path) -> None:
    """A withdrawn line is no requirement, and its id stays known."""
    put(copy, "- **CONTACTS-001** (withdrawn) It said nothing.")
    changed = load_standard(copy)
    assert "CONTACTS-001" not in [requirement.id for requirement in load_requirements(changed)]
    assert withdrawn_ids(changed) == ("CONTACTS-001",)
    assert withdrawn_ids(load_standard(ROOT)) == ()


def test_an_example_in_a_fence_is_no_requirement(copy: Path) -> None:
    """What stands in a fence is an example."""
    put(copy, f"```markdown\n{LINE}\n```")
    ids = [requirement.id for requirement in load_requirements(load_standard(copy))]
    assert "CONTACTS-001" not in ids


def test_a_missing_text_is_refused(copy: Path) -> None:
    """A text that classes.yaml names has to be there."""
    (copy / "spec" / "draft" / "contacts.md").unlink()
    with pytest.raises(StandardError, match=r"contacts\.md: cannot be read"):
        load_requirements(load_standard(copy))


ADDED = {
    "bulk": "none; it adds `POST {base}/{path}/batch` to every collection that can be written",
    "sandbox": "none; it adds `POST {base}/sandbox/controls`",
}
"""What a class without resources adds instead, in the words of its text."""


def test_every_text_begins_with_the_same_summary(standard: Standard) -> None:
    """The summary of a text says what classes.yaml says."""
    assert {name for name, entry in standard.classes.items() if not entry.resources} == set(ADDED)
    for class_ in standard.classes.values():
        lines = (standard.spec / class_.text).read_text(encoding="utf-8").splitlines()
        resources = ", ".join(f"`{name}`" for name in class_.resources) or ADDED[class_.name]
        assert lines[:8] == [
            f"# Class {class_.name}",
            "",
            "| Summary | |",
            "| --- | --- |",
            f"| Class | `{class_.uri}` |",
            f"| Depends on | {', '.join(class_.depends_on) or 'nothing'} |",
            f"| Resources | {resources} |",
            f"| Maturity | {class_.maturity} |",
        ]
