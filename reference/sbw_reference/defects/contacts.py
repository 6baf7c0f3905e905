"""Mistakes with people's names and addresses."""

import unicodedata
from collections.abc import Callable
from typing import Any

from sbw_reference.defects.defect import WRITTEN, Defect, answering, writing
from sbw_reference.defects.updates import texts

Body = dict[str, Any]
Record = dict[str, Any]
LAST_OF_PLANE = "\uffff"
ADDRESSES = "emails"
PARTIES = frozenset({"contact", "organization"})
DIGITS = "0123456789"
MANY = 8


def _kept(change: Callable[[Body], Body]) -> Any:
    return lambda original: lambda body, operation: change(original(body, operation))


def _everywhere(change: Callable[[str], str]) -> Any:
    return _kept(lambda body: texts(change, body))


def _folded(text: str) -> str:
    """Return text in ASCII where that is Latin text with marks."""
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return plain if plain.isascii() else text


def _latin(text: str) -> str:
    return unicodedata.normalize("NFC", text).encode("latin-1", "replace").decode("latin-1")


def _plane(text: str) -> str:
    """Return text as far as MySQL's utf8 can hold it."""
    return "".join(c if c <= LAST_OF_PLANE else "?" for c in text)


def capital(text: str) -> str:
    """Return text with a capital first letter in each word."""
    return " ".join(word[:1].upper() + word[1:] for word in text.split(" "))


def _titled(body: Body) -> Body:
    name = body.get("name")
    if not isinstance(name, dict):
        return body
    return {**body, "name": {part: capital(text) for part, text in name.items()}}


def _local_part(change: Callable[[str], str]) -> Any:
    """Change what stands before the last @ of an e-mail address."""

    def changed(text: str) -> str:
        local, at, domain = text.rpartition("@")
        return change(local) + at + domain

    def kept(body: Body) -> Body:
        entries = body.get(ADDRESSES)
        if not isinstance(entries, list):
            return body
        mails = [{**entry, "address": changed(entry["address"])} for entry in entries]
        return {**body, ADDRESSES: mails}

    return _kept(kept)


def _in_meta(name: str, change: Callable[[str], Any]) -> Any:
    """Change a member of meta in records of class contacts."""

    def make(original: Any) -> Any:
        def serialise(record: Record, operation: str, grant: Any) -> Record:
            shown: Record = original(record, operation, grant)
            if shown["type"] not in PARTIES:
                return shown
            return {**shown, "meta": {**shown["meta"], name: change(shown["meta"][name])}}

        return serialise

    return make


def _unchecked(*keywords: str) -> Any:
    return lambda original: (
        lambda findings, operation: tuple(
            finding for finding in original(findings, operation) if finding.keyword not in keywords
        )
    )


def _phones(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Change the phones that are stored."""

    def changed(body: Body) -> Body:
        if not isinstance(body.get("phones"), list):
            return body
        return {**body, "phones": [change(phone) for phone in body["phones"]]}

    return _kept(changed)


def _numbered(phone: dict[str, Any]) -> dict[str, Any]:
    """Make a number of the digits that somebody wrote down, if they are many."""
    digits = "".join(c for c in phone.get("raw", "") if c in DIGITS).lstrip("0")
    return phone if "number" in phone or len(digits) < MANY else {**phone, "number": f"+{digits}"}


def _cleaned(phone: dict[str, Any]) -> dict[str, Any]:
    """Keep what can be dialled of a phone, if that is much."""
    digits = "".join(c for c in phone.get("raw", "") if c in f"+{DIGITS}")
    return phone if len(digits) < MANY else {**phone, "raw": digits}


def _name(change: Callable[[dict[str, str]], dict[str, str]]) -> Any:
    return _kept(
        lambda body: (
            {**body, "name": change(body["name"])} if isinstance(body.get("name"), dict) else body
        )
    )


def _split(name: dict[str, str]) -> dict[str, str]:
    """Take a whole name of one word for the family name."""
    alone = set(name) == {"full"} and " " not in name["full"]
    return {**name, "family": name["full"]} if alone else name


def _joined(name: dict[str, str]) -> dict[str, str]:
    """Put two family names together."""
    if not {"family", "family2"} <= set(name) or "full" in name:
        return name
    others = {part: text for part, text in name.items() if part != "family2"}
    return {**others, "family": f"{name['family']} {name['family2']}"}


DEFECTS = (
    Defect(
        "created-at-with-offset",
        "Timestamps of records have an offset instead of Z",
        ("CONTACTS-001",),
        ("create=201", "read=200", "update=200", "list=200", "upsert=200", "upsert=201"),
        "serialise",
        _in_meta("created_at", lambda text: text.replace("Z", "+00:00")),
    ),
    Defect(
        "version-with-padding",
        "Versions are Base64 with the padding that the schema does not allow",
        ("CONTACTS-001", "CORE-030", "BULK-001"),
        WRITTEN,
        "version",
        lambda original: lambda before, body, sequence: f"{original(before, body, sequence)}==",
    ),
    Defect(
        "patterns-unchecked",
        "The form of text is not checked",
        ("CONTACTS-001", "CORE-052", "CORE-059"),
        answering(422, "create", "update", "upsert"),
        "findings",
        _unchecked("pattern", "format"),
    ),
    Defect(
        "text-of-one-plane",
        "Characters outside the Basic Multilingual Plane become question marks",
        ("CONTACTS-002", "CORE-040"),
        WRITTEN,
        "keep",
        _everywhere(_plane),
    ),
    Defect(
        "text-in-latin-1",
        "Characters outside Latin-1 become question marks",
        ("CONTACTS-002", "CONTACTS-003", "CORE-040"),
        WRITTEN,
        "keep",
        _everywhere(_latin),
    ),
    Defect(
        "accents-dropped",
        "Letters lose their accents",
        ("CONTACTS-002", "CONTACTS-005", "CORE-040"),
        WRITTEN,
        "keep",
        _everywhere(_folded),
    ),
    Defect(
        "names-in-title-case",
        "Names are written with capital first letters",
        ("CONTACTS-002", "CONTACTS-005", "CORE-040"),
        WRITTEN,
        "keep",
        _kept(_titled),
    ),
    Defect(
        "emails-in-lower-case",
        "E-mail addresses are stored in lower case",
        ("CONTACTS-003", "CORE-040"),
        writing("emails"),
        "keep",
        _local_part(str.lower),
    ),
    Defect(
        "email-tags-dropped",
        "What stands behind a plus sign in an e-mail address is dropped",
        ("CONTACTS-003", "CORE-040"),
        writing("emails"),
        "keep",
        _local_part(lambda local: local.partition("+")[0] or local),
    ),
    Defect(
        "phone-numbers-invented",
        "Digits in a phone that was only written down become a number",
        ("CONTACTS-004", "CORE-040"),
        writing("phones"),
        "keep",
        _phones(_numbered),
    ),
    Defect(
        "phones-cleaned",
        "Of a phone as it was written only digits are kept",
        ("CONTACTS-004", "CORE-040"),
        writing("phones"),
        "keep",
        _phones(_cleaned),
    ),
    Defect(
        "single-name-is-family",
        "A whole name of one word becomes the family name too",
        ("CONTACTS-005", "CORE-040"),
        WRITTEN,
        "keep",
        _name(_split),
        types=("contact",),
    ),
    Defect(
        "family-names-joined",
        "Two family names become one where there is no whole name",
        ("CONTACTS-005",),
        WRITTEN,
        "keep",
        _name(_joined),
        types=("contact",),
    ),
)
