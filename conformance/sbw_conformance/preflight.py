"""What is made sure of before any verdict: an answer, tokens that work, two businesses.

The questions are those of `sbw doctor`; here only what makes a verdict senseless counts.
"""

from dataclasses import replace

from sbw_conformance.client import Client
from sbw_conformance.doctoring import businesses, network, tokens
from sbw_conformance.doctoring.diagnosis import Diagnosis, State
from sbw_conformance.doctoring.visit import Visit
from sbw_conformance.exchanges import Lack
from sbw_conformance.target import ConfigurationError, Target, UnreachableError
from sbw_validator.schemas import Schemas


def ready(target: Target, client: Client, schemas: Schemas) -> Target:
    """The target with a token for each client, once it is sure that a verdict makes sense.

    UnreachableError if nothing answers; ConfigurationError if a client cannot get in or a1 and
    b1 are one business. An invalid landing page ends this early: the checks are to judge it.
    """
    visit = Visit(target, client, schemas)
    away = network.unreachable(visit)
    if away is not None:
        raise UnreachableError(away.says, away.advice)
    if visit.page is None:
        return _with_any_tokens(target)
    for role in target.clients:
        _must(tokens.granted(visit, role))
    tokens.narrow(visit)
    for role in visit.target.clients:
        _must(tokens.token(visit, role))
        if visit.business(role).lack is Lack.SILENT:
            return visit.target  # to wait for each of them in turn would say no more
    if {"a1", "b1"} <= visit.target.clients.keys():
        _must(businesses.other_business(visit))
    return visit.target


def _must(found: Diagnosis | None) -> None:
    if found is not None and found.state is State.WRONG:
        raise ConfigurationError(found.says, found.advice)


def _with_any_tokens(target: Target) -> Target:
    """No landing page says where to get tokens; nothing will be sent with these."""
    clients = {
        role: credentials if credentials.token else replace(credentials, token="none")  # noqa: S106
        for role, credentials in target.clients.items()
    }
    return replace(target, clients=clients)
