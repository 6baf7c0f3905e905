"""The GitHub action and the recipes for CI: their form, and their commands, run for real."""

import base64
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml
from tests.conformance.support import (
    Server,
    environment,
    http_answer,
    tokens,
    unmeasured_children,
)
from tests.docs.guide import INSTALLING, fences

from sbw_conformance.provider import Fleet
from sbw_conformance.target import Target

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
RECIPES = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
PIPELINES = [yaml.load(text, Loader=yaml.BaseLoader) for text in fences(RECIPES, "yaml")]  # noqa: S506
WORKFLOWS = [one["jobs"]["sbw"]["steps"] for one in PIPELINES if "jobs" in one]
EXPRESSION = re.compile(r"\$\{\{ *(.+?) *\}\}")
INPUT = re.compile(r"inputs\.([a-z-]+)")
PINNED = re.compile(r"^(?:actions/[a-z-]+)@[0-9a-f]{40}$")
CONTEXTS = {"github.action_path", "github.token"}


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    """Give one process for the providers of this file."""
    with unmeasured_children(), Fleet() as fleet:
        yield fleet


@pytest.fixture(scope="module")
def target(fleet: Fleet) -> Target:
    """Give a provider of class core: the least that there is to judge."""
    return fleet.start("good", classes=["core"])


@pytest.fixture(scope="module")
def broken(fleet: Fleet) -> Target:
    """Give one that makes a mistake."""
    return fleet.start("broken", classes=["core"], defect="if-match-optional")


class Job:
    """A job of CI as GitHub runs one: a folder, variables, and steps in bash."""

    def __init__(self, folder: Path, **given: str) -> None:
        self.folder = folder
        self.inputs = {name: str(row["default"]) for name, row in ACTION["inputs"].items()}
        self.inputs |= {name.replace("_", "-"): value for name, value in given.items()}
        self.summary, self.outputs = folder / "summary", folder / "outputs"
        for file in (self.summary, self.outputs):
            file.touch()

    def filled(self, text: str) -> str:
        """A text of the action with the values of its expressions."""
        known = {f"inputs.{name}": value for name, value in self.inputs.items()}
        known |= {"github.action_path": str(ROOT)}
        known |= {f"steps.judge.outputs.{name}": value for name, value in self.said().items()}
        return EXPRESSION.sub(lambda found: known[found[1]], text)

    def said(self) -> dict[str, str]:
        """The outputs of the steps so far."""
        lines = self.outputs.read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)

    def run(
        self, name: str, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a step as GitHub does, with the programs of this environment."""
        step = STEPS[name]
        own = {key: self.filled(value) for key, value in step["env"].items()}
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        github = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_OUTPUT": str(self.outputs),
        }
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            check=False,
            capture_output=True,
            text=True,
            cwd=self.folder / self.filled(step.get("working-directory", ".")),
            env=environment({"PATH": path, **github, **(env or {}), **own}),
        )


def test_every_action_that_is_used_is_pinned_as_our_own_ci_pins_it() -> None:
    """Nobody else's code runs in a vendor's CI but by a digest that we run ourselves."""
    workflow = ROOT / ".github" / "workflows" / "ci.yml"
    if not workflow.exists():
        pytest.skip("our own workflow is not here: this is no checkout")
    ours = set(re.findall(r"uses: (\S+)", workflow.read_text(encoding="utf-8")))
    used = [step["uses"] for step in STEPS.values() if "uses" in step]
    used += [step["uses"] for steps in WORKFLOWS for step in steps if "uses" in step]
    foreign = [name for name in used if name != "OWNER/REPOSITORY@COMMIT"]
    assert len(foreign) == 2
    assert set(foreign) <= ours
    assert all(PINNED.match(name) for name in foreign)


def test_every_step_runs_in_bash_without_expressions_in_its_script() -> None:
    """What a caller gives comes as a variable, so that no text of theirs is run as code."""
    for step in STEPS.values():
        if "run" in step:
            assert step["shell"] == "bash"
            assert EXPRESSION.search(step["run"]) is None
    for found in EXPRESSION.findall(json.dumps(ACTION["runs"])):
        assert found in CONTEXTS or found.startswith(("inputs.", "steps.judge.outputs."))


def test_every_input_is_described_used_and_told() -> None:
    """The action, what it uses and the page about it name the same inputs."""
    assert all(row["description"].endswith(".") for row in ACTION["inputs"].values())
    assert set(INPUT.findall(json.dumps(ACTION["runs"]))) == set(ACTION["inputs"])
    assert re.findall(r"^\| `([a-z-]+)` \|", RECIPES, re.MULTILINE) == list(ACTION["inputs"])
    for steps in WORKFLOWS:
        [own] = [step for step in steps if step.get("uses") == "OWNER/REPOSITORY@COMMIT"]
        assert set(own["with"]) <= set(ACTION["inputs"])
        assert {"SBW_A1_TOKEN", "SBW_A2_TOKEN", "SBW_B1_TOKEN"} <= set(own["env"])
    assert set(ACTION["outputs"]) == {"exit-code", "report"}


def test_a_conformant_api_passes_and_has_a_summary(target: Target, tmp_path: Path) -> None:
    """The step ends with 0, tells where the reports are and fills the page of the job."""
    job = Job(tmp_path, url=target.base, arguments="--workers 4 --seed 7")
    done = job.run("Judge the API", tokens(target))
    assert (done.returncode, done.stderr) == (0, "")
    assert job.said() == {"exit-code": "0", "report": str(tmp_path / "sbw-report")}
    report = json.loads((tmp_path / "sbw-report" / "report.json").read_text(encoding="utf-8"))
    assert report["seed"] == 7
    written = (tmp_path / "sbw-report" / "summary.md").read_text(encoding="utf-8")
    assert job.summary.read_text(encoding="utf-8") == written
    assert "CONFORMANT" in written


def test_a_broken_api_fails_with_annotations(broken: Target, tmp_path: Path) -> None:
    """The step ends as the suite does, after it has filled the page of the job."""
    job = Job(tmp_path, url=broken.base, out="elsewhere")
    done = job.run("Judge the API", tokens(broken))
    assert done.returncode == 1
    assert "::error title=CORE-042" in done.stdout
    assert job.said() == {"exit-code": "1", "report": str(tmp_path / "elsewhere")}
    assert "CORE-042" in job.summary.read_text(encoding="utf-8")


def test_a_run_that_cannot_begin_shows_no_summary_of_an_earlier_one(tmp_path: Path) -> None:
    """Nothing answers there: exit code 3 and a sentence, and no page that is not about it."""
    (tmp_path / "sbw-report").mkdir()
    (tmp_path / "sbw-report" / "summary.md").write_text("CONFORMANT", encoding="utf-8")
    job = Job(tmp_path, url="http://127.0.0.1:9")
    done = job.run("Judge the API", {"SBW_A1_TOKEN": "some-token"})
    assert done.returncode == 3
    assert done.stderr.startswith("error: Nothing")
    assert job.said()["exit-code"] == "3"
    assert job.summary.read_text(encoding="utf-8") == ""


def test_an_app_is_judged_where_its_modules_are(tmp_path: Path) -> None:
    """`app`, `config` and `working-directory` find what is not in the folder of the job."""
    vendor = tmp_path / "some where"
    vendor.mkdir()
    shutil.copy(ROOT / "docs" / "example-vendor" / "app.py", vendor)
    job = Job(tmp_path, app="app:nothing", working_directory="some where")
    done = job.run("Judge the API", {"SBW_A1_TOKEN": "test-a1"})
    assert done.returncode == 2
    assert done.stderr.startswith("error: The module app has no 'nothing'.")
    job = Job(tmp_path, config="missing $(touch spoilt).yaml", working_directory="some where")
    done = job.run("Judge the API", {"SBW_A1_TOKEN": "test-a1"})
    assert done.returncode == 2
    assert "missing $(touch spoilt).yaml cannot be read" in done.stderr
    assert [file.name for file in vendor.glob("spoilt*")] == []


def test_results_go_to_code_scanning(tmp_path: Path) -> None:
    """The API gets the SARIF file, packed as it wants it, for the commit at hand."""
    sarif = '{"version": "2.1.0", "runs": [{"tool": "O\'Hara \\u00fc"}]}'
    (tmp_path / "report.sarif").write_text(sarif, encoding="utf-8")
    job = Job(tmp_path, sarif="true", token="a-token-of-the-job")
    job.outputs.write_text(f"exit-code=1\nreport={tmp_path}\n", encoding="utf-8")
    with Server(lambda _: http_answer(202, "{}")) as github:
        env = {
            "GITHUB_SHA": "0" * 40,
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_REPOSITORY": "example/shop",
            "GITHUB_API_URL": github.url,
        }
        done = job.run("Send the results to code scanning", env)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        [asked] = github.asked
    assert (asked.method, asked.path) == ("POST", "/repos/example/shop/code-scanning/sarifs")
    assert asked.headers["authorization"] == "Bearer a-token-of-the-job"
    sent = json.loads(asked.body)
    assert gzip.decompress(base64.b64decode(sent.pop("sarif"))).decode() == sarif
    assert sent == {"commit_sha": "0" * 40, "ref": "refs/heads/main"}


def test_code_scanning_that_refuses_fails_the_step(tmp_path: Path) -> None:
    """A lacking permission is not passed over."""
    (tmp_path / "report.sarif").write_text("{}", encoding="utf-8")
    job = Job(tmp_path, sarif="true", token="a-token-of-the-job")
    job.outputs.write_text(f"exit-code=0\nreport={tmp_path}\n", encoding="utf-8")
    with Server(lambda _: http_answer(403, "{}")) as github:
        env = {"GITHUB_SHA": "0", "GITHUB_REF": "r", "GITHUB_REPOSITORY": "example/shop"}
        done = job.run("Send the results to code scanning", {**env, "GITHUB_API_URL": github.url})
    assert done.returncode != 0
    assert "403" in done.stderr


def recipe(number: int) -> str:
    """A recipe for a shell without what sets up the environment that there is."""
    lines = list(fences(RECIPES, "sh"))[number].splitlines()
    left_out = (*INSTALLING, ". .sbw/")
    return "\n".join(line for line in lines if not line.startswith(left_out))


def sh(script: str, folder: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a script in a shell of the plainest kind, with the programs of this environment."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        ["sh", "-c", script],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment({"PATH": path, **env}),
    )


def test_the_recipe_for_a_shell_works(target: Target, tmp_path: Path) -> None:
    """It looks the configuration over, judges, and compares with an earlier run."""
    env = {"SBW_URL": target.base, **tokens(target)}
    done = sh(recipe(0), tmp_path, env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\nCONFORMANT\n" in f"\n{done.stdout}"
    shutil.copytree(tmp_path / "sbw-report", tmp_path / "earlier")
    done = sh(recipe(1), tmp_path, env)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_recipe_for_a_shell_ends_where_the_configuration_is_wrong(
    target: Target, tmp_path: Path
) -> None:
    """Nothing is judged with a token that does not let the suite in."""
    env = {"SBW_URL": target.base, **tokens(target), "SBW_A1_TOKEN": "wrong"}
    done = sh(recipe(0), tmp_path, env)
    assert done.returncode == 2
    assert "CONFORMANT" not in done.stdout
    assert not (tmp_path / "sbw-report").exists()


def test_the_recipe_for_gitlab_names_what_is_written() -> None:
    """Its script judges, and keeps the reports also when it fails."""
    [job] = [one["conformance"] for one in PIPELINES if "conformance" in one]
    assert job["script"][-1] == "sbw test https://staging.example.com/sbw"
    assert job["artifacts"]["when"] == "always"
    assert job["artifacts"]["paths"] == ["sbw-report"]
    assert job["artifacts"]["reports"]["junit"] == "sbw-report/junit.xml"


@pytest.mark.full
@pytest.mark.timeout(600)
def test_the_action_installs_the_suite(tmp_path: Path) -> None:
    """Its install step gives a bare Python the command."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    path = os.pathsep.join([str(tmp_path / "venv" / "bin"), os.environ["PATH"]])
    step = STEPS["Install the suite"]
    env = environment({"PATH": path, "SOURCE": str(ROOT)})
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    subprocess.run(command, check=True, cwd=tmp_path, env=env)
    done = subprocess.run(
        [tmp_path / "venv" / "bin" / "sbw", "--version"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("sbw ")
