"""Bytes as text: UTF-8 and nothing else, and a word on what it is instead."""

from sbw_validator.errors import MalformedError

MARK = "\ufeff"
WIDE_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
# Of the first four bytes, which are zero where the first two characters are ASCII (RFC 4627).
WIDE_ZEROS = {
    (True, True, True, False): "UTF-32BE",
    (False, True, True, True): "UTF-32LE",
    (True, False, True, False): "UTF-16BE",
    (False, True, False, True): "UTF-16LE",
}


def decode(content: bytes, malformed: type[MalformedError]) -> str:
    """Return the text of UTF-8; `malformed`, at the first byte that is not, for anything else."""
    wide = _wide(content)
    if wide:
        hint = f"Save it as UTF-8, such as with iconv -f {wide} -t UTF-8."
        raise malformed(f"is {wide}, not UTF-8", 1, 1, hint)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        hint = (
            "Save it as UTF-8; if it is Latin-1 or a Windows encoding, such as with "
            "iconv -f WINDOWS-1252 -t UTF-8."
        )
        raise malformed("is not UTF-8", *place(before, len(before)), hint) from None


def place(text: str, offset: int) -> tuple[int, int]:
    """Return the line and the column of an offset, both from 1."""
    start = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, offset) + 1, offset - start + 1


def _wide(content: bytes) -> str | None:
    for mark, name in WIDE_MARKS:
        if content.startswith(mark):
            return name
    zeros = tuple(byte == 0 for byte in content[:4])
    return WIDE_ZEROS.get(zeros) if len(zeros) == 4 else None
