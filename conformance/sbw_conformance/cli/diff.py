"""`sbw diff`: two runs beside each other."""

import sys
from pathlib import Path

import click

from sbw_conformance.cli.errors import leave
from sbw_conformance.comparing import compare
from sbw_conformance.reading import read_report
from sbw_conformance.reports import difference
from sbw_conformance.results import EXIT_USAGE

EPILOG = """\b
Examples:
  sbw diff last-release/ sbw-report/
  sbw diff old.json new.json --markdown >> "$GITHUB_STEP_SUMMARY"

\b
OLD and NEW are each a run.ndjson, a report.json, or the folder of both.
Where the runs differ in standard, suite, scored set, classes, seed or the
like, that is said first: it may be what explains the rest.

\b
Exit codes: 0 no requirement got worse, 1 one got worse (or a further check or
type of record fails it), 2 one of the two is no report or a part of one.
"""


@click.command(epilog=EPILOG)
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print Markdown for a job summary.")
def command(old: Path, new: Path, as_json: bool, as_markdown: bool) -> None:
    """Say what broke and what was mended between two runs."""
    if as_json and as_markdown:
        leave("--json and --markdown: choose one of them.", EXIT_USAGE)
    comparison = compare(read_report(old), read_report(new))
    if as_json:
        click.echo(difference.render_json(comparison), nl=False)
    elif as_markdown:
        click.echo(difference.render_markdown(comparison), nl=False)
    else:
        from rich.console import Console
        from rich.text import Text

        console = Console(soft_wrap=True, highlight=False)
        for text, style in difference.lines(comparison):
            console.print(Text(text, style=style))
    sys.exit(1 if comparison.worse else 0)
