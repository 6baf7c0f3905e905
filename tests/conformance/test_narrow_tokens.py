"""Tokens with fewer scopes: where they come from, and what is said where there are none."""

import http.client
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from tests.conformance.conftest import WholeRun
from tests.conformance.support import (
    Asked,
    Passed,
    Providers,
    Proxy,
    Reply,
    http_answer,
    run,
)

from sbw_conformance.checks import Check
from sbw_conformance.checks.records import BusinessOnlyToken, ReadOnlyToken, Records
from sbw_conformance.configuration import from_environment, read_configuration
from sbw_conformance.results import Outcome, Report, Verdict
from sbw_conformance.target import (
    ConfigurationError,
    Credentials,
    Target,
    variable,
)

BASE = "https://api.example.com/sbw"
SCOPES = ("core.scope_to_write", "core.scope_to_read", "core.scope_comes", "bulk.batch_needs")
"""The checks that act with narrower tokens."""

FILE = """\
target: {base}
clients:
  a1:
    token_env: A1
    scoped:
      read_only: {{token_env: READS}}
      business_only: {{token_env: BUSINESS}}
"""


def outcomes(report: Report) -> set[Outcome]:
    """The outcomes of the checks that need a narrower token, on resources that can be written."""
    return {
        r.outcome
        for r in report.results
        if r.check.startswith(SCOPES) and r.resource not in {None, "business"}
    }


def only_a1(target: Target) -> Target:
    """The target without any narrower token."""
    kept = {role: client for role, client in target.clients.items() if "." not in role}
    return replace(target, clients=kept)


def test_each_role_has_a_variable_of_its_own() -> None:
    """The dot of a narrower token is an underscore."""
    assert variable("a1") == "SBW_A1_TOKEN"
    assert variable("a1.read_only") == "SBW_A1_READ_ONLY_TOKEN"
    assert variable("a1.business_only") == "SBW_A1_BUSINESS_ONLY_TOKEN"


def test_the_environment_names_narrower_tokens() -> None:
    """Those that are set are there, an empty one is none."""
    given = {"SBW_A1_TOKEN": "wide", "SBW_A1_READ_ONLY_TOKEN": "reads"}
    found = from_environment(BASE, {**given, "SBW_A1_BUSINESS_ONLY_TOKEN": " "})
    assert found.clients == {
        "a1": Credentials(token="wide"),
        "a1.read_only": Credentials(token="reads"),
    }


def test_a_file_names_narrower_tokens(tmp_path: Path) -> None:
    """They stand under `scoped` of their client."""
    file = tmp_path / "sbw.yaml"
    file.write_text(FILE.format(base=BASE))
    given = {"A1": "wide", "READS": "reads", "BUSINESS": "looks"}
    assert read_configuration(file, given).clients == {
        "a1": Credentials(token="wide"),
        "a1.read_only": Credentials(token="reads"),
        "a1.business_only": Credentials(token="looks"),
    }


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("READS", "NO_SUCH", "line 6: the environment variable NO_SUCH is not set"),
        ("read_only", "red_only", "line 6: /clients/a1/scoped/red_only"),
        ("{token_env: READS}", "hunter2-secret", "line 6: /clients/a1/scoped/read_only"),
        ("token_env: READS", "client_id_env: READS", "/clients/a1/scoped/read_only"),
    ],
)
def test_a_mistake_in_a_narrower_token_is_explained(
    old: str, new: str, says: str, tmp_path: Path
) -> None:
    """File, line and what to try, and never a secret."""
    file = tmp_path / "sbw.yaml"
    file.write_text(FILE.format(base=BASE).replace(old, new, 1))
    with pytest.raises(ConfigurationError) as caught:
        read_configuration(file, {"A1": "wide", "READS": "r", "BUSINESS": "b"})
    assert says in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_without_narrower_tokens_the_verdict_is_incomplete(provider: Providers) -> None:
    """What they are needed for could not run, and the variables are named."""
    target = provider()
    secretless = {
        role: Credentials(token=client.token) for role, client in only_a1(target).clients.items()
    }
    report = run(replace(target, clients=secretless), *SCOPES)
    assert report.verdict is Verdict.INCOMPLETE
    assert outcomes(report) == {Outcome.COULD_NOT_RUN}
    reasons = {r.reason for r in report.results if r.outcome is Outcome.COULD_NOT_RUN}
    assert reasons == {
        "it needs SBW_A1_READ_ONLY_TOKEN",
        "it needs SBW_A1_BUSINESS_ONLY_TOKEN",
        "it needs SBW_A1_BUSINESS_ONLY_TOKEN, SBW_A1_READ_ONLY_TOKEN",
    }


def test_tokens_of_the_environment_are_enough(whole_run: WholeRun) -> None:
    """A whole run of the command with five tokens leaves nothing that could not run."""
    roles = {"a1", "a2", "b1", "a1.read_only", "a1.business_only"}
    assert from_environment(whole_run.target.base, whole_run.given).clients.keys() == roles
    done = whole_run.done
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "CONFORMANT")


def test_tokens_of_a_file_are_used(provider: Providers, tmp_path: Path) -> None:
    """What the file names goes along with the requests of the checks that need it."""
    target = provider()
    lines = FILE.format(base=target.base) + "  a2: {token_env: A2}\n  b1: {token_env: B1}\n"
    file = tmp_path / "sbw.yaml"
    file.write_text(lines)
    roles = {"A1": "a1", "READS": "a1.read_only", "BUSINESS": "a1.business_only"}
    given = {name: target.clients[role].token or "" for name, role in roles.items()}
    given |= {name: target.clients[name.lower()].token or "" for name in ("A2", "B1")}
    report = run(read_configuration(file, given).aimed(), *SCOPES)
    assert report.verdict is Verdict.CONFORMANT
    assert outcomes(report) == {Outcome.PASS}
    sent = {entry["client"] for entry in report.exchanges.values()}
    assert {"a1", "a1.read_only", "a1.business_only"} <= sent


def asking(target: Target, *, scoped: bool = False) -> Target:
    """The target with client ids and secrets in place of tokens."""
    clients = {
        role: replace(client, token=None) for role, client in only_a1(target).clients.items()
    }
    given = {"a1.read_only": target.clients["a1.read_only"]} if scoped else {}
    return replace(target, clients={**clients, **given})


def test_client_credentials_get_narrower_tokens(provider: Providers) -> None:
    """The suite asks for just the scopes that the landing page names for reading."""
    forms: list[dict[str, list[str]]] = []

    def before(asked: Asked) -> Reply | None:
        if asked.place == "/token":
            forms.append(parse_qs(asked.body.decode()))
        return None

    with Proxy(provider(), before) as proxy:
        report = run(asking(proxy.seen), *SCOPES)
    assert report.verdict is Verdict.CONFORMANT
    assert outcomes(report) == {Outcome.PASS}
    wanted = [form.get("scope") for form in forms]
    assert wanted[:3] == [None, None, None]
    reads, business = (set(scopes[0].split()) for scopes in wanted[3:] if scopes)
    assert business == {"business:read"}
    assert business < reads
    assert all(scope.endswith(":read") for scope in reads)


def test_a_narrower_token_that_was_given_is_not_asked_for(provider: Providers) -> None:
    """What the vendor has issued goes before what could be gotten."""
    scopes: list[str] = []

    def before(asked: Asked) -> Reply | None:
        if asked.place == "/token":
            scopes.extend(parse_qs(asked.body.decode()).get("scope", []))
        return None

    with Proxy(provider(), before) as proxy:
        report = run(asking(proxy.seen, scoped=True), *SCOPES)
    assert report.verdict is Verdict.CONFORMANT
    assert scopes == ["business:read"]


REFUSED = http_answer(400, '{"error": "invalid_scope"}')


def wide(asked: Asked) -> bytes:
    """The request for a token without its scope, as a provider reads it that knows none."""
    form = parse_qs(asked.body.decode())
    return urlencode({name: given[0] for name, given in form.items() if name != "scope"}).encode()


@pytest.mark.parametrize("what", ["refuses", "gives all"])
def test_a_provider_without_narrower_tokens_is_not_blamed(provider: Providers, what: str) -> None:
    """Who cannot give out fewer scopes, and says so, is judged as far as it goes without."""
    target = provider()

    def before(asked: Asked) -> Reply | None:
        if asked.place != "/token" or b"scope=" not in asked.body:
            return None
        if what == "refuses":
            return REFUSED
        place = urlsplit(target.base).netloc
        with closing(http.client.HTTPConnection(place, timeout=10)) as connection:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", "/token", wide(asked), headers)
            return http_answer(200, connection.getresponse().read())

    with Proxy(target, before) as proxy:
        report = run(asking(proxy.seen), *SCOPES, "core.reading_shows")
    assert report.verdict is Verdict.INCOMPLETE
    assert outcomes(report) == {Outcome.COULD_NOT_RUN}
    assert report.outcome("CORE-071") is Outcome.PASS


def test_a_page_without_scopes_asks_for_none(provider: Providers) -> None:
    """Who names no scopes on the landing page is asked for no narrower token."""

    def after(_: Asked, passed: Passed) -> None:
        if b'"sbw_version"' in passed.body:
            page = passed.json
            for entry in page["resources"].values():
                entry.pop("scopes", None)
            passed.json = page

    with Proxy(provider(), after=after) as proxy:
        report = run(asking(proxy.seen), *SCOPES)
    assert report.verdict is Verdict.INCOMPLETE
    assert outcomes(report) == {Outcome.COULD_NOT_RUN}


@pytest.mark.parametrize("given", [True, False], ids=["tokens", "no tokens"])
def test_coarse_scopes_are_no_fault(provider: Providers, given: bool) -> None:  # noqa: FBT001
    """Where one scope stands for all, no token can be narrower, and none is asked for."""
    coarse = {"read": "business:read", "write": "business:read"}

    def after(_: Asked, passed: Passed) -> None:
        if b'"sbw_version"' in passed.body:
            page = passed.json
            for entry in page["resources"].values():
                entry["scopes"] = coarse
            passed.json = page

    with Proxy(provider(), after=after) as proxy:
        wide = proxy.seen.clients["a1"]
        clients = {role: proxy.seen.clients[role] for role in ("a1", "a2", "b1")}
        clients |= {f"a1.{name}": wide for name in ("read_only", "business_only") if given}
        report = run(replace(proxy.seen, clients=clients), *SCOPES, "bulk.batch_needs")
    assert report.failures() == ()
    assert outcomes(report) == {Outcome.NOT_CLAIMED}
    assert report.outcome("BULK-009") is Outcome.NOT_CLAIMED


@pytest.mark.parametrize("role", ["a1.read_only", "a1.business_only"])
def test_a_narrower_token_that_is_wrong_exits_early(provider: Providers, role: str) -> None:
    """A token that lets nobody in is the user's to mend, as any other is."""
    target = provider()
    wrong = replace(target, clients={**target.clients, role: Credentials(token="no-such-token")})
    with pytest.raises(ConfigurationError, match=f"token of client {role}") as caught:
        run(wrong, *SCOPES)
    assert variable(role) in caught.value.hint


def test_a_narrower_token_that_is_too_narrow_proves_nothing(provider: Providers) -> None:
    """A token that cannot even read is no proof that writing needs a scope."""
    target = provider()
    narrow = target.clients["a1.business_only"]
    wrong = replace(target, clients={**target.clients, "a1.read_only": narrow})
    report = run(wrong, "core.scope_to_write", "core.scope_comes", "bulk.batch_needs")
    assert outcomes(report) == {Outcome.COULD_NOT_RUN}
    assert report.verdict is Verdict.INCOMPLETE


def test_a_narrower_token_that_is_as_wide_as_the_other_is_found_out(provider: Providers) -> None:
    """A token that writes after all fails what a read-only one proves, and its records go."""
    target = provider()
    wide = target.clients["a1"]
    wrong = replace(target, clients={**target.clients, "a1.read_only": wide})
    report = run(wrong, "core.scope_to_write", "bulk.batch_needs")
    assert report.outcome("CORE-017") is Outcome.FAIL
    assert report.outcome("BULK-009") is Outcome.COULD_NOT_RUN  # what it stands on is broken
    assert report.cleanup["kept"] == []


def test_checks_ask_for_the_roles_that_they_act_as() -> None:
    """A parameter with the class of a narrower token is all that it takes."""

    def acts(records: Records, reader: ReadOnlyToken, narrow: BusinessOnlyToken) -> None:
        raise NotImplementedError

    check = Check("core.fake", "scenario", ("CORE-017",), "", acts)
    assert check.roles == ("a1", "a1.business_only", "a1.read_only")
    assert check.per_resource
