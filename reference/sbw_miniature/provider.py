"""The provider: which operation a request asks for, and whether it may have it."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import unquote

from sbw_miniature import operation
from sbw_miniature.landing import catalog, landing
from sbw_miniature.message import Answer, Request
from sbw_miniature.operation import Call
from sbw_miniature.problem import Problem, not_found
from sbw_miniature.resource import RESOURCES, Resource
from sbw_miniature.retry import First, Retries
from sbw_miniature.sameness import is_same
from sbw_miniature.store import Token

PREFIX = "/sbw"
_PATHS = MappingProxyType({one.path: one for one in RESOURCES})
_REALM = 'Bearer realm="SBW miniature"'
Methods = Mapping[str, Callable[[Call], Answer]]

_SINGLETON: Methods = {"GET": operation.read_business}
_COLLECTION: Methods = {"GET": operation.list_, "POST": operation.create}
_BY_EXTERNAL_ID: Methods = {"GET": operation.read_by_external_id, "PATCH": operation.upsert}
_RECORD: Methods = {
    "GET": operation.read,
    "PATCH": operation.update,
    "DELETE": operation.delete,
}


@dataclass(frozen=True)
class Provider:
    """All businesses behind one origin; `tokens` says who a bearer token speaks for."""

    origin: str
    tokens: Mapping[str, Token]
    retries: Retries = field(default_factory=Retries)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def base(self) -> str:
        """The address under which the API is served, without a slash at its end."""
        return self.origin + PREFIX

    def answer(self, request: Request) -> Answer:
        """Answer a request; one at a time, so that no write sees the half of another."""
        try:
            with self.lock:
                return self._public(request) or self._private(request)
        except Problem as problem:
            refused = problem
        except Exception:
            logging.getLogger(__name__).exception("%s %s", request.method, request.path)
            refused = Problem(500)
        return Answer(refused.status, refused.document, refused.headers, "application/problem+json")

    def _public(self, request: Request) -> Answer | None:
        pages = {
            f"{PREFIX}/": lambda: landing(self.base),
            "/.well-known/api-catalog": lambda: catalog(self.origin, self.base),
        }
        if request.path not in pages:
            return None
        _must_be_method(request, ("GET",))
        if request.path == f"{PREFIX}/":
            _must_admit_json(request)
            request.parameters()
        return pages[request.path]()

    def _private(self, request: Request) -> Answer:
        token = self._token(request)
        resource, identity = _route(request.path)
        methods = _methods(resource, identity)
        _must_be_method(request, methods)
        _must_admit_json(request)
        is_read = request.method in {"GET", "HEAD"}
        _must_have_scope(token, resource.scope(write=not is_read))
        href = f"{self.base}/{resource.path}"
        call = Call(request, token, resource, href, identity or "")
        return self._once(call, methods["GET" if is_read else request.method])

    def _token(self, request: Request) -> Token:
        scheme, _, text = (request.header("Authorization") or "").strip().partition(" ")
        if scheme.lower() != "bearer" or not text.strip():
            headers = {"WWW-Authenticate": _REALM}
            raise Problem(401, "unauthorized", "Send a bearer token.", headers=headers)
        token = self.tokens.get(text.strip())
        if token is None:
            headers = {"WWW-Authenticate": f'{_REALM}, error="invalid_token"'}
            raise Problem(401, "unauthorized", "The token is not valid.", headers=headers)
        return token

    def _once(self, call: Call, carry_out: Callable[[Call], Answer]) -> Answer:
        """Carry out an operation, unless its `Idempotency-Key` says that this was done."""
        request = call.request
        key = request.header("Idempotency-Key")
        if not key or request.method not in {"POST", "PATCH"}:
            return carry_out(call)
        business = call.token.business.record["id"]
        scope = (call.token.app, business, request.method, request.path, request.query, key)
        first = self.retries.find(scope)
        if first is None:
            answer = carry_out(call)
            self.retries.remember(scope, First(call.body(), answer))
            return answer
        if not is_same(call.resource.schema, call.body(), first.body):
            detail = "The key came with another body before."
            raise Problem(422, "idempotency-conflict", detail)
        headers = {**first.answer.headers, "Idempotency-Replayed": "true"}
        return Answer(first.answer.status, first.answer.value, headers)


def _route(path: str) -> tuple[Resource, str | None]:
    """Return the resource of an address, and the id in it where it has one, or refuse with 404."""
    prefix, _, rest = path.removeprefix("/").partition("/")
    name, slash, identity = rest.partition("/")
    resource = _PATHS.get(name) if f"/{prefix}" == PREFIX else None
    if resource is None or (slash and not (resource.is_collection and identity)):
        raise not_found()
    return resource, unquote(identity) if slash else None


def _methods(resource: Resource, identity: str | None) -> Methods:
    if identity is None:
        return _COLLECTION if resource.is_collection else _SINGLETON
    return _BY_EXTERNAL_ID if identity == "by-external-id" else _RECORD


def _must_be_method(request: Request, methods: Methods | tuple[str, ...]) -> None:
    allowed = [name for one in methods for name in ((one, "HEAD") if one == "GET" else (one,))]
    if request.method not in allowed:
        raise Problem(405, headers={"Allow": ", ".join(allowed)})


def _must_admit_json(request: Request) -> None:
    if not request.admits_json():
        raise Problem(406, detail="Answers are in application/json.")


def _must_have_scope(token: Token, scope: str) -> None:
    if scope not in token.scopes:
        said = f'{_REALM}, error="insufficient_scope", scope="{scope}"'
        detail = f"The token lacks the scope {scope}."
        headers = {"WWW-Authenticate": said}
        raise Problem(403, "insufficient-scope", detail, headers=headers)
