"""The operations that read: one record, a list, a query."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sbw_reference import query
from sbw_reference.answers import PRIVATE, Answer, Call
from sbw_reference.cursors import Criteria, Cursor
from sbw_reference.declarations import IDS
from sbw_reference.entries import Entry
from sbw_reference.offers import Offer, Provider
from sbw_reference.problems import Problem, Refusal, invalid_parameter
from sbw_reference.records import ExternalKey, Row, external_ids, record_of
from sbw_validator.schemas import SchemaValidator
from sbw_validator.standard import Parameter

BATCH = 500
PAGING = frozenset({"limit", "cursor"})


@dataclass(frozen=True, slots=True)
class View:
    """What a query's hook sees: the records of the caller's business."""

    provider: Provider
    tenant: str

    def records(self, type_: str) -> Iterator[dict[str, Any]]:
        """Yield all records of a type in the order of creation."""
        after = 0
        while rows := self.provider.store.select(self.tenant, type_, Criteria(), after, BATCH):
            yield from map(record_of, rows)
            after = rows[-1].position


def parameters(provider: Provider, call: Call, known: frozenset[str]) -> dict[str, str]:
    """Return the query parameters by name; refuse unknown and repeated ones."""
    names = tuple(name for name, _ in call.query)
    unknown = provider.behaviour.unknown_parameters(names, known)
    query.refuse_unknown(unknown)
    return query.single(tuple(pair for pair in call.query if pair[0] in known))


def current(provider: Provider, offer: Offer, call: Call) -> Row:
    """Return the record that a call is about; refuse if there is none for it."""
    behaviour, store = provider.behaviour, provider.store
    row = None
    if offer.alone:
        row = store.first(call.grant.tenant, offer.type)
    else:
        tenant = behaviour.reach(call.grant, call.operation, None)
        for type_ in behaviour.tables(offer.type, call.operation):
            row = row or looked_up(provider, offer, call, tenant, type_)
    if row is None or not behaviour.visible(row, call.grant, call.operation):
        raise Refusal(absent(provider, call))
    return row


def looked_up(
    provider: Provider, offer: Offer, call: Call, tenant: str | None, type_: str
) -> Row | None:
    """Return the record of a type that the address of a call names, as one of the offer's type."""
    store = provider.store
    if call.id is None:
        row = store.find_external(tenant, type_, external_key(provider, offer, call))
    else:
        row = store.find(tenant, type_, call.id) if "\0" not in call.id else None
    return row if row is None or row.type == offer.type else replace(row, type=offer.type)


def external_key(provider: Provider, offer: Offer, call: Call) -> ExternalKey:
    """Return the external id that the query of an address names."""
    given = parameters(provider, call, query.ADDRESS)
    key = provider.behaviour.external_key(given)
    if not offer.external_id.is_valid(external_ids([key])[0]):
        raise invalid_parameter("app, account and id", "what an external id consists of")
    return key


def absent(provider: Provider, call: Call) -> Any:
    """Return the problem of a record that is not there."""
    id_ = (call.id or "").replace("\0", "")
    tenant = call.grant.tenant
    return provider.behaviour.absent(lambda: provider.store.fate(tenant, id_), call.operation)


def record_headers(provider: Provider, call: Call, record: dict[str, Any]) -> dict[str, str]:
    """Return the headers of an answer that holds one record."""
    tag = provider.behaviour.etag(record, call.operation)
    return {**PRIVATE, **({"ETag": tag} if tag is not None else {})}


def read(provider: Provider, offer: Offer, call: Call) -> Answer:
    """Answer one record by its id or an external id, or that the caller has it already."""
    behaviour = provider.behaviour
    row = current(provider, offer, call)
    if call.id is not None or offer.alone:
        parameters(provider, call, frozenset())
    record = behaviour.serialise(record_of(row), call.operation, call.grant)
    headers = record_headers(provider, call, record)
    held = call.headers.get("if-none-match")
    if held is not None and not behaviour.if_none_match(held, row.version, call.operation):
        return Answer(call.operation, 304, None, headers, "empty")
    return Answer(call.operation, 200, record, headers)


def criteria(provider: Provider, offer: Offer, given: Mapping[str, str]) -> Criteria:
    """Return what the filters of a request select."""
    behaviour = provider.behaviour
    app = id_ = since = ids = None
    if "external_id" in given:
        app, id_ = behaviour.external_id(given["external_id"])
    if "updated_since" in given:
        since = behaviour.instant(given["updated_since"])
    if IDS in given:
        ids = tuple(one for one in behaviour.ids(given[IDS]) if "\0" not in one)
    chosen = [name for name in offer.selectors if name in given]
    held = tuple(entry for name in chosen for entry in selected(offer, name, given[name]))
    return Criteria(app, id_, since, ids, held)


def selected(offer: Offer, name: str, text: str) -> Iterator[Entry]:
    """Yield what the records hold that a filter for a member selects."""
    if not text:
        raise invalid_parameter(name, "a value")
    place = offer.selectors[name]
    for form in place.texts(text):
        yield Entry(place.pointer, form)


def cursor_of(provider: Provider, offer: Offer, call: Call) -> Cursor:
    """Return where a list begins: at the start, or where its cursor says."""
    behaviour = provider.behaviour
    given = parameters(provider, call, offer.filters | PAGING)
    limit = behaviour.limit(given.get("limit"))
    wanted = behaviour.criteria(criteria(provider, offer, given))
    if "cursor" not in given:
        return Cursor(0, limit, wanted)
    found = behaviour.position(given["cursor"], f"{call.grant.tenant} {offer.type}")
    if found is None:
        raise invalid_parameter("cursor", "what `next` of a page of this list gave")
    if behaviour.expired(found, call.grant.epoch, call.grant.now()):
        raise Refusal(Problem(410, "cursor-expired", "The cursor has expired; walk anew."))
    if wanted not in (Criteria(), found.criteria):
        raise invalid_parameter("cursor", "no filters but those that the walk began with")
    return Cursor(found.after, limit if "limit" in given else found.limit, found.criteria)


def list_(provider: Provider, offer: Offer, call: Call) -> Answer:
    """Answer one page of a list."""
    if offer.resource.shape == "query":
        return search(provider, offer, call)
    behaviour, store = provider.behaviour, provider.store
    cursor = cursor_of(provider, offer, call)
    tenant = behaviour.reach(call.grant, call.operation, cursor.criteria)
    until = behaviour.listed_until(call.grant.now())

    def fetch(wanted: Criteria, after: int, count: int) -> list[Row]:
        return store.select(tenant, offer.type, wanted, after, count, created_until=until)

    rows, following = behaviour.page(fetch, cursor.criteria, cursor.after, cursor.limit)
    items = [behaviour.serialise(record_of(row), call.operation, call.grant) for row in rows]
    going_on = None
    if following is not None:
        state = (call.grant.epoch, call.grant.now())
        going_on = Cursor(following, cursor.limit, cursor.criteria, *state)
    return page_answer(provider, offer, call, items, going_on)


def page_answer(
    provider: Provider, offer: Offer, call: Call, items: list[Any], going_on: Cursor | None
) -> Answer:
    """Answer items as a page, with the address of the next one."""
    behaviour = provider.behaviour
    page: dict[str, Any] = {"items": items}
    headers = dict(PRIVATE)
    if going_on is not None:
        text = behaviour.cursor(going_on, f"{call.grant.tenant} {offer.type}")
        page["next"] = behaviour.next_url(f"{call.base}/{offer.resource.path}", text)
        link = behaviour.link(page["next"])
        headers |= {"Link": link} if link is not None else {}
    return Answer(call.operation, 200, page, headers)


def search(provider: Provider, offer: Offer, call: Call) -> Answer:
    """Answer what a query computes; nothing of it is stored."""
    declared = offer.resource.parameters
    given = parameters(provider, call, frozenset(declared))
    values = {name: argument(declared[name], text) for name, text in given.items()}
    for name in declared:
        if declared[name].required and name not in values:
            raise invalid_parameter(name, "a value; it cannot be left out")
    hook: Callable[..., Any] | None = offer.compute
    items = list(hook(View(provider, call.grant.tenant), values)) if hook else []
    return page_answer(provider, offer, call, items, None)


def argument(parameter: Parameter, text: str) -> Any:
    """Return the value of a query parameter: text, or what its schema says that the text means."""
    value: Any = text
    if parameter.schema.get("type") in ("integer", "number", "boolean"):
        try:
            value = json.loads(text)
        except ValueError:
            value = None
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **parameter.schema}
    if not SchemaValidator(parameter.name, "full", schema, "").is_valid(value):
        raise invalid_parameter(parameter.name, "a value that its declaration allows")
    return value
