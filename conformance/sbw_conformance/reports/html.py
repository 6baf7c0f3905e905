"""report.html: one file that opens from disk, with every requirement and the evidence."""

from functools import cache
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from sbw_conformance.reports import evidence
from sbw_conformance.results import Outcome, Report


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("sbw_conformance", "reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["code"] = _code
    return environment.get_template("report.html.jinja")


def _code(sentence: str) -> Markup:
    """A sentence of the standard with what stands between backticks as code."""
    parts = [escape(part) for part in sentence.split("`")]
    marked = [Markup("<code>{}</code>").format(p) if n % 2 else p for n, p in enumerate(parts)]
    return Markup("").join(marked)


def render(report: Report) -> str:
    """The file as text; all that a provider sent is escaped."""
    by_requirement = {
        name: list(rows) for name, rows in groupby(report.results, key=lambda r: r.requirement)
    }
    outcomes = {
        name: report.outcome(name).value if name in by_requirement else entry["kind"]
        for name, entry in report.requirements.items()
    }
    return _template().render(
        report=report,
        run=report.run,
        end=report.end,
        counts={outcome.value: n for outcome, n in report.count().items() if n},
        by_requirement=by_requirement,
        outcomes=outcomes,
        failures=report.failures(),
        outcome=Outcome,
        exchange_of=evidence.exchange_of,
        curl=evidence.curl,
        answer=evidence.answer,
    )
