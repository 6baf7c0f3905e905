"""Mistakes in the controls of a sandbox."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sbw_reference import sandbox
from sbw_reference.answers import Answer
from sbw_reference.defects import asgi
from sbw_reference.defects.asgi import Scope, Simple
from sbw_reference.defects.defect import Defect, answered
from sbw_reference.effects import Effect

Page = dict[str, Any]


def _effect(change: Callable[[Effect], Effect]) -> Any:
    return lambda original: lambda effect: change(original(effect))


def _clock(change: Callable[[int], int | None]) -> Any:
    """Change how far ahead a clock is set."""

    def changed(effect: Effect) -> Effect:
        return effect if effect.ahead is None else replace(effect, ahead=change(effect.ahead))

    return _effect(changed)


def _page(change: Callable[[Page], Page]) -> Any:
    return lambda original: lambda page: change(original(page))


def _refused(old: int, new: int, title: str) -> Any:
    """Change the status of a control that is refused."""

    def decide(scope: Scope, status: int) -> Simple | None:
        if scope["path"] != sandbox.PATH or status != old:
            return None
        return (204, {}, b"") if new == 204 else asgi.problem(new, title)

    return asgi.replacing(decide)


def _confirmed(answer: Answer) -> Answer:
    return replace(answer, status=200, kind="json", document={"ok": True})


DEFECTS = (
    Defect(
        "sandbox-in-production",
        "The landing page claims the controls of a sandbox for production",
        ("SANDBOX-001",),
        ("landing",),
        "landing",
        _page(lambda page: {**page, "environment": "production"}),
    ),
    Defect(
        "sandbox-unsaid",
        "The landing page claims the controls of a sandbox and does not say that it is one",
        ("SANDBOX-001",),
        ("landing",),
        "landing",
        _page(lambda page: {name: page[name] for name in page if name != "environment"}),
    ),
    Defect(
        "control-200",
        "A control is answered with 200 and a word",
        ("SANDBOX-002",),
        ("control=204",),
        "answer",
        answered("control", _confirmed),
    ),
    Defect(
        "control-202",
        "A control is accepted, to take effect some time",
        ("SANDBOX-002",),
        ("control=204",),
        "answer",
        answered("control", lambda answer: replace(answer, status=202)),
    ),
    Defect(
        "clock-of-everybody",
        "The clock is moved for all businesses",
        ("SANDBOX-003",),
        ("control=204",),
        "effect",
        _effect(lambda effect: effect if effect.ahead is None else replace(effect, business=None)),
    ),
    Defect(
        "cursors-of-everybody",
        "The cursors of all businesses expire",
        ("SANDBOX-003",),
        ("control=204",),
        "effect",
        _effect(lambda effect: replace(effect, business=None) if effect.expire else effect),
    ),
    Defect(
        "wrong-control-204",
        "A control that is wrong is passed over",
        ("SANDBOX-004",),
        ("control=422",),
        "middleware",
        _refused(422, 204, ""),
    ),
    Defect(
        "wrong-control-400",
        "A control that is wrong is a bad request",
        ("SANDBOX-004",),
        ("control=422",),
        "middleware",
        _refused(422, 400, "Bad request"),
    ),
    Defect(
        "controls-for-anyone",
        "Controls are taken from anyone",
        ("SANDBOX-005",),
        ("control=401",),
        "middleware",
        _refused(401, 204, ""),
    ),
    Defect(
        "controls-hidden",
        "Without a token there are no controls",
        ("SANDBOX-005",),
        ("control=401",),
        "middleware",
        _refused(401, 404, "Not found"),
    ),
    Defect(
        "clock-in-minutes",
        "The clock is set ahead by minutes instead of seconds",
        ("SANDBOX-006",),
        ("control=204",),
        "effect",
        _clock(lambda ahead: ahead * 60),
    ),
    Defect(
        "clock-stays-ahead",
        "The clock cannot be brought back",
        ("SANDBOX-006",),
        ("control=204",),
        "effect",
        _clock(lambda ahead: ahead or None),
    ),
    Defect(
        "clock-stands",
        "The clock does not move",
        ("SANDBOX-006",),
        ("control=204",),
        "effect",
        _clock(lambda _ahead: None),
    ),
    Defect(
        "limit-counts-the-control",
        "The control itself counts as the first of the requests that are refused",
        ("SANDBOX-007",),
        ("control=204",),
        "effect",
        _effect(lambda found: replace(found, requests=found.requests and found.requests - 1)),
    ),
    Defect(
        "limit-of-the-business",
        "All apps of the business are refused, not the one that asked for it",
        ("SANDBOX-007",),
        ("control=204",),
        "effect",
        _effect(lambda effect: replace(effect, token=None) if effect.requests else effect),
    ),
    Defect(
        "limit-spares-reading",
        "Requests that read are not refused",
        ("SANDBOX-007",),
        ("control=204",),
        "limited",
        lambda original: (
            lambda grant, method: bool(original(grant, method)) and method not in {"GET", "HEAD"}
        ),
    ),
)
