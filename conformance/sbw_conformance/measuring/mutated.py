"""Runs a package as `python -m` does, but for one of its modules, whose source is another.

python -m sbw_conformance.measuring.mutated MODULE FILE PACKAGE [ARGUMENTS]
"""

import runpy
import sys
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any


class Other(SourceFileLoader):
    """Loads a module from a text, as if that stood in its file."""

    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self.text = text

    def get_code(self, fullname: str) -> CodeType:
        """The compiled text; nothing is cached."""
        del fullname
        code: CodeType = compile(self.text, self.path, "exec")
        return code


class Finder:
    """Finds one module before all others do (importlib.abc.MetaPathFinder)."""

    def __init__(self, module: str, text: str) -> None:
        self.module = module
        self.text = text

    def find_spec(
        self, name: str, path: Any = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of the module with the other loader, None for all else."""
        found = PathFinder.find_spec(name, path, target) if name == self.module else None
        if found is not None and found.origin is not None:
            found.loader = Other(name, found.origin, self.text)
        return found


def main() -> None:
    """Put the module in place and run the package."""
    module, file, package, *arguments = sys.argv[1:]
    sys.meta_path.insert(0, Finder(module, Path(file).read_text(encoding="utf-8")))
    sys.argv = [package, *arguments]
    runpy.run_module(package, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
