"""Mistakes in who is let in, and to which records."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sbw_reference import catalog
from sbw_reference.auth import Grant
from sbw_reference.cursors import Criteria
from sbw_reference.defects import asgi
from sbw_reference.defects.asgi import Scope, Simple
from sbw_reference.defects.defect import RECORDS, Defect, answering
from sbw_reference.problems import Problem
from sbw_reference.records import Row

PUBLIC = ("/", "/token", catalog.PATH)
CHALLENGE = "WWW-Authenticate"


def _of_token(*, sent: bool, **changes: Any) -> Any:
    """Change the refusal of a bad token (`sent`), or of a missing one."""

    def make(original: Any) -> Any:
        def problem(found: Problem) -> Problem:
            given: Problem = original(found)
            named = "error=" in given.headers.get(CHALLENGE, "")
            return replace(given, **changes) if given.status == 401 and named is sent else given

        return problem

    return make


def _stranger(scope: Scope) -> bool:
    """Return whether somebody looks at what is not public without saying who it is."""
    let_in = scope["path"] in PUBLIC or asgi.header(scope, "authorization") is not None
    return scope["method"] == "GET" and not let_in


def _login_page(scope: Scope) -> Simple | None:
    if not _stranger(scope):
        return None
    page = b"<!doctype html><title>Log in</title><form method=post action=/login></form>"
    return 200, {"content-type": "text/html; charset=utf-8"}, page


def _redirect(scope: Scope) -> Simple | None:
    return (302, {"location": "/login"}, b"") if _stranger(scope) else None


def _token_of_query(scope: Scope) -> Scope | None:
    """Move the token of a query to where it belongs, for those who forgot the header."""
    pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    tokens = [value for name, value in pairs if name == "access_token"]
    if not tokens or asgi.header(scope, "authorization") is not None:
        return None
    rest = urlencode([pair for pair in pairs if pair[0] != "access_token"]).encode()
    headers = [*scope["headers"], (b"authorization", f"Bearer {tokens[0]}".encode())]
    return {**scope, "query_string": rest, "headers": headers}


def _token_of_download(scope: Scope) -> Scope | None:
    return _token_of_query(scope) if scope["path"].count("/") > 1 else None


def _everywhere(*operations: str) -> Any:
    def make(original: Any) -> Any:
        def reach(grant: Grant, operation: str, criteria: Criteria | None) -> str | None:
            found: str | None = original(grant, operation, criteria)
            return None if operation in operations else found

        return reach

    return make


def _everywhere_by_filter(original: Any) -> Any:
    def reach(grant: Grant, operation: str, criteria: Criteria | None) -> str | None:
        found: str | None = original(grant, operation, criteria)
        return None if criteria is not None and criteria.app is not None else found

    return reach


def _foreign(status: int, name: str | None) -> Any:
    def make(original: Any) -> Any:
        def absent(fate: Any, operation: str) -> Problem:
            found: Problem = original(fate, operation)
            return replace(found, status=status, name=name) if fate() == "foreign" else found

        return absent

    return make


def _own_app_only(*operations: str) -> Any:
    def make(original: Any) -> Any:
        def visible(row: Row, grant: Grant, operation: str) -> bool:
            mine = row.origin == grant.app or row.id == grant.tenant
            return bool(original(row, grant, operation)) and (mine or operation not in operations)

        return visible

    return make


def _trimmed(original: Any) -> Any:
    """Keep as much of a token as the column held that tokens were once kept in."""

    def bearer(headers: Any, query: Any) -> str | None:
        token: str | None = original(headers, query)
        return token[:43] if token else token

    return bearer


def _out_of_scope(change: Callable[[Problem, bool], Problem]) -> Any:
    """Change the refusal for a lacking scope; whether the record exists is told."""

    def make(original: Any) -> Any:
        def out_of_scope(exists: Callable[[], bool], needed: str) -> Problem:
            return change(original(exists, needed), exists())

        return out_of_scope

    return make


def _own_names(found: Problem, _exists: bool) -> Problem:  # noqa: FBT001 - as the seam is called
    challenge = found.headers[CHALLENGE]
    named = challenge.partition('scope="')[0] + 'scope="full_access"'
    return replace(found, headers={CHALLENGE: named})


def _reading_suffices(original: Any) -> Any:
    """Let in whoever has any scope of the resource."""

    def permits(scopes: frozenset[str], needed: str, operation: str) -> bool:
        family = needed.partition(":")[0]
        known = {scope.partition(":")[0] for scope in scopes}
        return original(scopes, needed, operation) or family in known

    return permits


DEFECTS = (
    Defect(
        "no-token-403",
        "A request without a token is forbidden instead of unauthorized",
        ("CORE-010", "SANDBOX-005"),
        answering(401),
        "problem",
        _of_token(sent=False, status=403, name="forbidden"),
    ),
    Defect(
        "no-token-without-challenge",
        "The refusal of a request without a token does not say how to get in",
        ("CORE-010",),
        answering(401),
        "problem",
        _of_token(sent=False, headers={}),
    ),
    Defect(
        "no-token-basic-challenge",
        "A request without a token is asked for a password",
        ("CORE-010",),
        answering(401),
        "problem",
        _of_token(sent=False, headers={CHALLENGE: 'Basic realm="sbw"'}),
    ),
    Defect(
        "no-token-redirect",
        "A request without a token is sent to the login page",
        ("CORE-010",),
        answering(401),
        "middleware",
        asgi.answering(_redirect),
    ),
    Defect(
        "no-token-login-page",
        "A request without a token gets the login page with status 200",
        ("CORE-010", "CORE-012", "CORE-031"),
        answering(401),
        "middleware",
        asgi.answering(_login_page),
    ),
    Defect(
        "bad-token-without-error",
        "The refusal of a bad token does not say that the token is bad",
        ("CORE-011",),
        answering(401),
        "problem",
        _of_token(sent=True, headers={CHALLENGE: 'Bearer realm="sbw"'}),
    ),
    Defect(
        "bad-token-403",
        "A bad token is forbidden instead of unauthorized",
        ("CORE-011",),
        answering(401),
        "problem",
        _of_token(sent=True, status=403, name="forbidden"),
    ),
    Defect(
        "token-cut-to-column",
        "What stands behind a good token is cut off and forgotten",
        ("CORE-011",),
        answering(401),
        "bearer",
        _trimmed,
    ),
    Defect(
        "token-in-query",
        "A token in the query of a URL lets in",
        ("CORE-012",),
        ("list?access_token", "read?access_token"),
        "middleware",
        asgi.rewriting(_token_of_query),
    ),
    Defect(
        "token-in-query-for-records",
        "A token in the query lets in to single records, for links in mails",
        ("CORE-012",),
        ("read?access_token",),
        "middleware",
        asgi.rewriting(_token_of_download),
    ),
    Defect(
        "foreign-record-readable",
        "Whoever knows an id reads the record, whose business it ever is",
        ("CORE-013",),
        ("read=404", "read?id"),
        "reach",
        _everywhere("read"),
    ),
    Defect(
        "foreign-record-writable",
        "Whoever knows an id changes the record, whose business it ever is",
        ("CORE-013",),
        ("update=404",),
        "reach",
        _everywhere("update"),
    ),
    Defect(
        "foreign-record-deletable",
        "Whoever knows an id deletes the record, whose business it ever is",
        ("CORE-013",),
        ("delete=404",),
        "reach",
        _everywhere("delete"),
    ),
    Defect(
        "foreign-record-403",
        "Another business's id is forbidden, which tells that it exists",
        ("CORE-013",),
        answering(404, "read", "update", "delete"),
        "absent",
        _foreign(403, "forbidden"),
    ),
    Defect(
        "foreign-record-own-problem",
        "Another business's id has a problem type of its own",
        ("CORE-013",),
        answering(404, "read", "update", "delete"),
        "absent",
        _foreign(404, "other-business"),
    ),
    Defect(
        "list-of-all-businesses",
        "Lists forget whose records they are",
        ("CORE-014",),
        ("list=200",),
        "reach",
        _everywhere("list"),
    ),
    Defect(
        "search-in-all-businesses",
        "The search by external id forgets whose records they are",
        ("CORE-014",),
        ("list?external_id",),
        "reach",
        _everywhere_by_filter,
    ),
    Defect(
        "other-app-cannot-read",
        "An app reads only the records that it made",
        ("CORE-015",),
        ("read=200",),
        "visible",
        _own_app_only("read"),
    ),
    Defect(
        "other-app-cannot-write",
        "An app changes only the records that it made",
        ("CORE-015",),
        ("update=200", "update=403", "delete=204"),
        "visible",
        _own_app_only("update", "delete"),
    ),
    Defect(
        "scope-not-found",
        "What the token's scope does not cover is as if it were not there",
        ("CORE-017", "CORE-018"),
        answering(403, *RECORDS),
        "out_of_scope",
        _out_of_scope(lambda found, _: replace(found, status=404, name=None, headers={})),
    ),
    Defect(
        "scope-without-challenge",
        "The refusal for a lacking scope has no WWW-Authenticate header",
        ("CORE-017",),
        answering(403, *RECORDS, "batch"),
        "out_of_scope",
        _out_of_scope(lambda found, _: replace(found, headers={})),
    ),
    Defect(
        "scope-by-another-name",
        "The refusal for a lacking scope names one that nobody can ask for",
        ("CORE-017",),
        answering(403, *RECORDS, "batch"),
        "out_of_scope",
        _out_of_scope(_own_names),
    ),
    Defect(
        "scope-of-reading-suffices",
        "A token that may read a resource may write it",
        ("CORE-017", "CORE-018"),
        answering(403, *RECORDS, "batch"),
        "permits",
        _reading_suffices,
    ),
    Defect(
        "unknown-id-before-scope",
        "An id that was never given out is 404 also for a token without the scope",
        ("CORE-018",),
        answering(403, "read", "update", "delete"),
        "out_of_scope",
        _out_of_scope(
            lambda found, exists: found if exists else replace(found, status=404, name=None)
        ),
    ),
    Defect(
        "scope-refusal-tells-of-record",
        "The refusal for a lacking scope has another type where there is no such record",
        ("CORE-018",),
        answering(403, "read", "update", "delete"),
        "out_of_scope",
        _out_of_scope(lambda found, exists: found if exists else replace(found, name="forbidden")),
    ),
)
