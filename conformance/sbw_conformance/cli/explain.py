"""`sbw explain`: all there is to know of one requirement, check or defect."""

import difflib
import json
from typing import Any

import click

from sbw_conformance.cli.errors import leave
from sbw_conformance.provider import Defect, defects
from sbw_conformance.results import EXIT_USAGE
from sbw_conformance.traceability import Entry, index
from sbw_validator.standard import load_standard

PROMISES = {
    "P1": "open to anyone",
    "P2": "multidirectional",
    "P3": "enter data once",
    "P4": "no lock-in",
    "P5": "platform neutrality",
    "P6": "privacy by duty",
    "P7": "one journey",
}


@click.command(epilog="Example: sbw explain CORE-041")
@click.argument("name", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array of requirements.")
def command(name: str, as_json: bool) -> None:
    """Explain a requirement (or those of a check or a defect): sentence, checks, defects."""
    entries = index(load_standard())
    chosen = [entry for entry in entries if name in _names(entry, defects())]
    if not chosen:
        known = {other for entry in entries for other in _names(entry, defects())}
        near = difflib.get_close_matches(name, known, 3)
        hint = f" Did you mean {' or '.join(near)}?" if near else " See sbw requirements."
        leave(f"{name} is no requirement, check or defect.{hint}", EXIT_USAGE)
    if as_json:
        click.echo(json.dumps([_value(entry) for entry in chosen], indent=1, ensure_ascii=False))
        return
    for number, entry in enumerate(chosen):
        if number:
            click.echo()
        _show(entry)


def _names(entry: Entry, known: tuple[Defect, ...]) -> set[str]:
    own = entry.requirement.id
    touching = {defect.id for defect in known if own in defect.expects}
    return {own} | {check.id for check in entry.checks} | touching


def _value(entry: Entry) -> dict[str, Any]:
    return {
        **entry.to_json(),
        "checks": [{"id": c.id, "kind": c.kind, "title": c.title} for c in entry.checks],
        "defects": [{"id": d.id, "title": d.title} for d in entry.defects],
    }


def _show(entry: Entry) -> None:
    own = entry.requirement
    click.secho(own.id, bold=True)
    click.echo(f"  {own.sentence}")
    click.echo(
        f"  class {own.class_name}, binds the {own.role}, serves {own.promise} "
        f"({PROMISES[own.promise]}), {own.file} line {own.line}"
    )
    if own.kind != "checked":
        reason = f" ({own.reason})" if own.reason else ""
        click.echo(f"  {own.kind}{reason}, judged by {own.judged_by}")
    for check in entry.checks:
        click.echo(f"  check   {check.id} ({check.kind}): {check.title}")
    for defect in entry.defects:
        click.echo(f"  defect  {defect.id}: {defect.title}")
    if entry.defects:
        click.echo(f"  see it fail: sbw serve --port 8080 --defect {entry.defects[0].id}")
