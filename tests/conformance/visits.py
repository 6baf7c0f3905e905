"""What tests of `sbw doctor` share: visits, and what came of them."""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sbw_conformance.configuration import Configuration
from sbw_conformance.doctor import visiting
from sbw_conformance.doctoring.diagnosis import Diagnosis, State
from sbw_conformance.doctoring.probes import PROBES, examine
from sbw_conformance.target import Credentials, Target

PROVIDER = PROBES[:11]
"""The probes that need no client."""


def looked(
    target: Target, configuration: Configuration | None = None, *, read_only: bool = False
) -> dict[str, Diagnosis]:
    """What comes of each probe."""
    with visiting(target, configuration, read_only=read_only) as visit:
        return {line.probe: line.found for line in examine(visit)}


def provider_of(target: Target, configuration: Configuration | None = None) -> dict[str, Diagnosis]:
    """What comes of the probes that need no client."""
    with visiting(target, configuration) as visit:
        return {line.probe: line.found for line in examine(visit, PROVIDER)}


def states(found: Mapping[str, Diagnosis]) -> dict[State, set[str]]:
    """The names of probes by what came of them, those in order aside."""
    bad = [(name, one.state) for name, one in found.items() if one.state is not State.OK]
    return {state: {name for name, its in bad if its is state} for _, state in bad}


def with_client(target: Target, role: str, given: Credentials) -> Target:
    """The target with another way in for a client."""
    return replace(target, clients={**target.clients, role: given})


def with_tokens_only(target: Target) -> Target:
    """The target without client ids and secrets."""
    clients = {role: Credentials(token=one.token) for role, one in target.clients.items()}
    return replace(target, clients=clients)


def jwt(**claims: Any) -> str:
    """A token that says something of itself; nobody has signed it."""
    parts = ({"alg": "none"}, claims)
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts]
    return ".".join(part.rstrip("=") for part in (*coded, "c2lnbmF0dXJl"))
