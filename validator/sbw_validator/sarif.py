"""SARIF 2.1.0: findings as code scanners, editors and CI systems read them.

The parts of a log are plain functions, so that whoever has findings can write one; `SarifLog`
writes each result when it comes, so that a log of any length needs no more memory than a result.
"""

import json
import os
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import PurePath
from types import TracebackType
from typing import Any, Self, TextIO
from urllib.parse import quote_from_bytes

from sbw_validator.findings import Finding, printable
from sbw_validator.requirements import Requirement

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
MOST_NOTIFICATIONS = 1000
LEVELS = {"MUST": "error", "MUST NOT": "error", "SHOULD": "warning", "SHOULD NOT": "warning"}
Json = dict[str, Any]


def rule(requirement: Requirement) -> Json:
    """Return a requirement as a rule (SARIF 3.49): its sentence, and where to learn more."""
    sentence, id_ = requirement.sentence, requirement.id
    source = f"{requirement.file}, line {requirement.line}"
    plain = f"{sentence} (class {requirement.class_name}, {source}). More: sbw explain {id_}"
    styled = f"{sentence}\n\nClass {requirement.class_name}, {source}. More: `sbw explain {id_}`"
    return {
        "id": id_,
        "shortDescription": {"text": sentence},
        "fullDescription": {"text": sentence},
        "help": {"text": plain, "markdown": styled},
        "defaultConfiguration": {"level": LEVELS.get(requirement.keyword, "note")},
        "properties": {"tags": [requirement.class_name, requirement.role, requirement.promise]},
    }


def location(file: str | None, line: int | None = None, pointer: str | None = None) -> Json:
    """Return a place (SARIF 3.28): a file, a line of it, and a JSON Pointer as its logical name.

    Standard input has no file.
    """
    artifact: Json = {"description": {"text": "standard input"}}
    if file is not None:
        artifact = {"uri": uri(file)}
    physical: Json = {"artifactLocation": artifact}
    if line is not None:
        physical["region"] = {"startLine": line}
    place: Json = {"physicalLocation": physical}
    if pointer:
        place["logicalLocations"] = [{"fullyQualifiedName": pointer}]
    return place


def result(finding: Finding, file: str | None, level: str = "error") -> Json:
    """Return a finding about a value of a file as a result (SARIF 3.27)."""
    place = finding.pointer or "The whole document"
    text = f"{place}: expected {finding.expected}, got {finding.got}. {finding.hint}"
    return {
        "ruleId": finding.requirement,
        "level": level,
        "message": {"text": printable(text)},
        "locations": [location(file, finding.line, finding.pointer)],
        "properties": {"keyword": finding.keyword, "pointers": list(finding.pointers)},
    }


def notification(message: str, file: str | None, line: int | None = None) -> Json:
    """Return what kept the tool from looking at something (SARIF 3.58)."""
    return {
        "level": "error",
        "message": {"text": printable(message)},
        "locations": [location(file, line)],
    }


def uri(file: str) -> str:
    """Return a file name as a URI reference (RFC 3986), whatever bytes it is made of."""
    path = PurePath(file)
    text = quote_from_bytes(os.fsencode(path.as_posix()), safe="/~")
    return f"file://{text}" if path.is_absolute() else text


class SarifLog:
    """A log of one run, written to a stream as it goes; complete when its context is left.

    `rules` are those that results may name; the log holds the ones that are named.
    `information` is the URI of a page about the tool.
    """

    def __init__(self, stream: TextIO, rules: Iterable[Json], information: str) -> None:
        self._stream = stream
        self._rules = {rule["id"]: rule for rule in rules}
        self._information = information
        self._named: dict[str, Json] = {}
        self._notifications: list[Json] = []
        self._untold = 0

    def __enter__(self) -> Self:
        head = {"$schema": SCHEMA, "version": "2.1.0"}
        self._stream.write(_text(head).removesuffix("}") + ',"runs":[{"results":[')
        return self

    def add(self, finding: Finding, file: str | None) -> None:
        """Write a finding under the level of its rule."""
        known = self._rules.get(finding.requirement, {})
        level = known.get("defaultConfiguration", {}).get("level", "error")
        self.write(result(finding, file, level))

    def write(self, row: Json) -> None:
        """Write a result."""
        self._stream.write(",\n" if self._named else "\n")
        self._stream.write(_text(row))
        name = row["ruleId"]
        self._named.setdefault(name, self._rules.get(name, {"id": name}))

    def notify(self, row: Json) -> None:
        """Note what was not looked at; of very many the first are told, and how many more."""
        if len(self._notifications) < MOST_NOTIFICATIONS:
            self._notifications.append(row)
        else:
            self._untold += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        told = list(self._notifications)
        if self._untold:
            told.append({"level": "error", "message": {"text": f"and {self._untold} more"}})
        if kind is not None:
            text = f"the run ended early: {kind.__name__}"
            told.append({"level": "error", "message": {"text": text}})
        driver = {
            "name": "sbw",
            "version": version("smallbusinessweb"),
            "informationUri": self._information,
            "rules": list(self._named.values()),
        }
        invocation = {"executionSuccessful": not told, "toolExecutionNotifications": told}
        tail = {"tool": {"driver": driver}, "invocations": [invocation]}
        self._stream.write("\n]," + _text(tail).removeprefix("{") + "]}\n")


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
