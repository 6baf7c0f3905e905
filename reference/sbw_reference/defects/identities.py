"""Mistakes with who is who: people, organizations, shared mailboxes."""

from typing import Any

from sbw_reference.decisions import Having
from sbw_reference.defects.defect import Defect, writing
from sbw_reference.problems import Problem, Refusal
from sbw_reference.records import Row

ADDRESSES = "emails"
MAILBOXES = frozenset({"info", "mail", "office", "sales"})


def _same_mailbox(body: Any, having: Having) -> Row | None:
    """Return the contact that has the mailbox of several people that a new one has."""
    entries = body.get(ADDRESSES)
    shared = [
        entry["address"]
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry.get("address"), str) and entry["address"].partition("@")[0] in MAILBOXES
    ]
    rows = [row for address in shared for row in having(f"/{ADDRESSES}/*/address", address)]
    return rows[0] if rows else None


def _refused_mailbox(_original: Any) -> Any:
    def taken_for(body: Any, having: Having) -> Row | None:
        row = _same_mailbox(body, having)
        if row is not None:
            detail = "Another contact has this address."
            raise Refusal(Problem(409, "duplicate", detail, record=(row.type, row.id)))
        return None

    return taken_for


def _also(type_: str, other: str) -> Any:
    """Look for the ids of a type among those of another one too."""

    def make(original: Any) -> Any:
        def tables(asked: str, operation: str) -> tuple[str, ...]:
            found: tuple[str, ...] = original(asked, operation)
            return (*found, other) if (asked, operation) == (type_, "read") else found

        return tables

    return make


DEFECTS = (
    Defect(
        "shared-mailbox-is-one-contact",
        "People who share a mailbox such as info@ are one contact",
        ("C3",),
        writing("emails"),
        "taken_for",
        lambda _original: _same_mailbox,
        types=("contact",),
    ),
    Defect(
        "shared-mailbox-refused",
        "A second contact with a mailbox such as info@ is refused as a duplicate",
        ("C3",),
        writing("emails"),
        "taken_for",
        _refused_mailbox,
        types=("contact",),
    ),
    Defect(
        "contacts-are-organizations",
        "The id of a contact leads to an organization",
        ("O1", "CONTACTS-001"),
        ("read=404",),
        "tables",
        _also("organization", "contact"),
        types=("contact", "organization"),
    ),
    Defect(
        "organizations-are-contacts",
        "The id of an organization leads to a contact",
        ("O1", "CONTACTS-001", "C1"),
        ("read=404",),
        "tables",
        _also("contact", "organization"),
        types=("contact", "organization"),
    ),
)
