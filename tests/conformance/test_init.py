"""`sbw init` writes a configuration that works, and never a secret."""

import json
import re
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from tests.conformance.calling import called
from tests.conformance.support import (
    Asked,
    Reply,
    Server,
    http_answer,
    landing,
    problem,
    sbw,
    tokens,
)
from tests.conformance.visits import with_tokens_only

from sbw_conformance.configuration import Configuration, read_configuration
from sbw_conformance.doctoring.template import Choices, text, variables
from sbw_conformance.provider import Fleet
from sbw_conformance.target import ROLES, SCOPED

ALL = (*ROLES, *(f"a1.{scope}" for scope in SCOPED))
DEAD = "http://127.0.0.1:9/sbw"
"""A base where nothing answers."""


class Anything(dict[str, str]):
    """An environment in which every variable is set."""

    def get(self, key: str, default: object = None) -> str:  # type: ignore[override]
        """Give a value that names the variable."""
        del default
        return f"value-of-{key}"


def written(folder: Path, file: str = "sbw.yaml") -> Configuration:
    """What the file says, if all that it names is set."""
    return read_configuration(folder / file, Anything())


def init(folder: Path, *arguments: str, given: str = "") -> CompletedProcess[str]:
    """Run the command; `given` is what a person types."""
    return called("init", *arguments, cwd=folder, given=given)


def exported(done: CompletedProcess[str]) -> list[str]:
    """The variables that are to be set."""
    return re.findall(r"^export ([A-Z0-9_]+)=\.\.\.$", done.stdout, re.MULTILINE)


def test_what_it_writes_passes_doctor(fleet: Fleet, tmp_path: Path) -> None:
    """From nothing to a run that makes sense, with just the variables that it names."""
    target = with_tokens_only(fleet.start("init", classes=["core", "contacts"]))
    target = replace(target, clients={role: target.clients[role] for role in ALL})
    given = tokens(target)
    done = init(tmp_path, "--target", f"{target.base}/", "--yes")
    looked = called("doctor", cwd=tmp_path, env=given)
    fleet.stop("init")
    assert (done.returncode, done.stderr) == (0, "")
    assert "ok: The landing page is that of SBW reference provider" in done.stdout
    assert "ok: SBW draft, classes core, contacts." in done.stdout
    assert sorted(exported(done)) == sorted(given)
    assert looked.returncode == 0, looked.stdout
    assert read_configuration(tmp_path / "sbw.yaml", given).target == target


def test_the_installed_command_asks(tmp_path: Path) -> None:
    """A process of its own reads the answers and writes the file."""
    done = sbw("init", cwd=tmp_path, given=f"{DEAD}\nn\nn\nn\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert set(written(tmp_path).clients) == {"a1"}


def test_client_credentials_are_named_in_place_of_tokens(tmp_path: Path) -> None:
    """Narrower tokens are then asked for by the suite."""
    done = init(tmp_path, "--target", DEAD, "--credentials", "client", "--yes")
    roles = [f"SBW_{role.upper()}_CLIENT" for role in ROLES]
    assert exported(done) == [f"{role}_{part}" for role in roles for part in ("ID", "SECRET")]
    clients = written(tmp_path).clients
    assert set(clients) == set(ROLES)
    assert clients["b1"].client_secret == "value-of-SBW_B1_CLIENT_SECRET"


def test_a_provider_that_is_not_there_yet_is_no_hindrance(tmp_path: Path) -> None:
    """It is said, and what was asked for is written."""
    options = ("--no-second-app", "--no-second-business", "--no-narrower", "--class", "contacts")
    done = init(tmp_path, "other.yaml", "--target", DEAD, *options, "--yes")
    assert done.returncode == 0
    assert "wrong: Nothing listens at 127.0.0.1, port 9" in done.stdout
    assert "sbw test --config other.yaml" in done.stdout
    found = written(tmp_path, "other.yaml")
    assert (set(found.clients), found.classes) == ({"a1"}, ("contacts",))
    assert found.target is not None
    assert found.target.base == DEAD


def test_a_person_is_asked(tmp_path: Path) -> None:
    """The base, what else is there, which clients; what the landing page says is shown."""
    with landing_below("/api") as server:
        answers = f"{server.url}/api/contacts\ny\ncontacts\nn\ny\nn\nn\n"
        done = init(tmp_path, given=answers)
        base = f"{server.url}/api"
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Take {base} in place of {base}/contacts?" in done.stdout
    assert "Classes to judge (core, contacts)" in done.stdout
    found = written(tmp_path)
    assert found.target is not None
    assert (found.target.base, found.classes) == (base, ("contacts",))
    assert set(found.clients) == {"a1", "a2"}


def landing_below(path: str) -> Server:
    """A server with a landing page below a path, which gives out tokens."""

    def answer(asked: Asked) -> Reply:
        auth = {"schemes": ["bearer"], "token_endpoint": f"{server.url}/token"}
        page = landing(server.url + path, auth=auth)
        return http_answer(200, json.dumps(page)) if asked.path == f"{path}/" else problem(404)

    server = Server(answer)
    return server  # the handler needs its name


def test_the_base_that_is_found_is_taken_where_nobody_is_asked(tmp_path: Path) -> None:
    """A base off by a path is put right, and both are told."""
    with landing_below("") as server:
        done = init(tmp_path, "--target", f"{server.url}/v1", "--yes")
    assert f"make {server.url} the target" in done.stdout
    target = written(tmp_path).target
    assert target is not None
    assert target.base == server.url


def test_a_base_can_be_kept_against_advice(tmp_path: Path) -> None:
    """Whoever knows better says no."""
    with landing_below("") as server:
        done = init(tmp_path, given=f"{server.url}/v1\nn\ny\ny\ny\n")
        base = f"{server.url}/v1"
    assert done.returncode == 0
    target = written(tmp_path).target
    assert target is not None
    assert target.base == base


@pytest.mark.parametrize(
    ("arguments", "given", "replaced"),
    [
        (("--yes",), "", False),
        ((), "n\n", False),
        ((), "", False),
        (("--yes", "--force"), "", True),
        (("--yes", "--no-narrower"), "", False),
    ],
)
def test_a_file_that_is_there_is_kept_unless_told_otherwise(
    arguments: tuple[str, ...], given: str, *, replaced: bool, tmp_path: Path
) -> None:
    """--force writes over it; --yes alone does not."""
    file = tmp_path / "sbw.yaml"
    file.write_text("mine: indeed\n")
    done = init(tmp_path, "--target", DEAD, *arguments, given=given)
    assert done.returncode == (0 if replaced else 2)
    assert (file.read_text() != "mine: indeed\n") == replaced
    assert replaced or "error: " in done.stderr


def test_a_person_may_write_over_a_file(tmp_path: Path) -> None:
    """After having been asked."""
    (tmp_path / "sbw.yaml").write_text("mine: indeed\n")
    done = init(tmp_path, "--target", DEAD, given="y\ny\ny\ny\n")
    assert done.returncode == 0
    assert "is there already. Write over it?" in done.stdout
    assert set(written(tmp_path).clients) > set(ROLES)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--yes",), "with --yes nobody is asked; add --target URL"),
        ((), "there were no more answers, so nothing was written"),
        (("--target", "api.example.com", "--yes"), "is no base URL"),
        (("--target", "https://me:hunter2@x.example", "--yes"), "a user name or a password"),
        (("--target", DEAD, "--class", "contact", "--yes"), 'Did you mean "contacts"?'),
        (("none/sbw.yaml", "--target", DEAD, "--yes"), "cannot be written: No such file"),
        (("--target", DEAD, "--credentials", "password", "--yes"), "is not one of"),
    ],
)
def test_wrong_answers_are_explained(arguments: tuple[str, ...], says: str, tmp_path: Path) -> None:
    """Exit code 2, nothing is written, and no secret is repeated."""
    done = init(tmp_path, *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("narrower", [True, False])
@pytest.mark.parametrize("by_id", [True, False])
@pytest.mark.parametrize("roles", [ROLES, ("a1",)])
def test_each_choice_gives_a_file_that_can_be_read(
    roles: tuple[str, ...], *, by_id: bool, narrower: bool, tmp_path: Path
) -> None:
    """Also with all that stands behind a # taken in; the variables are those that it names."""
    choices = Choices("https://x.example/sbw", roles, narrower, (), by_id)
    optional = re.sub(r"^# (?=[a-z_]+:|  )", "", text(choices), flags=re.MULTILINE)
    for content in (text(choices), optional):
        (tmp_path / "sbw.yaml").write_text(content)
        found = written(tmp_path)
        assert set(re.findall(r"SBW_[A-Z0-9_]+", content)) == set(variables(choices))
        assert set(roles) <= set(found.clients)
    assert found.classes == ("contacts",)
    assert found.requests_per_second == 20
    assert [waiver.requirement for waiver in found.waivers] == ["CORE-041"]
