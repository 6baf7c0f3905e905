"""`sbw report`: an earlier run, in any form."""

import os
import sys
from pathlib import Path

import click

from sbw_conformance.cli.errors import leave
from sbw_conformance.reading import read_report
from sbw_conformance.reports import Writer, github, html, junit, markdown, sarif, terminal
from sbw_conformance.reports import json as report_json
from sbw_conformance.results import EXIT_USAGE, Report
from sbw_validator.findings import printable

EPILOG = """\b
Examples:
  sbw report sbw-report
  sbw report sbw-report/run.ndjson --html report.html --sarif -
  sbw report old/report.json --markdown "$GITHUB_STEP_SUMMARY"

\b
SOURCE is a run.ndjson, a report.json, or the folder of both. FILE may be -,
the standard output. Without options the summary of sbw test is printed.

\b
Exit codes: 0 it was written, whatever the verdict says; 2 SOURCE is no report
or a part of one, or FILE cannot be written.
"""
WRITERS: dict[str, Writer] = {
    "html": html.render,
    "junit": junit.render,
    "sarif": sarif.render,
    "markdown": markdown.render,
    "json": report_json.render,
}


@click.command(epilog=EPILOG)
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--html", metavar="FILE", help="Write the page that opens from disk.")
@click.option("--junit", metavar="FILE", help="Write JUnit XML.")
@click.option("--sarif", metavar="FILE", help="Write SARIF 2.1.0.")
@click.option("--markdown", metavar="FILE", help="Write a job summary in Markdown.")
@click.option("--json", metavar="FILE", help="Write report.json.")
@click.option("--github", is_flag=True, help="Print annotations for GitHub Actions.")
def command(source: Path, github: bool, **files: str | None) -> None:
    """Render the report of an earlier run again, in any form."""
    wanted = {name: file for name, file in files.items() if file is not None}
    printed = [name for name, file in wanted.items() if file == "-"]
    if len(printed) + github > 1:
        names = ", ".join([f"--{name} -" for name in printed] + ["--github"] * github)
        leave(f"{names}: only one of them can go to the standard output.", EXIT_USAGE)
    report = read_report(source)
    for name, file in wanted.items():
        _write(WRITERS[name](report), file)
    if github:
        _annotate(report)
    elif not wanted:
        show(report)


def _write(text: str, file: str) -> None:
    if file == "-":
        click.echo(text, nl=False)
        return
    try:
        # A job summary is a file that other steps have written to: it is added to, not replaced.
        adding = os.environ.get("GITHUB_STEP_SUMMARY") == file
        with Path(file).open("a" if adding else "w", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        leave(f"{printable(file)} cannot be written: {error.strerror}.", EXIT_USAGE)


def _annotate(report: Report) -> None:
    for line in github.lines(report):
        click.echo(line)


def show(report: Report) -> None:
    """Print the summary, in colour where that is wanted."""
    from rich.console import Console
    from rich.text import Text

    console = Console(soft_wrap=True, highlight=False, file=sys.stdout)
    for text, style in terminal.lines(report):
        console.print(Text(text, style=style))
