"""JUnit XML: one test case a result, for CI systems."""

import re
from collections.abc import Mapping
from typing import Any

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from sbw_conformance.reports import evidence
from sbw_conformance.results import Outcome, Report, Result

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPOILT: dict[Outcome, Any] = {
    Outcome.FAIL: Failure,
    Outcome.ERROR: Error,
    Outcome.COULD_NOT_RUN: Error,
    Outcome.NOT_CLAIMED: Skipped,
    Outcome.WAIVED: Skipped,
}


def render(report: Report) -> str:
    """The file as text; characters that XML cannot hold are replaced."""
    sentences = {name: entry["sentence"] for name, entry in report.requirements.items()}
    suite = TestSuite(_xml(f"SBW {report.run['standard']} {report.run['target']}"))
    # One by one, each would count all those before it.
    suite.add_testcases([_case(report, sentences, result) for result in report.results])
    document = JUnitXml()
    document.add_testsuite(suite)
    document.update_statistics()  # type: ignore[no-untyped-call]
    text = document.tostring()  # type: ignore[no-untyped-call]
    return text.decode() if isinstance(text, bytes) else str(text)


def _case(report: Report, sentences: Mapping[str, str], result: Result) -> TestCase:
    on = f" [{result.resource}]" if result.resource else ""
    case = TestCase(f"{result.requirement}{on}", classname=result.check)
    if result.outcome in _SPOILT:
        mark = _SPOILT[result.outcome](_xml(_message(result)), result.outcome.value)
        mark.text = _xml(_details(report, sentences, result))
        case.result = [mark]
    elif result.outcome is Outcome.WARN:
        case.system_out = _xml(_details(report, sentences, result))
    return case


def _message(result: Result) -> str:
    if result.outcome is Outcome.WAIVED and result.waiver:
        waiver = result.waiver
        return (
            f"waived until {waiver['expires']} by {waiver['owner']}, {waiver['ticket']}: "
            f"{waiver['reason']}"
        )
    if result.blocked_by:
        return f"blocked by {result.blocked_by}"
    if result.expected is not None:
        return f"expected {result.expected}, got {result.got}"
    return result.reason or result.outcome.value


def _details(report: Report, sentences: Mapping[str, str], result: Result) -> str:
    exchange = evidence.exchange_of(report, result)
    lines = [sentences.get(result.requirement, ""), _message(result)]
    if result.expected is not None and result.outcome is Outcome.WAIVED:
        lines.append(f"expected {result.expected}, got {result.got}")
    if result.pointer:
        lines.append(f"at {result.pointer}")
    if exchange is not None:
        lines.append(evidence.curl(exchange))
    return "\n".join(lines)


def _xml(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
