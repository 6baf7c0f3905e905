"""Native codes: a vendor's own words beside the canonical value of a status member."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sbw_validator.findings import Finding, pointer_to

PREFIX = "native_"
CODE = "code"
REQUIREMENT = "CORE-144"

Codes = Mapping[str, Mapping[str, str]]
"""Status member -> code -> canonical value."""
Body = Mapping[str, Any]


def statuses(names: Iterable[str]) -> tuple[str, ...]:
    """Return those members that have a native one beside them."""
    there = set(names)
    return tuple(name for name in names if PREFIX + name in there)


def settled(codes: Codes, before: Body, sent: Body, whole: Body) -> dict[str, Any]:
    """Return a body in which codes and canonical values go together, as far as they can.

    `sent` is the body of the request, `whole` what it makes of the record `before`. A code that
    is sent alone gives the canonical value; a canonical value that is changed alone drops a code
    that means another one.
    """
    result = dict(whole)
    for member, meanings in codes.items():
        native = PREFIX + member
        code = _code(whole, native)
        meant = meanings.get(code) if code is not None else None
        if member not in sent and _code(sent, native) is not None:
            if meant is not None:
                result[member] = meant
        elif native not in sent and code is not None:
            value = whole.get(member)
            if value not in (meant, before.get(member)):
                del result[native]
    return result


def disagreements(codes: Codes, before: Body, body: Body) -> Iterator[Finding]:
    """Yield the new codes that are not declared or mean another value than the body has."""
    for member, meanings in codes.items():
        code, value = _code(body, PREFIX + member), body.get(member)
        if code is None or (_code(before, PREFIX + member), before.get(member)) == (code, value):
            continue
        if code not in meanings or meanings[code] != value:
            expected = f"a declared code that means the {member}"
            place = pointer_to(PREFIX + member, CODE)
            yield Finding(REQUIREMENT, place, expected, "", "", "native")


def _code(body: Body, native: str) -> str | None:
    """Return the code at a place; None where there is none."""
    status = body.get(native)
    code = status.get(CODE) if isinstance(status, Mapping) else None
    return code if isinstance(code, str) else None
