"""Run a sensitivity study of fixed levels and keep what is finished at Ctrl-C.

It runs in this process: no step of it takes long enough to keep Ctrl-C waiting.
"""

from __future__ import annotations

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
    finished: list[Any] = []
    first = ExitStack()  # until its end functions are compiled, or loaded

    def keep(part: ParameterTables | RowTables) -> None:
        finished.append(part)
        first.close()

    def tell(what: str) -> None:
        line.begin(lambda since_s: f"{what}  {since_s:.1f} s")

    found: SensitivityStudy | SensitivityMap
    try:
        with line, first:
            first.enter_context(ctrl_c_after())
            if request.is_map:
                found = sensitivity_map(
                    request.streams,
                    **request.options,
                    on_row=lambda done, total: tell(f"{done} of {total} rows"),
                    on_result=keep,
                )
            else:
                found = sensitivity(
                    request.streams,
                    **request.options,
                    on_parameter=lambda key: tell(label_of(key)),
                    on_result=keep,
                )
    except KeyboardInterrupt:
        found = _joined(request, finished)
        return Answer(found, bool(found.unfinished))
    return Answer(found, False)


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
    return Answer(_joined(request, []), True)


def _joined(request: Request, finished: list[Any]) -> SensitivityStudy | SensitivityMap:
    """Join what is finished: tables of parameters, or of rows of the map."""
    levels, base = tuple(sorted(set(request.levels_C))), request.economics
    known = levels, Measure(request.objective), base
    ends = request.from_percent, request.to_percent
    values = checked_request(base, request.vary, *ends, request.n_steps)
    if request.is_map:
        return SensitivityMap.of(*known, map_axes(base, values), finished)
    return SensitivityStudy.of(*known, list(values), finished)
