"""The API catalog of the origin (RFC 9727): a linkset (RFC 9264) that leads to the base."""

from typing import Any

PATH = "/.well-known/api-catalog"
PROFILE = "https://www.rfc-editor.org/info/rfc9727"
MEDIA_TYPE = f'application/linkset+json; profile="{PROFILE}"'


def document(base: str) -> dict[str, Any]:
    """Return the catalog: one API, at the base."""
    return {"linkset": [{"anchor": f"{base}{PATH}", "item": [{"href": f"{base}/"}]}]}


def link() -> str:
    """Return the Link header that leads from the base to the catalog."""
    return f'<{PATH}>; rel="api-catalog"'
