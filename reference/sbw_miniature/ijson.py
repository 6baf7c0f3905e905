"""I-JSON (RFC 7493): what bodies are read as, and how answers are written."""

import json
import math
import re
from typing import Any

from sbw_miniature.pointer import members

DEPTH = 200
_FORBIDDEN = re.compile(
    "[\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)


class NotIJSON(ValueError):  # noqa: N818  # says what is not so, as ValueError's own names do
    """The bytes are no I-JSON; the message says why."""


def decode(data: bytes) -> Any:
    """Return the value of a JSON text in UTF-8, or raise `NotIJSON`.

    Texts nested deeper than `DEPTH` are refused too (RFC 8259, section 9 allows a limit).
    """
    try:
        value = json.loads(
            data.decode(),
            object_pairs_hook=_object,
            parse_constant=_no_number,
            parse_float=_finite,
        )
    except RecursionError:
        raise NotIJSON("nested too deeply") from None
    except ValueError as error:
        raise NotIJSON(str(error)) from None
    _inspect(value)
    return value


def encode(value: Any) -> bytes:
    """Return the JSON text of a value in UTF-8."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise NotIJSON("an object has two members of the same name")
    return value


def _no_number(name: str) -> Any:
    raise NotIJSON(f"{name} is no number of JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise NotIJSON(f"{digits[:40]} is beyond the numbers of IEEE 754")
    return number


def _inspect(value: Any) -> None:
    waiting = [(value, 1)]
    while waiting:
        value, depth = waiting.pop()
        if depth > DEPTH:
            raise NotIJSON("nested too deeply")
        texts = [value] if isinstance(value, str) else value if isinstance(value, dict) else ()
        if any(_FORBIDDEN.search(text) for text in texts):
            raise NotIJSON("a text holds a surrogate or a noncharacter")
        waiting += [(place.value, depth + 1) for place in members(value)]
