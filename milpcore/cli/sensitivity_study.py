"""Run a sensitivity study of fixed levels and keep what is finished at Ctrl-C.

It runs in this process: no step of it takes long enough to keep Ctrl-C waiting.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, NamedTuple

from milpcore.cli.signals import ctrl_c_after
from milpcore.economics import Measure, SiteEconomics
from milpcore.economics_schema import label_of
from milpcore.report import ProgressLine
from milpcore.site.sensitivity import sensitivity
from milpcore.site.sensitivity_map import map_axes, sensitivity_map
from milpcore.site.sensitivity_map_results import RowTables, SensitivityMap
from milpcore.site.sensitivity_request import checked_request
from milpcore.site.sensitivity_results import ParameterTables, SensitivityStudy
from milpcore.streams import Streams


class Request(NamedTuple):
    """What is asked for.

    Attributes
    ----------
    streams : Streams
    economics : SiteEconomics
    levels_C : tuple of float
    vary : tuple of str
    from_percent, to_percent : float
    n_steps : int
    objective : str
    heat_pumps : bool
    is_map : bool
        Whether two parameters vary together.
    """

    streams: Streams
    economics: SiteEconomics
    levels_C: tuple[float, ...]
    vary: tuple[str, ...]
    from_percent: float
    to_percent: float
    n_steps: int
    objective: str
    heat_pumps: bool
    is_map: bool

    @property
    def options(self) -> dict[str, Any]:
        """Arguments of `sensitivity` and `sensitivity_map`."""
        names = ("levels_C", "vary", "from_percent", "to_percent", "n_steps", "economics")
        return {name: getattr(self, name) for name in (*names, "objective", "heat_pumps")}


class Answer(NamedTuple):
    """What came of it.

    Attributes
    ----------
    found : SensitivityStudy or SensitivityMap
        What was finished.
    was_interrupted : bool
        Whether Ctrl-C ended it before all of it was finished.
    """

    found: SensitivityStudy | SensitivityMap
    was_interrupted: bool


def run_study(request: Request, line: ProgressLine) -> Answer:
    """Vary one parameter after the other, or two together.

    Parameters
    ----------
    request : Request
        What is asked for.
    line : ProgressLine
        Shows how far it is.

    Returns
    -------
    Answer

    Raises
    ------
    InputError
        If the input has faults.
    """
    return _run_map(request, line) if request.is_map else _run_each(request, line)


def unstarted_study(request: Request) -> Answer:
    """Return the answer to a request that was interrupted before anything was finished.

    Parameters
    ----------
    request : Request
        What is asked for.

    Returns
    -------
    Answer

    Raises
    ------
    InputError
        If the parameters have faults.
    """
    return Answer(_map_of(request, []) if request.is_map else _study_of(request, []), True)


def _run_each(request: Request, line: ProgressLine) -> Answer:
    finished: list[ParameterTables] = []
    first = ExitStack()  # until its end functions are compiled, or loaded

    def keep(part: ParameterTables) -> None:
        finished.append(part)
        first.close()

    try:
        with line, first:
            first.enter_context(ctrl_c_after())
            found = sensitivity(
                request.streams,
                **request.options,
                on_parameter=lambda key: line.begin(_progress(label_of(key))),
                on_result=keep,
            )
    except KeyboardInterrupt:
        study = _study_of(request, finished)
        return Answer(study, bool(study.unfinished))
    return Answer(found, False)


def _run_map(request: Request, line: ProgressLine) -> Answer:
    finished: list[RowTables] = []
    first = ExitStack()

    def keep(row: RowTables) -> None:
        finished.append(row)
        first.close()

    try:
        with line, first:
            first.enter_context(ctrl_c_after())
            found = sensitivity_map(
                request.streams,
                **request.options,
                on_row=lambda done, total: line.begin(_progress(f"{done} of {total} rows")),
                on_result=keep,
            )
    except KeyboardInterrupt:
        rows = _map_of(request, finished)
        return Answer(rows, bool(rows.unfinished))
    return Answer(found, False)


def _study_of(request: Request, finished: list[ParameterTables]) -> SensitivityStudy:
    levels, measure, base = _known(request)
    return SensitivityStudy.of(levels, measure, base, list(_values(request)), finished)


def _map_of(request: Request, finished: list[RowTables]) -> SensitivityMap:
    levels, measure, base = _known(request)
    return SensitivityMap.of(levels, measure, base, map_axes(base, _values(request)), finished)


def _known(request: Request) -> tuple[tuple[float, ...], Measure, SiteEconomics]:
    levels = tuple(sorted(set(request.levels_C)))
    return levels, Measure(request.objective), request.economics


def _values(request: Request) -> dict[str, Any]:
    ends = request.from_percent, request.to_percent
    return checked_request(request.economics, request.vary, *ends, request.n_steps)


def _progress(what: str) -> Callable[[float], str]:
    return lambda since_s: f"{what}  {since_s:.1f} s"
