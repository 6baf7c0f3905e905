"""`sbw validate`: documents against the standard."""

import json
import sys
from collections.abc import Iterator
from typing import Any

import click

from sbw_conformance.cli.errors import leave
from sbw_conformance.results import EXIT_USAGE
from sbw_validator.documents import Document, read_documents
from sbw_validator.findings import Finding
from sbw_validator.validation import validate

EPILOG = """\b
Examples:
  sbw validate contact.json
  sbw validate export/ --json
  cat contacts.ndjson | sbw validate -

\b
Exit codes: 0 all valid, 1 findings, 2 something could not be read.
"""


@click.command(epilog=EPILOG)
@click.argument("sources", metavar="FILE|-|DIR...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object with all findings.")
def command(sources: tuple[str, ...], as_json: bool) -> None:
    """Hold JSON and NDJSON documents against the schemas and rules of the standard."""
    documents = 0
    found: list[tuple[Document, Finding]] = []
    for document, findings in _judged(sources):
        documents += 1
        found += [(document, finding) for finding in findings]
        if not as_json:
            for finding in findings:
                click.echo(_line(document, finding))
    if documents == 0:
        leave(f"{', '.join(sources)}: there is no document in it.", EXIT_USAGE)
    if as_json:
        click.echo(json.dumps(_value(documents, found), indent=1, ensure_ascii=False))
    else:
        click.echo(f"{_count(documents, 'document')}, {_count(len(found), 'finding')}")
    sys.exit(1 if found else 0)


def _judged(sources: tuple[str, ...]) -> Iterator[tuple[Document, list[Finding]]]:
    for source in sources:
        for document in read_documents(source):
            if document.malformed is not None:
                yield document, [document.malformed]
            else:
                yield document, document.located(validate(document.value))


def _line(document: Document, finding: Finding) -> str:
    place = finding.pointer or "the whole document"
    return (
        f"{document.name}:{finding.line}: {finding.requirement} {place}: "
        f"expected {finding.expected}, got {finding.got}. {finding.hint}"
    )


def _value(documents: int, found: list[tuple[Document, Finding]]) -> dict[str, Any]:
    rows = [{"file": document.name, **finding.to_json()} for document, finding in found]
    return {"valid": not found, "documents": documents, "findings": rows}


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
