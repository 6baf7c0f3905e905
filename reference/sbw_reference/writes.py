"""One write: whose it is, what it is about, and how strictly it is taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sbw_reference.answers import Call
from sbw_reference.behaviour import Behaviour
from sbw_reference.offers import Offer, Provider
from sbw_reference.problems import Problem, Refusal, faults
from sbw_validator.findings import Finding


@dataclass(frozen=True, eq=False)
class Write:
    """A call that writes; `lenient` says that what cannot be stored is left out."""

    provider: Provider
    offer: Offer
    call: Call
    lenient: bool

    @property
    def behaviour(self) -> Behaviour:
        """Return the behaviour of the provider."""
        return self.provider.behaviour


@dataclass(frozen=True, slots=True)
class Draft:
    """A body on its way to the store.

    `dropped` are the pointers of what was left out of it, `lost` what is said against references.
    """

    body: Any
    dropped: tuple[str, ...] = ()
    lost: tuple[Finding, ...] = ()


def write_of(provider: Provider, offer: Offer, call: Call) -> Write:
    """Return the write that a call asks for."""
    return Write(provider, offer, call, provider.behaviour.lenient(call.headers))


def refusal(name: str, detail: str, findings: tuple[Finding, ...], status: int = 422) -> Refusal:
    """Return a refusal of the named type with a fault for each finding."""
    return Refusal(Problem(status, name, detail, faults(findings)))


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a value if it is an object, an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}
