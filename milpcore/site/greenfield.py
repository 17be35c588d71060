"""The greenfield study of model A: levels, connections and heat pumps from a stream table.

`greenfield` answers one question (at most ``n_levels`` levels) in one call: prepare, solve,
results, check. `greenfield_study` answers it for several numbers of levels in rising order; a
design found with fewer levels is kept where a search with more finds nothing better, because it is
always allowed there.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from milpcore.economics import Measure, SiteEconomics
from milpcore.site.candidates import Candidates, Refined
from milpcore.site.check import check
from milpcore.site.inputs import SiteInputs, prepare, with_tie_break
from milpcore.site.model import Observer, Outcome
from milpcore.site.refine import RefinedSite, Refinement, refinements
from milpcore.site.results import GreenfieldStudy, SiteResult, make_result
from milpcore.site.study import (
    FormulationChoice,
    SolveSettings,
    checked_levels,
    checked_settings,
    choice_note,
    chosen_formulation,
    failed,
    honest,
    kept,
    outcomes,
    solved,
)
from milpcore.site.study_log import log_result, log_site
from milpcore.site_options import SiteOptions
from milpcore.streams import Streams

_log = logging.getLogger(__name__)


def greenfield(
    streams: Streams,
    *,
    n_levels: int,
    economics: SiteEconomics | None = None,
    objective: Measure | str = Measure.TAC,
    formulation: FormulationChoice | None = None,
    candidates_C: Candidates | Sequence[float] | None = None,
    cascade: bool = True,
    options: SiteOptions | None = None,
    mip_rel_gap: float = 1e-4,
    time_limit_s: float | None = None,
    observer: Observer | None = None,
) -> SiteResult:
    """Find the best utility system with at most `n_levels` levels.

    Parameters
    ----------
    streams : Streams
        The stream table.
    n_levels : int
        Largest number of levels, from 1; more than there are candidates means all of them.
    economics : SiteEconomics, optional
        Prices and limits; the defaults of the bundled site if not given.
    objective : Measure or str
        ``"tac"``, ``"opex"``, ``"capex"`` or ``"co2"``; TAC decides between equals.
    formulation : str, class or object, optional
        How to solve: a name, a formulation class, or an object whose own number of levels is
        replaced by `n_levels`. Default: the fastest that is exact for the input.
    candidates_C : Candidates or sequence of float, optional
        Candidate levels: a set of `milpcore.site.candidates`, or temperatures, °C; default the
        limit temperatures of the streams.
    cascade : bool
        Whether heat may flow from a level to a lower one.
    options : SiteOptions, optional
        What is asked for beyond the published model: what levels and heat pumps cost, and which of
        them may be had. A note tells where the usual formulation does not know them.
    mip_rel_gap : float
        Relative gap at which the search ends, from 0 to below 1. With 0 it ends at rounding: 1e-11
        of the objective in `path_search` (1e-9 of OPEX and CO2), about 1e-6 of what buying all
        heat would cost in the mixed-integer formulations, whose solver has absolute tolerances.
    time_limit_s : float, optional
        Wall-clock seconds; the best design found so far is returned with its gap.
    observer : callable, optional
        Called now and then with `Progress`; returning True stops the search.

    Returns
    -------
    SiteResult
        Checked against streams and prices. Without a design (`SiteResult.has_design`) its tables
        are empty and its notes say why.

    Raises
    ------
    InputError
        Listing what is wrong with the input, or why the formulation would be wrong for it.
    CheckError
        If the result contradicts its streams or prices, which is an error of this package.

    References
    ----------
    Hochhaus, Grünewald, Riese (2026), Optimization of Site-wide Heat-Integrated Utility Systems
    with Heat Pumps using MILP, Systems and Control Transactions.

    Examples
    --------
    >>> import milpcore
    >>> result = greenfield(milpcore.load_case("two_streams"), n_levels=2)
    >>> result.status
    <Status.OPTIMAL: 'optimal'>
    >>> len(result.connections)
    2
    """
    settings = SolveSettings(mip_rel_gap, time_limit_s, observer)
    checked_settings(settings, levels=[n_levels], formulation=formulation)
    inputs = prepare(
        streams,
        economics=economics,
        candidates_C=candidates_C,
        cascade=cascade,
        objective=objective,
        options=options,
    )
    make = chosen_formulation(inputs, formulation)
    name = make(int(n_levels)).name
    note = choice_note(inputs, formulation, name)
    log_site(_log, "greenfield", inputs, f"at most {n_levels} levels, {name}, gap {mip_rel_gap:g}")
    if isinstance(candidates_C, Refined):
        site = RefinedSite(streams, economics, objective, cascade, formulation, candidates_C)
        return _refined_result(next(refinements(site, [int(n_levels)], settings)), name)
    _, outcome = next(solved(inputs, make, [int(n_levels)], settings))
    outcome = honest(inputs, outcome, mip_rel_gap)
    return _noted(_checked_result(inputs, outcome, int(n_levels), name), note)


def greenfield_study(
    streams: Streams,
    *,
    levels: Iterable[int] = range(2, 16),
    economics: SiteEconomics | None = None,
    objective: Measure | str = Measure.TAC,
    formulation: FormulationChoice | None = None,
    candidates_C: Candidates | Sequence[float] | None = None,
    cascade: bool = True,
    options: SiteOptions | None = None,
    mip_rel_gap: float = 1e-4,
    time_limit_s: float | None = None,
    observer: Observer | None = None,
    on_result: Callable[[SiteResult], object] | None = None,
) -> GreenfieldStudy:
    """Find the best utility system for several numbers of levels, in rising order.

    A configuration that fails does not lose the others: it has no design, status ``infeasible``
    or ``error``, and a note that says why. After an interruption the configurations not yet
    started have status ``interrupted``.

    Parameters
    ----------
    streams : Streams
        The stream table.
    levels : iterable of int
        Largest numbers of levels, each from 1, none twice; see `greenfield`.
    economics : SiteEconomics, optional
        Prices and limits; the defaults of the bundled site if not given.
    objective : Measure or str
        ``"tac"``, ``"opex"``, ``"capex"`` or ``"co2"``; TAC decides between equals.
    formulation : str, class or object, optional
        How to solve: a name, a formulation class, or an object whose own number of levels is
        replaced. Default: the fastest that is exact for the input.
    candidates_C : Candidates or sequence of float, optional
        Candidate levels: a set of `milpcore.site.candidates`, or temperatures, °C; default the
        limit temperatures of the streams.
    cascade : bool
        Whether heat may flow from a level to a lower one.
    options : SiteOptions, optional
        What is asked for beyond the published model: what levels and heat pumps cost, and which of
        them may be had. A note tells where the usual formulation does not know them.
    mip_rel_gap : float
        Relative gap at which each search ends, from 0 to below 1; see `greenfield`.
    time_limit_s : float, optional
        Wall-clock seconds for each configuration.
    observer : callable, optional
        Called now and then with `Progress`; returning True stops the study.
    on_result : callable, optional
        Called with each `SiteResult` as soon as it has passed the check.

    Returns
    -------
    GreenfieldStudy

    Raises
    ------
    InputError
        Listing what is wrong with the input, or why the formulation would be wrong for it.

    Examples
    --------
    >>> import milpcore
    >>> study = greenfield_study(milpcore.load_case("two_streams"), levels=[1, 2])
    >>> study.summary["status"].tolist()
    ['infeasible', 'optimal']
    """
    wanted = list(levels)
    settings = SolveSettings(mip_rel_gap, time_limit_s, observer)
    checked_settings(settings, levels=wanted, formulation=formulation)
    inputs = prepare(
        streams,
        economics=economics,
        candidates_C=candidates_C,
        cascade=cascade,
        objective=objective,
        options=options,
    )
    make = chosen_formulation(inputs, formulation)
    name = make(1).name
    note = choice_note(inputs, formulation, name)
    what = (
        f"at most {', '.join(map(str, checked_levels(wanted)))} levels, {name}, gap {mip_rel_gap:g}"
    )
    log_site(_log, "greenfield study", inputs, what)
    start_s = time.perf_counter()
    results: list[SiteResult] = []
    best: Outcome | None = None
    tac_decides = with_tie_break(inputs) is not None
    if isinstance(candidates_C, Refined):
        site = RefinedSite(streams, economics, objective, cascade, formulation, candidates_C)
        for refined in refinements(site, checked_levels(wanted), settings):
            results.append(_refined_result(refined, name))
            if on_result is not None:
                on_result(results[-1])
        return GreenfieldStudy(tuple(results))
    for n_levels, found in outcomes(inputs, make, checked_levels(wanted), settings):
        found = kept(best, found, mip_rel_gap, tac_decides=tac_decides)
        outcome = honest(inputs, found, mip_rel_gap)
        try:
            result = _checked_result(inputs, outcome, n_levels, name)
        except Exception as error:
            _log.exception("at most %d levels: failed", n_levels)
            result = make_result(inputs, failed(error), max_levels=n_levels, formulation_name=name)
        else:
            best = outcome if outcome.design is not None else best
        result = _noted(result, note)
        results.append(result)
        if on_result is not None:
            on_result(result)
    elapsed_s = time.perf_counter() - start_s
    _log.info("greenfield study ends: %d configurations, %.3f s", len(results), elapsed_s)
    return GreenfieldStudy(tuple(results))


def _checked_result(
    inputs: SiteInputs, outcome: Outcome, n_levels: int, formulation_name: str
) -> SiteResult:
    """Tables of an outcome, after the independent check."""
    result = make_result(inputs, outcome, max_levels=n_levels, formulation_name=formulation_name)
    check(result, inputs.streams, inputs.economics, cascade=inputs.cascade, options=inputs.options)
    log_result(_log, f"at most {n_levels} levels", result)
    return result


def _noted(result: SiteResult, note: str) -> SiteResult:
    return replace(result, notes=(*result.notes, note)) if note else result


def _refined_result(found: Refinement, formulation_name: str) -> SiteResult:
    """Tables of a configuration with refined candidates, after the check."""
    result = _checked_result(found.inputs, found.outcome, found.n_levels, formulation_name)
    return replace(result, notes=(*result.notes, found.note)) if result.has_design else result
