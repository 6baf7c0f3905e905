"""Tiny CRM: the contacts of small businesses, kept in memory, behind an SBW API."""

import itertools
import threading
from datetime import UTC, datetime
from urllib.parse import urlencode

from flask import Flask, abort, g, make_response, request

from sbw_validator import MalformedJSON, load_schemas, load_standard, validate
from sbw_validator.ijson import parse_ijson
from sbw_validator.values import nanoseconds, same

SBW = "https://w3id.org/small-business-web"
SCHEMA = load_schemas(load_standard()).bundle("contact")
UNSUPPORTED = ["/custom_fields", "/extensions", "/native_lifecycle_stage", "/organizations"]
OURS = {"id", "type", "meta"}  # members that nobody else writes
READ = {"business:read", "contacts:read"}
TOKENS = {  # of our test businesses: whose data, for which app, to do what
    "test-a1": ("Analytical Engines", "com.example.one", READ | {"contacts:write"}),
    "test-a2": ("Analytical Engines", "com.example.two", READ | {"contacts:write"}),
    "test-b1": ("Steam Looms", "com.example.one", READ | {"contacts:write"}),
    "test-a1-reads": ("Analytical Engines", "com.example.one", READ),
    "test-a1-business": ("Analytical Engines", "com.example.one", {"business:read"}),
}

app = Flask(__name__)
lock = threading.Lock()
numbers = itertools.count(1)
contacts = {}  # id -> business, contact; in the order of their creation


def problem(status, kind=None, pointers=(), challenge=None, **more):
    more |= {
        "type": f"{SBW}/problems/{kind}" if kind else "about:blank",
        "title": kind or "Refused",
    }
    if pointers:
        more["errors"] = [{"pointer": pointer} for pointer in pointers]
    headers = {"Content-Type": "application/problem+json"}
    headers |= {"WWW-Authenticate": f"Bearer {challenge}"} if challenge else {}
    return make_response({"status": status, **more}, status, headers)


def refuse(*what, **more):
    abort(problem(*what, **more))


@app.before_request
def let_in():
    if request.endpoint == "landing":
        return
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or token not in TOKENS:
        refuse(401, "unauthorized", challenge='error="invalid_token"')
    g.business, g.app, scopes = TOKENS[token]
    access = "read" if request.method in {"GET", "HEAD"} else "write"
    scope = f"{request.path.split('/')[1]}:{access}"
    if scope not in scopes and not request.routing_exception:
        refuse(403, "insufficient-scope", challenge=f'error="insufficient_scope", scope="{scope}"')


@app.get("/")
def landing():
    root, operations = request.url_root, ["list", "create", "read", "update", "delete"]
    contact = {"href": f"{root}contacts", "operations": operations, "unsupported": UNSUPPORTED}
    business = {"href": f"{root}business", "operations": ["read"]}
    page = {
        "sbw_version": "draft",
        "conforms_to": [f"{SBW}/draft/core", f"{SBW}/draft/contacts"],
        "app": {"id": "com.example.tiny", "name": "Tiny CRM"},
        "resources": {"business": business, "contact": contact},
        "auth": {"schemes": ["bearer"]},
        "openness": {"registration": "self_serve"},
    }
    return page, {"Access-Control-Allow-Origin": "*"}


@app.get("/business")
def business():
    meta = {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}
    record = {"id": g.business.replace(" ", "-"), "type": "business", "name": g.business}
    return answer(record | {"meta": meta | {"version": "1"}})


@app.get("/contacts")
def list_contacts():
    given = request.args.to_dict()
    limit, offset = given.get("limit", "50"), given.get("cursor", "0")
    since = nanoseconds(given.get("updated_since", "1970-01-01T00:00:00Z"))
    if limit not in map(str, range(1, 101)) or not offset.isdecimal() or since is None:
        refuse(400, "invalid-parameter")
    found = [
        contact
        for contact in own_contacts()
        if nanoseconds(contact["meta"]["updated_at"]) >= since
        if "external_id" not in given or given["external_id"] in names_of(contact)
    ]
    found.sort(key=lambda contact: contact["meta"]["updated_at"], reverse=True)
    first, last = int(offset), int(offset) + int(limit)
    page, headers = {"items": found[first:last]}, {"Cache-Control": "private"}
    if len(found) > last:
        page["next"] = f"{request.base_url}?{urlencode(given | {'cursor': last})}"
        headers["Link"] = f'<{page["next"]}>; rel="next"'
    return page, headers


@app.get("/contacts/<id_>")
def read(id_):
    return answer(find(id_))


@app.delete("/contacts/<id_>")
def delete(id_):
    with lock:
        find(id_)
        del contacts[id_]
    return "", 204


@app.post("/contacts")
@app.patch("/contacts/<id_>")
def write(id_=None):
    with lock:
        old = find(id_) if id_ else None
        body = body_of_request()
        return save(old, body)


def own_contacts():
    return [contact for business, contact in list(contacts.values()) if business == g.business]


def find(id_):
    business, contact = contacts.get(id_) or abort(404)
    if business != g.business:
        refuse(403, "forbidden")
    return contact


def names_of(contact):
    return {name for e in contact["external_ids"] for name in (e["app"], f"{e['app']}:{e['id']}")}


def answer(record, status=200, headers=()):
    version = record["meta"]["version"]
    headers = {"ETag": f'"{version}"', "Cache-Control": "private", **dict(headers)}
    return record, status, headers


def body_of_request():
    json = request.mimetype in {"application/json", "application/merge-patch+json"}
    utf8 = request.mimetype_params.get("charset", "utf-8").lower() == "utf-8"
    if not json or not utf8 or request.content_encoding:
        abort(415)
    try:
        return parse_ijson(request.get_data())
    except MalformedJSON:
        refuse(400, "malformed")


def save(old, body):
    if not isinstance(body, dict):
        refuse(422, "validation", [""])
    known = old or {"type": "contact", "external_ids": []}
    contact = known | body
    if changed := [f"/{name}" for name in OURS if contact.get(name) != known.get(name)]:
        refuse(422, "read-only", changed)
    refuse_unknown(contact)
    if old and same(old, contact, SCHEMA):
        return answer(old)
    for other in own_contacts():
        if other is not old and any(e in other["external_ids"] for e in contact["external_ids"]):
            refuse(409, "duplicate-external-id", record={"type": "contact", "id": other["id"]})
    now, number = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"), str(next(numbers))
    meta = {"created_at": old["meta"]["created_at"] if old else now, "updated_at": now}
    contact |= {"id": old["id"] if old else number, "meta": meta | {"version": number}}
    contacts[contact["id"]] = g.business, contact
    return answer(contact)


def refuse_unknown(contact):
    unknown = {flaw.pointer for flaw in flaws(contact) if flaw.keyword == "unevaluatedProperties"}
    unknown |= {pointer for pointer in UNSUPPORTED if pointer[1:] in contact}
    if unknown:
        refuse(422, "not-stored", sorted(unknown))
    if wrong := flaws(contact):
        refuse(422, "validation", [flaw.pointer for flaw in wrong])


def flaws(contact):
    body = {name: value for name, value in contact.items() if name not in OURS}
    return validate(body, type="contact", variant="create")
