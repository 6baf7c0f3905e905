"""The CI's sessions. All run in the one .venv that `make test` sets up."""

import json
import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import nox

ROOT = Path(__file__).parent
BIN = ROOT / ".venv" / "bin"
AJV = ROOT / "tests" / "ajv"
FIRST_EXAMPLE = """
from sbw_validator.data import data
valid = data() / "schemas" / "draft" / "examples" / "contact" / "valid"
print(min(str(file) for file in valid.iterdir()))
"""

nox.options.default_venv_backend = "none"
nox.options.sessions = ["tests", "types", "lint", "arch", "spec", "ajv", "selftest", "build"]


def run(session: nox.Session, tool: str, *arguments: str | Path) -> None:
    """Run a tool of the shared environment."""
    session.run(BIN / tool, *arguments, external=True)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the fast tier of the test suite under branch coverage."""
    run(session, "pytest", *session.posargs, "--cov")


@nox.session
def types(session: nox.Session) -> None:
    """Check the three packages with strict types."""
    run(session, "mypy")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting, and that the changes make a section of the changelog."""
    run(session, "ruff", "check")
    run(session, "ruff", "format", "--check")
    run(session, "towncrier", "build", "--draft", "--version", "next")


@nox.session
def arch(session: nox.Session) -> None:
    """Check that imports go one way."""
    run(session, "lint-imports", "--no-logo")


@nox.session
def spec(session: nox.Session) -> None:
    """Check the standard's text, schemas, registry and examples."""
    run(session, "sbw", "schema", "lint")


@nox.session
def ajv(session: nox.Session) -> None:
    """Hold the verdicts of ajv, in JavaScript, and of our validator equal on every example."""
    place = ROOT / ".nox" / "ajv"
    install_ajv(session, place)
    said = session.run(BIN / "python", AJV / "ours.py", external=True, silent=True)
    (place / "ours.json").write_text(str(said), encoding="utf-8")
    wrong = json.loads(str(said))
    verdicts = wrong["examples"][0]["verdicts"]
    verdicts["full"] = not verdicts["full"]
    (place / "wrong.json").write_text(json.dumps(wrong), encoding="utf-8")
    judge = ["node", AJV / "judge.cjs"]
    env = {"NODE_PATH": str(place / "node_modules")}
    session.run(*judge, place / "ours.json", external=True, env=env)
    # One verdict turned round has to be noticed, or the line above means nothing.
    session.run(
        *judge, place / "wrong.json", external=True, env=env, silent=True, success_codes=[1]
    )


def install_ajv(session: nox.Session, place: Path) -> None:
    """Install ajv into a folder, once for each lock file."""
    if shutil.which("npm") is None:
        session.error("there is no npm here; install Node.js 20 or newer with npm")
    lock, done = (AJV / "package-lock.json").read_bytes(), place / "installed.json"
    if done.is_file() and done.read_bytes() == lock:
        return
    place.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(AJV / name, place)
    with session.chdir(place):
        session.run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", external=True)
    done.write_bytes(lock)


@nox.session
def selftest(session: nox.Session) -> None:
    """Show that the suite finds every seeded defect, and nothing else."""
    run(session, "sbw", "selftest", *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """Build sdist and wheel; use the wheel in a new environment outside the checkout."""
    with TemporaryDirectory(prefix="sbw-build-") as folder:
        place = Path(folder)
        run(session, "python", "-m", "build", "--outdir", place / "dist", ROOT)
        [wheel] = (place / "dist").glob("*.whl")
        run(session, "python", "-m", "venv", place / "venv")
        with session.chdir(place):
            use_installed(session, place / "venv" / "bin", wheel)


def use_installed(session: nox.Session, bin_: Path, wheel: Path) -> None:
    """Install the wheel and do with it, in the current folder, what its users do."""
    env = {**os.environ, "PYTHONPATH": "", "MYPYPATH": ""}

    def output(*command: str | Path) -> str:
        text = session.run(*command, external=True, silent=True, env=env, include_outer_env=False)
        session.log(str(text).rstrip())
        return str(text)

    output(bin_ / "python", "-m", "pip", "install", "-qq", "--disable-pip-version-check", wheel)
    output(bin_ / "sbw", "--version")
    example = output(bin_ / "python", "-c", FIRST_EXAMPLE).strip()
    if str(ROOT) in example:
        session.error(f"the installed package reads the checkout: {example}")
    output(bin_ / "sbw", "validate", example)
    verdict = output(bin_ / "sbw", "test", "--reference")
    if "CONFORMANT" not in verdict or "NOT CONFORMANT" in verdict:
        session.error("`sbw test --reference` did not say CONFORMANT")
    snippets = sorted((ROOT / "tests" / "typing").glob("*.py"))
    if snippets:
        mypy = [BIN / "mypy", "--strict", "--config-file=", "--python-executable", bin_ / "python"]
        output(*mypy, *snippets)


@nox.session
def full(session: nox.Session) -> None:
    """Run what is too slow for every change: the tests marked full, and the benchmarks."""
    run(session, "pytest", "-m", "full", *session.posargs)
    for script in sorted((ROOT / "benchmarks").glob("*.py")):
        run(session, "python", script)
