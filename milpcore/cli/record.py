"""``run.json``: how to run a command again, with what it ran, and which files it has written."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from milpcore import __version__
from milpcore.files import replacing

RECORD = "run.json"
INPUTS = "inputs"
"""Folder in the output that holds copies of the inputs."""
_PACKAGES = ("numpy", "scipy", "numba", "pandas", "matplotlib", "highspy")


def write_record(
    folder: Path, files: Iterable[str], entries: Mapping[str, Any], *, hashes: bool = True
) -> None:
    """Write ``run.json``, with the SHA-256 of every other file.

    Parameters
    ----------
    folder : Path
        Folder that holds the files.
    files : iterable of str
        Files written, relative to the folder.
    entries : mapping
        What else to record.
    hashes : bool
        Whether the files are there to be read.
    """
    names = sorted({*files, RECORD})
    sha256 = {
        name: _sha256(folder / name)
        for name in names
        if hashes and name != RECORD and (folder / name).is_file()
    }
    record = {
        "milpcore": __version__,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        **entries,
        "inputs_sha256": {name: own for name, own in sha256.items() if _is_input(name)},
        "results_sha256": {name: own for name, own in sha256.items() if not _is_input(name)},
        "versions": {
            "python": platform.python_version(),
            **{package: _version(package) for package in _PACKAGES},
        },
        "machine": {
            "system": platform.system(),
            "machine": platform.machine(),
            "processors": os.cpu_count(),
        },
        "files": names,
    }
    text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
    with replacing(folder / RECORD) as temporary:
        temporary.write_text(f"{text}\n", encoding="utf-8")


def recorded_files(folder: Path) -> set[str]:
    """Files that an older run has written, as its ``run.json`` says.

    Parameters
    ----------
    folder : Path
        A folder, which may be missing.

    Returns
    -------
    set of str
        Those that exist, relative to the folder; files that were changed since are left out.
        Empty without a ``run.json``, and for one that is not ours or names a place outside the
        folder.
    """
    return {name for name, is_same in _recorded(folder).items() if is_same}


def changed_files(folder: Path) -> set[str]:
    """Files that an older run has written and somebody has changed since; see `recorded_files`."""
    return {name for name, is_same in _recorded(folder).items() if not is_same}


def _recorded(folder: Path) -> dict[str, bool]:
    """Files that a ``run.json`` lists, and whether each is as it was written."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        if not {"milpcore", "command"} <= record.keys():
            return {}
        names = record["files"]
        hashes = {**record["inputs_sha256"], **record.get("results_sha256", {})}
        if not isinstance(names, list) or not all(_is_inside(folder, name) for name in names):
            return {}
        return {
            name: name not in hashes or hashes[name] == _sha256(folder / name)
            for name in names
            if (folder / name).is_file()
        }
    except (OSError, ValueError, TypeError, AttributeError, LookupError, RecursionError):
        return {}


def _is_input(name: str) -> bool:
    return name.startswith(f"{INPUTS}/")


def _is_inside(folder: Path, name: str) -> bool:
    """Whether a name is that of a file in a folder, wherever links may lead."""
    return (folder / name).parent.resolve().is_relative_to(folder.resolve())


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
