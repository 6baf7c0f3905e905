"""What a command is told of a provider: by a file, by sbw.yaml beside it, or by the environment."""

from pathlib import Path

from sbw_conformance.cli.errors import leave
from sbw_conformance.configuration import Configuration, from_environment, read_configuration
from sbw_conformance.results import EXIT_USAGE

CONFIG = Path("sbw.yaml")


def configured(
    url: str | None, file: Path | None, lacking: str, *, served: bool = False, complete: bool = True
) -> Configuration:
    """The configuration in `file`, in sbw.yaml if there is one, or else of the environment.

    Leaves with the sentence `lacking` where nothing names a provider; one that is `served` needs
    no name. `complete` is as in `read_configuration`.
    """
    if file is not None or CONFIG.exists():
        return read_configuration(file or CONFIG, complete=complete)
    if url is None and not served:
        leave(lacking, EXIT_USAGE)
    return from_environment(url, complete=complete)
