"""`sbw schema`: work on the schemas of the standard."""

import json
import sys
from dataclasses import asdict

import click

from sbw_validator.standard import load_standard


@click.group()
def group() -> None:
    """Look after the schemas, the text and the registry of the standard."""


@group.command(epilog="Example: sbw schema lint")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array of findings.")
def lint(as_json: bool) -> None:
    """Hold text, schemas, examples, registry and OpenAPI fragments to the rules of the standard."""
    from sbw_validator.lint import lint as findings_of

    findings = findings_of(load_standard())
    if as_json:
        rows = [asdict(finding) for finding in findings]
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    else:
        for finding in findings:
            click.echo(str(finding))
        click.echo(f"{len(findings)} findings")
    sys.exit(1 if findings else 0)


@group.command(epilog="Example: sbw schema bundle contact --variant create")
@click.argument("name")
@click.option(
    "--variant",
    type=click.Choice(["full", "create", "patch", "read", "answer"]),
    default="full",
    show_default=True,
    help="What the schema is for.",
)
def bundle(name: str, variant: str) -> None:
    """Print the schema of a resource or an answer as one self-contained document."""
    from sbw_validator.schemas import load_schemas

    found = load_schemas(load_standard()).bundle(name, variant)
    click.echo(json.dumps(found, indent=2, ensure_ascii=False))
