"""Freedoms that the standard gives: correct providers that are built in another way."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sbw_reference.auth import Grant
from sbw_reference.behaviour import Behaviour, Removal
from sbw_reference.declarations import Declares
from sbw_reference.defects import vendors
from sbw_reference.problems import Problem
from sbw_validator.standard import Resource

Record = dict[str, Any]
SHORTEST_PAGE = 3
SETTLE_MILLISECONDS = 300
SETTLE_SECONDS = 1
VENDOR = "x_vendor"
READS = frozenset({"list", "read"})

Seams = Mapping[str, Callable[..., Any]]
"""What makes the function of a seam of the one that stands there, by the seam's name."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A provider that keeps the standard in another way: a new function for each seam it uses.

    `seams` is a function where they share something that each provider has of its own. `declares`
    gives what it declares of its resources, unless its caller declares something.
    """

    id: str
    title: str
    seams: Seams | Callable[[], Seams]
    declares: Callable[[], Declares] | None = None

    def apply(self, behaviour: Behaviour) -> Behaviour:
        """Return the behaviour with the variant's functions in place of those there."""
        seams = self.seams() if callable(self.seams) else self.seams
        made = {name: make(getattr(behaviour, name)) for name, make in seams.items()}
        if (declares := self.declares) is not None:
            made["declares"] = lambda told: declares() if told is None else told
        return replace(behaviour, **made)


def _gone(original: Any) -> Any:
    def absent(fate: Callable[[], str], operation: str) -> Problem:
        found: Problem = original(fate, operation)
        return replace(found, status=410) if fate() == "deleted" else found

    return absent


def _short(page: Any) -> Any:
    return lambda fetch, criteria, after, limit: page(
        fetch, criteria, after, min(limit, SHORTEST_PAGE)
    )


def _extended(record: Record, _operation: str, grant: Grant) -> Record:
    """Add members that the standard does not know, at the top and inside."""
    inner = {
        name: {**value, VENDOR: "colour"}
        for name, value in record.items()
        if isinstance(value, dict) and name not in {"meta", "custom_fields", "extensions"}
    }
    return {**record, **inner, VENDOR: {"plan": grant.app, "tags": []}}


def settling(page: Record) -> Record:
    """Return a landing page that says how long lists lag behind."""
    return {**page, "limits": {**page["limits"], "settle_seconds": SETTLE_SECONDS}}


def _only(kept: frozenset[str], *types: str) -> Any:
    """Claim no other operations of resources of these types, of all where none is named."""

    def make(original: Any) -> Any:
        def claimed(operations: tuple[str, ...], resource: Resource) -> tuple[str, ...]:
            there: tuple[str, ...] = original(operations, resource)
            spared = types and resource.type not in types
            return there if spared else tuple(one for one in there if one in kept)

        return claimed

    return make


def _reordered(original: Any) -> Any:
    """Write the members of a record in the order of their names, backwards."""

    def serialise(record: Record, operation: str, grant: Grant) -> Record:
        shown: Record = original(record, operation, grant)
        return {name: shown[name] for name in sorted(shown, reverse=True)}

    return serialise


VARIANTS = (
    Variant("gone", "A deleted id answers 410", {"absent": _gone}),
    Variant("short-pages", f"A page never has more than {SHORTEST_PAGE} items", {"page": _short}),
    Variant(
        "uuid-ids",
        "Ids and versions look otherwise",
        {
            "new_id": lambda _original: lambda _body, _tenant: str(uuid.uuid4()),
            "version": lambda _original: lambda _before, _body, sequence: f"v~{sequence:x}.0",
        },
    ),
    Variant(
        "extra-members",
        "Records have members that the standard does not know",
        {
            "serialise": lambda original: (
                lambda record, operation, grant: _extended(
                    original(record, operation, grant), operation, grant
                )
            )
        },
    ),
    Variant(
        "settle",
        f"Lists show a new record after {SETTLE_MILLISECONDS} ms",
        {
            "listed_until": lambda _original: lambda now: now - SETTLE_MILLISECONDS,
            "landing": lambda original: lambda page: settling(original(page)),
        },
    ),
    Variant("read-only", "Records are listed and read only", {"claimed": _only(READS)}),
    Variant(
        "read-only-organizations",
        "Organizations are listed and read only, contacts are written",
        {"claimed": _only(READS, "organization")},
    ),
    Variant(
        "append-only",
        "Contacts are made, and neither changed nor deleted",
        {"claimed": _only(READS | {"create"}, "contact")},
    ),
    Variant(
        "one-way-in",
        "Records are created and updated by their ids, without upserts and deletions",
        {"claimed": _only(READS | {"create", "update"})},
    ),
    Variant("key-order", "Members stand in another order", {"serialise": _reordered}),
    Variant(
        "restricts-references",
        "A record that others refer to is not deleted",
        {"on_delete": lambda _original: lambda _rule: "restrict"},
    ),
    Variant(
        "short-text",
        f"A line of text has {vendors.SHORT} characters at most, a record one e-mail address",
        {},
        vendors.short_text,
    ),
    Variant(
        "strict-email",
        "A contact has an e-mail address that no other contact has, and much is not stored",
        {},
        lambda: vendors.STRICT_EMAIL,
    ),
    Variant(
        "few-members",
        "Contacts are names, e-mail addresses and tags, and nothing else is stored",
        {},
        vendors.few_members,
    ),
    Variant(
        "tombstones",
        "What is deleted is kept, unseen, and its external ids are free",
        {"removal": lambda _original: lambda _row: Removal(kept=True)},
    ),
)
