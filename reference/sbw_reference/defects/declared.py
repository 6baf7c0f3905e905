"""Mistakes in what an app declares of its resources, and in keeping it."""

from collections.abc import Callable, Mapping
from typing import Any

from sbw_reference.declarations import DEFAULT, Declares
from sbw_reference.defects.defect import WRITTEN, Defect, kept, placeless, refused
from sbw_reference.defects.vendors import SHORT
from sbw_reference.problems import Problem, Refusal

Page = dict[str, Any]
WRITES_422 = ("create=422", "update=422", "upsert=422")
SHORT_TEXT, STRICT_EMAIL = "short-text", "strict-email"


def _page(type_: str, name: str, value: Any) -> Any:
    """Say something of a resource on the landing page alone."""

    def make(original: Any) -> Any:
        def landing(page: Page) -> Page:
            shown: Page = original(page)
            resources = dict(shown["resources"])
            if type_ in resources:
                resources[type_] = {**resources[type_], name: value}
            return {**shown, "resources": resources}

        return landing

    return make


def _constrained(pointer: str, **limits: Any) -> Any:
    """Declare a limit of contacts, and keep it."""

    def make(original: Any) -> Any:
        def declares(told: Declares | None) -> Declares:
            found = dict(original(told) or DEFAULT)
            constraints = {pointer: limits}
            return {**found, "contact": {**found["contact"], "constraints": constraints}}

        return declares

    return make


def _texts(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [text for member in value.values() for text in _texts(member)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []


def _too_long(fits: Callable[[str], bool]) -> Any:
    """Refuse text of names that a limit allows."""

    def change(body: dict[str, Any]) -> dict[str, Any]:
        if not all(map(fits, _texts(body.get("name")))):
            raise Refusal(Problem(422, "constraint", "A name is too long."))
        return body

    return kept(change)


def _ignored_in(operation: str) -> Any:
    """Keep limits in other operations only."""
    return lambda original: (
        lambda found, asked: () if asked == operation else original(found, asked)
    )


DEFECTS = (
    Defect(
        "limit-is-wider-than-the-schema",
        "The landing page tells the width of a column, which is more than the schema allows",
        ("CORE-008",),
        ("landing",),
        "declares",
        _constrained("/name/given", max_length=255),
        types=("contact",),
    ),
    Defect(
        "limit-below-the-floor",
        "A name has 30 characters at most, as the landing page says",
        ("CORE-008",),
        ("landing",),
        "declares",
        _constrained("/name/family", max_length=30),
        types=("contact",),
    ),
    Defect(
        "limit-of-a-column",
        "The landing page names a column of the database that is no member of the schema",
        ("CORE-008",),
        ("landing",),
        "landing",
        _page("contact", "constraints", {"/last_name": {"max_length": 100}}),
        types=("contact",),
    ),
    Defect(
        "unsupported-is-unknown",
        "The landing page lists a member as not stored that the schema does not have",
        ("CORE-009",),
        ("landing",),
        "landing",
        _page("contact", "unsupported", ["/fax"]),
        types=("contact",),
    ),
    Defect(
        "unsupported-is-required",
        "The landing page lists a member as not stored that no record can do without",
        ("CORE-009",),
        ("landing",),
        "landing",
        _page("organization", "unsupported", ["/identifiers/*/scheme"]),
        types=("organization",),
    ),
    Defect(
        "external-ids-unsupported",
        "The landing page says that external ids are not stored",
        ("CORE-009",),
        ("landing",),
        "landing",
        _page("custom_field_definition", "unsupported", ["/external_ids"]),
        types=("custom_field_definition",),
    ),
    Defect(
        "constraint-not-kept",
        "What is beyond a declared limit is stored",
        ("CORE-084",),
        WRITES_422,
        "constrained",
        lambda _original: lambda _findings, _operation: (),
        variant=SHORT_TEXT,
    ),
    Defect(
        "constraint-not-kept-by-updates",
        "An update is stored that is beyond a declared limit",
        ("CORE-084",),
        ("update=422",),
        "constrained",
        _ignored_in("update"),
        variant=STRICT_EMAIL,
    ),
    Defect(
        "constraint-as-validation",
        "What is beyond a declared limit is refused as if it broke the schema",
        ("CORE-084",),
        WRITES_422,
        "problem",
        refused("constraint", name="validation"),
        variant=SHORT_TEXT,
    ),
    Defect(
        "constraint-without-place",
        "The refusal of what is beyond a declared limit does not say where",
        ("CORE-084",),
        WRITES_422,
        "problem",
        placeless("constraint"),
        variant=STRICT_EMAIL,
    ),
    Defect(
        "unique-value-twice",
        "A value that is unique is stored a second time",
        ("CORE-085",),
        ("create=409", "update=409", "upsert=409"),
        "duplicates",
        lambda _original: lambda _owners, _own, _operation: (),
        types=("custom_field_definition",),
    ),
    Defect(
        "unique-value-without-record",
        "The refusal of a value that is taken does not say which record has it",
        ("CORE-085",),
        ("create=409", "update=409", "upsert=409"),
        "problem",
        refused("duplicate", record=None),
        types=("custom_field_definition",),
    ),
    Defect(
        "unique-value-as-validation",
        "A value that is taken makes the body invalid",
        ("CORE-085",),
        ("create=409", "update=409", "upsert=409"),
        "problem",
        refused("duplicate", name="validation", status=422),
        variant=STRICT_EMAIL,
    ),
    Defect(
        "limit-off-by-one",
        f"A name of {SHORT} characters, which the limit allows, is refused",
        ("CORE-086",),
        WRITTEN,
        "keep",
        _too_long(lambda text: len(text) != SHORT),
        variant=SHORT_TEXT,
        types=("contact",),
    ),
    Defect(
        "limit-counts-bytes",
        "The limit of a name counts bytes",
        ("CORE-086",),
        WRITTEN,
        "keep",
        _too_long(lambda text: len(text.encode()) <= SHORT),
        variant=SHORT_TEXT,
        types=("contact",),
    ),
)
