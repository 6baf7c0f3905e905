"""The suite in pytest: `pytest --sbw URL` gives one test for each result.

The module is loaded into every pytest of an environment that has this distribution, so it imports
nothing of ours until one of its options is given.
"""

import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sbw_conformance.results import Report, Result

NAME = "sbw"
COMMAND = "from sbw_conformance.cli import main; main()"
FILE = "report.json"
JUDGED = frozenset({0, 1, 4, 5})
EXIT_INTERRUPTED = 130
REPORT = pytest.StashKey["Report"]()
FOLDER = pytest.StashKey[Path]()


class AdviceWarning(pytest.PytestWarning):
    """Advice of the standard (SHOULD) that a provider does not follow."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, in a group of their own."""
    group = parser.getgroup(NAME, "Small Business Web")
    group.addoption("--sbw", metavar="URL", help="Judge the provider at URL, a test a result.")
    group.addoption("--sbw-app", metavar="MODULE:ATTR", help="Judge an ASGI or WSGI app.")
    group.addoption("--sbw-config", metavar="FILE", help="Configuration of `sbw test`.")
    group.addoption(
        "--sbw-out",
        metavar="FOLDER",
        default="sbw-report",
        help="Folder for its reports [%(default)s].",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, with which the tests are chosen or left out."""
    config.addinivalue_line("markers", f"{NAME}: a result of `sbw test`")


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say why there are no tests where a run would be a surprise."""
    if _asked(config) and config.option.collectonly:
        return "sbw: nothing is judged with --collect-only, so its tests are not known"
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Judge the provider, before workers of pytest-xdist start; UsageError where that fails."""
    config = session.config
    arguments = _asked(config)
    if not arguments or config.option.collectonly:
        return
    from sbw_conformance.reading import read_report

    inputs = getattr(config, "workerinput", None)
    if inputs is None:
        folder = config.invocation_params.dir / config.option.sbw_out
        _judge([*arguments, "--out", str(folder)], folder, config.invocation_params.dir)
    else:
        folder = Path(inputs["sbw_folder"])
    config.stash[FOLDER] = folder
    config.stash[REPORT] = read_report(folder / FILE)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where the one run of the controller is."""
    folder = node.config.stash.get(FOLDER, None)
    if folder is not None:
        node.workerinput["sbw_folder"] = str(folder)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Add a test for each result, behind those that files hold."""
    if REPORT in session.config.stash:
        root = Results.from_parent(session, name=NAME, nodeid=NAME)
        items.extend(session.genitems(root))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Close with the verdict, and where the reports are."""
    report = config.stash.get(REPORT, None)
    if report is not None:
        terminalreporter.section("Small Business Web")
        terminalreporter.write_line(_paragraphs(report)[0])
        terminalreporter.write_line(f"Reports: {config.stash[FOLDER]}")


def _asked(config: pytest.Config) -> list[str]:
    """The arguments of `sbw test` that the options stand for; none if they are not given."""
    option = config.option
    url = [option.sbw] if option.sbw else []
    app = ["--app", option.sbw_app] if option.sbw_app else []
    file = ["--config", option.sbw_config] if option.sbw_config else []
    return [*url, *app, *file]


def _judge(arguments: Sequence[str], folder: Path, place: Path) -> None:
    """Run `sbw test` in a process of its own; what an earlier run left is not taken for its."""
    (folder / FILE).unlink(missing_ok=True)
    with subprocess.Popen(
        [sys.executable, "-P", "-c", COMMAND, "test", *arguments],
        cwd=place,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as command:
        try:
            _, said = command.communicate()
        except KeyboardInterrupt:
            command.wait()  # it was interrupted too, and takes its records away again
            raise
    if command.returncode == EXIT_INTERRUPTED:
        pytest.exit("`sbw test` was interrupted", returncode=pytest.ExitCode.INTERRUPTED)
    # A run with an error of the suite's own has a report that shows it, unless it broke down.
    if command.returncode not in JUDGED or not (folder / FILE).exists():
        raise pytest.UsageError(said.strip().removeprefix("error: "))


class Results(pytest.Collector):
    """All results of the one run, and its verdict."""

    def collect(self) -> Iterator[pytest.Item]:
        """Give a test for each result in the order of the reports, the verdict behind them."""
        report = self.config.stash[REPORT]
        for result in report.results:
            on = f"[{result.resource}]" if result.resource else ""
            name = f"{result.requirement}::{result.check}{on}"
            yield ResultItem.from_parent(self, name=name, result=result)
        yield VerdictItem.from_parent(self, name="verdict")


class _Item(pytest.Item):
    """A test that shows what a run has found already."""

    def __init__(self, **known: Any) -> None:
        super().__init__(**known)
        self.add_marker(NAME)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *_: Any) -> str:
        """Show the text alone: where in this module a test failed tells nobody anything."""
        if isinstance(excinfo.value, (pytest.fail.Exception, AdviceWarning)):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[str, None, str]:
        """Give a name in the place of a file, and words: pytest would take dots of a name apart."""
        return NAME, None, self.name.replace("::", " ")


class ResultItem(_Item):
    """One result: requirement, check, resource."""

    def __init__(self, *, result: "Result", **known: Any) -> None:
        super().__init__(**known)
        self.result = result

    def runtest(self) -> None:
        """End as the result did.

        What could not be judged fails: a run that shows less than is claimed must not be green.
        What does not count yet for the verdict, and advice, is a warning.
        """
        from sbw_conformance.results import Outcome

        result = self.result
        report = replace(self.config.stash[REPORT], results=(result,))
        match result.outcome:
            case Outcome.PASS:
                return
            case Outcome.NOT_CLAIMED:
                pytest.skip(result.reason or "not claimed")
            case Outcome.WAIVED:
                waiver = "{owner}, {ticket}, until {expires}: {reason}"
                pytest.xfail(waiver.format_map(result.waiver or {}))
        told = _paragraphs(report)[1]
        if result.outcome is Outcome.WARN or not result.scored:
            warnings.warn_explicit(AdviceWarning(told), None, NAME, 0)
        else:
            pytest.fail(told, pytrace=False)


class VerdictItem(_Item):
    """The run as a whole, which is not green either where nothing at all was judged."""

    def runtest(self) -> None:
        """Pass if the verdict is CONFORMANT."""
        from sbw_conformance.results import Verdict

        report = self.config.stash[REPORT]
        if report.verdict is not Verdict.CONFORMANT:
            pytest.fail(_paragraphs(report)[0], pytrace=False)


def _paragraphs(report: "Report") -> list[str]:
    """The summary of a terminal: the verdict, then a paragraph for each failure."""
    from sbw_conformance.reports import terminal

    return terminal.render(report).rstrip("\n").split("\n\n")
