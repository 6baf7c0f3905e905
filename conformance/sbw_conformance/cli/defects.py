"""`sbw defects`: the seeded defects of the reference provider."""

import json

import click

from sbw_conformance.cli.errors import leave
from sbw_conformance.provider import defects
from sbw_conformance.results import EXIT_USAGE


@click.command(epilog="Example: sbw defects --requirement CORE-041")
@click.option("--requirement", help="Defects that this requirement is expected to find only.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def command(requirement: str | None, as_json: bool) -> None:
    """List the defects that prove the checks, with the requirements each of them breaks."""
    found = [d for d in defects() if requirement is None or requirement in d.expects]
    if not found:
        leave(f"no defect is expected to break {requirement}; see sbw requirements.", EXIT_USAGE)
    if as_json:
        rows = [
            {
                "id": defect.id,
                "title": defect.title,
                "expects": list(defect.expects),
                "operations": sorted(defect.operations),
                "reason": defect.reason,
            }
            for defect in found
        ]
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    for defect in found:
        click.echo(f"{defect.id:44} {', '.join(defect.expects):24} {defect.title}")
    click.echo(f"{len(found)} defects")
