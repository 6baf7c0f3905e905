"""Rules about the example files: each is judged as its name says."""

import re
from collections.abc import Iterator
from importlib.resources.abc import Traversable

from sbw_validator.errors import MalformedJSON
from sbw_validator.ijson import parse_ijson
from sbw_validator.lint.findings import LintFinding, Rule, Subject
from sbw_validator.rules import rules
from sbw_validator.validation import validate

KINDS = ("valid", "invalid")
VALID_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\.json")
INVALID_NAME = re.compile(
    r"(?P<id>[A-Z][A-Z0-9]*(-[A-Z0-9]+)*)(-[a-z][a-z0-9]*(-[a-z0-9]+)*)?\.json"
)


def _files(folder: Traversable) -> list[Traversable]:
    return sorted(folder.iterdir(), key=lambda file: file.name) if folder.is_dir() else []


def example_folder(subject: Subject) -> Iterator[LintFinding]:
    """Say which schemas have no valid or no invalid example, and which folders no schema."""
    root = subject.standard.schemas / "examples"
    names = subject.schemas.names()
    for name in names:
        for kind in KINDS:
            if not _files(root / name / kind):
                message = f"{name} has no {kind} example"
                place = f"examples/{name}/{kind}"
                yield LintFinding("example-folder", place, None, message, "Add one.")
    for folder in _files(root):
        if folder.name not in names:
            message = f"{folder.name} is neither a resource nor an answer"
            hint = "Rename the folder, or register the schema."
            yield LintFinding("example-folder", f"examples/{folder.name}", None, message, hint)


def example_verdict(subject: Subject) -> Iterator[LintFinding]:
    """Say which examples are judged otherwise than their names say."""
    for name in subject.schemas.names():
        for kind in KINDS:
            for file in _files(subject.standard.schemas / "examples" / name / kind):
                place = f"examples/{name}/{kind}/{file.name}"
                match = (VALID_NAME if kind == "valid" else INVALID_NAME).fullmatch(file.name)
                if match is None:
                    form = "what-it-shows.json" if kind == "valid" else "ID-what-is-wrong.json"
                    message, hint = "the name has another form", f"Call it {form}."
                    yield LintFinding("example-name", place, None, message, hint)
                    continue
                expected = set() if kind == "valid" else {match["id"]}
                yield from _judge(subject, name, file, place, expected)


def _judge(
    subject: Subject, name: str, file: Traversable, place: str, expected: set[str]
) -> Iterator[LintFinding]:
    for id_ in expected - subject.requirements.keys():
        message, hint = f"there is no requirement {id_}", "Name one that is there."
        yield LintFinding("example-name", place, None, message, hint)
    try:
        value = parse_ijson(file.read_bytes())
    except MalformedJSON as error:
        message, hint = f"it {error.reason}", "Mend it."
        yield LintFinding("example-verdict", place, error.line, message, hint)
        return
    found = validate(value, type=name, standard=subject.standard)
    for finding in found:
        if finding.requirement not in expected:
            yield LintFinding("example-verdict", place, None, f"it breaks {finding}", finding.hint)
    for id_ in expected - {finding.requirement for finding in found}:
        message = f"it does not break {id_}"
        hint = "Break just that, or move it to the valid ones."
        yield LintFinding("example-verdict", place, None, message, hint)


def example_of_rule(subject: Subject) -> Iterator[LintFinding]:
    """Say which rules of the validator no invalid example breaks."""
    root = subject.standard.schemas / "examples"
    for rule in rules():
        for type_ in subject.standard.resources.keys() & set(rule.types):
            names = [file.name for file in _files(root / type_ / "invalid")]
            matches = [INVALID_NAME.fullmatch(name) for name in names]
            if not any(match and match["id"] == rule.id for match in matches):
                place = f"examples/{type_}/invalid"
                message = f"no example of {type_} breaks {rule.id}"
                hint = f"Add {rule.id}-what-is-wrong.json."
                yield LintFinding("example-of-rule", place, None, message, hint)


RULES: tuple[Rule, ...] = (example_folder, example_verdict, example_of_rule)
