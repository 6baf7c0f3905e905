"""What a person needs to see a failure: one line of curl, and what went over the wire."""

import shlex
from collections.abc import Mapping
from typing import Any

from sbw_conformance.results import Report, Result

LEFT_OUT = frozenset({"accept", "accept-encoding", "user-agent"})
LONGEST_BODY = 4000


def exchange_of(report: Report, result: Result) -> Mapping[str, Any] | None:
    """The exchange event that a result points at."""
    return report.exchanges.get(result.exchange or "")


def where(exchange: Mapping[str, Any] | None) -> str | None:
    """Method and URL."""
    return None if exchange is None else f"{exchange['method']} {exchange['url']}"


def curl(exchange: Mapping[str, Any]) -> str:
    """A line for a POSIX shell that sends the request again; the token comes from a variable."""
    globs = not {*"[]{}"}.isdisjoint(exchange["url"])
    parts = ["curl -ig" if globs else "curl -i"]
    if exchange["method"] != "GET":
        parts.append(f"-X {exchange['method']}")
    parts.append(shlex.quote(exchange["url"]))
    for name, value in exchange["request_headers"]:
        if name.lower() == "authorization":
            role = exchange["client"].upper()
            token = f"$SBW_{role}_TOKEN" if exchange["client"] != "anonymous" else "WRONG"
            parts.append(f'-H "Authorization: Bearer {token}"')
        elif name.lower() not in LEFT_OUT:
            parts.append(f"-H {shlex.quote(f'{name}: {value}')}")
    body = exchange.get("request_body")
    if body is not None:
        parts.append(f"--data-raw {shlex.quote(body['text'])}")
    return " ".join(parts)


def answer(exchange: Mapping[str, Any]) -> str:
    """Status, headers and the beginning of the body, or why there was no answer."""
    if "failure" in exchange:
        return f"no answer: {exchange['failure']}"
    lines = [str(exchange["status"])]
    lines += [f"{name}: {value}" for name, value in exchange["headers"]]
    text = exchange.get("body", {}).get("text", "")
    cut = "\n..." if len(text) > LONGEST_BODY else ""
    return "\n".join([*lines, "", text[:LONGEST_BODY]]) + cut
