"""Strict I-JSON (RFC 7493): what two programs cannot read in two ways."""

import json
import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

from sbw_validator.errors import MalformedJSON
from sbw_validator.findings import pointer_to

DEEPEST = 256
NONCHARACTERS = "\ufdd0-\ufdef" + "".join(
    chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF)
)
SUSPECT_BYTES = re.compile(rb"\xef\xb7[\x90-\xaf]|\xbf[\xbe\xbf]")  # may be a noncharacter
FORBIDDEN = re.compile(f"[\ud800-\udfff{NONCHARACTERS}]")
SUSPECT_ESCAPE = re.compile(r"\\u[dDfF]")
SPACE = re.compile(r"[ \t\n\r]*")
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
WORDS = ("true", "false", "null")
CLOSING = {"{": "}", "[": "]"}
LONGEST_INTEGER = 308  # digits, all of which a double can express


class _RefusedError(ValueError):
    """Something that the quick parser accepts and I-JSON does not."""


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _RefusedError
    return members


def _refuse(_word: str) -> NoReturn:
    raise _RefusedError


def _number(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise _RefusedError
    return value


def _integer(text: str) -> int:
    if len(text) > LONGEST_INTEGER:
        raise _RefusedError
    return int(text)


DECODER = json.JSONDecoder(
    object_pairs_hook=_members,
    parse_constant=_refuse,
    parse_float=_number,
    parse_int=_integer,
)


def parse_ijson(content: bytes) -> Any:
    """Return the value of I-JSON text in UTF-8.

    MalformedJSON, with reason, line and column, for: broken syntax, bytes that are not UTF-8, a
    byte order mark, duplicate member names, `NaN` and `Infinity`, numbers beyond the range of a
    double, surrogates and noncharacters (RFC 7493, section 2.1), more than 256 levels, and
    anything behind the value.
    """
    text = _text(content)
    try:
        value = DECODER.decode(text)
    except (ValueError, RecursionError):
        return _explain(text)
    if text.count("[") + text.count("{") > DEEPEST and _depth(value) > DEEPEST:
        return _explain(text)
    if SUSPECT_BYTES.search(content) or SUSPECT_ESCAPE.search(text):
        return _explain(text)
    return value


def positions(content: bytes) -> dict[str, int]:
    """Return the line of each value of I-JSON text by its JSON Pointer; a member's is its name's.

    MalformedJSON as in `parse_ijson`.
    """
    return _Scanner(_text(content)).places()


def _text(content: bytes) -> str:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        raise _at(before, len(before), "is not UTF-8") from None
    if text.startswith("\ufeff"):
        raise _at(text, 0, "begins with a byte order mark")
    return text


def _explain(text: str) -> Any:
    """Raise MalformedJSON at the first fault; return the value where there is none after all."""
    _Scanner(text).places()
    return DECODER.decode(text)


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level:
        nested = [item for item in level if isinstance(item, dict | list)]
        depth += bool(nested)
        level = [
            child
            for item in nested
            for child in (item.values() if isinstance(item, dict) else item)
        ]
    return depth


def _at(text: str, offset: int, reason: str) -> MalformedJSON:
    start = text.rfind("\n", 0, offset) + 1
    return MalformedJSON(reason, text.count("\n", 0, offset) + 1, offset - start + 1)


@dataclass(slots=True)
class _Open:
    """An object or array that is being read."""

    pointer: str
    bracket: str
    names: set[str] = field(default_factory=set)
    index: int = 0


class _Scanner:
    """Walks a text once, slowly, and knows where it is."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.offset = 0
        self._line = 1
        self._counted = 0

    def fail(self, reason: str, offset: int | None = None) -> NoReturn:
        """Raise MalformedJSON here or at an offset."""
        raise _at(self.text, self.offset if offset is None else offset, reason)

    def line(self) -> int:
        """Return the current line; cheap, because the scanner only moves on."""
        self._line += self.text.count("\n", self._counted, self.offset)
        self._counted = self.offset
        return self._line

    def space(self) -> str:
        """Skip white space and return the next character, empty at the end."""
        match = SPACE.match(self.text, self.offset)
        self.offset = match.end() if match else self.offset
        return self.text[self.offset : self.offset + 1]

    def places(self) -> dict[str, int]:
        """Return the line of every value by its pointer."""
        self.space()
        found = {"": self.line()}
        pointer = ""
        around: list[_Open] = []
        while True:
            following = self.space()
            if following in CLOSING:
                if len(around) >= DEEPEST:
                    self.fail(f"is nested deeper than {DEEPEST} levels")
                self.offset += 1
                around.append(_Open(pointer, following))
                if self.space() != CLOSING[following]:
                    pointer = self.begin(around[-1], found)
                    continue
            elif following == '"':
                self.string()
            else:
                self.scalar(following)
            while around:
                following = self.space()
                if following == ",":
                    self.offset += 1
                    pointer = self.begin(around[-1], found)
                    break
                if following != CLOSING[around[-1].bracket]:
                    self.fail(f"has neither a comma nor {CLOSING[around[-1].bracket]!r} here")
                self.offset += 1
                around.pop()
            else:
                if self.space():
                    self.fail("has something behind the value")
                return found

    def begin(self, within: _Open, found: dict[str, int]) -> str:
        """Read up to the next value of an object or array; note and return its pointer."""
        following = self.space()
        line = self.line()
        if within.bracket == "[":
            pointer = f"{within.pointer}/{within.index}"
            within.index += 1
        else:
            if following != '"':
                self.fail("has no member name in double quotes here")
            start = self.offset
            name = self.string()
            if name in within.names:
                self.fail(f"has the member {json.dumps(name, ensure_ascii=False)} twice", start)
            within.names.add(name)
            if self.space() != ":":
                self.fail("has no colon behind a member name")
            self.offset += 1
            pointer = within.pointer + pointer_to(name)
        found[pointer] = line
        return pointer

    def string(self) -> str:
        """Read a string."""
        match = STRING.match(self.text, self.offset)
        if match is None:
            self.fail("has a string that is not closed or holds a control character or bad escape")
        value: str = json.loads(match[0])
        if FORBIDDEN.search(value):
            self.fail("has a string with a surrogate or a noncharacter")
        self.offset = match.end()
        return value

    def scalar(self, following: str) -> None:
        """Read a number or one of the three words."""
        for word in WORDS:
            if self.text.startswith(word, self.offset):
                self.offset += len(word)
                return
        match = NUMBER.match(self.text, self.offset)
        if match is None:
            self.fail("has no JSON value here" if following else "ends too early")
        integer = match[0].lstrip("-").isdigit()
        if abs(float(match[0])) == float("inf") or (integer and len(match[0]) > LONGEST_INTEGER):
            self.fail("has a number beyond the range of a double")
        self.offset = match.end()
