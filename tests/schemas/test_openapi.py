"""The composed OpenAPI document."""

import json
import shutil
from pathlib import Path

import jsonschema_rs
import pytest
from openapi_spec_validator import validate as validate_openapi

from sbw_validator import Standard, StandardError, UnknownSchemaError, load_schemas, load_standard
from sbw_validator.openapi import compose, references, with_dependencies

ROOT = Path(__file__).parents[2]


@pytest.mark.no_cover
def test_the_document_is_openapi(standard: Standard, widgets: Standard) -> None:
    """The composed documents are OpenAPI 3.1."""
    validate_openapi(compose(standard))
    validate_openapi(compose(widgets))
    validate_openapi(compose(standard, ["core"]))


def test_it_holds_what_was_asked_for(standard: Standard) -> None:
    """A class brings along the classes it depends on, and nothing else."""
    core = compose(standard, ["core"])
    definitions = "/custom-field-definitions"
    items = [definitions, f"{definitions}/by-external-id", f"{definitions}/{{id}}"]
    assert list(core["paths"]) == ["/", "/business", *items]
    assert core["x-classes"] == [f"{standard.base}/core"]
    assert not any(name.startswith("contact") for name in core["components"]["schemas"])
    both = compose(standard, ["contacts"])
    assert both == compose(standard, ["contacts", "core"])
    assert both["x-classes"] == [f"{standard.base}/core", f"{standard.base}/contacts"]
    assert both["paths"]["/contacts"]["x-class"] == f"{standard.base}/contacts"
    assert with_dependencies(standard, ["contacts"]) == ("core", "contacts")
    with pytest.raises(UnknownSchemaError, match="Did you mean 'contacts'"):
        compose(standard, ["contact"])


def test_it_is_self_contained(widgets: Standard) -> None:
    """All references lead into the document, and schemas go by their names."""
    document = compose(widgets)
    assert all(reference.startswith("#/components/") for reference in references(document))
    names = document["components"]["schemas"]
    expected = {"landing", "page", "problem", "business", "contact", "contact.create"}
    assert expected | {"contact.patch", "contact.read", "widget_search.read"} <= names.keys()
    assert "$id" not in json.dumps(names)
    assert json.loads(json.dumps(document)) == document


def test_its_schemas_judge_as_the_bundles_do(standard: Standard) -> None:
    """A schema of the document comes to the verdict of the validator."""
    document = compose(standard)
    for variant in ("create", "patch", "read"):
        reference = {"$ref": f"#/components/schemas/contact.{variant}"}
        whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **reference}
        compiled = jsonschema_rs.validator_for({**whole, "components": document["components"]})
        own = load_schemas(standard).validator("contact", variant)
        for body in ({}, {"name": {"given": None}}, {"name": {"given": "Ada"}}, {"other": 1}):
            assert compiled.is_valid(body) is own.is_valid(body)


def test_what_is_changed_in_a_document_stays_there(standard: Standard) -> None:
    """A caller may change the document without changing the next one."""
    compose(standard)["paths"]["/contacts"]["get"].clear()
    assert compose(standard)["paths"]["/contacts"]["get"]["operationId"] == "contact.list"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("draft/contacts\n", "draft/contract\n", "is for https"),
        ("  /contacts:", "  /business:", "has the path /business"),
        ("parameters/Limit", "parameters/Most", "refers to #/components/parameters/Most"),
        ("schemas/contact.create", "schemas/contract.create", "no 'contract'"),
        ("x-class:", "x-klass:", "is not a fragment"),
    ],
)
def test_a_fragment_that_does_not_fit_is_refused(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    """A fragment that does not fit is refused with the reason."""
    shutil.copytree(ROOT / "spec", tmp_path / "spec")
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas")
    file = tmp_path / "schemas" / "draft" / "openapi" / "contacts.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises((StandardError, UnknownSchemaError), match=message):
        compose(load_standard(tmp_path))
