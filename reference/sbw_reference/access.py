"""Who is let in, to what, and how often."""

from sbw_reference import auth, landing
from sbw_reference.auth import Grant
from sbw_reference.incoming import Request
from sbw_reference.offers import Offer, Provider
from sbw_reference.problems import Problem, Refusal
from sbw_reference.records import now


def authorized(provider: Provider, request: Request) -> Grant:
    """Return the grant of a request; refuse it with 401 if it has none that holds.

    With 429 where a control of the sandbox asked for that.
    """
    behaviour = provider.behaviour
    token = behaviour.bearer(request.headers, request.query)
    if token is None:
        raise Refusal(unauthorized(provider, None, "Send a bearer token."))
    grant = auth.grant_of(provider.store, token)
    if grant is None or not behaviour.valid(grant, now()):
        raise Refusal(unauthorized(provider, "invalid_token", "The token is not valid."))
    if behaviour.limited(grant, request.method) and auth.spend(provider.store, grant):
        headers = {"Retry-After": "1"}
        raise Refusal(Problem(429, "rate-limited", "Wait and send it again.", headers=headers))
    return grant


def unauthorized(provider: Provider, error: str | None, detail: str) -> Problem:
    """Return the problem of a request without a valid token (RFC 6750, section 3)."""
    challenge = provider.behaviour.challenge(error)
    headers = {} if challenge is None else {"WWW-Authenticate": challenge}
    return Problem(401, "unauthorized", detail, headers=headers)


def scoped(
    provider: Provider, offer: Offer, request: Request, operation: str, grant: Grant
) -> None:
    """Refuse an operation whose scope the token lacks, without a look at the record."""
    needed = landing.scope(offer.resource, operation)
    if provider.behaviour.permits(grant.scopes, needed, operation):
        return

    def exists() -> bool:
        if request.id is None:
            return True
        known = "\0" not in request.id
        return known and provider.store.find(grant.tenant, offer.type, request.id) is not None

    raise Refusal(provider.behaviour.out_of_scope(exists, needed))


def acceptable(provider: Provider, request: Request) -> None:
    """Refuse a request that takes no answer in JSON with 406."""
    if not provider.behaviour.accepts(request.headers.get("accept")):
        raise Refusal(Problem(406, detail="This provider answers in application/json."))
