"""The numbered sentences of the text.

One requirement is one line: `- **ID** (role, promise) Sentence. [mark]`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sbw_validator.errors import StandardError
from sbw_validator.standard import ConformanceClass, Standard

ROLES = ("provider", "consumer", "business")
PROMISES = ("P1", "P2", "P3", "P4", "P5", "P6", "P7")
KEYWORDS = ("MUST NOT", "MUST", "SHOULD NOT", "SHOULD", "MAY")
JUDGES = ("suite", "validator", "test-consumer", "interop", "lint")
EXISTING_JUDGES = frozenset({"suite", "validator", "lint"})

BEGIN = re.compile(r"- \*\*")
LINE = re.compile(
    r"- \*\*(?P<id>[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*)\*\* "
    r"\((?:(?P<withdrawn>withdrawn)|(?P<role>[a-z]+), (?P<promise>P[0-9]))\) "
    r"(?P<sentence>.*?[.])(?: \[(?P<mark>[^\[\]]+)\])?"
)
KEYWORD = re.compile(r"\b(?:" + "|".join(KEYWORDS) + r")\b")
CODE = re.compile(r"`[^`]*`")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One sentence that binds a role.

    `kind` is checked, attested, excluded or planned; `judged_by` one of JUDGES. `reason` is
    why it is excluded, or the class for which it is planned. `since` is the version.
    """

    id: str
    class_name: str
    role: str
    keyword: str
    promise: str
    kind: str
    judged_by: str
    sentence: str
    since: str
    file: str
    line: int
    reason: str | None = None


def load_requirements(standard: Standard) -> tuple[Requirement, ...]:
    """Return the requirements in the order of the text; StandardError at the first bad line."""
    found = []
    for class_ in standard.classes.values():
        for item in read_requirements(standard, class_):
            if isinstance(item, StandardError):
                raise item
            found.append(item)
    return tuple(found)


def read_requirements(
    standard: Standard, class_: ConformanceClass
) -> Iterator[Requirement | StandardError]:
    """Yield the requirements of one text, and an error for each line that is none."""
    for number, text in numbered_lines(standard, class_.text):
        if BEGIN.match(text):
            item = _parse(text, standard, class_, number)
            if item is not None:
                yield item


def numbered_lines(standard: Standard, text: str) -> list[tuple[int, str]]:
    """Return the lines of a normative file with their numbers, without its fenced examples."""
    file = standard.spec / text
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise StandardError(
            f"cannot be read: {error.strerror}",
            file=f"{standard.version}/{text}",
            advice="Let classes.yaml name a file that is there.",
        ) from None
    kept, fenced = [], False
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            kept.append((number, line))
    return kept


def _parse(
    text: str, standard: Standard, class_: ConformanceClass, number: int
) -> Requirement | StandardError | None:
    def refused(problem: str, advice: str) -> StandardError:
        file = f"{standard.version}/{class_.text}"
        return StandardError(problem, file=file, line=number, advice=advice)

    match = LINE.fullmatch(text)
    if match and match["withdrawn"]:
        return None
    if match is None:
        form = "Write `- **ID** (role, P1) One sentence.`, a mark like [attested] behind it."
        return refused("is not a requirement", form)
    if match["role"] not in ROLES or match["promise"] not in PROMISES:
        known = f"a role out of {', '.join(ROLES)} and a promise from P1 to P7"
        return refused(f"is bound to {match['role']}, {match['promise']}", f"Name {known}.")
    keywords = KEYWORD.findall(CODE.sub("", match["sentence"]))
    judgement = _judgement(match["mark"])
    if len(keywords) != 1:
        return refused(f"has {len(keywords)} keywords", f"Use one of {', '.join(KEYWORDS)}, once.")
    if judgement is None:
        marks = "[attested], [excluded: why], [planned: class], [judged by: one of the judges]"
        return refused(f"has the mark [{match['mark']}]", f"Use one of {marks}.")
    kind, judged_by, reason = judgement
    return Requirement(
        id=match["id"],
        class_name=class_.name,
        role=match["role"],
        keyword=keywords[0],
        promise=match["promise"],
        kind=kind,
        judged_by=judged_by,
        sentence=match["sentence"],
        since=standard.version,
        file=class_.text,
        line=number,
        reason=reason,
    )


def _judgement(mark: str | None) -> tuple[str, str, str | None] | None:
    """Return kind, judge and reason; None for a mark that is not known."""
    name, _, value = (mark or "").partition(": ")
    if not mark:
        return "checked", "suite", None
    if mark == "attested":
        return "attested", "suite", None
    if name in ("excluded", "planned") and value:
        return name, "suite", value
    if name == "judged by" and value in JUDGES:
        exists = value in EXISTING_JUDGES
        return "checked" if exists else "planned", value, None if exists else f"judge {value}"
    return None


def withdrawn_ids(standard: Standard) -> tuple[str, ...]:
    """Return the ids of withdrawn requirements, which are never given to another one."""
    lines = [
        LINE.fullmatch(text)
        for class_ in standard.classes.values()
        for _, text in numbered_lines(standard, class_.text)
    ]
    return tuple(match["id"] for match in lines if match and match["withdrawn"])
