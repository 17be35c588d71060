"""The folder of ``--out``: tables, figures and a record of the run, appearing whole."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NoReturn

from milpcore import __version__
from milpcore.extras import require
from milpcore.faults import Fault, InputError

_PACKAGES = ("numpy", "scipy", "numba", "pandas", "matplotlib")
RECORD = "run.json"


def check_output(out: str | None) -> None:
    """Refuse an output folder before a long run instead of after it.

    Parameters
    ----------
    out : str or None
        The folder asked for; None for no output.

    Raises
    ------
    InputError
        If it is no folder, or cannot be written to.
    MissingExtraError
        Without the package that draws the figures.
    """
    if out is None:
        return
    place = Path(out)
    if out == "" or (place.exists() and not place.is_dir()):
        _refuse(out, "is a file, not a folder" if out else "is empty", "name a folder")
    existing = next(folder for folder in (place, *place.absolute().parents) if folder.exists())
    if not existing.is_dir():
        _refuse(out, f"{existing.name!r} is a file, not a folder", "name another folder")
    if not os.access(existing, os.W_OK | os.X_OK):
        _refuse(out, "cannot be written to", "name a folder that you can write to")
    require("matplotlib.figure", "plot", "drawing the figures of --out")


@contextmanager
def output_folder(out: str | Path) -> Iterator[Path]:
    """Fill a folder on the side, and put its files in place when all are done.

    Parameters
    ----------
    out : str or Path
        The folder wanted. A new one appears whole; in one that exists, files of the same name are
        replaced one by one and others stay.

    Yields
    ------
    Path
        The folder to fill.

    Raises
    ------
    InputError
        If it cannot be made or written to.
    """
    target = Path(out).absolute()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target if target.is_dir() else target.parent
        filled = Path(tempfile.mkdtemp(prefix=".milpcore-", dir=beside))
    except OSError as error:
        _refuse(str(out), f"cannot be made: {error.strerror}", "name another folder")
    try:
        yield filled
        if target.is_dir():
            for file in sorted(filled.iterdir()):
                file.replace(target / file.name)
        else:
            filled.chmod(0o777 & ~_umask())
            filled.rename(target)
    except OSError as error:
        remedy = "name a folder that you can write to"
        _refuse(str(out), f"cannot be written to: {error.strerror or error}", remedy)
    finally:
        shutil.rmtree(filled, ignore_errors=True)


def write_record(folder: Path, *, inputs: tuple[str, ...], **entries: Any) -> None:
    """Write ``run.json``: how to run this again, and with what it ran.

    Parameters
    ----------
    folder : Path
        Folder that holds all other files already.
    inputs : tuple of str
        Names of the files in it that are the run's inputs; their SHA-256 is recorded.
    **entries
        What else to record.
    """
    record = {
        "milpcore": __version__,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        **entries,
        "inputs_sha256": {
            name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in inputs
        },
        "versions": {
            "python": platform.python_version(),
            **{package: _version(package) for package in _PACKAGES},
        },
        "machine": {
            "system": platform.system(),
            "machine": platform.machine(),
            "processors": os.cpu_count(),
        },
        "files": sorted({*(file.name for file in folder.iterdir()), RECORD}),
    }
    text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / RECORD).write_text(f"{text}\n", encoding="utf-8")


def print_json(content: dict[str, Any]) -> None:
    """Write one JSON object to standard output."""
    sys.stdout.write(f"{json.dumps(content, indent=2, allow_nan=False)}\n")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _umask() -> int:
    """Permissions that new folders shall not have; reading them means setting them."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _refuse(out: str, rule: str, remedy: str) -> NoReturn:
    raise InputError("--out", (Fault("", "DIR", out, rule, remedy),))
