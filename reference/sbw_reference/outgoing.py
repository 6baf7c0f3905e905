"""Answers, written for the wire."""

import secrets
import sys
import traceback
from collections.abc import Callable

from sbw_reference import coding, problems
from sbw_reference.answers import PRIVATE, Answer
from sbw_reference.incoming import Request
from sbw_reference.offers import Provider
from sbw_reference.problems import Problem, Refusal

BODILESS = frozenset({204, 304})
Wire = tuple[int, list[tuple[bytes, bytes]], bytes]


def refused(provider: Provider, problem: Problem) -> Answer:
    """Return the answer that a problem becomes."""
    behaviour = provider.behaviour
    problem = behaviour.problem(problem)
    document = behaviour.problem_document(problems.document(problem, secrets.token_hex(8)))
    headers = {**PRIVATE, **problem.headers}
    return Answer("refusal", problem.status, document, headers, "problem")


def answered(provider: Provider, answer: Callable[[], Answer]) -> Answer:
    """Return the answer that a function gives, or what its refusal becomes; never raises."""
    try:
        return provider.behaviour.answer(answer())
    except Refusal as refusal:
        return refused(provider, refusal.problem)
    except Exception:  # noqa: BLE001 - whatever goes wrong is answered and told
        traceback.print_exc(file=sys.stderr)
        return refused(provider, Problem(500, detail="The provider failed."))


def written(provider: Provider, request: Request, answer: Answer) -> Wire:
    """Return an answer as it goes over the wire: status, headers, body."""
    behaviour = provider.behaviour
    headers, content = dict(answer.headers), b""
    if answer.kind != "empty":
        content = behaviour.encode(answer.document)
        headers.setdefault("Content-Type", behaviour.content_type(answer.kind, answer.operation))
        if len(content) >= coding.SMALLEST:
            headers["Vary"] = "Accept-Encoding"
        if behaviour.compress(request.headers.get("accept-encoding"), len(content)):
            headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
            content = coding.packed(content)
    if answer.status not in BODILESS:
        headers["Content-Length"] = str(len(content))
    pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    return answer.status, pairs, b"" if request.head else content
