"""report.sarif: what is not kept as SARIF 2.1.0 results, for code scanning and editors.

The rule of a result is the requirement, its place what was asked, with the JSON Pointer in the
answer. Code scanning takes no address for a place, only a path, and knows a result again by it: so
the place is host and path without ids of records; the whole address stands in the request.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from sbw_conformance.reports import evidence, grouping
from sbw_conformance.results import Outcome, Report, Result, Verdict
from sbw_validator.sarif import LEVELS, SCHEMA, Json

INFORMATION = "https://w3id.org/small-business-web/"
SHOWN = {Outcome.FAIL: "error", Outcome.WARN: "warning", Outcome.WAIVED: "error"}
ENDED = frozenset({Verdict.ERROR, Verdict.INTERRUPTED})


def render(report: Report) -> str:
    """The file as text."""
    rows = [result for result in report.results if result.outcome in SHOWN]
    names = dict.fromkeys(row.requirement for row in rows)
    driver = {
        "name": "sbw",
        "version": report.run["suite_version"],
        "informationUri": INFORMATION,
        "rules": [_rule(report.requirements.get(name, {"id": name})) for name in names],
    }
    invocation = {
        "executionSuccessful": report.verdict not in ENDED,
        "exitCode": report.end["exit_code"],
        "startTimeUtc": report.run["started_at"].replace("+00:00", "Z"),
        "toolExecutionNotifications": [*_errors(report), *_unjudged(report)],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "results": [_result(report, row) for row in rows],
        "properties": {
            "verdict": report.end["verdict"],
            "target": report.run["target"],
            "standard": report.run["standard"],
            "classes": report.end["classes"],
            "seed": report.run["seed"],
            "scoredSet": report.run["scored_set"],
        },
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=1) + "\n"


def _rule(entry: Mapping[str, Any]) -> Json:
    """A requirement as a rule (SARIF 3.49)."""
    name = entry["id"]
    if "sentence" not in entry:
        return {"id": name}
    sentence = entry["sentence"]
    return {
        "id": name,
        "shortDescription": {"text": sentence},
        "fullDescription": {"text": sentence},
        "help": {
            "text": f"{sentence} (class {entry['class']}). More: sbw explain {name}",
            "markdown": f"{sentence}\n\nClass {entry['class']}. More: `sbw explain {name}`",
        },
        "defaultConfiguration": {"level": LEVELS.get(entry["keyword"], "note")},
        "properties": {"tags": [entry["class"], entry["role"], entry["promise"]]},
    }


def _result(report: Report, result: Result) -> Json:
    exchange = evidence.exchange_of(report, result)
    row: Json = {
        "ruleId": result.requirement,
        "level": SHOWN[result.outcome],
        "message": {"text": evidence.visible(_message(result, exchange))},
        "locations": [_location(report, result, exchange)],
        "partialFingerprints": _fingerprints(result),
        "properties": {"check": result.check, "resource": result.resource, "kind": result.kind},
    }
    if exchange is not None:
        row["webRequest"] = _request(exchange)
        row["webResponse"] = _response(exchange)
    if result.outcome is Outcome.WAIVED and result.waiver:
        waiver = result.waiver
        why = (
            f"{waiver['reason']} ({waiver['owner']}, {waiver['ticket']}, until {waiver['expires']})"
        )
        row["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": evidence.visible(why)}
        ]
    return row


def _message(result: Result, exchange: Mapping[str, Any] | None) -> str:
    on = f" on {result.resource}" if result.resource else ""
    said = f"{result.check}{on}: "
    said += (
        f"expected {result.expected}, got {result.got}."
        if result.expected is not None
        else f"{result.reason or result.outcome.value}"
    )
    if result.expected is not None and result.reason:
        said += f" {result.reason}"
    return said if exchange is None else f"{said}\nAgain: {evidence.curl(exchange)}"


def _location(report: Report, result: Result, exchange: Mapping[str, Any] | None) -> Json:
    address = report.run["target"] if exchange is None else exchange["url"]
    place: Json = {
        "physicalLocation": {
            "artifactLocation": {"uri": _place(report.run["target"], address)},
            "region": {"startLine": 1},
        }
    }
    if result.pointer:
        place["logicalLocations"] = [{"fullyQualifiedName": evidence.visible(result.pointer)}]
    return place


def _place(base: str, address: str) -> str:
    """Host, and the path up to what lies in the base; a port is written behind an underscore."""
    under = address.removeprefix(base).lstrip("/") if address.startswith(base) else ""
    first = re.split("[/?#]", under, maxsplit=1)[0]
    root = (base if address.startswith(base) else address).partition("://")[2]
    path = re.split("[?#]", root, maxsplit=1)[0].rstrip("/")
    return quote(f"{path}/{first}".rstrip("/").replace(":", "_"), safe="/%~")


def _fingerprints(result: Result) -> dict[str, str]:
    """What tells a result from others, in this run and the next; GitHub knows the second name."""
    digest = hashlib.sha256("\n".join(result.key).encode()).hexdigest()
    return {"sbwResult/v1": digest, "primaryLocationLineHash": f"{digest[:16]}:1"}


def _request(exchange: Mapping[str, Any]) -> Json:
    """A request (SARIF 3.46)."""
    row: Json = {
        "protocol": "HTTP",
        "version": "1.1",
        "method": exchange["method"],
        "target": exchange["url"],
        "headers": _headers(exchange["request_headers"]),
    }
    return row | _body(exchange.get("request_body"))


def _response(exchange: Mapping[str, Any]) -> Json:
    """An answer (SARIF 3.47)."""
    if "failure" in exchange:
        return {"noResponseReceived": True, "reasonPhrase": exchange["failure"]}
    row: Json = {
        "protocol": "HTTP",
        "version": "1.1",
        "statusCode": exchange["status"],
        "headers": _headers(exchange["headers"]),
    }
    return row | _body(exchange.get("body"))


def _headers(rows: list[list[str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in rows:
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _body(body: Mapping[str, Any] | None) -> Json:
    if body is None:
        return {}
    return {"body": {"text": body["text"][: evidence.LONGEST_BODY]}}


def _errors(report: Report) -> list[Json]:
    """Where the suite itself failed (SARIF 3.58)."""
    return [
        _notification("error", f"{row.requirement} {row.check}: {row.reason}", row.requirement)
        for row in report.results
        if row.outcome is Outcome.ERROR
    ]


def _unjudged(report: Report) -> list[Json]:
    return [
        _notification("warning", f"{name} could not be judged: {row.reason}. {row.advice}", name)
        for row in grouping.unjudged(report)
        for name in row.requirements
    ]


def _notification(level: str, text: str, requirement: str) -> Json:
    return {
        "level": level,
        "message": {"text": evidence.visible(text).strip()},
        "properties": {"requirement": requirement},
    }
