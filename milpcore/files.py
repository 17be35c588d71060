"""Files read and written whole: no half-written table is ever left behind."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from milpcore.faults import Fault, FaultList, InputError
from milpcore.naming import nearest_name


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Write a file beside its target and rename it when done.

    Parameters
    ----------
    path : str or Path
        The file to write; an existing one is replaced in one step.

    Yields
    ------
    Path
        A temporary path in the same folder. It is renamed to `path` when the block ends well and
        removed when the block raises, so `path` is either the old file or the whole new one.

    Raises
    ------
    InputError
        If the folder is missing, or the operating system refuses to write there.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with replacing(folder / "note.txt") as temporary:
    ...     _ = temporary.write_text("done", encoding="utf-8")
    >>> [file.name for file in folder.iterdir()]
    ['note.txt']
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}.tmp")
    try:
        yield temporary
        temporary.replace(target)
    except OSError as error:
        rule = f"cannot be written: {error.strerror or error}"
        fault = Fault("", "file", str(path), rule, "name a file in a folder that you can write to")
        raise InputError(str(path), (fault,)) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def read_bytes(path: str | Path, faults: FaultList) -> bytes:
    """Read a file, or note why it cannot be read.

    Parameters
    ----------
    path : str or Path
        The file.
    faults : FaultList
        Receives one fault (missing, a folder, refused by the operating system) when there is
        nothing to read; a missing file names its nearest neighbour in the folder.

    Returns
    -------
    bytes
        The content; empty after a fault.
    """
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        faults.add("", "file", path, "does not exist", _missing_remedy(Path(path)))
    except IsADirectoryError:
        faults.add("", "file", path, "is a folder", "name a file in it")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        faults.add("", "file", path, f"cannot be read: {reason}", "check the path and its rights")
    return b""


def _missing_remedy(path: Path) -> str:
    """Name the nearest file of the folder, or say that the folder is missing too."""
    try:
        names = sorted(entry.name for entry in path.parent.iterdir())
    except OSError:
        return f"check the path: there is no folder {str(path.parent)!r}"
    near = nearest_name(path.name, names)
    return "check the path" if near is None else f"did you mean {near!r}?"
