"""Measured rows that are kept as they come, so that a long benchmark can go on later."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("numpy", "scipy", "numba", "highspy")


class RowFile:
    """A file of rows, one JSON object a line, each with its key.

    A row counts as measured if the same was asked (the key) of the same code (the fingerprint is
    part of the key). A last line cut short by a crash is taken out.

    Parameters
    ----------
    path : Path
        Made with the first row.
    finished : Path
        The table of a finished benchmark: rows older than it belong to it, and are dropped.
    """

    def __init__(self, path: Path, finished: Path) -> None:
        self.path = path
        self._rows: dict[str, dict[str, Any]] = {}
        are_both = path.is_file() and finished.is_file()
        if are_both and finished.stat().st_mtime >= path.stat().st_mtime:
            path.unlink()
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            whole = text[: text.rfind("\n") + 1]
            for line in whole.splitlines():
                entry = json.loads(line)
                self._rows[entry["key"]] = entry["row"]
            if whole != text:
                path.write_text(whole, encoding="utf-8")

    def __len__(self) -> int:
        return len(self._rows)

    def get(
        self,
        asked: Mapping[str, Any],
        fingerprint: str,
        measure: Callable[[], Mapping[str, Any]],
    ) -> dict[str, Any]:
        """Return the row of a question: as kept, or measured and kept now.

        Parameters
        ----------
        asked : mapping
            What identifies the measurement; the row begins with it.
        fingerprint : str
            Of the code that answers.
        measure : callable
            Returns the rest of the row.

        Returns
        -------
        dict
        """
        key = json.dumps([dict(asked), fingerprint], sort_keys=True)
        if key not in self._rows:
            row = {**asked, **measure()}
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"key": key, "row": row}) + "\n")
            self._rows[key] = row
            _tell(row)
        return self._rows[key]


def fingerprint(folders: Iterable[str], *further: str) -> str:
    """Return a hash of the sources below some folders, of package versions, and of more text.

    Parameters
    ----------
    folders : iterable of str
        Below the root of the project.
    *further : str
        What else decides the answer.

    Returns
    -------
    str
    """
    found = hashlib.sha256()
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix in (".py", ".toml", ".csv"):
                found.update(file.relative_to(ROOT).as_posix().encode())
                found.update(file.read_bytes())
    for package in PACKAGES:
        try:
            found.update(f"{package} {version(package)}".encode())
        except PackageNotFoundError:
            found.update(f"{package} absent".encode())
    for text in further:
        found.update(text.encode())
    return found.hexdigest()[:16]


def _tell(row: Mapping[str, Any]) -> None:
    gap = row.get("gap")
    told = "no gap" if gap is None else f"gap {gap:.2e}"
    name = f"{row['scenario']} {row['deviation_percent']:g} % seed {row['seed']}"
    place = f"{row['part']}, {name}, {row['n_steps']} steps, {row['method']}"
    print(f"  {place}: {row['status']}, {told}, {row['elapsed_s']:.1f} s", flush=True)
