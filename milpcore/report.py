"""Readable text: tables with units in their header, and the line that shows progress."""

from __future__ import annotations

import math
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import NamedTuple, Self, TextIO

from milpcore.scales import Scale, number

_SEPARATOR = "  "


class TextColumn(NamedTuple):
    """One column of a text table.

    Attributes
    ----------
    title : str
        What the column holds; a line break splits it over two lines of the header.
    unit : str
        Unit, shown below the title; empty for names and counts.
    cells : sequence of str
        One text per row.
    left : bool
        Whether the cells are flush left (names) instead of flush right (numbers).
    """

    title: str
    unit: str
    cells: Sequence[str]
    left: bool = False


def text_table(columns: Sequence[TextColumn]) -> str:
    """Lay out columns of text under a header of titles and units.

    Parameters
    ----------
    columns : sequence of TextColumn
        The columns, all of the same length.

    Returns
    -------
    str
        Lines without trailing spaces: titles, units (if any), a rule, one line per row.

    Examples
    --------
    >>> print(text_table([
    ...     TextColumn("status", "", ["optimal", "error"], left=True),
    ...     TextColumn("TAC", "M€/a", ["215.18", "–"]),
    ... ]))
    status      TAC
               M€/a
    -------  ------
    optimal  215.18
    error         –
    """
    headers = [[*column.title.split("\n")] for column in columns]
    height = max((len(lines) for lines in headers), default=0)
    grid = [
        [""] * (height - len(lines)) + lines + ([column.unit] if _any_unit(columns) else [])
        for lines, column in zip(headers, columns, strict=True)
    ]
    widths = [
        max(map(len, [*head, *column.cells])) for head, column in zip(grid, columns, strict=True)
    ]
    rows = [*zip(*grid, strict=True), tuple("-" * width for width in widths)]
    rows += list(zip(*(column.cells for column in columns), strict=True))
    return "\n".join(
        _SEPARATOR.join(
            cell.ljust(width) if column.left else cell.rjust(width)
            for cell, width, column in zip(row, widths, columns, strict=True)
        ).rstrip()
        for row in rows
    )


def _any_unit(columns: Sequence[TextColumn]) -> bool:
    return any(column.unit for column in columns)


def gap_text(gap: float) -> str:
    """Write a relative gap in percent, a dash when there is none; small ones keep a digit more.

    Examples
    --------
    >>> gap_text(0.0010), gap_text(0.00008), gap_text(1e-15), gap_text(float("inf"))
    ('0.10', '0.008', '0', '–')
    """
    if not math.isfinite(gap):
        return "–"
    percent = 100.0 * gap
    if percent < 1e-9:
        return "0"
    return number(percent, 2 if percent >= 0.05 else 3)


def progress_text(
    n_levels: int,
    elapsed_s: float,
    *,
    quantity: str,
    scale: Scale,
    incumbent: float = math.nan,
    bound: float = math.nan,
    n_nodes: int = 0,
) -> str:
    """Say in one line how far a configuration is; what is not known yet is left out.

    Parameters
    ----------
    n_levels : int
        Largest number of levels.
    elapsed_s : float
        Time since the configuration began.
    quantity : str
        What is minimised, such as ``"TAC"``.
    scale : Scale
        Unit of `incumbent` and `bound` for people.
    incumbent, bound : float
        Best design and lower bound so far, EUR/a or t/a; nan or infinite when not known. A bound
        above the best design, on what is still searched, is shown as proof that it is optimal.
    n_nodes : int
        Nodes of the search tree so far.

    Returns
    -------
    str

    Examples
    --------
    >>> million = Scale(1e6, "M€/a")
    >>> progress_text(8, 12.31, quantity="TAC", scale=million, incumbent=132.03e6,
    ...               bound=131.90e6, n_nodes=41)
    'N=8  12.3 s  TAC 132.03 M€/a  bound 131.90  gap 0.10 %  41 nodes'
    >>> progress_text(8, 0.5, quantity="TAC", scale=million)
    'N=8  0.5 s'
    """
    parts = [f"N={n_levels}", f"{elapsed_s:.1f} s"]
    if math.isfinite(incumbent):
        parts.append(f"{quantity} {scale.text(incumbent)} {scale.unit}")
    if math.isfinite(bound):
        bound = min(bound, incumbent) if math.isfinite(incumbent) else bound
        unit = "" if math.isfinite(incumbent) else f" {scale.unit}"
        parts.append(f"bound {scale.text(bound)}{unit}")
        if math.isfinite(incumbent):
            gap = max(0.0, incumbent - bound) / max(abs(incumbent), 1e-12)
            parts.append(f"gap {gap_text(gap)} %")
    if n_nodes:
        parts.append(f"{n_nodes} node{'' if n_nodes == 1 else 's'}")
    return _SEPARATOR.join(parts)


class ProgressLine:
    """A line on a terminal that overwrites itself and keeps its clock running.

    A thread redraws it, so that the seconds count on while a solver is silent. On anything but
    a terminal, and when not `wanted`, nothing is ever written.

    Parameters
    ----------
    stream : TextIO
        Where to write, usually standard error.
    wanted : bool
        Whether the user wants progress at all.
    interval_s : float
        Time between two redraws.

    Examples
    --------
    >>> import io
    >>> with ProgressLine(io.StringIO()) as line:
    ...     line.begin(lambda elapsed_s: f"{elapsed_s:.1f} s")
    ...     line.stream.getvalue()
    ''
    """

    def __init__(self, stream: TextIO, *, wanted: bool = True, interval_s: float = 0.2) -> None:
        self.stream = stream
        self._is_on = wanted and stream.isatty()
        self._interval_s = interval_s
        self._lock = threading.Lock()
        self._compose: Callable[[float], str] | None = None
        self._began_s = 0.0
        self._shown = 0
        self._done = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Start redrawing."""
        if self._is_on:
            self._thread = threading.Thread(target=self._redraw, daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop redrawing and wipe the line."""
        self._done.set()
        if self._thread is not None:
            self._thread.join()
        self.end()

    def begin(self, compose: Callable[[float], str]) -> None:
        """Start a new line; `compose` turns the seconds since now into its text."""
        with self._lock:
            self._began_s = time.monotonic()
            self._compose = compose
            self._draw()

    def end(self, text: str | None = None) -> None:
        """End the line: leave `text` standing in its place, or wipe it."""
        with self._lock:
            self._compose = None
            if not self._is_on:
                return
            if text is not None:
                self._write(text)
                self.stream.write("\n")
            elif self._shown:
                self._write("")
                self.stream.write("\r")
            self.stream.flush()
            self._shown = 0

    def _redraw(self) -> None:
        while not self._done.wait(self._interval_s):
            with self._lock:
                self._draw()

    def _draw(self) -> None:
        if self._is_on and self._compose is not None:
            self._write(self._compose(time.monotonic() - self._began_s))
            self.stream.flush()

    def _write(self, text: str) -> None:
        """Overwrite the line, cut to the terminal's width so that it never wraps."""
        text = text[: max(1, shutil.get_terminal_size().columns - 1)]
        self.stream.write("\r" + text + " " * max(0, self._shown - len(text)))
        self._shown = len(text)
