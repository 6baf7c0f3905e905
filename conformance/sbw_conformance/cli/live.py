"""Progress on a terminal while a run is at work."""

from typing import Self

from sbw_conformance.runner import Progress


class Live:
    """Progress on stderr while a run is at work; silent where stderr is no terminal."""

    def __init__(self, quiet: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        console = Console(stderr=True)
        self._bar = Bar(
            MofNCompleteColumn(),
            TextColumn("checks"),
            BarColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self._task = self._bar.add_task("starting", total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, progress: Progress) -> None:
        """Show how far the run is."""
        failures = f", {progress.failures} failures" if progress.failures else ""
        text = f"{progress.requests} requests{failures}  {progress.last}"
        self._bar.update(
            self._task, completed=progress.done, total=progress.total, description=text
        )
