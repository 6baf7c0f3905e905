"""The operations on a resource, each from a call to an answer."""

from dataclasses import dataclass
from typing import Any

from sbw_miniature.message import JSON, MERGE_PATCH, Answer, Request
from sbw_miniature.page import filters_of, page
from sbw_miniature.problem import Problem, not_found, stale
from sbw_miniature.resource import Resource
from sbw_miniature.schema import load
from sbw_miniature.store import Collection, Token, Value
from sbw_miniature.validation import Fault, faults
from sbw_miniature.write import Write, merged

_PRIVATE = "private, no-cache"


@dataclass(frozen=True)
class Call:
    """A request that may be answered: whose it is, of which resource, of which id if of one."""

    request: Request
    token: Token
    resource: Resource
    href: str
    id: str

    @property
    def collection(self) -> Collection:
        """The records of the resource that the token can see."""
        return self.token.business.collections[self.resource.type]

    def body(self) -> Any:
        """Return the JSON value of the body."""
        patch = self.request.method == "PATCH"
        return self.request.document((JSON, MERGE_PATCH) if patch else (JSON,))

    def record(self) -> Value:
        """Return the record that the address names, or refuse with 404."""
        return self.collection.get(self.id) or _missing()

    def external_id(self) -> Value:
        """Return the external id that the query names."""
        named = self.request.parameters("app", "account", "id")
        for fault in faults(load()["common/external-id"], named):
            raise Problem(400, "invalid-parameter", f"{fault.pointer[1:]}: {fault.detail}")
        return named


def read_business(call: Call) -> Answer:
    """Answer with the business of the token."""
    call.request.parameters()
    return _shown(call, call.token.business.record)


def list_(call: Call) -> Answer:
    """Answer with a page of records."""
    parameters = call.request.parameters("limit", "cursor", *filters_of(call.collection))
    return page(call.token.business, call.collection, parameters, call.href)


def create(call: Call) -> Answer:
    """Make a record."""
    body = call.body()
    call.request.parameters()
    return _carried_out(call, None, body)


def read(call: Call) -> Answer:
    """Answer with a record."""
    record = call.record()
    call.request.parameters()
    return _shown(call, record)


def update(call: Call) -> Answer:
    """Change a record."""
    current = call.record()
    body = call.body()
    call.request.parameters()
    return _carried_out(call, current, body, needs_version=True)


def delete(call: Call) -> Answer:
    """Delete a record."""
    current = call.record()
    call.request.parameters()
    _must_match(call, current)
    call.token.business.delete(call.collection, current)
    return Answer(204)


def read_by_external_id(call: Call) -> Answer:
    """Answer with the record that has an external id."""
    return _shown(call, call.collection.owner(call.external_id()) or _missing())


def upsert(call: Call) -> Answer:
    """Change the record that has an external id, or make it."""
    body = call.body()
    named = call.external_id()
    current = call.collection.owner(named)
    _must_match(call, current)
    if current is None and isinstance(body, dict):
        body = merged({}, body)
        sent = body.get("external_ids", [])
        sent = [named] if sent == [] else sent
        if isinstance(sent, list) and named not in sent:
            wrong = Fault("/external_ids", "address", "Expected the external id of the address.")
            raise Problem(422, "validation", faults=[wrong])
        body["external_ids"] = sent
    return _carried_out(call, current, body)


def _carried_out(
    call: Call, current: Value | None, body: Any, *, needs_version: bool = False
) -> Answer:
    is_patch = call.request.method == "PATCH"
    lenient = call.request.is_lenient()
    write = Write(call.token, call.collection, current, body, is_patch, lenient)
    write.must_be_allowed()
    if is_patch:
        _must_match(call, current, needs_version=needs_version)
    written = write.carry_out()
    record = written.record
    headers = _headers(record)
    if lenient:
        headers["Preference-Applied"] = "handling=lenient"
    if current is None:
        headers["Location"] = f"{call.href}/{record['id']}"
    told = {"not_stored": written.dropped} if written.dropped else {}
    return Answer(200 if current else 201, {**record, **told}, headers)


def _must_match(call: Call, current: Value | None, *, needs_version: bool = False) -> None:
    """Refuse with 428 or 412 a write whose preconditions are missing or do not hold."""
    version = current["meta"]["version"] if current else ""
    if call.request.header("If-Match") is not None:
        if current is None or not call.request.names("If-Match", version):
            raise stale()
    elif needs_version:
        raise Problem(428, "precondition-required", "Say in If-Match which version is changed.")
    if current and call.request.names("If-None-Match", version):
        raise stale()


def _shown(call: Call, record: Value) -> Answer:
    if call.request.names("If-None-Match", record["meta"]["version"]):
        return Answer(304, headers=_headers(record))
    return Answer(200, record, _headers(record))


def _headers(record: Value) -> dict[str, str]:
    return {"ETag": f'"{record["meta"]["version"]}"', "Cache-Control": _PRIVATE}


def _missing() -> Value:
    raise not_found()
