"""Mistakes with members that somebody owns: the provider, or one app."""

import json
from collections.abc import Mapping
from typing import Any

from sbw_reference.auth import Grant
from sbw_reference.defects.defect import Defect, answering, kept, refused, writing
from sbw_reference.problems import Problem, Refusal

Body = dict[str, Any]
Record = dict[str, Any]
Pointers = tuple[str, ...]
WRITES = ("create", "update", "upsert")
SMALL = 4_096  # bytes
EXTENSIONS = "extensions"


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


DEFECTS = (
    Defect(
        "read-only-never-sent",
        "A read-only member is refused, also as it is",
        ("CORE-035",),
        writing("id", "meta", "type"),
        "read_only",
        _read_only,
    ),
    Defect(
        "meta-never-sent",
        "A write that sends `meta` back is refused",
        ("CORE-035",),
        writing("id", "meta", "type"),
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
        writing("extensions"),
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
)
