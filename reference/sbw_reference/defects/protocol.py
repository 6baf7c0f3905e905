"""Mistakes in HTTP itself: methods, media types, sizes, codings, pace."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sbw_reference import negotiation
from sbw_reference.answers import WRITABLE, Answer
from sbw_reference.defects import asgi
from sbw_reference.defects.asgi import Headers, Scope, Simple
from sbw_reference.defects.defect import OPERATIONS, Defect, answered, answering
from sbw_reference.problems import Problem, Refusal

SMALL = 32 * 1024
PATCH = "application/merge-patch+json"
PLAIN = "application/json"
EVERY_METHOD = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
PAST = "@1735689600"  # 2025-01-01
BEFORE = "Wed, 01 Jan 2020 00:00:00 GMT"
AFTER = "2031-12-31T00:00:00Z"


def _no_head(scope: Scope) -> Simple | None:
    if scope["method"] != "HEAD":
        return None
    status, headers, body = asgi.problem(405, "Method not allowed")
    return status, {**headers, "allow": "GET"}, body


def _headers_of_nothing(scope: Scope, _status: int, headers: Headers) -> Headers:
    """Leave out of the answer to HEAD what is made of the body."""
    made = {"etag", "content-length", "content-type"}
    if scope["method"] != "HEAD":
        return headers
    return {name: value for name, value in headers.items() if name not in made}


def _always_there(scope: Scope, status: int) -> Simple | None:
    return (200, {}, b"") if scope["method"] == "HEAD" and status == 404 else None


def _refused(old: int, **changes: Any) -> Any:
    """Change the refusals of one status."""

    def make(original: Any) -> Any:
        def problem(found: Problem) -> Problem:
            given: Problem = original(found)
            return replace(given, **changes) if given.status == old else given

        return problem

    return make


def _accepting(admits: Callable[[str], bool]) -> Any:
    """Refuse more than the standard does: what `admits` does not let through."""

    def make(original: Any) -> Any:
        def accepts(header: str | None) -> bool:
            return bool(original(header)) and (not header or admits(header))

        return accepts

    return make


def _first_of(header: str) -> bool:
    first, *_ = header.split(",")
    return negotiation.admits_json(first)


def _too_large(instead: Callable[[bytes, int], bytes]) -> Any:
    """Do something else with a body that is too large than refuse it with 413."""

    def make(original: Any) -> Any:
        def unpack(body: bytes, packing: str | None, limit: int) -> bytes:
            try:
                found: bytes = original(body, packing, limit)
            except Refusal as refusal:
                if refusal.problem.status == 413:
                    return instead(body, limit)
                raise
            return found

        return unpack

    return make


def _called_malformed(_body: bytes, _limit: int) -> bytes:
    raise Refusal(Problem(400, "malformed", "The body breaks off."))


def _reading(changes: Callable[[str, str], bool | None]) -> Any:
    """Decide on a media type and an operation otherwise where `changes` says so."""

    def make(original: Any) -> Any:
        def media_type(given: str | None, operation: str) -> bool:
            decided = changes(given or "", operation)
            return bool(original(given, operation)) if decided is None else decided

        return media_type

    return make


def _name(given: str) -> str:
    return given.partition(";")[0].strip().lower()


def _crashing(original: Any) -> Any:
    """Fail on what nobody has tried."""

    def unpack(body: bytes, packing: str | None, limit: int) -> bytes:
        if packing:
            raise Refusal(Problem(500, detail="The provider failed."))
        found: bytes = original(body, packing, limit)
        return found

    return unpack


def _named_at_all(original: Any) -> Any:
    """Pack where gzip is named, whatever is said of it."""

    def compress(accepted: str | None, size: int) -> bool:
        return bool(original(accepted, size)) or "gzip" in (accepted or "")

    return compress


def _with(operation: str, headers: Mapping[str, str]) -> Any:
    """Add headers to the answers to an operation."""

    def change(answer: Answer) -> Answer:
        return replace(answer, headers={**answer.headers, **headers})

    return answered(operation, change)


DEFECTS = (
    Defect(
        "head-405",
        "HEAD is refused, as nobody wrote it",
        ("CORE-100", "CORE-010"),
        tuple(f"{operation}+HEAD" for operation in OPERATIONS),
        "middleware",
        asgi.answering(_no_head),
    ),
    Defect(
        "head-without-etag",
        "HEAD is answered without what is made of the body",
        ("CORE-100",),
        ("read+HEAD",),
        "middleware",
        asgi.amending(_headers_of_nothing),
    ),
    Defect(
        "head-always-200",
        "HEAD says that every record is there",
        ("CORE-100",),
        ("read+HEAD",),
        "middleware",
        asgi.replacing(_always_there),
    ),
    Defect(
        "wrong-method-404",
        "A method that an address does not have is 404",
        ("CORE-101",),
        answering(405),
        "problem",
        _refused(405, status=404, headers={}),
    ),
    Defect(
        "wrong-method-without-allow",
        "The refusal of a method does not say which ones there are",
        ("CORE-101",),
        answering(405),
        "problem",
        _refused(405, headers={}),
    ),
    Defect(
        "wrong-method-allows-all",
        "The refusal of a method lists all that the framework knows",
        ("CORE-101",),
        answering(405),
        "problem",
        _refused(405, headers={"Allow": EVERY_METHOD}),
    ),
    Defect(
        "accept-by-name-only",
        "Accept is looked through for application/json and */*, and for nothing else",
        ("CORE-102",),
        ("read+accept",),
        "accepts",
        _accepting(lambda header: PLAIN in header or "*/*" in header),
    ),
    Defect(
        "accept-first-only",
        "Only what stands first in Accept counts",
        ("CORE-102",),
        ("read+accept",),
        "accepts",
        _accepting(_first_of),
    ),
    Defect(
        "accept-ignored",
        "JSON is sent whatever Accept says",
        ("CORE-103",),
        ("read=406",),
        "accepts",
        lambda _original: lambda _header: True,
    ),
    Defect(
        "not-acceptable-400",
        "A request that takes no JSON is a bad request",
        ("CORE-103",),
        ("read=406",),
        "problem",
        _refused(406, status=400),
    ),
    Defect(
        "body-limit-of-32-kib",
        "A gateway lets bodies of 32 KiB pass, whatever is declared",
        ("CORE-104", "BULK-005"),
        ("create=201", "update=200", "upsert", "batch=200"),
        "body_bytes",
        lambda _original: lambda _declared: SMALL,
    ),
    Defect(
        "body-limit-of-half",
        "Bodies are counted at two bytes a character",
        ("CORE-104",),
        ("create=201",),
        "body_bytes",
        lambda original: lambda declared: original(declared) // 2,
    ),
    Defect(
        "body-limit-not-kept",
        "Bodies are taken far beyond the limit that is declared",
        ("CORE-105",),
        ("create=413",),
        "body_bytes",
        lambda original: lambda declared: original(declared) * 16,
    ),
    Defect(
        "large-body-cut",
        "What a body has beyond the limit is cut off and forgotten",
        ("CORE-105",),
        ("create=413",),
        "unpack",
        _too_large(lambda body, limit: body[:limit]),
    ),
    Defect(
        "large-body-malformed",
        "A body that is too large is called malformed",
        ("CORE-105",),
        ("create=413",),
        "unpack",
        _too_large(_called_malformed),
    ),
    Defect(
        "media-type-ignored",
        "A body is read as JSON whatever it says it is",
        ("CORE-106",),
        answering(415, "create", "update"),
        "media_type",
        _reading(lambda _given, _operation: True),
    ),
    Defect(
        "charset-ignored",
        "A body is read as UTF-8 whatever its charset is",
        ("CORE-106",),
        answering(415, "create", "update"),
        "media_type",
        _reading(lambda given, operation: _name(given) in WRITABLE[operation]),
    ),
    Defect(
        "charset-refused",
        "A media type with a charset is another media type",
        ("CORE-107",),
        ("create+content-type", "update+content-type"),
        "media_type",
        _reading(lambda given, _operation: False if "charset" in given.lower() else None),
    ),
    Defect(
        "media-type-in-lower-case",
        "A media type in other case is another media type",
        ("CORE-107",),
        ("create+content-type", "update+content-type"),
        "media_type",
        _reading(lambda given, _operation: None if given == given.lower() else False),
    ),
    Defect(
        "patch-in-json-refused",
        "An update is taken as a merge patch only, not as JSON",
        ("CORE-107",),
        ("update+content-type",),
        "media_type",
        _reading(
            lambda given, operation: (
                False if operation == "update" and _name(given) == PLAIN else None
            )
        ),
    ),
    Defect(
        "packed-body-as-it-is",
        "A body in gzip is read as if it were plain",
        ("CORE-108",),
        ("create+content-encoding",),
        "unpack",
        lambda original: lambda body, _packing, limit: original(body, None, limit),
    ),
    Defect(
        "packed-body-crashes",
        "A body in gzip brings the provider down",
        ("CORE-108",),
        ("create+content-encoding",),
        "unpack",
        _crashing,
    ),
    Defect(
        "answers-always-packed",
        "Answers are in gzip for everybody",
        ("CORE-109",),
        ("read+accept-encoding", "list+accept-encoding"),
        "compress",
        lambda _original: lambda _accepted, _size: True,
    ),
    Defect(
        "answers-packed-where-gzip-is-named",
        "Answers are in gzip also for those who say that they do not take it",
        ("CORE-109",),
        ("read+accept-encoding", "list+accept-encoding"),
        "compress",
        _named_at_all,
    ),
    Defect(
        "limit-without-retry-after",
        "Who asks too often is not told how long to wait",
        ("CORE-110",),
        answering(429),
        "problem",
        _refused(429, headers={}),
    ),
    Defect(
        "limit-of-its-own-type",
        "The refusal of too many requests has a type that the vendor made up",
        ("CORE-110", "SANDBOX-007"),
        answering(429),
        "problem",
        _refused(429, name="quota-exceeded"),
    ),
    Defect(
        "limit-with-words",
        "Retry-After is written for people",
        ("CORE-110",),
        answering(429),
        "problem",
        _refused(429, headers={"Retry-After": "1 second"}),
    ),
    Defect(
        "deprecation-true",
        "Deprecation says true, as an old draft had it",
        ("CORE-111",),
        ("landing",),
        "answer",
        _with("landing", {"Deprecation": "true"}),
    ),
    Defect(
        "sunset-before-deprecation",
        "The end comes before it is announced",
        ("CORE-111",),
        ("landing",),
        "answer",
        _with("landing", {"Deprecation": PAST, "Sunset": BEFORE}),
    ),
    Defect(
        "sunset-as-timestamp",
        "Sunset is written as in JSON",
        ("CORE-111",),
        ("upsert",),
        "answer",
        _with("upsert", {"Sunset": AFTER}),
    ),
)
