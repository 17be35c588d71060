"""The checkpoint of a sweep: finished cases in one SQLite file, safe at any moment.

Whatever a worker hands back is one transaction with full synchronisation: after ``kill -9`` or a
power cut the file holds every transaction that was ended. One that was cut off is undone by SQLite,
from the journal beside the file, when the next sweep opens it; its cases are run again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from milpcore.faults import Fault, InputError

FORMAT = "milpcore sweep 1"


class Checkpoint:
    """Finished cases of one sweep, by number.

    Parameters
    ----------
    path : str or Path
        The file, made if it is missing.
    fingerprint : str
        Of the run and its cases; a file with another one is refused.
    n_cases : int
        Number of cases.

    Raises
    ------
    InputError
        If the file belongs to another sweep, is none of ours, is in use by another process or
        cannot be written to.
    """

    def __init__(self, path: str | Path, *, fingerprint: str, n_cases: int) -> None:
        self.path = Path(path)
        try:
            self._database = sqlite3.connect(self.path, isolation_level=None, timeout=1.0)
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._begin(fingerprint, n_cases)
        except sqlite3.OperationalError as error:
            self._refuse(f"cannot be used: {error}", "name another file, or end the other sweep")
        except sqlite3.DatabaseError:
            self._refuse("is no checkpoint of a sweep", "name another file")

    def _begin(self, fingerprint: str, n_cases: int) -> None:
        database = self._database
        database.execute("BEGIN EXCLUSIVE")
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        if not tables:
            database.execute("CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT)")
            database.execute("CREATE TABLE finished (number INTEGER PRIMARY KEY, row TEXT)")
            about = {"format": FORMAT, "fingerprint": fingerprint, "n_cases": str(n_cases)}
            database.executemany("INSERT INTO about VALUES (?, ?)", about.items())
            database.execute("COMMIT")
            return
        if not {"about", "finished"} <= tables:
            self._refuse("is no checkpoint of a sweep", "name another file")
        about = dict(database.execute("SELECT key, value FROM about"))
        database.execute("COMMIT")
        if about.get("format") != FORMAT or about.get("fingerprint") != fingerprint:
            remedy = "name another file, or remove it to begin anew"
            self._refuse("belongs to another sweep: its run or its cases differ", remedy)

    def __enter__(self) -> Self:
        """Use the file until the block ends."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file; what is in it stays."""
        self._database.close()

    def finished(self) -> dict[int, dict[str, Any]]:
        """Rows of the finished cases by number."""
        with closing(self._database.execute("SELECT number, row FROM finished")) as rows:
            return {number: json.loads(row) for number, row in rows}

    def add(self, rows: Iterable[tuple[int, dict[str, Any]]]) -> None:
        """Keep finished cases: all of them are on disk when this returns."""
        texts = [(number, json.dumps(row)) for number, row in rows]
        self._database.execute("BEGIN")
        self._database.executemany("INSERT OR REPLACE INTO finished VALUES (?, ?)", texts)
        self._database.execute("COMMIT")

    def _refuse(self, rule: str, remedy: str) -> None:
        with suppress(AttributeError, sqlite3.Error):
            self._database.close()
        raise InputError("sweep", (Fault("", "checkpoint", str(self.path), rule, remedy),))
