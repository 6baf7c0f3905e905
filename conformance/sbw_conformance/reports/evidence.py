"""What a person needs to see a failure: one line of curl, and what went over the wire."""

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from sbw_conformance.results import Report, Result
from sbw_conformance.target import variable

LEFT_OUT = frozenset({"accept", "accept-encoding", "user-agent"})
LONGEST_BODY = 4000
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)
"""What shows nothing, ends a line, or turns the order of letters round."""


def visible(text: str) -> str:
    """A text in which nothing hides: characters that show nothing stand as escapes."""
    return UNSEEN.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


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
            client = exchange["client"]
            token = f"${variable(client)}" if client != "anonymous" else "WRONG"
            parts.append(f'-H "Authorization: Bearer {token}"')
        elif name.lower() not in LEFT_OUT:
            parts.append(f"-H {shlex.quote(f'{name}: {value}')}")
    body = exchange.get("request_body")
    if body is not None:
        parts.append(f"--data-raw {shlex.quote(_plain(body['text']))}")
    return " ".join(parts)


def _plain(text: str) -> str:
    r"""A JSON text whose unseen characters are written as `\u202e`: the same value, on one line."""
    if UNSEEN.search(text) is None:
        return text
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    return UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def request(exchange: Mapping[str, Any], limit: int | None = LONGEST_BODY) -> str:
    """Request line, headers and the beginning of the body."""
    lines = [where(exchange) or ""]
    lines += [f"{name}: {value}" for name, value in exchange["request_headers"]]
    return _with_body(lines, exchange.get("request_body"), limit)


def answer(exchange: Mapping[str, Any], limit: int | None = LONGEST_BODY) -> str:
    """Status, headers and the beginning of the body, or why there was no answer."""
    if "failure" in exchange:
        return f"no answer: {exchange['failure']}"
    lines = [str(exchange["status"])]
    lines += [f"{name}: {value}" for name, value in exchange["headers"]]
    return _with_body(lines, exchange.get("body"), limit)


def _with_body(lines: list[str], body: Mapping[str, Any] | None, limit: int | None) -> str:
    if body is None:
        return "\n".join(lines)
    text, whole = body["text"], body.get("bytes")
    shown = text if limit is None else text[:limit]
    if whole is not None:
        shown += f"\n... ({whole} bytes in all)"
    elif len(shown) < len(text):
        shown += "\n..."
    return "\n".join([*lines, "", shown])
