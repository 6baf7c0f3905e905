"""The body of a request: in which form it is read, and what it says."""

from typing import Any

from sbw_reference.answers import Call
from sbw_reference.offers import Provider
from sbw_reference.problems import Problem, Refusal
from sbw_validator.errors import MalformedJSON


def readable(provider: Provider, call: Call) -> None:
    """Refuse a body that is too large with 413, one in another form than JSON with 415."""
    if call.flaw is not None and call.flaw.status != 400:
        raise Refusal(call.flaw)
    if not provider.behaviour.media_type(call.headers.get("content-type"), call.operation):
        raise Refusal(Problem(415, detail="Send application/json in UTF-8."))


def value(provider: Provider, call: Call) -> Any:
    """Return the value of a readable body; refuse what is not I-JSON with 400."""
    if call.flaw is not None:
        raise Refusal(call.flaw)
    try:
        return provider.behaviour.parse(call.body)
    except MalformedJSON as error:
        place = f"line {error.line}, column {error.column}"
        raise Refusal(Problem(400, "malformed", f"The body {error.reason} ({place}).")) from error
