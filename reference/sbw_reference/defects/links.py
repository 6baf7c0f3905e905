"""Mistakes with references between records."""

from typing import Any

from sbw_reference.defects.defect import Defect, placeless, refused, writing
from sbw_reference.records import Row
from sbw_validator.findings import Finding

WRITES = ("create", "update", "upsert")
WRITES_422 = tuple(f"{operation}=422" for operation in WRITES)


def _untyped(_original: Any) -> Any:
    """Keep the id of a reference and nothing else."""
    return lambda _written, id_: None if id_ is None else {"id": id_}


def _of_arrays_only(original: Any) -> Any:
    """Look for the records that are referred to in arrays."""

    def dangling(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        found: tuple[Finding, ...] = original(findings)
        return tuple(finding for finding in found if finding.pointer.count("/") > 1)

    return dangling


def _of_one_type(original: Any) -> Any:
    """Release the references of the type that holds most of them, and forget the others."""

    def released(rows: tuple[Row, ...]) -> tuple[Row, ...]:
        found: tuple[Row, ...] = original(rows)
        return tuple(row for row in found if row.type == "organization")

    return released


DEFECTS = (
    Defect(
        "dangling-references-stored",
        "A reference to a record that there is not is stored",
        ("CORE-140",),
        WRITES_422,
        "dangling",
        lambda _original: lambda _findings: (),
    ),
    Defect(
        "dangling-members-stored",
        "A reference that does not stand in an array is stored, wherever it leads",
        ("CORE-140",),
        WRITES_422,
        "dangling",
        _of_arrays_only,
        types=("organization",),
    ),
    Defect(
        "unknown-reference-404",
        "A reference to a record that there is not is answered with 404",
        ("CORE-140",),
        WRITES_422,
        "problem",
        refused("unknown-reference", status=404, name=None, faults=()),
    ),
    Defect(
        "unknown-reference-without-place",
        "The refusal of a reference does not say which",
        ("CORE-140",),
        WRITES_422,
        "problem",
        placeless("unknown-reference"),
    ),
    Defect(
        "references-by-external-id-refused",
        "A reference by external id is never found",
        ("CORE-141",),
        writing("organizations", "parent"),
        "reference",
        lambda _original: lambda _written, _id: None,
    ),
    Defect(
        "references-lose-their-type",
        "A reference by external id becomes one without a type",
        ("CORE-141", "CONTACTS-001"),
        writing("organizations", "parent"),
        "reference",
        _untyped,
    ),
    Defect(
        "deletion-leaves-references",
        "What is deleted is still referred to",
        ("CORE-142",),
        ("delete=204",),
        "on_delete",
        lambda _original: lambda _rule: "leave",
    ),
    Defect(
        "deletion-releases-one-type",
        "A deletion releases references from organizations, and forgets contacts",
        ("CORE-142",),
        ("delete=204",),
        "released",
        _of_one_type,
        types=("contact",),
    ),
)
