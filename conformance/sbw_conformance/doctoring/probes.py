"""The questions, in the order in which the first that fails explains the rest."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from sbw_conformance.doctoring import businesses, callback, landing, network, scopes, tokens
from sbw_conformance.doctoring.diagnosis import Diagnosis, State
from sbw_conformance.doctoring.visit import Visit

REACHING = ("host name", "connection", "encryption", "answer")
"""Probes without which there is no provider to speak of."""


@dataclass(frozen=True)
class Probe:
    """A question with its name; what it `needs` has to be in order before it is asked."""

    name: str
    ask: Callable[[Visit], Diagnosis]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """What came of a probe."""

    probe: str
    found: Diagnosis


def _token(role: str) -> Probe:
    return Probe(
        f"token of {role}", partial(tokens.token, role=role), ("landing page", "addresses")
    )


def _of(role: str, name: str, ask: Callable[..., Diagnosis], *others: str) -> Probe:
    """A question about a client, which needs its token, and those of others."""
    needs = tuple(f"token of {needed}" for needed in (role, *others))
    return Probe(name, partial(ask, role=role), needs)


PROBES = (
    Probe("host name", network.name),
    Probe("connection", network.connection, ("host name",)),
    Probe("encryption", network.encryption, ("connection",)),
    Probe("answer", network.answer, ("encryption",)),
    Probe("redirect", network.redirect, ("answer",)),
    Probe("clock", network.clock, ("answer",)),
    Probe("landing page", landing.page, ("redirect",)),
    Probe("classes", landing.claims, ("landing page",)),
    Probe("addresses", landing.addresses, ("landing page",)),
    Probe("environment", landing.environment, ("landing page",)),
    Probe("pace", landing.pace, ("landing page",)),
    _token("a1"),
    _of("a1", "a1 reads", scopes.reading),
    _of("a1", "a1 writes", scopes.writing),
    _token("a2"),
    _of("a2", "a2 reads", scopes.reading),
    _of("a2", "a2 writes", scopes.writing),
    _of("a2", "same business", businesses.same_business, "a1"),
    Probe("two apps", businesses.two_apps, ("token of a1", "token of a2")),
    _token("b1"),
    _of("b1", "b1 reads", scopes.reading),
    _of("b1", "b1 writes", scopes.writing),
    Probe("other business", businesses.other_business, ("token of a1", "token of b1")),
    _token("a1.read_only"),
    _of("a1.read_only", "only reads", scopes.narrower, "a1"),
    _token("a1.business_only"),
    _of("a1.business_only", "only the business", scopes.narrower, "a1"),
    Probe("callback", callback.reachable),
)
"""All that `sbw doctor` asks."""


def examine(visit: Visit, probes: tuple[Probe, ...] = PROBES) -> Iterator[Line]:
    """Ask one question after the other; what needs another to be in order is left out if not."""
    states: dict[str, State] = {}
    for probe in probes:
        because = [name for name in probe.needs if states[name] is not State.OK]
        if because:
            found = Diagnosis(State.SKIPPED, f"Not looked at, because of: {', '.join(because)}.")
        else:
            found = probe.ask(visit)
        states[probe.name] = found.state
        yield Line(probe.name, found)
