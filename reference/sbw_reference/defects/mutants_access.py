"""Mistakes that mutants showed: what is let through where the letters look right."""

from collections.abc import Mapping
from typing import Any

from sbw_reference.defects import asgi
from sbw_reference.defects.asgi import Scope
from sbw_reference.defects.defect import Defect, answering
from sbw_reference.query import Pairs

POST_ONLY = ("/batch", "/controls")


def _any_scheme(_original: Any) -> Any:
    """Take what stands behind the scheme, whichever it is."""

    def bearer(headers: Mapping[str, str], _query: Pairs) -> str | None:
        return headers.get("authorization", "").strip().partition(" ")[2].strip() or None

    return bearer


def _posted(scope: Scope) -> Scope | None:
    """Take any method for the one that an address has."""
    wrong = scope["method"] != "POST" and scope["path"].endswith(POST_ONLY)
    return {**scope, "method": "POST"} if wrong else None


DEFECTS = (
    Defect(
        "any-scheme-carries-a-token",
        "A token lets in behind any scheme of the Authorization header",
        ("CORE-010",),
        answering(401),
        "bearer",
        _any_scheme,
    ),
    Defect(
        "batch-and-controls-by-any-method",
        "The addresses of batches and controls do not look at the method",
        ("CORE-101",),
        ("undefined=405",),
        "middleware",
        asgi.rewriting(_posted),
    ),
)
