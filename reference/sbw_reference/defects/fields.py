"""Mistakes with custom fields and native codes."""

from typing import Any

from sbw_reference import native
from sbw_reference.custom_fields import FORBIDDEN
from sbw_reference.decisions import UNDEFINED
from sbw_reference.defects.defect import Defect, answering, kept, let_pass, writing

Body = dict[str, Any]
WRITES = ("create", "update", "upsert")
CUSTOM_FIELDS, NATIVE = "custom_fields", "native"


def _fields(change: Any) -> Any:
    """Change the custom fields that are stored."""

    def changed(body: Body) -> Body:
        if CUSTOM_FIELDS not in body:
            return body
        return {**body, CUSTOM_FIELDS: change(body[CUSTOM_FIELDS])}

    return kept(changed)


def _as_text(value: Any) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if number else value


def _form_only(original: Any) -> Any:
    """Check the type of a custom field and nothing else."""
    return lambda definition: {"type": original(definition)["type"]}


def _loose(original: Any) -> Any:
    """Take a number for a text, and a text for an array, as the language does."""

    def schema(definition: Any) -> Any:
        found = original(definition)
        return {} if found["type"] in ("boolean", "number", "array") else found

    return schema


def _underived(_original: Any) -> Any:
    return lambda _codes, _before, _sent, whole: dict(whole)


def _codeless(original: Any) -> Any:
    def settled(codes: native.Codes, before: Body, sent: Body, whole: Body) -> Body:
        found = original(codes, before, sent, whole)
        if list(native.disagreements(codes, before, found)):
            return dict(found)
        return {name: value for name, value in found.items() if not name.startswith("native_")}

    return settled


def _code_wins(original: Any) -> Any:
    """Let a code that is sent decide, whatever else is."""

    def settled(codes: native.Codes, before: Body, sent: Body, whole: Body) -> Body:
        found: Body = original(codes, before, sent, whole)
        for wrong in native.disagreements(codes, before, found):
            member = wrong.pointer.split("/")[1]
            name = member.removeprefix(native.PREFIX)
            meant = codes[name].get(found[member][native.CODE])
            found = found if meant is None else {**found, name: meant}
        return found

    return settled


DEFECTS = (
    Defect(
        "undefined-fields-dropped",
        "Custom fields that nobody has defined are left out in silence",
        ("CORE-130",),
        answering(422, *WRITES),
        "not_stored",
        let_pass(UNDEFINED),
    ),
    Defect(
        "fields-of-other-types",
        "A custom field that is defined for one type is stored in all of them",
        ("CORE-130",),
        answering(422, *WRITES),
        "applies",
        lambda _original: lambda _definition, _type: True,
    ),
    Defect(
        "field-values-unchecked",
        "Custom fields take any value",
        ("CORE-131",),
        answering(422, *WRITES),
        "findings",
        let_pass(FORBIDDEN),
    ),
    Defect(
        "field-limits-unchecked",
        "Of the schema of a custom field only the type is kept",
        ("CORE-131",),
        answering(422, *WRITES),
        "value_schema",
        _form_only,
    ),
    Defect(
        "field-types-unchecked",
        "Custom fields for numbers, truths and arrays take values of any type",
        ("CORE-131",),
        answering(422, *WRITES),
        "value_schema",
        _loose,
    ),
    Defect(
        "numbers-in-fields-as-text",
        "Custom fields keep numbers as text",
        ("CORE-132",),
        writing("custom_fields"),
        "keep",
        _fields(lambda fields: {key: _as_text(value) for key, value in fields.items()}),
    ),
    Defect(
        "false-in-fields-dropped",
        "A custom field that is false is not kept",
        ("CORE-132",),
        writing("custom_fields"),
        "keep",
        _fields(lambda fields: {key: value for key, value in fields.items() if value}),
    ),
    Defect(
        "arrays-in-fields-joined",
        "A custom field with several values keeps one text",
        ("CORE-132",),
        writing("custom_fields"),
        "keep",
        _fields(
            lambda fields: {
                key: "; ".join(value) if isinstance(value, list) else value
                for key, value in fields.items()
            }
        ),
    ),
    Defect(
        "native-code-alone-refused",
        "A native code without the canonical value is refused",
        ("CORE-143", "CORE-047"),
        writing("native_lifecycle_stage"),
        "native",
        _underived,
        types=("contact",),
    ),
    Defect(
        "native-code-dropped",
        "A native code is turned into the canonical value and forgotten",
        ("CORE-143",),
        writing("native_lifecycle_stage"),
        "native",
        _codeless,
        types=("contact",),
    ),
    Defect(
        "native-code-contradicts",
        "A native code and a canonical value that disagree are stored",
        ("CORE-144",),
        answering(422, *WRITES),
        "findings",
        let_pass(NATIVE),
        types=("contact",),
    ),
    Defect(
        "native-code-wins",
        "Where a native code and a canonical value disagree, the code wins",
        ("CORE-144",),
        answering(422, *WRITES),
        "native",
        _code_wins,
        types=("contact",),
    ),
)
