"""`sbw openapi`: the composed OpenAPI document."""

import json

import click

from sbw_validator.standard import load_standard


@click.command(epilog="Example: sbw openapi > sbw.json")
def command() -> None:
    """Print the OpenAPI 3.1 document of the standard, composed of the fragments of all classes."""
    from sbw_validator.openapi import compose

    click.echo(json.dumps(compose(load_standard()), indent=2, ensure_ascii=False))
