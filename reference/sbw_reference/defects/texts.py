"""Mistakes with texts and values that a column, a template or a clean-up changes."""

import html
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from sbw_reference.defects.defect import WRITTEN, Defect, kept, writing
from sbw_reference.defects.updates import texts

Body = dict[str, Any]
Element = dict[str, Any]
ARRAYS = ("emails", "phones", "addresses", "urls", "social", "organizations", "identifiers")
WIDTH = 255
FIELDS = "custom_fields"


def _everywhere(change: Callable[[str], str]) -> Any:
    """Change each text that a person wrote."""
    return kept(lambda body: texts(change, body))


def _elements(change: Callable[[Element], Element], *names: str) -> Any:
    """Change the elements of arrays of the top level."""

    def changed(body: Body) -> Body:
        found = {name: body[name] for name in names if isinstance(body.get(name), list)}
        return {**body, **{name: [change(item) for item in items] for name, items in found.items()}}

    return kept(changed)


def _member(name: str, change: Callable[[Any], Any]) -> Callable[[Element], Element]:
    """Change a member of an object that has it."""
    return lambda item: {**item, name: change(item[name])} if name in item else item


def _fields(keep: Callable[[Any], bool]) -> Any:
    """Keep some custom fields only."""

    def changed(body: Body) -> Body:
        fields = body.get(FIELDS)
        if not isinstance(fields, Mapping):
            return body
        return {**body, FIELDS: {key: value for key, value in fields.items() if keep(value)}}

    return kept(changed)


def _field_values(change: Callable[[Any], Any]) -> Any:
    """Change the values of custom fields."""

    def changed(body: Body) -> Body:
        fields = body.get(FIELDS)
        if not isinstance(fields, Mapping):
            return body
        return {**body, FIELDS: {key: change(value) for key, value in fields.items()}}

    return kept(changed)


def _two_columns(body: Body) -> Body:
    return {
        name: value[:2] if isinstance(value, list) and name in ARRAYS else value
        for name, value in body.items()
    }


def _inner_first(item: Element) -> Element:
    """Keep one value of each list inside of an element."""
    return {name: value[:1] if isinstance(value, list) else value for name, value in item.items()}


def _each_number_once(body: Body) -> Body:
    phones = body.get("phones")
    if not isinstance(phones, list):
        return body
    seen: dict[Any, Element] = {}
    for phone in phones:
        seen.setdefault(phone.get("number") or phone.get("raw"), phone)
    return {**body, "phones": list(seen.values())}


def _without_zeros(text: str) -> str:
    return text.lstrip("0") or text if text.isdecimal() else text


def _punycode(text: str) -> str:
    local, at, domain = text.rpartition("@")
    try:
        return local + at + domain.encode("idna").decode()
    except UnicodeError:
        return text


def _seconds(text: str) -> str:
    """Cut a timestamp to seconds."""
    whole, dot, _ = text.partition(".")
    return f"{whole}Z" if dot else text


def _tags(change: Callable[[list[str]], list[str]]) -> Any:
    return kept(lambda body: {**body, "tags": change(body["tags"])} if "tags" in body else body)


def _once_in_any_case(tags: list[str]) -> list[str]:
    return list({tag.lower(): tag for tag in reversed(tags)}.values())[::-1]


def _first_is_primary(body: Body) -> Body:
    held = body.get("organizations")
    if not isinstance(held, list) or not held or any(one["primary"] for one in held):
        return body
    return {**body, "organizations": [{**held[0], "primary": True}, *held[1:]]}


def _composed(body: Body) -> Body:
    """Put the whole name together where only its parts were sent."""
    name = body.get("name")
    if not isinstance(name, dict) or "full" in name or not {"given", "family"} <= set(name):
        return body
    return {**body, "name": {**name, "full": f"{name['given']} {name['family']}"}}


def _one_level(body: Body) -> Body:
    """Keep of an extension what fits into a table of keys and values."""
    extensions = body.get("extensions")
    if not isinstance(extensions, dict):
        return body
    flat = {
        app: {name: value for name, value in own.items() if not isinstance(value, dict)}
        for app, own in extensions.items()
    }
    return {**body, "extensions": flat}


DEFECTS = (
    Defect(
        "text-trimmed",
        "Spaces at the ends of text are cut off",
        ("CORE-040", "CONTACTS-001"),
        WRITTEN,
        "keep",
        _everywhere(lambda text: text.strip() or text),
    ),
    Defect(
        "text-escaped-for-html",
        "Text is stored as HTML, so that an ampersand becomes an entity",
        ("CORE-040", "CONTACTS-002", "CONTACTS-003"),
        WRITTEN,
        "keep",
        _everywhere(html.escape),
    ),
    Defect(
        "text-in-compatibility-form",
        "Text is stored in a form that takes ligatures and wide letters for their plain ones",
        ("CONTACTS-002",),
        WRITTEN,
        "keep",
        _everywhere(lambda text: unicodedata.normalize("NFKC", text)),
    ),
    Defect(
        "two-columns-for-an-array",
        "Of an array two elements are kept, as the table has two columns for it",
        ("CORE-040",),
        writing(*ARRAYS),
        "keep",
        kept(_two_columns),
    ),
    Defect(
        "one-context-kept",
        "Of the contexts and features of an element the first is kept",
        ("CORE-040",),
        writing("emails", "phones", "addresses", "urls"),
        "keep",
        _elements(_inner_first, "emails", "phones", "urls"),
    ),
    Defect(
        "equal-phones-become-one",
        "A phone that stands in a record twice, for work and at home, is kept once",
        ("CORE-040",),
        writing("phones"),
        "keep",
        kept(_each_number_once),
    ),
    Defect(
        "postal-codes-as-numbers",
        "A postal code is a number: it loses its leading zeros",
        ("CORE-040",),
        writing("addresses"),
        "keep",
        _elements(_member("postal_code", _without_zeros), "addresses"),
    ),
    Defect(
        "domains-in-punycode",
        "The domain of an e-mail address is stored in ASCII",
        ("CORE-040",),
        writing("emails"),
        "keep",
        _elements(_member("address", _punycode), "emails"),
    ),
    Defect(
        "verified-at-in-seconds",
        "An instant inside of a record is cut to seconds",
        ("CORE-040",),
        writing("emails"),
        "keep",
        _elements(_member("verified_at", _seconds), "emails"),
    ),
    Defect(
        "first-organization-primary",
        "Where no organization is primary the first is made so",
        ("CORE-040",),
        writing("organizations"),
        "keep",
        kept(_first_is_primary),
        types=("contact",),
    ),
    Defect(
        "full-names-composed",
        "A whole name is made of given and family name",
        ("CONTACTS-005", "CORE-040", "CORE-047", "CORE-104", "CORE-107", "CORE-108", "CORE-121"),
        WRITTEN,
        "keep",
        kept(_composed),
        types=("contact",),
        reason="The smallest body of a contact has a name of two parts, and gets a third",
    ),
    Defect(
        "tags-without-case-are-one",
        "Of two tags that differ in case the first is kept",
        ("CORE-040",),
        writing("tags"),
        "keep",
        _tags(_once_in_any_case),
    ),
    Defect(
        "extensions-of-one-level",
        "Objects inside of an extension are not kept",
        ("CORE-038", "CORE-040"),
        writing("extensions"),
        "keep",
        kept(_one_level),
    ),
    Defect(
        "zero-in-fields-dropped",
        "A custom field that is 0 is not kept",
        ("CORE-132",),
        writing(FIELDS),
        "keep",
        _fields(lambda value: isinstance(value, bool) or value != 0),
    ),
    Defect(
        "empty-text-in-fields-dropped",
        "A custom field that is an empty text is not kept",
        ("CORE-132",),
        writing(FIELDS),
        "keep",
        _fields(lambda value: value != ""),
    ),
    Defect(
        "numbers-in-fields-as-money",
        "Custom fields keep two decimals of a number",
        ("CORE-132",),
        writing(FIELDS),
        "keep",
        _field_values(lambda value: round(value, 2) if isinstance(value, float) else value),
    ),
    Defect(
        "text-in-fields-cut",
        f"Text in custom fields is cut to {WIDTH} characters",
        ("CORE-132",),
        writing(FIELDS),
        "keep",
        _field_values(lambda value: value[:WIDTH] if isinstance(value, str) else value),
    ),
)
