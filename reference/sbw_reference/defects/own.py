"""Mistakes with members that somebody owns: the provider, one app, the business."""

import json
from collections.abc import Mapping
from typing import Any

from sbw_reference import native
from sbw_reference.auth import Grant
from sbw_reference.custom_fields import FORBIDDEN
from sbw_reference.decisions import UNDEFINED
from sbw_reference.defects.defect import WRITTEN, Defect, answering, kept, let_pass, refused
from sbw_reference.problems import Problem, Refusal

Body = dict[str, Any]
Record = dict[str, Any]
Pointers = tuple[str, ...]
WRITES = ("create", "update", "upsert")
SMALL = 4_096  # bytes
EXTENSIONS, CUSTOM_FIELDS, NATIVE = "extensions", "custom_fields", "native"


def _read_only(original: Any) -> Any:
    """Refuse what is read-only whatever its value is."""
    return lambda refused, sent: tuple(dict.fromkeys((*original(refused, sent), *sent)))


def _locked(original: Any) -> Any:
    def read_only(refused: Pointers, sent: Pointers) -> Pointers:
        found = original(refused, sent)
        return (*found, *(one for one in sent if one not in found and one == "/meta"))

    return read_only


def _unlocked(top: str) -> Any:
    """Pass over what is set at the top or inside of a member."""
    return lambda original: (
        lambda refused, sent: tuple(
            pointer for pointer in original(refused, sent) if not pointer.startswith(top)
        )
    )


def _replacing(merge: Any) -> Any:
    """Take what a patch says of extensions for all that there is."""

    def merged(current: Any, patch: Any) -> Any:
        whole = merge(current, patch)
        if isinstance(patch, Mapping) and isinstance(patch.get(EXTENSIONS), Mapping):
            whole[EXTENSIONS] = merge({}, patch[EXTENSIONS])
        return whole

    return merged


def _small(body: Body) -> Body:
    for kept_by_app in body.get(EXTENSIONS, {}).values():
        if len(json.dumps(kept_by_app).encode()) > SMALL:
            raise Refusal(Problem(422, "constraint", "An extension is too large."))
    return body


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


def _from(app: str, record: Record) -> Record:
    """Return a record that says it comes from an app."""
    origin = {**record["meta"]["origin"], "app": app}
    return {**record, "meta": {**record["meta"], "origin": origin}}


def _who_asks(original: Any) -> Any:
    return lambda record, operation, grant: _from(grant.app, original(record, operation, grant))


def _last_writer(original: Any) -> Any:
    last: dict[str, str] = {}

    def serialise(record: Record, operation: str, grant: Grant) -> Record:
        shown: Record = original(record, operation, grant)
        if operation in ("update", "upsert"):
            last[shown["id"]] = grant.app
        return _from(last[shown["id"]], shown) if shown["id"] in last else shown

    return serialise


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
        "read-only-never-sent",
        "A read-only member is refused, also as it is",
        ("CORE-035",),
        WRITTEN,
        "read_only",
        _read_only,
    ),
    Defect(
        "meta-never-sent",
        "A write that sends `meta` back is refused",
        ("CORE-035",),
        WRITTEN,
        "read_only",
        _locked,
    ),
    Defect(
        "read-only-ignored",
        "What a write says of read-only members is passed over",
        ("CORE-036",),
        answering(422, *WRITES),
        "read_only",
        lambda _original: lambda _refused, _sent: (),
    ),
    Defect(
        "meta-ignored",
        "What a write says of `meta` is passed over",
        ("CORE-036",),
        answering(422, *WRITES),
        "read_only",
        _unlocked("/meta"),
    ),
    Defect(
        "read-only-as-validation",
        "A read-only member that is set makes the body invalid",
        ("CORE-036",),
        answering(422, *WRITES),
        "problem",
        refused("read-only", name="validation"),
    ),
    Defect(
        "extensions-replaced",
        "An app that writes its extension removes all others",
        ("CORE-038", "CORE-047"),
        ("update=200", "upsert=200"),
        "merge",
        _replacing,
    ),
    Defect(
        "extensions-small",
        f"An extension of more than {SMALL} bytes is refused",
        ("CORE-038",),
        WRITTEN,
        "keep",
        kept(_small),
    ),
    Defect(
        "extensions-of-anybody",
        "An app changes the extension of another one",
        ("CORE-039",),
        answering(403, *WRITES),
        "foreign",
        lambda _original: lambda _pointers: (),
    ),
    Defect(
        "extension-of-other-422",
        "A change of another app's extension is refused as if the body were invalid",
        ("CORE-039",),
        answering(403, *WRITES),
        "problem",
        refused("forbidden", status=422, name="validation"),
    ),
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
        WRITTEN,
        "keep",
        _fields(lambda fields: {key: _as_text(value) for key, value in fields.items()}),
    ),
    Defect(
        "false-in-fields-dropped",
        "A custom field that is false is not kept",
        ("CORE-132",),
        WRITTEN,
        "keep",
        _fields(lambda fields: {key: value for key, value in fields.items() if value}),
    ),
    Defect(
        "arrays-in-fields-joined",
        "A custom field with several values keeps one text",
        ("CORE-132",),
        WRITTEN,
        "keep",
        _fields(
            lambda fields: {
                key: "; ".join(value) if isinstance(value, list) else value
                for key, value in fields.items()
            }
        ),
    ),
    Defect(
        "origin-is-who-asks",
        "The origin of a record is the app that reads it",
        ("CORE-133", "CORE-015"),
        ("create=201", "read=200", "update=200", "upsert=200", "list=200"),
        "serialise",
        _who_asks,
    ),
    Defect(
        "origin-is-the-last-writer",
        "The origin of a record is the app that wrote it last",
        ("CORE-133",),
        ("update=200", "upsert=200", "read=200", "list=200"),
        "serialise",
        _last_writer,
    ),
    Defect(
        "native-code-alone-refused",
        "A native code without the canonical value is refused",
        ("CORE-143",),
        WRITTEN,
        "native",
        _underived,
        types=("contact",),
    ),
    Defect(
        "native-code-dropped",
        "A native code is turned into the canonical value and forgotten",
        ("CORE-143",),
        WRITTEN,
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
