"""Files of JSON and NDJSON, read so that findings can name lines."""

from sbw_validator.errors import MalformedJSON
from sbw_validator.ijson import parse_ijson, positions

__all__ = ["MalformedJSON", "parse_ijson", "positions"]
