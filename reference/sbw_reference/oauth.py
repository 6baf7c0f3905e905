"""The token endpoint: client credentials (RFC 6749, section 4.4), one business a client."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidScopeError
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from sqlalchemy import bindparam, select

from sbw_reference import auth, records
from sbw_reference.auth import Grant, digest
from sbw_reference.columns import plain
from sbw_reference.store import Store
from sbw_reference.tables import client

LIFETIMES = {"client_credentials": 3600}  # seconds
FIND_CLIENT = select(client.c.id, client.c.secret, client.c.tenant, client.c.app, client.c.scopes)
FIND_CLIENT = FIND_CLIENT.where(client.c.id == bindparam("id"))
Form = tuple[int, dict[str, Any], dict[str, str]]


@dataclass(frozen=True)
class Client(ClientMixin):
    """An app that acts for one business."""

    id: str
    secret: str
    tenant: str
    app: str
    scopes: frozenset[str]

    def get_client_id(self) -> str:
        """Return the id that the client sends."""
        return self.id

    def get_allowed_scope(self, scope: Any) -> str:
        """Return the scopes to grant: all where none are asked for; refuse one too many."""
        wanted = frozenset(str(scope or "").split()) or self.scopes
        if not wanted <= self.scopes:
            raise InvalidScopeError
        return " ".join(sorted(wanted))

    def check_client_secret(self, client_secret: str) -> bool:
        """Return whether the secret is the client's."""
        return secrets.compare_digest(digest(client_secret), self.secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Return whether the client may authenticate in this way."""
        return endpoint == "token" and method in ("client_secret_basic", "client_secret_post")

    def check_grant_type(self, grant_type: str) -> bool:
        """Return whether the client may use this grant."""
        return grant_type == "client_credentials"


class ClientCredentials(ClientCredentialsGrant):
    """The one grant, for clients with a secret."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")


class Server(AuthorizationServer):
    """Authlib's server parts over the store of one app."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.register_grant(ClientCredentials)

    def query_client(self, client_id: str) -> Client | None:  # type: ignore[override]  # its caller tests for None
        """Return the client with an id."""
        with self.store.reading() as connection:
            found = connection.execute(FIND_CLIENT, {"id": plain(client_id)}).first()
        if found is None:
            return None
        id_, secret, tenant, app, scopes = found
        return Client(id_, secret, tenant, app, frozenset(scopes.split()))

    def generate_token(
        self, grant_type: str, client: Any, *_context: object, scope: Any = None, **_more: object
    ) -> dict[str, Any]:
        """Issue a token that expires, and return the token response."""
        allowed = client.get_allowed_scope(scope)
        lifetime = LIFETIMES[grant_type]
        until = records.now() + lifetime * 1000
        grant = Grant(client.tenant, client.app, frozenset(allowed.split()), until)
        return {
            "access_token": auth.issue(self.store, grant),
            "token_type": "Bearer",
            "expires_in": lifetime,
            "scope": allowed,
            "business_id": client.tenant,
        }

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        """Do nothing: the token was stored as it was issued."""

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Do nothing: nobody listens."""

    def create_oauth2_request(self, request: OAuth2Request) -> OAuth2Request:
        """Return the request, which is one already."""
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> Form:
        """Return status, document and headers."""
        document = json.loads(body) if isinstance(body, str | bytes) else dict(body)
        return status, document, dict(headers)


class FormRequest(OAuth2Request):
    """A token request with its form."""

    def __init__(self, headers: Mapping[str, str], form: dict[str, str]) -> None:
        # Authlib wants TLS, which ends at whatever stands in front of this process.
        super().__init__("POST", "https://localhost/token", headers=dict(headers))
        self.payload = BasicOAuth2Payload(form)
        self._members = form

    @property
    def form(self) -> dict[str, str]:
        """Return the members of the form."""
        return self._members


def token(store: Store, headers: Mapping[str, str], body: bytes) -> Form:
    """Answer a token request: status, document and headers."""
    named = {name.title(): value for name, value in headers.items()}
    form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    answer: Any = Server(store).create_token_response(FormRequest(named, form))
    status, document, sent = answer
    return status, document, sent
