"""Environments of the other tools: found, and made on request.

``python -m benchmarks.sizing_tools.environments FOLDER`` makes one virtual environment a tool in a
folder of your choice and installs the extra of that name into it (``oemof``, ``pypsa`` in
``pyproject.toml``), without milpcore. Then set the environment variable
``MILPCORE_BENCHMARK_ENVIRONMENTS`` to the folder. Without it a tool is used where the running
interpreter has it. The tools want versions of common packages that do not always fit together,
so that each has its own.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tomllib
import venv
from collections.abc import Sequence
from pathlib import Path

from milpcore.extras import MissingExtraError

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = "MILPCORE_BENCHMARK_ENVIRONMENTS"
MODULES = {"oemof": "oemof.solph", "pypsa": "pypsa"}
"""Module that each extra brings."""


def interpreter(tool: str) -> Path:
    """Return the Python that has a tool.

    Parameters
    ----------
    tool : str
        One of `MODULES`.

    Returns
    -------
    Path

    Raises
    ------
    MissingExtraError
        If there is none; the message says how to get it.
    """
    folder = os.environ.get(VARIABLE)
    if folder:
        python = python_of(Path(folder).absolute() / tool)
        if python.is_file():
            return python
    elif _is_here(MODULES[tool]):
        return Path(sys.executable)
    raise MissingExtraError(
        f"the comparison with {tool} needs an environment with the extra {tool!r}: "
        f"python -m benchmarks.sizing_tools.environments FOLDER {tool}, then set {VARIABLE} to "
        "that folder"
    )


def make(folder: Path, tool: str) -> Path:
    """Make the environment of a tool, or bring it up to date.

    Parameters
    ----------
    folder : Path
        Gets a folder with the tool's name.
    tool : str
        One of `MODULES`.

    Returns
    -------
    Path
        Its interpreter.
    """
    venv.create(folder / tool, with_pip=True)
    python = python_of(folder / tool)
    command = [str(python), "-m", "pip", "install", "--quiet", *requirements(tool)]
    subprocess.run(command, check=True)
    return python


def requirements(tool: str) -> list[str]:
    """Return what the extra of a tool installs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found: list[str] = project["optional-dependencies"][tool]
    return found


def python_of(environment: Path) -> Path:
    """Return where a virtual environment has its interpreter."""
    below = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")
    return environment.joinpath(*below)


def main(arguments: Sequence[str]) -> int:
    """Make environments; 2 for a wrong command line."""
    folder, *tools = arguments or [""]
    if not folder or not set(tools) <= set(MODULES):
        known = " ".join(MODULES)
        print(f"python -m benchmarks.sizing_tools.environments FOLDER [{known}]", file=sys.stderr)
        return 2
    for tool in tools or MODULES:
        print(f"{tool}: {make(Path(folder), tool)}", flush=True)
    return 0


def _is_here(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
