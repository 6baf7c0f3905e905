"""Entity tags and preconditions (RFC 9110, 8.8.3 and 13.1)."""

import re
from typing import Any

TAG = re.compile(r'(?:W/)?"([^"]*)"')
CODING = re.compile(r"-(?:gzip|br|zstd|deflate)$")


def etag(record: dict[str, Any], _operation: str) -> str:
    """Return the ETag of a record: its version in quotes."""
    return f'"{record["meta"]["version"]}"'


def matches(header: str, version: str, _operation: str) -> bool:
    """Return whether an If-Match or If-None-Match names the version.

    A proxy that compresses weakens the tag or marks its coding; both still name the version.
    """
    if header.strip() == "*":
        return True
    return any(version in (tag, CODING.sub("", tag)) for tag in TAG.findall(header))
