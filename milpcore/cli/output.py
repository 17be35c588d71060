"""The folder of ``--out``: tables, copies of the inputs, figures and ``run.json``.

What an older run has written there is replaced when a run has results of its own, see
`milpcore.cli.placing`; files that no run has written are never touched.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from milpcore.cli.messages import OutputError, ToldInterrupt, print_error, print_output
from milpcore.cli.placing import PARTIAL, is_same_file, is_there, partial_folder, put_in_place
from milpcore.cli.record import INPUTS, RECORD, changed_files, recorded_files
from milpcore.economics import SiteEconomics
from milpcore.extras import require
from milpcore.faults import Fault, FaultList, InputError
from milpcore.site_options import SiteOptions
from milpcore.site_options_file import write_site_options
from milpcore.streams import Streams, write_streams

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BOTH = ("png", "svg")
COPIES = ("streams.csv", "economics.toml")
"""Copies of inputs that most commands write."""


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


def check_output(
    out: str | None,
    *,
    inputs: Sequence[str],
    writes: Sequence[str],
    copies: Sequence[str] = COPIES,
    resumes: Sequence[str] = (),
) -> None:
    """Refuse an output folder before a long run instead of after it.

    Parameters
    ----------
    out : str or None
        The folder asked for; None for no output.
    inputs : sequence of str
        Files that the run reads; what is no file is none of them.
    writes : sequence of str
        Files that the run may write besides ``run.json`` and copies of the inputs.
    copies : sequence of str
        Copies of inputs that it writes.
    resumes : sequence of str
        Files that it goes on with where they are there.

    Raises
    ------
    InputError
        If it is no folder, cannot be written to, or an input would be overwritten, or a file that
        no run has written.
    MissingExtraError
        Without the package that draws the figures.
    """
    if out is None:
        return
    place = Path(out)
    if out == "" or (place.exists() and not place.is_dir()):
        _refuse(out, "is a file, not a folder" if out else "is empty", "name a folder")
    if place.is_symlink() and not place.exists():
        _refuse(out, "is a link to nothing", "make the folder it names, or name another")
    existing = next(folder for folder in (place, *place.absolute().parents) if folder.exists())
    if not existing.is_dir():
        _refuse(out, f"{existing.name!r} is a file, not a folder", "name another folder")
    if not _can_be_written(existing):
        _refuse(out, "cannot be written to", "name a folder that you can write to")
    if (place / INPUTS).is_file():
        _refuse(out, f"{INPUTS!r} in it is a file, not a folder", "name another folder")
    if (place / INPUTS).is_dir() and not _can_be_written(place / INPUTS):
        _refuse(out, f"{INPUTS!r} in it cannot be written to", "name another folder")
    files = (*writes, RECORD, *(f"{INPUTS}/{name}" for name in copies))
    for name in (*files, *resumes):
        for given in inputs:
            if is_same_file(place / name, given):
                rule = f"its file {name} is an input of this run and would be overwritten"
                _refuse(out, rule, "name another folder")
    _refuse_foreign(out, files)
    require("matplotlib.figure", "plot", "drawing the figures of --out")


def write_output(
    out: str,
    *,
    tables: Callable[[Path], object],
    figures: Iterable[Drawn],
    entries: Mapping[str, Any],
    inputs: Sequence[str],
) -> None:
    """Write a folder of tables, copies of inputs, figures and ``run.json``, in place of an older.

    Nothing is put in place before the tables are whole. Whatever ends the drawing of figures, such
    as Ctrl-C, loses only those that are missing.

    Parameters
    ----------
    out : str
        The folder wanted. In one that exists, what an older run has written is replaced; other
        files stay.
    tables : callable
        Fills a folder with all but the figures.
    figures : iterable of Drawn
        Drawn one by one, after the tables.
    entries : mapping
        What ``run.json`` shall tell about the run.
    inputs : sequence of str
        Files that the run has read, which stay even where an older run has written them.

    Raises
    ------
    OutputError
        If the operating system refuses to write; what an older run has written is still there.
    ToldInterrupt
        At Ctrl-C; says what is missing.
    """
    target = Path(out).absolute()
    missing = f"interrupted, and nothing was written: {out}"
    try:
        with _refusal_told(out), partial_folder(target) as folder:
            tables(folder)
            is_drawn = False
            try:
                _draw(figures, folder)
                is_drawn = True
            finally:
                put_in_place(folder, target, entries, keep=inputs)
                missing = "interrupted" if is_drawn else f"interrupted; figures are missing: {out}"
    except KeyboardInterrupt as interrupt:
        raise ToldInterrupt(missing) from interrupt


def _draw(figures: Iterable[Drawn], folder: Path) -> None:
    from milpcore.plots import save_figure

    for name, figure, formats in figures:
        save_figure(figure, folder / name, formats=formats)


def write_inputs(
    folder: Path,
    streams: Streams,
    economics: SiteEconomics | None = None,
    options: SiteOptions | None = None,
) -> None:
    """Write copies of the inputs into their sub-folder.

    Parameters
    ----------
    folder : Path
        Folder of the output.
    streams : Streams
        The stream table.
    economics : SiteEconomics, optional
        Prices and limits.
    options : SiteOptions, optional
        Options beside them, in the same file.
    """
    copies = folder / INPUTS
    copies.mkdir()
    write_streams(streams, copies / "streams.csv")
    if economics is not None:
        write_site_options(economics, options or SiteOptions(), copies / "economics.toml")


def is_worth_writing(out: str | None, *, is_finished: bool, has_anything: bool) -> bool:
    """Whether results may be written, the one rule of all commands.

    Older results are replaced only once something is finished: a number of levels proven to the
    gap asked for, a combination of moves, a parameter, both ends of a front, a bound. What an
    interruption, or a time limit, has left of the first of them is written where there is nothing
    older.

    Parameters
    ----------
    out : str or None
        The folder.
    is_finished : bool
        Whether anything is.
    has_anything : bool
        Whether there is anything to write at all.
    """
    return is_finished or (has_anything and not _has_results(out))


def _has_results(out: str | None) -> bool:
    """Whether an older run has written into a folder."""
    return out is not None and bool(recorded_files(Path(out)))


def show(
    *,
    content: Callable[[], dict[str, Any]],
    text: Callable[[], str],
    write: Callable[[str], None] | None,
    as_json: bool,
    out: str | None,
    what: str = "figures and tables",
    unfinished: str = "nothing was finished",
    was_interrupted: bool = False,
) -> None:
    """Print results, and write them into a folder even where nobody reads the text.

    Parameters
    ----------
    content : callable
        Makes the one object that is printed as JSON.
    text : callable
        Lays out the results for people.
    write : callable or None
        Writes them into the folder; None where nothing is worth writing.
    as_json : bool
        Whether to print JSON.
    out : str or None
        The folder.
    what : str
        What is written, in words.
    unfinished : str
        Why nothing is worth writing.
    was_interrupted : bool
        Whether somebody waits for the end of the program, and is told what it still does.
    """
    try:
        if as_json:
            print_json(content())
        else:
            print_output(f"{text()}\n")
    finally:
        if out is not None and write is not None:
            if was_interrupted:
                print_error(f"writing what there is, figures last; Ctrl-C again stops it: {out}")
            write(out)
    if out is not None and write is None:
        print_error(f"{unfinished}, and nothing was written: {out}")
    elif not as_json:
        print_output(f"\n{what}: {'add --out DIR' if out is None else out}\n")


def print_json(content: dict[str, Any]) -> None:
    """Write one JSON object to standard output."""
    print_output(f"{json.dumps(content, indent=2, allow_nan=False)}\n")


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


def _can_be_written(folder: Path) -> bool:
    """Whether files can be made in a folder; permissions alone do not tell."""
    if not os.access(folder, os.W_OK | os.X_OK):
        return False
    try:
        with tempfile.TemporaryDirectory(prefix=PARTIAL, dir=folder):
            return True
    except OSError:
        return False


def _refuse_foreign(out: str, files: Sequence[str]) -> None:
    """Refuse to overwrite what no run has written, or what was changed since."""
    faults = FaultList()
    known, changed = recorded_files(Path(out)), changed_files(Path(out))
    for name in files:
        if name not in known and is_there(Path(out) / name):
            since = " (it was changed since)" if name in changed else ""
            rule = f"its file {name} is not what a run has written{since}, and would be overwritten"
            faults.add("", "DIR", out, rule, "move the file away, or name another folder")
    faults.raise_if_any("--out")


def _refuse(out: str, rule: str, remedy: str) -> NoReturn:
    raise InputError("--out", (Fault("", "DIR", out, rule, remedy),))
