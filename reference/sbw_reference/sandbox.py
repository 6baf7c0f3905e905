"""The controls of a sandbox: what takes hours elsewhere shows at once."""

from typing import Any

from sbw_reference import content, landing, reading
from sbw_reference.answers import PRIVATE, Answer, Call
from sbw_reference.effects import Effect, take
from sbw_reference.offers import Provider
from sbw_reference.problems import Fault, Problem, Refusal
from sbw_reference.writes import refusal
from sbw_validator.validation import validate

PATH = "/sandbox/controls"


def answer(provider: Provider, call: Call) -> Answer:
    """Let a control take effect, and answer with 204."""
    value = control_of(provider, call)
    seconds = value.get("seconds")
    effect = Effect(
        business=call.grant.tenant,
        token=call.grant.token,
        ahead=None if seconds is None else seconds * 1000,
        stands=value.get("stopped", False),
        expire=value["control"] == "expire_cursors",
        requests=value.get("requests"),
    )
    take(provider.store, provider.behaviour.effect(effect))
    return Answer("control", 204, None, PRIVATE, "empty")


def control_of(provider: Provider, call: Call) -> dict[str, Any]:
    """Return the control that a body names; refuse one that is invalid or not declared."""
    content.readable(provider, call)
    reading.parameters(provider, call, frozenset())
    value = content.value(provider, call)
    found = tuple(validate(value, type="sandbox-control", standard=provider.standard))
    if findings := provider.behaviour.findings(found, call.operation):
        raise refusal("validation", "The body is no control.", findings)
    if value["control"] not in landing.CONTROLS:
        fault = Fault("/control", "enum", "The landing page names the controls that there are.")
        raise Refusal(Problem(422, "validation", "There is no such control.", (fault,)))
    control: dict[str, Any] = value
    return control
