"""What the store can find a record by: the values at some of its places, as text."""

import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from sbw_reference.places import Pattern, found, pattern_of
from sbw_reference.records import ExternalKey
from sbw_validator import values
from sbw_validator.shape import Schema, annotation, at

LONGEST = 500  # bytes that are stored as they are
NANOSECONDS = 1_000_000  # in a millisecond


class Entry(NamedTuple):
    """A value that a record holds at a place: values that are the Same have the same text."""

    pointer: str
    text: str


@dataclass(frozen=True, slots=True)
class Held:
    """What a record holds that others are found by."""

    keys: tuple[ExternalKey, ...] = ()
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A place whose values are kept; `texts` gives those of one value there."""

    pointer: str
    pattern: Pattern
    texts: Callable[[Any], Iterator[str]]

    def entries(self, body: Mapping[str, Any]) -> Iterator[Entry]:
        """Yield the entries of a body."""
        for _, value in found(body, self.pattern):
            for text in self.texts(value):
                yield Entry(self.pointer, text)


def value_place(pointer: str, bundle: Schema) -> Place:
    """Return the place of values that compare as the schema says."""
    pattern = pattern_of(pointer)
    kind = annotation(bundle, at(bundle, bundle, list(pattern)), "x-same-value")
    texts = FORMS.get(kind, str)

    def of_value(value: Any) -> Iterator[str]:
        if value is not None:
            yield short(texts(value) if isinstance(value, str) else json.dumps(value))

    return Place(pointer, pattern, of_value)


def reference_place(pointer: str) -> Place:
    """Return the place of references; they are found by type and id."""

    def of_reference(value: Any) -> Iterator[str]:
        if isinstance(value, Mapping) and isinstance(value.get("id"), str):
            yield named(value)

    return Place(pointer, pattern_of(pointer), of_reference)


def named(reference: Mapping[str, Any]) -> str:
    """Return a text that tells the record that a reference names from all others."""
    return f"{reference.get('type', '')}/{reference['id']}"


def name_place(pointer: str) -> Place:
    """Return the place of an object that is found by the names of its members."""

    def of_names(value: Any) -> Iterator[str]:
        yield from value if isinstance(value, Mapping) else ()

    return Place(pointer, pattern_of(pointer), of_names)


def entries_of(places: tuple[Place, ...], body: Mapping[str, Any]) -> tuple[Entry, ...]:
    """Return what a body holds at places, each once."""
    return tuple(dict.fromkeys(entry for place in places for entry in place.entries(body)))


def short(text: str) -> str:
    """Return a text that fits into an index; a long one as its digest."""
    data = text.encode("utf-8", "surrogatepass")
    return text if len(data) <= LONGEST else f"sha256 {hashlib.sha256(data).hexdigest()}"


def _text(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _email(text: str) -> str:
    return "@".join(values.mailbox(text))


def _decimal(text: str) -> str:
    if not values.DECIMAL.fullmatch(text):
        return text
    number = Decimal(text)
    return f"{number.normalize():f}" if number else "0"


def _instant(text: str) -> str:
    moment = values.nanoseconds(text)
    return text if moment is None else str(moment // NANOSECONDS)


FORMS: dict[Any, Callable[[str], str]] = {
    "text": _text,
    "email": _email,
    "decimal": _decimal,
    "language": str.lower,
    "instant": _instant,
}
