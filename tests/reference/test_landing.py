"""The landing page and what stands around it."""

from tests.reference.support import Api, serving

from sbw_reference.server import Running, Settings
from sbw_validator.validation import validate


def test_anyone_reads_a_valid_landing_page(running: Running) -> None:
    """It needs no token, is valid, and names all addresses under the base that was asked."""
    answer = Api(running, None)("GET", "/")
    assert answer.status == 200
    assert validate(answer.value, type="landing") == []
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "public" in answer.headers["cache-control"]
    entry = answer.value["resources"]["contact"]
    assert entry["href"] == f"{running.url}/contacts"
    assert set(entry["operations"]) == {"list", "create", "read", "update", "delete", "upsert"}
    assert entry["scopes"] == {"read": "contacts:read", "write": "contacts:write"}
    assert entry["maturity"] == "candidate"
    assert answer.value["environment"] == "sandbox"
    assert answer.value["limits"]["body_bytes"] == 1024 * 1024
    assert answer.value["auth"]["token_endpoint"] == f"{running.url}/token"


def test_browsers_are_let_through(running: Running) -> None:
    """The preflight of a script is answered, other methods are refused with what is allowed."""
    anyone = Api(running, None)
    preflight = anyone("OPTIONS", "/", Origin="https://integrator.example")
    assert (preflight.status, preflight.headers["access-control-allow-origin"]) == (204, "*")
    refused = anyone("POST", "/", {})
    assert refused.problem() == (405, "about:blank")
    assert refused.headers["allow"] == "GET, HEAD, OPTIONS"


def test_classes_that_are_not_claimed_are_absent() -> None:
    """With class core alone contacts are neither declared nor served."""
    with serving(Settings(classes=("core",))) as running:
        page = Api(running)("GET", "/").value
        assert set(page["resources"]) == {"business", "custom_field_definition"}
        assert len(page["conforms_to"]) == 1
        assert Api(running)("GET", "/contacts").problem() == (404, "about:blank")


def test_a_class_brings_what_it_depends_on() -> None:
    """Whoever claims contacts claims core."""
    with serving(Settings(classes=("contacts",))) as running:
        assert {"business", "contact"} <= set(Api(running)("GET", "/").value["resources"])


def test_addresses_follow_the_host_that_was_asked(running: Running) -> None:
    """Behind another name all addresses have that name."""
    page = Api(running, None)("GET", "/", Host="api.example.com").value
    assert page["resources"]["business"]["href"] == "http://api.example.com/business"
