"""The best level sets one after another, and what near-optimal designs have in common.

`alternatives` lists the K best sets of at most N candidates, `retrofit_alternatives` the K best
ways to move existing levels. Both are exact, with a proof that none between is missing
(`milpcore.site.ranked_sets`), with options of the site, too (`milpcore.site.set_costs`); every
design is operated by a linear program and checked from its tables. With `within_percent`, ranges of
every level and heat pump over all designs within that share of the best objective
(`milpcore.site.near_ranges`).

Level sets are ranked by the objective alone; of each, the operation of least TAC is shown.

What the ranking of a greenfield does not take, and why: limits of the whole site and sources of
external heat with capacities, as level sets that look cheap may all be impossible, so that the list
might not end; costs of connections, as the list is one of level sets on a network on which every
stream uses the level nearest to it. A retrofit has a finite list, and takes all of these.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from milpcore.economics import Measure, SiteEconomics
from milpcore.faults import FaultList
from milpcore.number_kinds import is_whole
from milpcore.site.alternative_search import AlternativeSearch, Moves
from milpcore.site.alternatives_options import (
    AlternativeOptions,
    check_alternatives,
    check_options,
)
from milpcore.site.alternatives_results import Alternatives
from milpcore.site.candidates import Candidates
from milpcore.site.explain import too_few_levels
from milpcore.site.front_search.slot_sets import SlotSets
from milpcore.site.inputs import prepare
from milpcore.site.model import Observer
from milpcore.site.retrofit_plan import SAME_K, RetrofitOptions, RetrofitPlan, plan_retrofit
from milpcore.site_options import SiteOptions
from milpcore.streams import Streams

__all__ = ["AlternativeSearch", "alternatives", "retrofit_alternatives", "slot_sets"]


def alternatives(
    streams: Streams,
    *,
    n_levels: int,
    n_alternatives: int = 10,
    within_percent: float | None = None,
    economics: SiteEconomics | None = None,
    objective: Measure | str = Measure.TAC,
    candidates_C: Candidates | Sequence[float] | None = None,
    options: SiteOptions | None = None,
    time_limit_s: float | None = None,
    observer: Observer | None = None,
) -> Alternatives:
    """Find the K best level sets, and ranges of levels and heat pumps in near-optimal designs.

    Parameters
    ----------
    streams : Streams
        The stream table.
    n_levels : int
        Largest number of levels, from 1.
    n_alternatives : int
        Level sets wanted, from 1 to `MOST_WANTED`.
    within_percent : float, optional
        Ranges are over all designs that cost at most so much more than the best one, %.
    economics : SiteEconomics, optional
        Prices and limits; the defaults of the bundled site if not given.
    objective : Measure or str
        ``"tac"``, ``"opex"``, ``"capex"`` or ``"co2"``.
    candidates_C : Candidates or sequence of float, optional
        Candidate levels, see `milpcore.site.candidates`; not `Refined`, whose candidates are only
        known when it has ended.
    options : SiteOptions, optional
        What is asked for beyond the published model; neither limits of the whole site, capacities
        of sources nor options of connections.
    time_limit_s : float, optional
        Wall-clock seconds; ranks that are proven by then are marked so.
    observer : callable, optional
        Called now and then with `Progress`; returning True stops the search.

    Returns
    -------
    Alternatives
        Level sets in which every level saves something, but those that options force. Costs closer
        than 1e-9 are equal; then fewer levels come first, then lower temperatures.

    Raises
    ------
    InputError
        Listing what is wrong with the input, and what cannot be ranked.

    References
    ----------
    Hochhaus, Grünewald, Riese (2026), Optimization of Site-wide Heat-Integrated Utility Systems
    with Heat Pumps using MILP, Systems and Control Transactions.

    Examples
    --------
    >>> import milpcore
    >>> found = alternatives(milpcore.load_case("dairy_8"), n_levels=4, n_alternatives=3)
    >>> found.alternatives[["rank", "levels_C", "is_proven"]]
       rank                levels_C  is_proven
    0     1  10.5, 54.5, 83.5, 202.5       True
    1     2  10.5, 54.5, 77.5, 202.5       True
    2     3    10.5, 54.5, 90, 202.5       True
    """
    asked = AlternativeOptions(n_alternatives, within_percent, time_limit_s, observer)
    faults = FaultList()
    if not (is_whole(n_levels) and n_levels >= 1):
        rule = "must be a whole number from 1"
        faults.add("", "n_levels", repr(n_levels), rule, "give the largest number of levels")
    check_options(asked, faults)
    faults.raise_if_any("alternatives")
    inputs = prepare(
        streams,
        economics=economics,
        candidates_C=candidates_C,
        objective=objective,
        options=options,
    )
    check_alternatives(candidates_C, inputs)
    search = AlternativeSearch(inputs, asked, int(n_levels))
    most = min(int(n_levels), inputs.n_candidates)
    if too_few_levels(inputs, most):
        return search.nothing()
    return search.told(search.greenfield(most))


def retrofit_alternatives(
    streams: Streams,
    *,
    existing_C: Sequence[float],
    move: int = 1,
    range_K: float = 10.0,
    movable_C: Sequence[float] | None = None,
    heat_pumps: bool = True,
    n_alternatives: int = 10,
    within_percent: float | None = None,
    economics: SiteEconomics | None = None,
    objective: Measure | str = Measure.TAC,
    candidates_C: Candidates | Sequence[float] | None = None,
    options: SiteOptions | None = None,
    time_limit_s: float | None = None,
    observer: Observer | None = None,
) -> Alternatives:
    """Find the K best ways to move existing levels.

    Parameters
    ----------
    streams : Streams
        The stream table.
    existing_C : sequence of float
        Levels of today, °C.
    move : int
        Levels that may move at most, any of them.
    range_K, movable_C, heat_pumps
        As in `milpcore.site.retrofit`.
    n_alternatives, within_percent, economics, objective, candidates_C, time_limit_s, observer
        As in `alternatives`; candidates are where levels may go beside the existing ones.
    options : SiteOptions, optional
        As in `milpcore.site.retrofit`: limits and connections, too.

    Returns
    -------
    Alternatives
        Level sets in which every move saves something; moving nothing is one of them. Costs closer
        than 1e-9 are equal; then fewer levels come first, then lower temperatures.

    Raises
    ------
    InputError
        Listing what is wrong with the input.

    Examples
    --------
    >>> import milpcore
    >>> dairy, existing_C = milpcore.load_case("dairy_8"), [5.0, 40.0, 85.0, 205.0]
    >>> found = retrofit_alternatives(
    ...     dairy, existing_C=existing_C, range_K=15.0, n_alternatives=3
    ... )
    >>> found.moved_C
    ({40.0: 54.5}, {40.0: 32.5}, {85.0: 83.5})
    """
    asked = AlternativeOptions(n_alternatives, within_percent, time_limit_s, observer)
    faults = FaultList()
    check_options(asked, faults)
    faults.raise_if_any("alternatives")
    study = RetrofitOptions(
        existing_C, move, range_K, movable_C, heat_pumps, 0, 0, candidates_C, options
    )
    plan = plan_retrofit(streams, study, economics=economics, objective=objective)
    search = AlternativeSearch(plan.inputs, asked, plan.n_slots, Moves(plan, slot_sets(plan)))
    return search.told(search.retrofit())


def slot_sets(plan: RetrofitPlan) -> SlotSets:
    """Every choice of a place for each existing level, with at most `RetrofitPlan.move` moves."""
    candidates = []
    for position, own in enumerate(plan.existing):
        distance_K = np.abs(plan.inputs.level_C - plan.existing_C[position])
        near = np.flatnonzero(distance_K <= plan.range_K + SAME_K)
        may_move = position in plan.movable and plan.move > 0
        candidates.append(near if may_move else np.array([own]))
    return SlotSets(plan.existing, tuple(candidates), plan.move)
