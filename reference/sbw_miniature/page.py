"""Lists: filters, cursors and pages."""

import hmac
import re
import secrets
from collections.abc import Callable
from decimal import Decimal
from itertools import islice
from typing import Any
from urllib.parse import quote, urlencode

from sbw_miniature.formats import instant
from sbw_miniature.message import Answer
from sbw_miniature.pointer import places
from sbw_miniature.problem import Problem
from sbw_miniature.sameness import comparable
from sbw_miniature.schema import at, load
from sbw_miniature.store import Business, Collection, Value
from sbw_miniature.validation import is_valid

_SECRET = secrets.token_bytes(32)
_LIMIT = re.compile(r"[1-9][0-9]?|100")
_DEFAULT_LIMIT = 50

Filter = Callable[[Value], bool]


def filters_of(collection: Collection) -> set[str]:
    """Return the names of the filters of a list."""
    own = {"ids"} if collection.resource.has_ids_filter else set()
    return {"external_id", "updated_since", *own, *collection.resource.selectors}


def page(
    business: Business, collection: Collection, parameters: dict[str, str], href: str
) -> Answer:
    """Return the page of a list that `limit`, `cursor` and filters ask for."""
    chosen = {name: text for name, text in parameters.items() if name in filters_of(collection)}
    filters = [_filter(collection, name, text) for name, text in chosen.items()]
    limit = parameters.get("limit", str(_DEFAULT_LIMIT))
    if not _LIMIT.fullmatch(limit):
        raise _unusable("limit")
    scope = repr((business.record["id"], collection.resource.type, sorted(chosen.items())))
    after = _read_cursor(parameters["cursor"], scope) if "cursor" in parameters else 0
    found = (
        (number, record)
        for number, record in collection.records.values()
        if number > after and all(matches(record) for matches in filters)
    )
    shown = list(islice(found, int(limit)))
    value: dict[str, Any] = {"items": [record for _, record in shown]}
    headers = {"Cache-Control": "private, no-cache"}
    if shown and next(found, None) is not None:
        asked = {**parameters, "cursor": _cursor(shown[-1][0], scope)}
        value["next"] = f"{href}?{urlencode(asked, quote_via=quote)}"
        headers["Link"] = f'<{value["next"]}>; rel="next"'
    return Answer(200, value, headers)


def _filter(collection: Collection, name: str, text: str) -> Filter:
    if name == "ids":
        return _ids(text)
    if name == "external_id":
        return _external_id(text)
    if name == "updated_since":
        return _updated_since(text)
    pointer = collection.resource.selectors[name]
    same = comparable(at(collection.resource.schema, pointer))
    wanted = same(text)
    return lambda record: any(same(place.value) == wanted for place in places(record, pointer))


def _ids(text: str) -> Filter:
    wanted = set(text.split(","))
    return lambda record: record["id"] in wanted


def _external_id(text: str) -> Filter:
    app, colon, identity = text.partition(":")
    if not is_valid(load()["common/app-id"], app) or (colon and not identity):
        raise _unusable("external_id")
    return lambda record: any(
        one["app"] == app and (not colon or one["id"] == identity) for one in record["external_ids"]
    )


def _updated_since(text: str) -> Filter:
    since = instant(text)
    if since is None or not is_valid(load()["common/timestamp"], text):
        raise _unusable("updated_since")
    least: Decimal = since
    return lambda record: (instant(record["meta"]["updated_at"]) or Decimal(0)) >= least


def _cursor(number: int, scope: str) -> str:
    """Return a text that only this process can make, and only for this list."""
    mark = hmac.digest(_SECRET, f"{number} {scope}".encode(), "sha256").hex()
    return f"{number}.{mark[:32]}"


def _read_cursor(cursor: str, scope: str) -> int:
    number = cursor.partition(".")[0]
    known = re.fullmatch("[0-9]{1,18}", number) and _cursor(int(number), scope)
    if not known or not hmac.compare_digest(known.encode(), cursor.encode()):
        raise _unusable("cursor")
    return int(number)


def _unusable(name: str) -> Problem:
    return Problem(400, "invalid-parameter", f"The value of {name} cannot be used.")
