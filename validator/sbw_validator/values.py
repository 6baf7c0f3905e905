"""Same value: which two values mean the same (spec, core, "Same value").

The schema says how a place compares (`x-same-value`), never a member's name.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sbw_validator.findings import pointer_to
from sbw_validator.shape import Schema, annotation, items, member

DECIMAL = re.compile(r"-?[0-9]{1,400}(?:\.[0-9]{1,400})?")
INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
MILLISECOND = 1_000_000  # nanoseconds
NOT_SENT = ("readOnly", "x-provided")


@dataclass(frozen=True, slots=True)
class Difference:
    """A place where two values are not the same; None stands for an absent member."""

    pointer: str
    sent: Any
    got: Any


def differences(
    sent: Any, got: Any, schema: Schema, *, ignore_unknown: bool = True
) -> list[Difference]:
    """Return where `got` is not the Same value as `sent`.

    `schema` is a bundle. With `ignore_unknown`, members that only `got` has are passed over
    where the schema does not know them, says that they are read-only, or that the provider
    provides them: what a sender cannot send or need not. Never raises, whatever the values are.
    """
    return list(_Comparison(schema, ignore_unknown).compare(sent, got, schema, ()))


def same(a: Any, b: Any, schema: Schema) -> bool:
    """Say whether two values are the Same value at every place, read-only members included."""
    return not differences(a, b, schema, ignore_unknown=False)


class _Comparison:
    """Compares under one bundle."""

    def __init__(self, bundle: Schema, ignore_unknown: bool) -> None:  # noqa: FBT001 - internal
        self.bundle = bundle
        self.ignore_unknown = ignore_unknown

    def compare(
        self, sent: Any, got: Any, schema: Schema | None, path: tuple[str | int, ...]
    ) -> Iterator[Difference]:
        if isinstance(sent, dict) and isinstance(got, dict):
            yield from self.objects(sent, got, schema, path)
        elif isinstance(sent, list) and isinstance(got, list):
            yield from self.arrays(sent, got, schema, path)
        elif not (_nothing(sent) and _nothing(got)) and not self.leaves(sent, got, schema):
            yield Difference(pointer_to(*path), sent, got)

    def objects(
        self, sent: Any, got: Any, schema: Schema | None, path: tuple[str | int, ...]
    ) -> Iterator[Difference]:
        for name in {**sent, **got}:
            known = member(self.bundle, schema, name) if schema else None
            if name not in sent and self.ignore_unknown and self.out_of_reach(known):
                continue
            yield from self.compare(sent.get(name), got.get(name), known, (*path, name))

    def out_of_reach(self, known: Schema | None) -> bool:
        """Say whether a member is one that a sender cannot send, or need not."""
        return known is None or any(
            annotation(self.bundle, known, keyword) is True for keyword in NOT_SENT
        )

    def arrays(
        self, sent: list[Any], got: list[Any], schema: Schema | None, path: tuple[str | int, ...]
    ) -> Iterator[Difference]:
        element = items(self.bundle, schema) if schema else None
        if schema and annotation(self.bundle, schema, "x-same-value") == "set":
            yield from self.sets(sent, got, element, path)
            return
        for index in range(max(len(sent), len(got))):
            place = (*path, index)
            if index >= len(sent) or index >= len(got):
                pair = (sent[index : index + 1] or [None]) + (got[index : index + 1] or [None])
                yield Difference(pointer_to(*place), *pair)
            else:
                yield from self.compare(sent[index], got[index], element, place)

    def sets(
        self, sent: list[Any], got: list[Any], element: Schema | None, path: tuple[str | int, ...]
    ) -> Iterator[Difference]:
        left = list(enumerate(got))
        for index, item in enumerate(sent):
            for found in left:
                if not any(self.compare(item, found[1], element, ())):
                    left.remove(found)
                    break
            else:
                yield Difference(pointer_to(*path, index), item, None)
        for index, item in left:
            yield Difference(pointer_to(*path, index), None, item)

    def leaves(self, sent: Any, got: Any, schema: Schema | None) -> bool:
        if isinstance(sent, str) and isinstance(got, str):
            kind = annotation(self.bundle, schema, "x-same-value") if schema else None
            return sent == got or (kind in KINDS and KINDS[kind](sent, got))
        if isinstance(sent, bool) or isinstance(got, bool):
            return sent is got
        return bool(sent == got)


def _nothing(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_nothing(member) for member in value.values())
    return value is None or value == []


def _text(a: str, b: str) -> bool:
    return unicodedata.normalize("NFC", a) == unicodedata.normalize("NFC", b)


def _decimal(a: str, b: str) -> bool:
    if DECIMAL.fullmatch(a) and DECIMAL.fullmatch(b):
        return Decimal(a) == Decimal(b)
    return False


def mailbox(address: str) -> tuple[str, str]:
    """Return what the same e-mail addresses share: the local part, and the domain without case."""
    local, _, domain = unicodedata.normalize("NFC", address).rpartition("@")
    return local, domain.lower()


def _email(a: str, b: str) -> bool:
    return mailbox(a) == mailbox(b)


def _language(a: str, b: str) -> bool:
    return a.lower() == b.lower()


def _instant(a: str, b: str) -> bool:
    """Compare to the millisecond: who keeps just that may round or cut."""
    first, second = nanoseconds(a), nanoseconds(b)
    return first is not None and second is not None and abs(first - second) < MILLISECOND


def nanoseconds(text: str) -> int | None:
    """Return an RFC 3339 instant in nanoseconds since 1970; None for any other text."""
    match = INSTANT.fullmatch(text)
    if match is None:
        return None
    day, minute, second, fraction, sign, hours, minutes = match.groups()
    try:
        start = datetime.fromisoformat(f"{day}T{minute}").replace(tzinfo=UTC)
    except ValueError:
        return None
    since = start - datetime(1970, 1, 1, tzinfo=UTC)
    offset = int(hours or 0) * 3600 + int(minutes or 0) * 60
    seconds = since // timedelta(seconds=1) + int(second) - (-offset if sign == "-" else offset)
    return seconds * 1_000_000_000 + int((fraction or "0")[:9].ljust(9, "0"))


KINDS: dict[str, Callable[[str, str], bool]] = {
    "text": _text,
    "decimal": _decimal,
    "email": _email,
    "language": _language,
    "instant": _instant,
}
