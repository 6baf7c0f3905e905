"""Strict I-JSON (RFC 7493): what two programs cannot read in two ways."""

import json
import re
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined] # typeshed leaves it out
from typing import Any, NoReturn

from sbw_validator.errors import MalformedJSON
from sbw_validator.findings import shown
from sbw_validator.lines import Lines
from sbw_validator.utf8 import MARK, decode, place

DEEPEST = 256
NONCHARACTERS = "\ufdd0-\ufdef" + "".join(
    chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF)
)
SUSPECT_BYTES = re.compile(rb"\xef\xb7[\x90-\xaf]|\xbf[\xbe\xbf]")  # may be a noncharacter
FORBIDDEN = re.compile(f"[\ud800-\udfff{NONCHARACTERS}]")
SUSPECT_ESCAPE = re.compile(r"\\u[dDfF]")
SPACE = re.compile(r"[ \t\n\r]*")
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
WORDS = ("true", "false", "null")
NO_NUMBER = re.compile("-?(?:NaN|Infinity)")
CLOSING = {"{": "}", "[": "]"}
LONGEST_INTEGER = 308  # digits, all of which a double can express
HINTS = {
    "deep": "Nest less deeply; no record of the standard comes near.",
    "twice": "Keep one of them: programs differ in which one they take.",
    "character": "Write the character itself, or leave it out.",
    "number": "Write a number that a double holds, or a text.",
    "behind": "Keep one value; records one a line belong into a file named .ndjson.",
    "empty": "Write one JSON value into it.",
    "mark": "Save it as UTF-8 without a byte order mark.",
    "number-word": "Leave the member out: JSON has neither NaN nor Infinity.",
}


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


def lines_of(content: bytes) -> Lines:
    """Return in which line of I-JSON text each value begins, a member where its name does.

    MalformedJSON as in `parse_ijson`.
    """
    return _Scanner(_text(content)).read()


def positions(content: bytes) -> dict[str, int]:
    """Return the same by JSON Pointer; for texts that are trusted, see `Lines`."""
    return lines_of(content).by_pointer()


def _text(content: bytes) -> str:
    text = decode(content, MalformedJSON)
    if text.startswith(MARK):
        raise MalformedJSON("begins with a byte order mark", 1, 1, HINTS["mark"])
    return text


def _explain(text: str) -> Any:
    """Raise MalformedJSON at the first fault; return the value where there is none after all."""
    _Scanner(text).read()
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


@dataclass(slots=True)
class _Open:
    """An object or array that is being read."""

    lines: Lines
    bracket: str


class _Scanner:
    """Walks a text once, slowly, and knows where it is."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.offset = 0
        self._line = 1
        self._counted = 0

    def fail(self, reason: str, hint: str | None = None, offset: int | None = None) -> NoReturn:
        """Raise MalformedJSON here or at an offset; `hint` names one of HINTS."""
        at = place(self.text, self.offset if offset is None else offset)
        raise MalformedJSON(reason, *at, *([HINTS[hint]] if hint else []))

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

    def read(self) -> Lines:
        """Return the lines of all values."""
        if not self.space():
            self.fail("is empty", "empty")
        outside = Lines(0, {"": self.line()})
        around = [_Open(outside, "")]
        name, further = "", True
        while further:
            further = self.value(around, name) or self.follow(around)
            if further:
                name = self.begin(around[-1])
        return outside.open("")

    def value(self, around: list[_Open], name: str) -> bool:
        """Read a value, or its bracket if there is more in it, which is then to be read."""
        following = self.space()
        if following in CLOSING:
            if len(around) > DEEPEST:
                self.fail(f"is nested deeper than {DEEPEST} levels", "deep")
            self.offset += 1
            around.append(_Open(around[-1].lines.open(name), following))
            return self.space() != CLOSING[following]
        if following == '"':
            self.string()
        else:
            self.scalar(following)
        return False

    def follow(self, around: list[_Open]) -> bool:
        """Read up to behind the next comma; say whether there is one before the end."""
        while len(around) > 1:
            following = self.space()
            if following == ",":
                self.offset += 1
                return True
            if following != CLOSING[around[-1].bracket]:
                self.fail(f"has neither a comma nor {CLOSING[around[-1].bracket]!r} here")
            self.offset += 1
            around.pop()
        if self.space():
            self.fail("has something behind the value", "behind")
        return False

    def begin(self, within: _Open) -> str:
        """Read up to the next value of an object or array; note its line and return its name."""
        following = self.space()
        inside, line = within.lines.inside, self.line()
        if within.bracket == "[":
            name = str(len(inside))
        else:
            if following != '"':
                self.fail("has no member name in double quotes here")
            start = self.offset
            name = self.string()
            if name in inside:
                self.fail(f"has the member {shown(name)} twice", "twice", start)
            if self.space() != ":":
                self.fail("has no colon behind a member name")
            self.offset += 1
        inside[name] = line
        return name

    def string(self) -> str:
        """Read a string."""
        value: str
        try:
            value, end = scanstring(self.text, self.offset + 1)
        except ValueError:
            self.fail("has a string that is not closed or holds a control character or bad escape")
        if FORBIDDEN.search(value):
            self.fail("has a string with a surrogate or a noncharacter", "character")
        self.offset = end
        return value

    def scalar(self, following: str) -> None:
        """Read a number or one of the three words."""
        for word in WORDS:
            if self.text.startswith(word, self.offset):
                self.offset += len(word)
                return
        match = NUMBER.match(self.text, self.offset)
        if match is None:
            no_number = NO_NUMBER.match(self.text, self.offset)
            hint = "number-word" if no_number else None
            self.fail("has no JSON value here" if following else "ends too early", hint)
        integer = match[0].lstrip("-").isdigit()
        if abs(float(match[0])) == float("inf") or (integer and len(match[0]) > LONGEST_INTEGER):
            self.fail("has a number beyond the range of a double", "number")
        self.offset = match.end()
