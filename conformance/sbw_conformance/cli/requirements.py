"""`sbw requirements`: every requirement with what proves it."""

import json

import click

from sbw_conformance.traceability import index
from sbw_validator.standard import load_standard


@click.command(epilog="Example: sbw requirements --class core")
@click.option("--class", "class_name", help="Requirements of this class only.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def command(class_name: str | None, as_json: bool) -> None:
    """List the requirements, the checks that judge them and the defects that prove the checks."""
    standard = load_standard()
    if class_name is not None and class_name not in standard.classes:
        raise click.BadParameter(
            f"{class_name!r} is no class; known are {', '.join(standard.classes)}.",
            param_hint="--class",
        )
    entries = [
        entry for entry in index(standard) if class_name in {None, entry.requirement.class_name}
    ]
    if as_json:
        click.echo(json.dumps([entry.to_json() for entry in entries], indent=1, ensure_ascii=False))
        return
    for entry in entries:
        own = entry.requirement
        proof = f"{len(entry.checks)} checks, {len(entry.defects)} defects"
        shown = proof if own.kind == "checked" else own.kind
        click.echo(f"{own.id:14} {shown:22} {own.sentence}")
        for gap in entry.gaps:
            click.secho(f"{'':14} lacks a {gap}", fg="red")
    kinds: dict[str, int] = {}
    for entry in entries:
        kinds[entry.requirement.kind] = kinds.get(entry.requirement.kind, 0) + 1
    click.echo(", ".join(f"{number} {kind}" for kind, number in kinds.items()))
