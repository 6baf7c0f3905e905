"""`sbw serve`: the reference provider."""

import click

from sbw_conformance.provider import serve

EPILOG = """\b
Examples:
  sbw serve --port 8080
  sbw serve --port 8080 --defect etag-unchanged-on-update
  sbw serve --db postgresql+psycopg://localhost/sbw
"""


@click.command(epilog=EPILOG)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port; 0 takes a free one.")
@click.option("--classes", help="Classes to claim, divided by commas; all by default.")
@click.option("--defect", help="A seeded defect, as `sbw defects` lists them.")
@click.option("--variant", help="Another freedom of the standard to use.")
@click.option("--declare", metavar="FILE", help="What to declare of each resource, YAML or JSON.")
@click.option("--db", help="Database URL; a throw-away SQLite file by default.")
@click.option("--seed-data", type=click.IntRange(min=0), help="Records to begin with.")
@click.option("--ready-json", is_flag=True, help="Say where it listens as one line of JSON.")
def command(
    host: str,
    port: int,
    classes: str | None,
    defect: str | None,
    variant: str | None,
    declare: str | None,
    db: str | None,
    seed_data: int | None,
    ready_json: bool,
) -> None:
    """Serve the reference provider until it is interrupted."""
    given = {
        "--host": host,
        "--port": str(port),
        "--classes": classes,
        "--defect": defect,
        "--variant": variant,
        "--declare": declare,
        "--db": db,
        "--seed-data": None if seed_data is None else str(seed_data),
    }
    arguments = [part for name, value in given.items() if value for part in (name, value)]
    serve([*arguments, *(["--ready-json"] if ready_json else [])])
