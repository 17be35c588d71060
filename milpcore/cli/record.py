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
_PACKAGES = ("numpy", "scipy", "numba", "pandas", "matplotlib")


def write_record(
    folder: Path, files: Iterable[str], entries: Mapping[str, Any], *, hashes: bool = True
) -> None:
    """Write ``run.json``, with the SHA-256 of the copies of the inputs.

    Parameters
    ----------
    folder : Path
        Folder that holds the files.
    files : iterable of str
        Files written, relative to the folder.
    entries : mapping
        What else to record.
    hashes : bool
        Whether the copies of the inputs are there to be read.
    """
    names = sorted({*files, RECORD})
    record = {
        "milpcore": __version__,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        **entries,
        "inputs_sha256": {
            name: _sha256(folder / name)
            for name in names
            if hashes and name.startswith(f"{INPUTS}/")
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
        "files": names,
    }
    text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
    with replacing(folder / RECORD) as temporary:
        temporary.write_text(f"{text}\n", encoding="utf-8")


def recorded_files(folder: Path) -> set[str]:
    """Files that the ``run.json`` of an older run says it has written.

    Parameters
    ----------
    folder : Path
        A folder, which may be missing.

    Returns
    -------
    set of str
        Those that exist, relative to the folder; copies of inputs that were changed since are
        left out. Empty without a ``run.json``, and for one that is not ours or names a place
        outside the folder.
    """
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        if not {"milpcore", "command"} <= record.keys():
            return set()
        names, hashes = record["files"], record["inputs_sha256"]
        if not isinstance(names, list) or not all(_is_inside(folder, name) for name in names):
            return set()
        return {
            name
            for name in names
            if (folder / name).is_file()
            and (name not in hashes or hashes[name] == _sha256(folder / name))
        }
    except (OSError, ValueError, TypeError, AttributeError, LookupError, RecursionError):
        return set()


def _is_inside(folder: Path, name: str) -> bool:
    """Whether a name is that of a file in a folder, wherever links may lead."""
    return (folder / name).parent.resolve().is_relative_to(folder.resolve())


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
