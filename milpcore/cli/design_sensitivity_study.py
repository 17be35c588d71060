"""Run a sensitivity study of designs in a child process, so that Ctrl-C is answered at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from milpcore.cli.observing import observer_of
from milpcore.cli.sensitivity_arguments import GREENFIELD
from milpcore.cli.signals import ctrl_c_after
from milpcore.core import Channel, ChildInterrupted, run_in_child
from milpcore.economics import Measure, SiteEconomics
from milpcore.economics_schema import label_of
from milpcore.report import ProgressLine
from milpcore.site.design_sensitivity import (
    DesignProgress,
    greenfield_sensitivity,
    retrofit_sensitivity,
)
from milpcore.site.design_sensitivity_results import DesignsAlong, DesignSensitivityStudy
from milpcore.site.inputs import prepare
from milpcore.site.retrofit_plan import RetrofitOptions, plan_retrofit
from milpcore.site.sensitivity_request import checked_request
from milpcore.site.study import SolveSettings, checked_settings
from milpcore.streams import Streams

GRACE_S = 0.9
"""Seconds that the study has to hand over what is finished after Ctrl-C; usually 0.1 s do."""


class Request(NamedTuple):
    """What is asked for; picklable.

    Attributes
    ----------
    designs : str
        ``"greenfield"`` or ``"retrofit"``.
    streams : Streams
    economics : SiteEconomics
    options : dict
        Further arguments of `greenfield_sensitivity` or `retrofit_sensitivity`.
    """

    designs: str
    streams: Streams
    economics: SiteEconomics
    options: dict[str, Any]


class Answer(NamedTuple):
    """What came of it.

    Attributes
    ----------
    study : DesignSensitivityStudy
        What was finished.
    was_interrupted : bool
        Whether Ctrl-C ended the study before all of it was finished.
    n_candidates : int
        Number of candidate levels at the base values.
    """

    study: DesignSensitivityStudy
    was_interrupted: bool
    n_candidates: int


def run_study(request: Request, line: ProgressLine) -> Answer:
    """Find all designs in a child process.

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
        If the input has faults; at once.
    """
    finished: list[DesignsAlong] = []

    def hear(message: DesignProgress | DesignsAlong) -> None:
        if isinstance(message, DesignsAlong):
            finished.append(message)
        else:
            line.begin(progress_line(message, request.options["vary"]))

    try:
        with ctrl_c_after():
            n_candidates = _checked(request)
        with line:
            line.begin(lambda _: "starting")
            study = run_in_child(_study_in_child, request, on_message=hear, grace_s=GRACE_S)
    except KeyboardInterrupt as interrupt:
        value = interrupt.value if isinstance(interrupt, ChildInterrupted) else None
        if not isinstance(value, DesignSensitivityStudy):
            value = _joined(request, finished)
        return Answer(value, bool(value.unfinished), _checked(request))
    return Answer(study, False, n_candidates)


def unstarted_study(request: Request) -> Answer:
    """Return the answer to a request that was interrupted before anything was found.

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
        If the input has faults.
    """
    return Answer(_joined(request, []), True, _checked(request))


def progress_line(progress: DesignProgress, keys: tuple[str, ...]) -> Callable[[float], str]:
    """Text of the progress line, from the seconds since it was begun."""
    place = f"{keys.index(progress.parameter) + 1} of {len(keys)}: " if len(keys) > 1 else ""
    told = f"{place}{label_of(progress.parameter)}  {progress.n_done} of {progress.n_values} values"
    if progress.n_done == progress.n_values:
        told = f"{told}, {progress.n_between} between them"
    return lambda since_s: f"{told}  {progress.elapsed_s + since_s:.1f} s"


def _checked(request: Request) -> int:
    """Refuse what can be refused at once; return the number of candidates."""
    options, base = request.options, request.economics
    names = ("vary", "from_percent", "to_percent", "n_steps")
    checked_request(base, *(options[name] for name in names))
    if request.designs == GREENFIELD:
        settings = SolveSettings(options["mip_rel_gap"], None, None)
        checked_settings(settings, levels=[options["n_levels"]], formulation=None)
        return prepare(request.streams, economics=base, objective=options["objective"]).n_candidates
    plan_options = RetrofitOptions(
        existing_C=options["existing_C"],
        move=options["move"],
        range_K=options["range_K"],
        movable_C=options["movable_C"],
        heat_pumps=options["heat_pumps"],
        add=0,
        close=0,
        candidates_C=None,
    )
    plan = plan_retrofit(
        request.streams, plan_options, economics=base, objective=options["objective"]
    )
    return plan.inputs.n_candidates


def _study_in_child(channel: Channel, request: Request) -> DesignSensitivityStudy:
    """Send progress and finished parameters to the parent; stop when it asks to."""
    find = greenfield_sensitivity if request.designs == GREENFIELD else retrofit_sensitivity
    study: DesignSensitivityStudy = find(
        request.streams,
        economics=request.economics,
        observer=observer_of(channel),
        on_parameter=channel.send,
        **request.options,
    )
    return study


def _joined(request: Request, finished: list[DesignsAlong]) -> DesignSensitivityStudy:
    """Join what a child had sent before it was ended."""
    measure = Measure(request.options["objective"])
    return DesignSensitivityStudy.of(measure, request.economics, request.options["vary"], finished)
