"""A configuration that cannot be used says what, where and what to try, and never a secret."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.conformance.calling import called
from tests.conformance.support import Providers, sbw, tokens

from sbw_conformance.configuration import from_environment
from sbw_conformance.provider import Fleet
from sbw_conformance.target import ConfigurationError, Target

TOKEN = {"SBW_A1_TOKEN": "canary-token-a1"}
SECRETS = ("hunter2", "canary")
GOOD = """\
target: https://api.example.com/sbw
clients:
  a1: {token_env: SBW_A1_TOKEN}
"""
WAIVER = (
    "waivers:\n- {requirement: CORE-041, owner: o, reason: r, ticket: t, expires: 2027-03-31}\n"
)
URL = "http://x.example"
CALLBACK = "callback: {listen: '0.0.0.0:8080', url: https://hooks.example.com}\n"


@dataclass(frozen=True)
class Wrong:
    """What cannot be used: a file, an environment or arguments, and what is said of it.

    `line` is that of the file, None where the mistake stands in none of its lines.
    """

    says: str
    file: str | bytes | None = None
    line: int | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: TOKEN)
    arguments: tuple[str, ...] = ()


TABLE: dict[str, Wrong] = {
    # What is no YAML
    "an open bracket": Wrong("is no YAML", "target: [unclosed\n", 2),
    "a tab": Wrong("cannot start any token", "clients:\n\ta1: {token_env: X}\n", 2),
    "two documents": Wrong("has a second document", f"{GOOD}---\n{GOOD}", 4),
    "an object of Python": Wrong("a YAML tag", "target: !!python/object:os.system x\n", 1),
    "a tag that does not fit": Wrong("does not fit its tag", "target: !!int hunter2\n", 1),
    "an alias": Wrong("a YAML alias", "clients: &knot\n  a1: *hunter2\n", 2),
    "a key twice": Wrong('has "target" twice', f"{GOOD}target: https://x.example\n", 4),
    "other bytes": Wrong("is UTF-16, not UTF-8", b"\xff\xfet\x00a\x00", 1),
    "an old encoding": Wrong("is not UTF-8", f"# größer\n{GOOD}".encode("latin-1"), 1),
    "a NUL character": Wrong("has a control character", "target: \x00\n", 1),
    "too much of it": Wrong("is larger than 1 MiB", "# no end\n" * 120_000),
    "too many values": Wrong("more than 100,000 values", "-\n" * 100_001),
    # What is no configuration
    "nothing": Wrong("the file: expected an object, got null", "", 1),
    "a list": Wrong("the file: expected an object, got [", "- target\n- clients\n", 1),
    "a word": Wrong('the file: expected an object, got "', "https://api.example.com\n", 1),
    "an unknown key": Wrong("/tenant: expected no such member", f"{GOOD}tenant: hunter2\n", 4),
    "a misspelled key": Wrong('Did you mean "settle_seconds"?', f"{GOOD}setle_seconds: 1\n", 4),
    "a number as a key": Wrong("/1: expected no such member", f"{GOOD}1: 2\n", 4),
    # Where the provider is
    "no target": Wrong("names no target", "clients:\n  a1: {token_env: SBW_A1_TOKEN}\n"),
    "another scheme": Wrong("with https:// or http://", GOOD.replace("https://", "ftp://"), 1),
    "a date for a URL": Wrong('got "2026-01-01"', "target: 2026-01-01\n", 1),
    "a number for a URL": Wrong("/target: expected a text", "target: 5\n", 1),
    "a URL with a query": Wrong(
        "'https://api.example.com/sbw' with what follows it is no base URL",
        GOOD.replace("/sbw", "/sbw?key=hunter2"),
        1,
    ),
    "a URL with a password": Wrong(
        "a user name or a password", GOOD.replace("://", "://me:hunter2-secret@"), 1
    ),
    "a wrong URL with a password": Wrong(
        "This is no base URL", GOOD.replace("api.example.com", "me:hunter2@x:99999"), 1
    ),
    "target and app": Wrong("target and app cannot both", f"{GOOD}app: shop.api:app\n", 4),
    "an app without its attribute": Wrong("module:attribute", "app: shop.api\n", 1),
    # How to get in
    "a literal token": Wrong(
        "/clients/a1/token: expected no such member",
        "clients:\n  a1:\n    token: hunter2-secret\n",
        3,
    ),
    "a token at the top": Wrong(
        "Secrets stand in environment variables", f"{GOOD}token: hunter2-secret\n", 4
    ),
    "a token in place of a client": Wrong("/clients/a1: ", "clients:\n  a1: hunter2-secret\n", 2),
    "a token in place of a name": Wrong(
        "/clients/a1/token_env: expected the name", GOOD.replace("SBW_A1_TOKEN", "hunter2-x"), 3
    ),
    "a token that looks like a name": Wrong(
        "its name is not repeated", GOOD.replace("SBW_A1_TOKEN", "hunter2_live_x"), 3
    ),
    "an unset variable": Wrong("SBW_NO_SUCH is not set", GOOD.replace("A1_TOKEN", "NO_SUCH"), 3),
    "many unset variables": Wrong(
        "export A2=... B1=...", f"{GOOD}  a2: {{token_env: A2}}\n  b1: {{token_env: B1}}\n", 4
    ),
    "an empty variable": Wrong("SBW_A1_TOKEN is not set", GOOD, 3, {"SBW_A1_TOKEN": " "}),
    "half of the credentials": Wrong(
        "client_secret_env", "clients:\n  a1: {client_id_env: X}\n", 2
    ),
    "a wrong role": Wrong("/clients/a3", "clients:\n  a3: {token_env: SBW_A1_TOKEN}\n", 2),
    "no client a1": Wrong("there is no client a1", "target: https://x.example\nclients: {}\n", 2),
    "a token with a space": Wrong(
        "client a1 holds a character", GOOD, environment={"SBW_A1_TOKEN": "hunter2 token"}
    ),
    # What to judge, and how fast
    "an unknown class": Wrong('Did you mean "contacts"?', f"{GOOD}classes: [contact]\n", 4),
    "no class at all": Wrong("/classes: expected at least 1", f"{GOOD}classes: []\n", 4),
    "a class twice": Wrong("that all differ", f"{GOOD}classes: [bulk, bulk]\n", 4),
    "a class that is no list": Wrong("/classes: expected an array", f"{GOOD}classes: bulk\n", 4),
    "classes and a profile": Wrong(
        "classes and profile cannot both", f"{GOOD}profile: crm\nclasses: [core]\n", 5
    ),
    "an unknown profile": Wrong('Did you mean "invoicing"?', f"{GOOD}profile: invocing\n", 4),
    "a profile that is no name": Wrong("the name of a profile", f"{GOOD}profile: CRM!\n", 4),
    "a negative pace": Wrong("more than 0", f"{GOOD}pacing:\n  requests_per_second: -1\n", 5),
    "a pace that is no number": Wrong("/pacing: expected", f"{GOOD}pacing: fast\n", 4),
    "an endless pace": Wrong(
        "which JSON has not", f"{GOOD}pacing: {{requests_per_second: .inf}}\n", 4
    ),
    "settling for hours": Wrong("60 or less", f"{GOOD}settle_seconds: 7200\n", 4),
    # Waivers, attestation, callback
    "a waiver without a ticket": Wrong(
        'a member "ticket"', GOOD + WAIVER.replace("ticket: t, ", ""), 5
    ),
    "a waiver without an owner": Wrong(
        "/waivers/0/owner: expected who answers", GOOD + WAIVER.replace("owner: o", "owner: ''"), 5
    ),
    "a waiver for ever": Wrong(
        '/waivers/0/expires: expected the last day on which it holds, got "never"',
        GOOD + WAIVER.replace("2027-03-31", "never"),
        5,
    ),
    "a day that there is not": Wrong(
        'got "2027-02-30"', GOOD + WAIVER.replace("03-31", "02-30"), 5
    ),
    "a waiver of no requirement": Wrong(
        "/waivers/0/requirement: expected the id", GOOD + WAIVER.replace("CORE-041", "versions"), 5
    ),
    "no attestation file": Wrong("there is no attestation file", f"{GOOD}attestation: a.yaml\n", 4),
    "a callback without a URL": Wrong('a member "url"', f"{GOOD}callback: {{listen: 'x:1'}}\n", 4),
    "a callback on no port": Wrong(
        "there is no port 80800", GOOD + CALLBACK.replace("8080", "80800"), 4
    ),
    "a callback with a password": Wrong(
        "callback URL holds a user name", GOOD + CALLBACK.replace("hooks", "me:hunter2@hooks"), 4
    ),
    # The command line
    "no provider at all": Wrong("there is no provider to judge"),
    "a URL without a scheme": Wrong("is no base URL", arguments=("api.example.com",)),
    "a URL of an impossible port": Wrong("is no base URL", arguments=("http://x.example:99999",)),
    "no token at all": Wrong(
        "no token for client a1", environment={}, arguments=("http://x.example",)
    ),
    "no such file": Wrong("cannot be read: No such file", arguments=("--config", "none.yaml")),
    "a folder for a file": Wrong("cannot be read: Is a directory", arguments=("--config", ".")),
    "no such class": Wrong("There is no class contact", arguments=("--class", "contact", URL)),
    "no such profile": Wrong("There is no profile crn", arguments=("--profile", "crn", URL)),
    "a profile of classes to come": Wrong(
        "The profile crm cannot be judged yet", arguments=("--profile", "crm", URL)
    ),
    "a class and a profile": Wrong(
        "--class and --profile both", arguments=("--class", "core", "--profile", "crm", URL)
    ),
    "an app and a URL": Wrong("--app serves the provider", arguments=("--app", "a:b", URL)),
    "an app of no module": Wrong("There is no module", arguments=("--app", "no_such_shop:app")),
    "an app that is none": Wrong("is neither an ASGI nor", arguments=("--app", "json:loads")),
    "a report that is not there": Wrong(
        "none.json cannot be read", arguments=("--rerun", "none.json", URL)
    ),
    "an attestation that is not there": Wrong(
        "none.yaml cannot be read", arguments=("--attestation", "none.yaml", URL)
    ),
    "half an option": Wrong("--seed", arguments=("--seed", "minus one", URL)),
    "the reference and a URL": Wrong(
        "--reference starts a provider", arguments=("--reference", "http://x.example")
    ),
    "a database of nobody": Wrong("--db is the database", arguments=("--db", "sqlite://")),
}
"""Wrong configurations by name, each with a sentence of its own."""


def refusal(wrong: Wrong, folder: Path) -> str:
    """Run `sbw test` as it is wrongly configured; gives what it says."""
    file = folder / "sbw.yaml"
    file.unlink(missing_ok=True)
    if wrong.file is not None:
        file.write_bytes(wrong.file if isinstance(wrong.file, bytes) else wrong.file.encode())
    done = called("test", *wrong.arguments, cwd=folder, env=wrong.environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert not (folder / "sbw-report").exists()
    return done.stderr


@pytest.mark.parametrize("wrong", TABLE.values(), ids=TABLE.keys())
def test_a_wrong_configuration_is_explained(wrong: Wrong, tmp_path: Path) -> None:
    """Exit code 2 and no verdict; file, line, what and what to try; no traceback, no secret."""
    said = refusal(wrong, tmp_path)
    assert wrong.says in said
    place = "rror: " if wrong.line is None else f"error: sbw.yaml, line {wrong.line}: "
    assert place in said
    assert re.search(r"[.?]$|=\.\.\.$|--class \w+$", said.rstrip())
    assert "Traceback" not in said
    assert not any(secret in said for secret in SECRETS)


def test_each_mistake_has_a_sentence_of_its_own(tmp_path: Path) -> None:
    """No two of them read alike, lines aside."""
    said = [refusal(wrong, tmp_path) for wrong in TABLE.values()]
    sentences = [re.sub("line [0-9]+", "line", one) for one in said]
    assert len(set(sentences)) == len(TABLE)


@pytest.mark.parametrize("name", ["a literal token", "an unset variable", "other bytes"])
def test_the_command_explains_a_broken_file(name: str, tmp_path: Path) -> None:
    """The installed command finds sbw.yaml by itself, exits 2 and shows no traceback."""
    content = TABLE[name].file or b""
    (tmp_path / "sbw.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    done = sbw("test", cwd=tmp_path, env=TOKEN)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: sbw.yaml, line {TABLE[name].line}: ")
    assert TABLE[name].says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "url",
    [
        "",
        "//x",
        "api.example.com",
        "ftp://x.example",
        "http://",
        "http://x:99999",
        "http://x:0/",
        "http://x\x1b/",
        "https://x y.example",
        "https://x.example/?a=b",
        "https://x.example/#a",
    ],
)
def test_what_is_no_base_url_is_refused(url: str) -> None:
    """A base is the address of a landing page, without query or fragment."""
    with pytest.raises(ConfigurationError, match="is no base URL"):
        from_environment(url, TOKEN)


@pytest.mark.parametrize("token", ["two words", "a\nb", "ümlaut", "“quoted”"])
def test_a_token_that_no_header_takes_is_refused(token: str) -> None:
    """What was copied wrongly is found before anything is sent, and not repeated."""
    with pytest.raises(ConfigurationError, match="client a1 holds a character") as caught:
        from_environment("https://x.example", {"SBW_A1_TOKEN": token})
    assert token not in str(caught.value)


@pytest.fixture(scope="module")
def reference(fleet: Fleet) -> Iterator[Target]:
    """Give one reference provider for all that are refused before anything is judged."""
    yield fleet.start("configuration", classes=["core", "contacts"])
    fleet.stop("configuration")


def test_wrong_token_exits_2(reference: Target, tmp_path: Path) -> None:
    """A token that the provider does not accept is the user's to mend, no verdict."""
    given = {**tokens(reference), "SBW_A2_TOKEN": "no-such-token"}
    done = called("test", reference.base, cwd=tmp_path, env=given)
    assert done.returncode == 2
    assert "does not accept the token of client a2" in done.stderr
    assert "no-such-token" not in done.stderr + done.stdout
    assert not (tmp_path / "sbw-report" / "report.json").exists()


def test_one_business_twice_exits_2(reference: Target, tmp_path: Path) -> None:
    """Tenancy cannot be tested with two tokens of one business."""
    given = tokens(reference)
    given["SBW_B1_TOKEN"] = given["SBW_A2_TOKEN"]
    done = called("test", reference.base, cwd=tmp_path, env=given)
    assert done.returncode == 2
    assert "a1 and b1 see the same business" in done.stderr


def test_wrong_client_secret_exits_2(provider: Providers, tmp_path: Path) -> None:
    """Client credentials that get no token are the user's to mend."""
    target = provider()
    (tmp_path / "sbw.yaml").write_text(
        f"target: {target.base}\nclients:\n  a1: {{client_id_env: ID, client_secret_env: SECRET}}\n"
    )
    client = target.clients["a1"].client_id or ""
    done = called("test", cwd=tmp_path, env={"ID": client, "SECRET": "canary-wrong-secret"})
    assert done.returncode == 2
    assert "Client a1 got no token" in done.stderr
    assert "canary" not in done.stderr + done.stdout


def test_a_dead_host_exits_3(tmp_path: Path) -> None:
    """Nothing listens: the command says so, names the address and what to try."""
    done = called("test", "http://127.0.0.1:9/api", cwd=tmp_path, env=TOKEN)
    assert done.returncode == 3
    assert done.stderr.startswith("error: Nothing listens at 127.0.0.1, port 9: ")
    assert "Is the provider running" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_name_that_does_not_resolve_exits_3(tmp_path: Path) -> None:
    """A host that does not exist (RFC 6761) is as unreachable as one that is down."""
    done = called("test", "http://sbw.invalid", cwd=tmp_path, env=TOKEN)
    assert done.returncode == 3
    assert "object at 0x" not in done.stderr


@pytest.mark.parametrize("out", ["file", "file/below", "/proc/sbw-report"])
def test_a_folder_that_cannot_be_written_exits_2(
    out: str, reference: Target, tmp_path: Path
) -> None:
    """Where no reports can go, nothing is run."""
    (tmp_path / "file").write_text("here already")
    given = tokens(reference)
    done = called("test", reference.base, "--out", out, cwd=tmp_path, env=given)
    assert done.returncode == 2
    assert f"error: {out}: no reports can be written there" in done.stderr
    assert "--out" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("tset",),
        ("test", "--no-such-option"),
        ("test", "--seed", "minus one"),
        ("test", "--workers", "0"),
        ("test", "http://x.example", "too", "many"),
        ("explain", "CORE-999"),
        ("requirements", "--class", "nope"),
        ("schema", "bundle", "nope"),
        ("serve", "--port", "70000"),
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_2(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """A command that cannot be understood says why on stderr."""
    done = called(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "rror: " in done.stderr
    assert "Traceback" not in done.stderr
