"""A configuration that cannot be used says what, where and what to try, and never a secret."""

import re
from pathlib import Path

import pytest
from tests.conformance.conftest import WholeRun
from tests.conformance.support import Providers, sbw, tokens

from sbw_conformance.target import (
    ConfigurationError,
    Credentials,
    Target,
    target_from_environment,
    target_from_file,
)

TOKEN = {"SBW_A1_TOKEN": "canary-token-a1"}
GOOD = """\
target: https://api.example.com/sbw
clients:
  a1: {token_env: SBW_A1_TOKEN}
"""

BROKEN: dict[str, tuple[str | bytes, int | None, str]] = {
    "no YAML": ("target: [unclosed\n", None, "no YAML"),
    "a tab": ("clients:\n\ta1: {token_env: X}\n", 2, "no YAML"),
    "two documents": (f"{GOOD}---\n{GOOD}", 4, "no YAML"),
    "an object of Python": ("target: !!python/object:os.system x\n", 1, "no YAML"),
    "unknown key": (f"{GOOD}tenant: b\n", 4, "/tenant"),
    "misspelled key": (f"{GOOD}setle_seconds: 1\n", 4, 'Did you mean "settle_seconds"?'),
    "key twice": (f"{GOOD}target: https://other.example\n", 4, "stands here again"),
    "literal secret": ("clients:\n  a1:\n    token: hunter2-secret\n", 3, "/clients/a1/token"),
    "secret in place of a client": ("clients:\n  a1: hunter2-secret\n", 2, "/clients/a1"),
    "unset variable": (GOOD.replace("A1_TOKEN", "NO_SUCH"), 3, "SBW_NO_SUCH is not set"),
    "half of the credentials": ("clients:\n  a1: {client_id_env: X}\n", 2, "client_secret_env"),
    "wrong role": ("clients:\n  a3: {token_env: SBW_A1_TOKEN}\n", 2, "/clients/a3"),
    "no client a1": ("target: https://x.example\nclients: {}\n", None, "client a1"),
    "no target": ("clients:\n  a1: {token_env: SBW_A1_TOKEN}\n", None, "names no target"),
    "nothing": ("", 1, "the file"),
    "a list": ("- target\n- clients\n", 1, "the file"),
    "a word": ("https://api.example.com\n", 1, "the file"),
    "bad URL": (GOOD.replace("https://", "ftp://"), 1, "/target"),
    "a URL with a query": (GOOD.replace("/sbw", "/sbw?v=1"), None, "no base URL"),
    "a URL with a password": (
        GOOD.replace("://", "://me:hunter2-secret@"),
        None,
        "a user name or a password",
    ),
    "a date for a URL": ("target: 2026-01-01\n", 1, "/target"),
    "negative pacing": (f"{GOOD}pacing:\n  requests_per_second: -1\n", 5, "requests_per_second"),
    "pacing of no number": (f"{GOOD}pacing: fast\n", 4, "/pacing"),
    "settling for hours": (f"{GOOD}settle_seconds: 7200\n", 4, "/settle_seconds"),
    "numbers as keys": (f"{GOOD}1: 2\n", 4, "/1"),
    "bytes": (b"\xff\xfe\x00\x01target", None, "cannot be read"),
    "NUL characters": ("target: \x00\n", None, "no YAML"),
    "a knot": ("clients: &knot\n  a1: *knot\n", None, "nested too deeply"),
}


@pytest.mark.parametrize(("content", "line", "says"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_explained(
    content: str | bytes, line: int | None, says: str, tmp_path: Path
) -> None:
    """The error names the file, the line where there is one, and what to try."""
    file = tmp_path / "sbw.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigurationError) as caught:
        target_from_file(file, environment=TOKEN)
    message = str(caught.value)
    assert says in message
    if line is not None:
        assert f"{file}, line {line}: " in message
    assert caught.value.hint
    assert re.match(r"[A-Z].*[.?)]$", caught.value.hint.splitlines()[0]) or "=" in message
    assert "hunter2" not in message
    assert "canary" not in message


def test_each_mistake_has_a_sentence_of_its_own(tmp_path: Path) -> None:
    """No two of them read alike, paths and lines aside."""
    sentences = set()
    for number, (content, _, _) in enumerate(BROKEN.values()):
        file = tmp_path / f"{number}.yaml"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(ConfigurationError) as caught:
            target_from_file(file, environment=TOKEN)
        sentences.add(str(caught.value).replace(str(file), "FILE"))
    assert len(sentences) == len(BROKEN)


@pytest.mark.parametrize(
    "name", ["a tab", "literal secret", "unset variable", "a list", "bytes", "a knot"]
)
def test_the_command_explains_a_broken_file(name: str, tmp_path: Path) -> None:
    """`sbw test` finds sbw.yaml by itself, exits 2 and shows no traceback."""
    content, _, says = BROKEN[name]
    (tmp_path / "sbw.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    done = sbw("test", cwd=tmp_path, env=TOKEN)
    assert done.returncode == 2
    assert done.stderr.startswith("error: sbw.yaml")
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "sbw-report").exists()


@pytest.mark.parametrize("what", ["a folder", "nothing"])
def test_a_file_that_cannot_be_opened_is_explained(what: str, tmp_path: Path) -> None:
    """A folder or a missing file exits 2 with its name."""
    if what == "a folder":
        (tmp_path / "other.yaml").mkdir()
    done = sbw("test", "--config", "other.yaml", cwd=tmp_path, env=TOKEN)
    assert done.returncode == 2
    assert done.stderr.startswith("error: other.yaml cannot be read: ")
    assert "Traceback" not in done.stderr


def test_a_good_file_gives_a_target(tmp_path: Path) -> None:
    """Base without its last slash, credentials by role, pace and bound."""
    file = tmp_path / "sbw.yaml"
    file.write_text(
        "target: https://api.example.com/sbw/\n"
        "clients:\n"
        "  a1: {token_env: SBW_A1_TOKEN}\n"
        "  b1: {client_id_env: ID, client_secret_env: SECRET}\n"
        "pacing: {requests_per_second: 5}\n"
        "settle_seconds: 2\n"
    )
    given = {**TOKEN, "ID": "one", "SECRET": " two\n"}
    expected = Target(
        "https://api.example.com/sbw",
        {"a1": Credentials(token=TOKEN["SBW_A1_TOKEN"]), "b1": Credentials(None, "one", "two")},
        settle_seconds=2,
        requests_per_second=5,
    )
    assert target_from_file(file, environment=given) == expected
    other = target_from_file(file, "http://127.0.0.1:1/", environment=given)
    assert other.base == "http://127.0.0.1:1"


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
        target_from_environment(url, TOKEN)


@pytest.mark.parametrize("token", ["two words", "a\nb", "ümlaut", "“quoted”"])
def test_a_token_that_no_header_takes_is_refused(token: str) -> None:
    """What was copied wrongly is found before anything is sent, and not repeated."""
    with pytest.raises(ConfigurationError, match="client a1 holds a character") as caught:
        target_from_environment("https://x.example", {"SBW_A1_TOKEN": token})
    assert token not in str(caught.value)


def test_missing_a1_exits_2(tmp_path: Path) -> None:
    """Without a token for a1 there is nothing to judge with."""
    done = sbw("test", "http://127.0.0.1:9", cwd=tmp_path, env={"SBW_B1_TOKEN": "x-token"})
    assert done.returncode == 2
    assert "SBW_A1_TOKEN" in done.stderr


def test_wrong_token_exits_2(whole_run: WholeRun, tmp_path: Path) -> None:
    """A token that the provider does not accept is the user's to mend, no verdict."""
    given = {**tokens(whole_run.target), "SBW_A2_TOKEN": "no-such-token"}
    done = sbw("test", whole_run.target.base, cwd=tmp_path, env=given)
    assert done.returncode == 2
    assert "does not accept the token of client a2" in done.stderr
    assert "no-such-token" not in done.stderr + done.stdout
    assert not (tmp_path / "sbw-report" / "report.json").exists()


def test_one_business_twice_exits_2(whole_run: WholeRun, tmp_path: Path) -> None:
    """Tenancy cannot be tested with two tokens of one business."""
    given = tokens(whole_run.target)
    given["SBW_B1_TOKEN"] = given["SBW_A2_TOKEN"]
    done = sbw("test", whole_run.target.base, cwd=tmp_path, env=given)
    assert done.returncode == 2
    assert "a1 and b1 see the same business" in done.stderr


def test_wrong_client_secret_exits_2(provider: Providers, tmp_path: Path) -> None:
    """Client credentials that get no token are the user's to mend."""
    target = provider()
    (tmp_path / "sbw.yaml").write_text(
        f"target: {target.base}\nclients:\n  a1: {{client_id_env: ID, client_secret_env: SECRET}}\n"
    )
    client = target.clients["a1"].client_id or ""
    done = sbw("test", cwd=tmp_path, env={"ID": client, "SECRET": "canary-wrong-secret"})
    assert done.returncode == 2
    assert "Client a1 got no token" in done.stderr
    assert "canary" not in done.stderr + done.stdout


def test_a_dead_host_exits_3(tmp_path: Path) -> None:
    """Nothing listens: the command says so, names the address and what to try."""
    done = sbw("test", "http://127.0.0.1:9/api", cwd=tmp_path, env=TOKEN)
    assert done.returncode == 3
    assert done.stderr.startswith("error: Nothing answers at http://127.0.0.1:9/api/: ")
    assert "curl -i http://127.0.0.1:9/api/" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_name_that_does_not_resolve_exits_3(tmp_path: Path) -> None:
    """A host that does not exist (RFC 6761) is as unreachable as one that is down."""
    done = sbw("test", "http://sbw.invalid", cwd=tmp_path, env=TOKEN)
    assert done.returncode == 3
    assert "object at 0x" not in done.stderr


@pytest.mark.parametrize("out", ["file", "file/below", "/proc/sbw-report"])
def test_a_folder_that_cannot_be_written_exits_2(
    out: str, whole_run: WholeRun, tmp_path: Path
) -> None:
    """Where no reports can go, nothing is run."""
    (tmp_path / "file").write_text("here already")
    given = tokens(whole_run.target)
    done = sbw("test", whole_run.target.base, "--out", out, cwd=tmp_path, env=given)
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
        ("test", "--reference", "http://x.example"),
        ("test", "--db", "sqlite://"),
        ("test",),
        ("explain", "CORE-999"),
        ("requirements", "--class", "nope"),
        ("schema", "bundle", "nope"),
        ("serve", "--port", "70000"),
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_2(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """A command that cannot be understood says why on stderr."""
    done = sbw(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "rror: " in done.stderr
    assert "Traceback" not in done.stderr
