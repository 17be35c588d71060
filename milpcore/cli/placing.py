"""Results of a run put in place of those of an older one: all together, or not at all.

Files are made in a temporary folder and moved when they are whole. A run that is killed leaves the
older results as they were, and a temporary folder that the next run removes. Only the moves, a few
milliseconds, are no single step: where one fails, all are taken back; a process that is killed in
just that moment leaves a ``run.json`` that lists old and new files and says ``"complete": false``.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from milpcore.cli.record import RECORD, recorded_files, write_record

PARTIAL = ".milpcore-partial-"
_ASIDE = ".older"


@contextmanager
def partial_folder(target: Path) -> Iterator[Path]:
    """Make a temporary folder on the same disk as a folder of results, and remove it afterwards.

    Parameters
    ----------
    target : Path
        The folder of results, which may be missing; its parents are made.

    Yields
    ------
    Path
        An empty folder. Those of runs that were killed are removed before.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target if target.is_dir() else target.parent
    for left in beside.glob(f"{PARTIAL}*"):
        if left.is_dir() and not left.is_symlink():
            with _lock(left) as is_ours:
                if is_ours:
                    shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=beside))
    try:
        with _lock(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def put_in_place(
    folder: Path, target: Path, entries: Mapping[str, Any], *, keep: Collection[str] = ()
) -> None:
    """Move all files of a folder to where results shall be, and remove those of an older run.

    Parameters
    ----------
    folder : Path
        From `partial_folder`.
    target : Path
        The folder of results. A missing one appears in one step.
    entries : mapping
        What ``run.json`` shall tell about the run.
    keep : collection of str
        Files that are not removed even where an older run has written them.

    Raises
    ------
    FileExistsError
        If a file is in the way that no run has written; everything is as it was.
    OSError
        If the operating system refuses; everything is as it was.
    """
    paths = (path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix() for path in paths}
    if not target.is_dir():
        write_record(folder, names, entries)
        folder.chmod(0o777 & ~_umask())
        folder.rename(target)
        return
    older = recorded_files(target)
    for name in sorted({*names, RECORD} - older):
        if is_there(target / name):
            raise FileExistsError(errno.EEXIST, f"no run has written the file {name} there")
    older -= {name for name in older if any(is_same_file(target / name, one) for one in keep)}
    older.discard(RECORD)
    moved: list[tuple[Path, Path]] = []
    record = (target / RECORD).read_bytes() if (target / RECORD).exists() else None
    try:
        write_record(target, names | older, {**entries, "complete": False}, hashes=False)
        for name in sorted(names | older):
            if name in older:
                _move(target / name, folder / _ASIDE / name, moved)
            if name in names:
                _move(folder / name, target / name, moved)
        write_record(target, names, entries)
    except BaseException:
        for source, destination in reversed(moved):
            destination.replace(source)
        if record is None:
            (target / RECORD).unlink(missing_ok=True)
        else:
            (target / RECORD).write_bytes(record)
        raise


def is_there(path: Path) -> bool:
    """Whether a path is taken, be it by a link that leads nowhere."""
    return path.exists() or path.is_symlink()


def is_same_file(first: Path, second: str) -> bool:
    """Whether two paths lead to one file, which is there."""
    with suppress(OSError, ValueError):
        return first.samefile(second)
    return False


def _move(source: Path, destination: Path, moved: list[tuple[Path, Path]]) -> None:
    destination.parent.mkdir(parents=True, exist_ok=True)
    source.replace(destination)
    moved.append((source, destination))


@contextmanager
def _lock(folder: Path) -> Iterator[bool]:
    """Mark a folder as in use until the block or the process ends; whether nobody else had it."""
    if sys.platform == "win32":  # a file in use cannot be removed there
        yield True
        return
    import fcntl

    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        yield False
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


def _umask() -> int:
    """Permissions that new folders shall not have; reading them means setting them."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
