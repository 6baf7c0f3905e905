"""Validates Small Business Web records against schemas and rules."""

from sbw_validator.errors import (
    MalformedJSON,
    SBWError,
    StandardError,
    UnknownSchemaError,
    UnreadableDocumentError,
)
from sbw_validator.findings import Finding
from sbw_validator.schemas import Schemas, SchemaValidator, load_schemas
from sbw_validator.standard import Standard, load_standard
from sbw_validator.validation import validate

__all__ = [
    "Finding",
    "MalformedJSON",
    "SBWError",
    "SchemaValidator",
    "Schemas",
    "Standard",
    "StandardError",
    "UnknownSchemaError",
    "UnreadableDocumentError",
    "load_schemas",
    "load_standard",
    "validate",
]
