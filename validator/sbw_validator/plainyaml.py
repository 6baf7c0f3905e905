"""YAML that says what JSON can say, and nothing that programs read in two ways.

Scalars are those of the core schema of YAML 1.2: `no` and `2026-03-01` are texts. Refused are
aliases, names that are no text or stand twice, tags beyond those of JSON, `.nan` and `.inf`.
"""

import re
from typing import Any, NoReturn

import yaml

from sbw_validator.errors import MalformedYAML
from sbw_validator.findings import shown
from sbw_validator.ijson import DEEPEST, FORBIDDEN, LONGEST_INTEGER
from sbw_validator.limits import LARGEST, LONGEST_TEXT, MOST_VALUES, too_large, too_long, too_many
from sbw_validator.lines import Lines
from sbw_validator.utf8 import decode

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
TAG = "tag:yaml.org,2002:"
CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
INTEGER = re.compile(r"[-+]?[0-9]+")
BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
NO_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
LONGEST_BASED = 256  # characters, of which the largest double has 0x and 256 digits
TAGS: dict[str, type | tuple[type, ...]] = {
    TAG + "int": int,
    TAG + "float": (int, float),
    TAG + "bool": bool,
    TAG + "null": type(None),
}


def parse_yaml(content: bytes) -> Any:
    """Return the value of YAML text in UTF-8; see `read_yaml`."""
    return read_yaml(content)[0]


def yaml_lines(content: bytes) -> Lines:
    """Return in which line of YAML text each value begins, a member where its name does."""
    return read_yaml(content)[1]


def read_yaml(content: bytes) -> tuple[Any, Lines]:
    """Return the value of YAML text in UTF-8, None if it has none, and the lines in it.

    MalformedYAML, with reason, line and column, for what the module refuses; OversizedError
    for a document beyond the bounds of `limits`.
    """
    if len(content) > LARGEST:
        raise too_large()
    decode(content, MalformedYAML)
    try:
        return _Reader(content).read()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise MalformedYAML(f"is no YAML: {error.problem}", *place) from None
    except yaml.reader.ReaderError as error:
        before = content[: error.position].decode("utf-8", "replace")
        line = before.count("\n") + 1
        reason = "has a control character, which YAML does not allow"
        raise MalformedYAML(reason, line, len(before) - before.rfind("\n")) from None


class _Reader:
    """Makes values from the events of the parser, so that nothing is made of what is refused."""

    def __init__(self, content: bytes) -> None:
        self._parser = LOADER(content)
        self._values = 0

    def read(self) -> tuple[Any, Lines]:
        """Return the value of the only document, and its lines."""
        root, value = Lines(0, {"": 1}), None
        if self._parser.check_event(yaml.StreamStartEvent):
            self._parser.get_event()
        if self._parser.check_event(yaml.DocumentStartEvent):
            self._parser.get_event()
            root.inside.clear()
            value = self._value(root, "", 0)
            self._parser.get_event()
        if not self._parser.check_event(yaml.StreamEndEvent):
            event = self._parser.get_event()
            _refuse(event, "has a second document", "Give each document a file of its own.")
        return value, root.open("")

    def _value(self, around: Lines, name: str, depth: int) -> Any:
        """Read the next value; note where it begins, unless its name has been noted."""
        event = self._parser.get_event()
        around.inside.setdefault(name, _place(event)[0])
        self._values += 1
        if self._values > MOST_VALUES:
            raise too_many()
        if isinstance(event, yaml.AliasEvent):
            _refuse(event, f"has the alias {shown(event.anchor)}", "Write the value out.")
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        if depth == DEEPEST:
            _refuse(event, f"is nested deeper than {DEEPEST} levels", "Nest less deeply.")
        inside = around.open(name)
        is_sequence = isinstance(event, yaml.SequenceStartEvent)
        if event.tag not in (None, "!", TAG + ("seq" if is_sequence else "map")):
            _refuse(event, f"has the tag {shown(event.tag)}", "Leave the tag out.")
        return self._sequence(inside, depth) if is_sequence else self._mapping(inside, depth)

    def _sequence(self, inside: Lines, depth: int) -> list[Any]:
        items: list[Any] = []
        while not self._parser.check_event(yaml.SequenceEndEvent):
            items.append(self._value(inside, str(len(items)), depth + 1))
        self._parser.get_event()
        return items

    def _mapping(self, inside: Lines, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while not self._parser.check_event(yaml.MappingEndEvent):
            event = self._parser.get_event()
            if not isinstance(event, yaml.ScalarEvent):
                _refuse(event, "has a name that is no text", "Write a text before the colon.")
            name = _text(event)
            if name in members:
                _refuse(event, f"has {shown(name)} twice", "Keep one of them.")
            inside.inside[name] = _place(event)[0]
            members[name] = self._value(inside, name, depth + 1)
        self._parser.get_event()
        return members


def _text(event: yaml.ScalarEvent) -> str:
    text: str = event.value
    if len(text) > LONGEST_TEXT // 4 and len(text.encode()) > LONGEST_TEXT:
        raise too_long()
    if FORBIDDEN.search(text):
        _refuse(event, "has a text with a noncharacter", "Leave the character out.")
    return text


def _scalar(event: yaml.ScalarEvent) -> Any:
    """Return the value of a scalar: by its tag, else a text if it is quoted, else as it looks."""
    text = _text(event)
    if event.tag in (TAG + "str", "!") or (event.tag is None and not event.implicit[0]):
        return text
    if event.tag is not None and event.tag not in TAGS:
        _refuse(event, f"has the tag {shown(event.tag)}", "Leave the tag out.")
    value = _plain(event, text)
    if event.tag is not None and not isinstance(value, TAGS[event.tag]):
        _refuse(event, f"has {shown(text)} under the tag {shown(event.tag)}", "Mend one of them.")
    return value


def _plain(event: yaml.ScalarEvent, text: str) -> Any:
    if text in CONSTANTS:
        return CONSTANTS[text]
    number: int | float
    if INTEGER.fullmatch(text):
        number = int(text) if len(text) <= LONGEST_INTEGER else float("inf")
    elif BASED.fullmatch(text):
        number = int(text, 0) if len(text) <= LONGEST_BASED else float("inf")
    elif FLOAT.fullmatch(text):
        number = float(text)
    elif NO_NUMBER.fullmatch(text):
        _refuse(event, f"has {shown(text)}, which JSON has not", "Leave the member out.")
    else:
        return text
    if abs(number) == float("inf"):
        advice = "Write a number that a double holds, or a text in quotes."
        _refuse(event, "has a number beyond the range of a double", advice)
    return number


def _refuse(event: yaml.Event, reason: str, advice: str) -> NoReturn:
    raise MalformedYAML(reason, *_place(event), advice)


def _place(event: yaml.Event) -> tuple[int, int]:
    mark: Any = event.start_mark
    return mark.line + 1, mark.column + 1
