"""The folder of ``--out``: first tables, copies of the inputs and ``run.json``, then figures.

The first part is filled on the side and put in place when it is whole; every figure is put in
place when it is drawn. So an interruption loses only figures, and no file is ever half-written.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from milpcore.cli.messages import OutputError, print_output
from milpcore.cli.record import INPUTS, RECORD, recorded_files, write_record
from milpcore.economics import SiteEconomics, write_economics
from milpcore.extras import require
from milpcore.faults import Fault, InputError
from milpcore.streams import Streams, write_streams

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BOTH = ("png", "svg")


class Drawn(NamedTuple):
    """A figure to write.

    Attributes
    ----------
    name : str
        File name without suffix.
    figure : Figure
        The figure.
    formats : sequence of str
        Suffixes.
    """

    name: str
    figure: Figure
    formats: Sequence[str] = _BOTH


def check_output(out: str | None, *, inputs: Sequence[str], writes: Sequence[str]) -> None:
    """Refuse an output folder before a long run instead of after it.

    Parameters
    ----------
    out : str or None
        The folder asked for; None for no output.
    inputs : sequence of str
        Files that the run reads; what is no file is none of them.
    writes : sequence of str
        Files that the run may write besides ``run.json`` and copies of the inputs.

    Raises
    ------
    InputError
        If it is no folder, cannot be written to, or an input would be overwritten.
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
    if (place / INPUTS).is_file():
        _refuse(out, f"{INPUTS!r} in it is a file, not a folder", "name another folder")
    copies = (f"{INPUTS}/{name}" for name in ("streams.csv", "economics.toml"))
    for name in (*writes, RECORD, *copies):
        for given in inputs:
            if _is_same_file(place / name, Path(given)):
                rule = f"its file {name} is an input of this run and would be overwritten"
                _refuse(out, rule, "name another folder")
    require("matplotlib.figure", "plot", "drawing the figures of --out")


def write_output(
    out: str,
    *,
    tables: Callable[[Path], object],
    figures: Iterable[Drawn],
    entries: Mapping[str, Any],
    inputs: Sequence[str],
) -> None:
    """Write a folder: tables and copies of inputs, then figures, each with its ``run.json``.

    Parameters
    ----------
    out : str
        The folder wanted. A new one appears whole; in one that exists, files of the same name are
        replaced and what an older run has written beside them is removed.
    tables : callable
        Fills a folder with all but the figures.
    figures : iterable of Drawn
        Drawn one by one, after the tables are in place.
    entries : mapping
        What ``run.json`` shall tell about the run.
    inputs : sequence of str
        Files that the run has read, which stay even where an older run has written them.

    Raises
    ------
    OutputError
        If the operating system refuses to write.
    """
    target = Path(out).absolute()
    with _refusal_told(out):
        older = recorded_files(target)
        files = _put_tables(target, tables, entries)
        for name in older - files - {RECORD}:
            if not any(_is_same_file(target / name, Path(given)) for given in inputs):
                (target / name).unlink()
    try:
        from milpcore.plots import save_figure

        for name, figure, formats in figures:
            for suffix in formats:
                with _refusal_told(out):
                    (path,) = save_figure(figure, target / name, formats=(suffix,))
                files.add(path.name)
    finally:
        with _refusal_told(out):
            write_record(target, files, entries)


def write_inputs(folder: Path, streams: Streams, economics: SiteEconomics | None = None) -> None:
    """Write copies of the inputs into their sub-folder.

    Parameters
    ----------
    folder : Path
        Folder of the output.
    streams : Streams
        The stream table.
    economics : SiteEconomics, optional
        Prices and limits.
    """
    copies = folder / INPUTS
    copies.mkdir()
    write_streams(streams, copies / "streams.csv")
    if economics is not None:
        write_economics(economics, copies / "economics.toml")


def print_json(content: dict[str, Any]) -> None:
    """Write one JSON object to standard output."""
    print_output(f"{json.dumps(content, indent=2, allow_nan=False)}\n")


def _put_tables(
    target: Path, tables: Callable[[Path], object], entries: Mapping[str, Any]
) -> set[str]:
    """Fill a folder on the side and put its files in place; return their names."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target if target.is_dir() else target.parent
    filled = Path(tempfile.mkdtemp(prefix=".milpcore-", dir=beside))
    try:
        tables(filled)
        paths = (path for path in filled.rglob("*") if path.is_file())
        files = {path.relative_to(filled).as_posix() for path in paths}
        write_record(filled, files, entries)
        if target.is_dir():
            for name in (*sorted(files), RECORD):
                (target / name).parent.mkdir(exist_ok=True)
                (filled / name).replace(target / name)
        else:
            filled.chmod(0o777 & ~_umask())
            filled.rename(target)
        return files
    finally:
        shutil.rmtree(filled, ignore_errors=True)


@contextmanager
def _refusal_told(out: str) -> Iterator[None]:
    """Turn a refusal of the operating system into `OutputError`."""
    try:
        yield
    except OSError as error:
        raise OutputError(out, error) from error
    except InputError as error:
        if isinstance(error.__cause__, OSError):
            raise OutputError(out, error.__cause__) from error
        raise


def _is_same_file(first: Path, second: Path) -> bool:
    with suppress(OSError, ValueError):
        return first.samefile(second)
    return False


def _umask() -> int:
    """Permissions that new folders shall not have; reading them means setting them."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _refuse(out: str, rule: str, remedy: str) -> NoReturn:
    raise InputError("--out", (Fault("", "DIR", out, rule, remedy),))
