"""Rules about the text: one requirement is one line, one id, one capitalised keyword."""

import re
from collections.abc import Iterator

from sbw_validator.errors import StandardError
from sbw_validator.lint.findings import LintFinding, Rule, Subject
from sbw_validator.requirements import BEGIN, CODE, LINE, numbered_lines, read_requirements
from sbw_validator.rules import rules

LOWER = re.compile(r"\b(must|should|may|shall)\b(?!-)", re.IGNORECASE)
CAPITAL = re.compile(r"\b(MUST|SHOULD|MAY|SHALL|REQUIRED|RECOMMENDED|OPTIONAL)\b")
GUIDE = "index.md"


def _texts(subject: Subject) -> list[str]:
    return sorted({class_.text for class_ in subject.standard.classes.values()})


def requirement_form(subject: Subject) -> Iterator[LintFinding]:
    """Say which lines begin like a requirement and are none."""
    for class_ in subject.standard.classes.values():
        for item in read_requirements(subject.standard, class_):
            if isinstance(item, StandardError):
                yield LintFinding(
                    "requirement-form", class_.text, item.line, item.problem, item.advice
                )


def requirement_id(subject: Subject) -> Iterator[LintFinding]:
    """Say which ids stand twice; a withdrawn one stays taken."""
    first: dict[str, str] = {}
    for text in _texts(subject):
        for number, line in numbered_lines(subject.standard, text):
            match = LINE.fullmatch(line)
            if match is None:
                continue
            if match["id"] in first:
                message = f"{match['id']} stands in {first[match['id']]} already"
                hint = "Give the later one an id that was never used."
                yield LintFinding("requirement-id", text, number, message, hint)
            first.setdefault(match["id"], f"{text}:{number}")


def keyword_case(subject: Subject) -> Iterator[LintFinding]:
    """Say where a keyword of BCP 14 is written without capitals."""
    for text in sorted({*_texts(subject), *_guides(subject)}):
        for number, line in numbered_lines(subject.standard, text):
            for match in LOWER.finditer(CODE.sub("", line)):
                if not match[0].isupper():
                    hint = "Make it a requirement, or say it in other words."
                    message = f"{match[0]!r} is no keyword and reads like one"
                    yield LintFinding("keyword-case", text, number, message, hint)


def keyword_place(subject: Subject) -> Iterator[LintFinding]:
    """Say where a keyword stands outside a requirement."""
    for text in _texts(subject):
        for number, line in numbered_lines(subject.standard, text):
            match = CAPITAL.search(CODE.sub("", line))
            if match and not BEGIN.match(line):
                hint = "Give the sentence an id on a line of its own."
                message = f"{match[0]} stands outside a requirement"
                yield LintFinding("keyword-place", text, number, message, hint)


def requirement_named(subject: Subject) -> Iterator[LintFinding]:
    """Say which ids classes.yaml or a rule of the validator names and no text has."""
    named = {}
    for class_ in subject.standard.classes.values():
        if class_.schema_requirement:
            named[class_.schema_requirement] = f"class {class_.name}"
    named |= {id_: f"answer {name}" for name, id_ in subject.standard.answers.items()}
    types = subject.standard.resources.keys()
    named |= {rule.id: f"rule {rule.id}" for rule in rules() if types & set(rule.types)}
    for id_, who in named.items():
        if id_ not in subject.requirements:
            message = f"{who} names the requirement {id_}, which is not there"
            hint = "Write the requirement, or name one that is there."
            yield LintFinding("requirement-named", "classes.yaml", None, message, hint)


def _guides(subject: Subject) -> list[str]:
    guide = subject.standard.spec / GUIDE
    return [GUIDE] if guide.is_file() else []


RULES: tuple[Rule, ...] = (
    requirement_form,
    requirement_id,
    requirement_named,
    keyword_case,
    keyword_place,
)
