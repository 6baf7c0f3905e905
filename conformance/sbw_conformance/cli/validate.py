"""`sbw validate`: documents against the standard."""

import json
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from sbw_conformance.cli.errors import leave
from sbw_conformance.results import EXIT_USAGE
from sbw_validator.documents import STDIN, STDIN_NAME, Document, read_documents
from sbw_validator.errors import UnreadableDocumentError
from sbw_validator.findings import Finding, printable
from sbw_validator.limits import LARGEST, LONGEST_TEXT, MOST_VALUES
from sbw_validator.schemas import load_schemas
from sbw_validator.sources import Unfollowed, find_files, leads_to_folder
from sbw_validator.standard import load_standard
from sbw_validator.validation import validate

if TYPE_CHECKING:
    from sbw_validator.sarif import SarifLog

LONGEST_PLACE = 200
BOUNDS = f"{LARGEST >> 20} MiB, {MOST_VALUES:,} values and {LONGEST_TEXT >> 20} MiB a text"
EPILOG = f"""\b
Examples:
  sbw validate contact.json
  sbw validate export/ --json
  sbw validate page.yaml --type page
  sbw validate export/ --sarif sbw.sarif
  cat contacts.ndjson | sbw validate -

\b
One document is at most {BOUNDS}.
Links to folders are not followed, and nothing is ever fetched.

\b
Exit codes: 0 all valid, 1 findings, 2 something could not be read, or nothing was there to read.
"""


@dataclass(slots=True)
class Tally:
    """How much was looked at so far; `folders` says that files had to be looked for."""

    folders: bool = False
    files: int = 0
    documents: int = 0
    findings: int = 0
    unread: int = 0
    unfollowed: int = 0

    @property
    def exit_code(self) -> int:
        """What a script is told."""
        if self.unread or not self.documents:
            return EXIT_USAGE
        return 1 if self.findings else 0


class Output(Protocol):
    """Where findings go, each when it is found."""

    def finding(self, document: Document, finding: Finding) -> None:
        """Tell a finding."""

    def unread(self, error: UnreadableDocumentError) -> None:
        """Tell what could not be read."""

    def end(self, tally: Tally) -> None:
        """Tell how much was looked at."""


@click.command(epilog=EPILOG)
@click.argument("sources", metavar="FILE|-|DIR...", nargs=-1, required=True)
@click.option("--type", "type_", metavar="NAME", help="What documents are that do not say it.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object with all findings.")
@click.option("--sarif", metavar="FILE", type=click.Path(), help="Write findings as SARIF too.")
def command(sources: tuple[str, ...], type_: str | None, as_json: bool, sarif: str | None) -> None:
    """Hold JSON, NDJSON and YAML documents against the schemas and rules of the standard."""
    if type_ is not None:
        load_schemas(load_standard()).file_of(type_)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    outputs: list[Output] = [JsonOutput() if as_json else TextOutput()]
    tally = Tally()
    with ExitStack() as stack:
        if sarif is not None:
            outputs.append(_sarif(stack, sarif))
        for source in sources:
            _look(source, type_, tally, outputs)
    for output in outputs:
        output.end(tally)
    if not tally.documents and not tally.unread:
        names = ", ".join(printable(source) for source in sources)
        leave(f"{names}: there is no document in it. Name files that hold records.", EXIT_USAGE)
    sys.exit(tally.exit_code)


def _look(source: str, type_: str | None, tally: Tally, outputs: list[Output]) -> None:
    """Look at a file, at standard input, or at all files of a folder."""

    def told(error: UnreadableDocumentError) -> None:
        tally.unread += 1
        click.echo(f"error: {error}", err=True)
        for output in outputs:
            output.unread(error)

    tally.folders = tally.folders or leads_to_folder(source)
    for found in [source] if source == STDIN else find_files(source):
        if isinstance(found, UnreadableDocumentError):
            told(found)
        elif isinstance(found, Unfollowed):
            if not tally.unfollowed:
                place = printable(str(found.path))
                click.echo(f"note: {place} is a link to a folder and was not followed", err=True)
            tally.unfollowed += 1
        else:
            tally.files += 1
            try:
                for document in read_documents(found):
                    _judge(document, type_, tally, outputs)
            except UnreadableDocumentError as error:
                told(error)


def _judge(document: Document, type_: str | None, tally: Tally, outputs: list[Output]) -> None:
    tally.documents += 1
    findings = [document.malformed] if document.malformed else []
    if document.malformed is None:
        findings = document.located(validate(document.value, type=type_))
    tally.findings += len(findings)
    for finding in findings:
        for output in outputs:
            output.finding(document, finding)


class TextOutput:
    """A line for each finding, and one at the end."""

    def finding(self, document: Document, finding: Finding) -> None:
        """Print a line that an editor can jump to."""
        place = finding.pointer or "the whole document"
        if len(place) > LONGEST_PLACE:
            place = f"{place[:LONGEST_PLACE]}…"
        text = (
            f"{document.name}:{finding.line}: {finding.requirement} {place}: "
            f"expected {finding.expected}, got {finding.got}. {finding.hint}"
        )
        click.echo(printable(text))

    def unread(self, error: UnreadableDocumentError) -> None:
        """Print nothing more than stderr has."""

    def end(self, tally: Tally) -> None:
        """Print how much was looked at, unless it is nothing."""
        if not tally.documents:
            return
        parts = [_count(tally.documents, "document"), _count(tally.findings, "finding")]
        if tally.folders:
            parts[0] += f" in {_count(tally.files, 'file')}"
        if tally.unread:
            parts.append(f"{tally.unread} not read")
        if tally.unfollowed > 1:
            parts.append(f"{tally.unfollowed} links to folders not followed")
        click.echo(", ".join(parts))


class JsonOutput:
    """One JSON object: the findings first, as they come, then what they amount to.

    `files` is there where a folder was looked through, `unread` where something was not read.
    """

    def __init__(self) -> None:
        self._before = '{\n "findings": ['
        # JSON is UTF-8; any other terminal gets ASCII, which is the same there.
        self._ascii = sys.stdout.encoding.lower().replace("-", "") != "utf8"

    def finding(self, document: Document, finding: Finding) -> None:
        """Print an element."""
        row = {"file": printable(document.name), **finding.to_json()}
        click.echo(f"{self._before}\n  {json.dumps(row, ensure_ascii=self._ascii)}", nl=False)
        self._before = ","

    def unread(self, error: UnreadableDocumentError) -> None:
        """Print nothing more than stderr has."""

    def end(self, tally: Tally) -> None:
        """Print the rest of the object."""
        value = {"documents": tally.documents, "valid": tally.exit_code == 0}
        if tally.folders:
            value["files"] = tally.files
        if tally.unread:
            value["unread"] = tally.unread
        close = "\n ]" if tally.findings else f"{self._before}]"
        rest = json.dumps(value, indent=1).removeprefix("{")
        click.echo(f"{close},{rest}")


class SarifOutput:
    """A SARIF log, complete when its context is left."""

    def __init__(self, log: "SarifLog") -> None:
        self._log = log

    def finding(self, document: Document, finding: Finding) -> None:
        """Write a result."""
        self._log.add(finding, _file(document.name))

    def unread(self, error: UnreadableDocumentError) -> None:
        """Write a notification."""
        from sbw_validator.sarif import notification

        self._log.notify(notification(str(error), _file(error.path), error.line))

    def end(self, tally: Tally) -> None:
        """Write nothing: a log has no sums."""


def _file(name: str) -> str | None:
    return None if name == STDIN_NAME else name


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _sarif(stack: ExitStack, file: str) -> Output:
    from sbw_validator.requirements import load_requirements
    from sbw_validator.sarif import SarifLog, rule

    standard = load_standard()
    try:
        stream = Path(file).open("w", encoding="utf-8")  # noqa: SIM115 - the stack closes it
    except OSError as error:
        leave(f"{printable(file)} cannot be written: {error.strerror}.", EXIT_USAGE)
    rules = [rule(requirement) for requirement in load_requirements(standard)]
    stack.enter_context(stream)
    return SarifOutput(stack.enter_context(SarifLog(stream, rules, standard.base)))
