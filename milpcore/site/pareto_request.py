"""What a Pareto front is asked for, checked, as arrays; see `milpcore.site.pareto`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, cast

import numpy as np

from milpcore.economics import Measure, SiteEconomics
from milpcore.faults import Fault, FaultList, InputError
from milpcore.naming import shown, suggestion
from milpcore.number_kinds import is_number, is_whole
from milpcore.site.front_search.families import Family
from milpcore.site.front_search.greenfield_sets import GreenfieldSets
from milpcore.site.front_search.measures import Pair, measure_pair
from milpcore.site.front_search.slot_sets import SlotSets
from milpcore.site.inputs import SiteInputs, prepare, without_heat_pumps
from milpcore.site.path_search.solvers import Until, default_solver
from milpcore.site.retrofit_plan import SAME_K, RetrofitOptions, RetrofitPlan, plan_retrofit
from milpcore.site.study import MOST_LEVELS
from milpcore.streams import Streams

MOST_POINTS = 10_000
"""Largest number of points that may be asked for."""


class Levels(Enum):
    """Which levels a design may have."""

    FIXED = "fixed"
    RETROFIT = "retrofit"
    GREENFIELD = "greenfield"


class ParetoOptions(NamedTuple):
    """What is traded off and what may change, as the user gave it.

    Attributes
    ----------
    objectives : sequence of Measure or str
        Two measures.
    n_levels : int or None
        Largest number of levels of a greenfield design.
    existing_C : sequence of float or None
        Levels of today; instead of `n_levels`.
    move : int
        Existing levels that may move.
    range_K : float
        How far each may move.
    movable_C : sequence of float or None
        Existing levels that may move at all; None for every one.
    heat_pumps : bool
        Whether heat pumps are allowed.
    candidates_C : sequence of float or None
        Where levels may be; None for the kinks.
    resolution : float
        Share of the range of both measures by which the front may be off.
    n_points : int
        Further points, at evenly spaced values of the second measure.
    time_limit_s : float or None
        Wall-clock seconds of the search.
    """

    objectives: Sequence[Measure | str] = ("tac", "co2")
    n_levels: int | None = None
    existing_C: Sequence[float] | None = None
    move: int = 0
    range_K: float = 10.0
    movable_C: Sequence[float] | None = None
    heat_pumps: bool = True
    candidates_C: Sequence[float] | None = None
    resolution: float = 1e-3
    n_points: int = 0
    time_limit_s: float | None = None


@dataclass(frozen=True, eq=False)
class ParetoPlan:
    """A front to be searched for, checked.

    Attributes
    ----------
    inputs : SiteInputs
        The site with its candidates and allowed heat pumps.
    first, second : Measure
    kind : Levels
    max_levels : int
        Largest number of levels of a design.
    move : int
    range_K : float
    heat_pumps : bool
        Whether heat pumps are allowed.
    retrofit : RetrofitPlan or None
        The existing levels; None for a greenfield.
    resolution : float
    n_points : int
    time_limit_s : float or None
    """

    inputs: SiteInputs
    first: Measure
    second: Measure
    kind: Levels
    max_levels: int
    move: int
    range_K: float
    heat_pumps: bool
    retrofit: RetrofitPlan | None
    resolution: float
    n_points: int
    time_limit_s: float | None

    @property
    def existing_C(self) -> tuple[float, ...]:
        """Levels of today, °C, rising; empty for a greenfield."""
        return () if self.retrofit is None else tuple(self.retrofit.existing_C.tolist())

    def pair(self) -> Pair:
        """Return both measures, ready for the search."""
        return measure_pair(self.inputs, self.first, self.second)

    def family(self, pair: Pair, deadline_s: float) -> Family:
        """Return the level sets that are allowed; their search solves nothing after a moment."""
        if self.retrofit is None:
            n_levels = min(self.max_levels, self.inputs.n_candidates)
            return GreenfieldSets(pair, n_levels, Until(default_solver(), deadline_s))
        plan = self.retrofit
        candidates = []
        for position, own in enumerate(plan.existing):
            distance_K = np.abs(plan.inputs.level_C - plan.existing_C[position])
            near = np.flatnonzero(distance_K <= plan.range_K + SAME_K)
            may_move = position in plan.movable and plan.move > 0
            candidates.append(near if may_move else np.array([own]))
        return SlotSets(plan.existing, tuple(candidates), plan.move)


def plan_pareto(
    streams: Streams, options: ParetoOptions, *, economics: SiteEconomics | None
) -> ParetoPlan:
    """Check what is asked for and prepare the site.

    Parameters
    ----------
    streams : Streams
        The stream table.
    options : ParetoOptions
        What is traded off and what may change.
    economics : SiteEconomics or None
        Prices and limits; None for the bundled ones.

    Returns
    -------
    ParetoPlan

    Raises
    ------
    InputError
        Listing every fault.

    Examples
    --------
    >>> import milpcore
    >>> options = ParetoOptions(n_levels=3)
    >>> plan = plan_pareto(milpcore.load_case("dairy_8"), options, economics=None)
    >>> plan.first.value, plan.second.value, plan.kind.value
    ('tac', 'co2', 'greenfield')
    """
    faults = FaultList()
    measures = _measures(options.objectives, faults)
    _check_numbers(options, faults)
    _check_levels(options, faults)
    plan: RetrofitPlan | None = None
    inputs: SiteInputs | None = None
    known: set[tuple[str, str, str]] = set()
    for objective in dict.fromkeys((Measure.TAC, *measures)):  # a price may be wrong in one only
        try:
            if options.existing_C is None:
                found = _greenfield_site(streams, options, economics, objective)
                inputs = found if inputs is None else inputs
            else:
                retrofit = _retrofit_plan(streams, options, economics, objective)
                plan = retrofit if plan is None else plan
        except InputError as error:
            for fault in error.faults:
                if fault[:3] not in known:
                    known.add(fault[:3])
                    faults.add(*_in_words_of_fronts(fault))
    faults.raise_if_any("pareto")
    first, second = measures
    if plan is not None:
        kind = Levels.RETROFIT if plan.move else Levels.FIXED
        inputs, max_levels = plan.inputs, plan.n_slots
    else:
        kind, max_levels = Levels.GREENFIELD, int(cast(int, options.n_levels))
    assert inputs is not None
    limit_s = options.time_limit_s
    return ParetoPlan(
        inputs=inputs,
        first=first,
        second=second,
        kind=kind,
        max_levels=max_levels,
        move=0 if plan is None else plan.move,
        range_K=0.0 if plan is None else plan.range_K,
        heat_pumps=bool(options.heat_pumps),
        retrofit=plan,
        resolution=float(options.resolution),
        n_points=int(options.n_points),
        time_limit_s=None if limit_s is None else float(limit_s),
    )


def _in_words_of_fronts(fault: Fault) -> Fault:
    """Return a fault of a retrofit study, with a remedy that fits one front of all moves."""
    if fault.field != "move":
        return fault
    return fault._replace(remedy="so many of them may move together, 0 for none")


def _greenfield_site(
    streams: Streams,
    options: ParetoOptions,
    economics: SiteEconomics | None,
    objective: Measure,
) -> SiteInputs:
    inputs = prepare(
        streams, economics=economics, candidates_C=options.candidates_C, objective=objective
    )
    return inputs if options.heat_pumps else without_heat_pumps(inputs)


def _retrofit_plan(
    streams: Streams,
    options: ParetoOptions,
    economics: SiteEconomics | None,
    objective: Measure,
) -> RetrofitPlan:
    retrofit = RetrofitOptions(
        existing_C=cast(Sequence[float], options.existing_C),
        move=options.move,
        range_K=options.range_K,
        movable_C=options.movable_C,
        heat_pumps=options.heat_pumps,
        add=0,
        close=0,
        candidates_C=options.candidates_C,
    )
    return plan_retrofit(streams, retrofit, economics=economics, objective=objective)


def _measures(objectives: object, faults: FaultList) -> list[Measure]:
    """Return the two measures, or fewer after noting what is wrong with them."""
    names = [measure.value for measure in Measure]
    is_list = isinstance(objectives, Sequence) and not isinstance(objectives, str)
    given = list(cast(Sequence[object], objectives)) if is_list else []
    if len(given) != 2:
        rule = f"must be two of {', '.join(names)}"
        value = ", ".join(map(shown, given)) if is_list else shown(objectives)
        faults.add("", "objectives", value, rule, 'such as ("tac", "co2")')
        return []
    found = []
    for one in given:
        try:
            found.append(Measure(one))
        except ValueError:
            rule = f"must be one of {', '.join(names)}"
            faults.add("", "objectives", shown(one), rule, suggestion(str(one), names))
    if len(found) == 2 and found[0] is found[1]:
        rule = "must be two different ones"
        faults.add("", "objectives", f"{found[0].value} twice", rule, "name another one")
    return found


def _check_numbers(options: ParetoOptions, faults: FaultList) -> None:
    resolution, n_points, limit_s = options.resolution, options.n_points, options.time_limit_s
    if not (is_number(resolution) and 0.0 <= resolution < 1.0):
        rule = "must be from 0 to below 1"
        faults.add("", "resolution", repr(resolution), rule, "1e-3 is usual, 0 is exact")
    if not (is_whole(n_points) and 0 <= n_points <= MOST_POINTS):
        rule = f"must be a whole number from 0 to {MOST_POINTS}"
        faults.add("", "n_points", repr(n_points), rule, "such as 20")
    if limit_s is not None and not (is_number(limit_s) and limit_s > 0.0):
        rule = "must be positive (s)"
        faults.add("", "time_limit_s", repr(limit_s), rule, "leave it out for no limit")


def _check_levels(options: ParetoOptions, faults: FaultList) -> None:
    """Note what is wrong with the choice between a greenfield and existing levels."""
    n_levels = options.n_levels
    if (n_levels is None) == (options.existing_C is None):
        value = "neither" if n_levels is None else "both"
        rule = "exactly one of them must be given"
        faults.add("", "n_levels, existing_C", value, rule, "n_levels is for a greenfield")
    if n_levels is not None and not (is_whole(n_levels) and 1 <= n_levels <= MOST_LEVELS):
        rule = "must be a whole number from 1"
        faults.add("", "n_levels", repr(n_levels), rule, "give the largest number of levels")
    if options.existing_C is None:
        for name in ("move", "movable_C"):
            if getattr(options, name):
                rule = "has no meaning without existing levels"
                remedy = "give existing_C, too (at the command line --existing)"
                given = getattr(options, name)
                value = ", ".join(map(shown, given)) if isinstance(given, tuple) else shown(given)
                faults.add("", name, value, rule, remedy)
        if not isinstance(options.heat_pumps, bool | np.bool_):
            rule = "must be True or False"
            faults.add("", "heat_pumps", repr(options.heat_pumps), rule, "choose one of them")
