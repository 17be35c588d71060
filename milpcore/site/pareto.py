r"""The exact Pareto front of two measures of model A: fixed levels, a retrofit, or a greenfield.

Notation: ``f`` the first and ``g`` the second of two measures of a design (TAC, OPEX, CAPEX or
CO2), all linear in its flows; ``A`` a set of open levels; ``P(A)`` all pairs ``(f, g)`` that
designs with these levels reach; ``F_A(e)`` the least ``f`` in ``P(A)`` with ``g <= e``.

**Level sets.** The cascade is allowed and free, so every stream is best connected to the open level
nearest to its kink, for every measure alike (`milpcore.site.conditions.nearest_level_faults`: the
exchange leaves all flows that cost anything as they are). What is left is a linear program, so

.. math:: P(A) + \mathbb{R}^2_{\ge 0} \text{ is a convex polyhedron,}\quad
          F_A(e) \text{ convex, piecewise linear, falling} \tag{1}

and its vertices are found exactly by bisection on weights (`milpcore.site.front_search.curves`).
With one level set every efficient point is supported: best for some weighted sum.

**The front** of a family of level sets is the lower envelope

.. math:: F(e) = \min_A F_A(e), \tag{2}

which may jump and need not be convex: unsupported points are best for no weighted sum, only for a
limit on ``g`` (`milpcore.site.front_search.front`). Design ``(f, g)`` is efficient exactly if
``f = F(g)`` and ``F(e) > f`` for all ``e < g``.

**Supported points.** For weights ``a, b >= 0`` the exact searches of this package
(`milpcore.site.path_search`, `milpcore.site.front_search.slot_sets`) find the least of
``a f + b g`` with a proven bound,

.. math:: a f + b g \ge c_{ab} \text{ for all designs.} \tag{3}

A search for the least ``f``, and one for the least ``g``, give a point at each end. Then the edges
of the lower hull of all that is known are searched with their own weights until nothing lies below
any; (3) then holds with equality at both ends of each (Aneja, Nair 1979). The ends are efficient
then, and not only of least ``f`` or ``g``: a design of the same ``f`` and less ``g`` than the left
end would lie below the edge that begins there. With no edge at all, one point has the least of
both.

**Between supported points.** Let an edge have the weights ``a, b`` and span ``[e_0, e_1]``, and
let ``F`` be the front found so far. With

.. math:: U = \sup_{e_0 \le e \le e_1} \bigl(a F(e) + b e\bigr) - a\,\delta_f - b\,\delta_g, \tag{4}

a level set with ``a f + b g >= U`` for all its designs cannot reach below the front by more than
``delta_f`` and ``delta_g`` at once there. Proof: a design with ``f < F(e) - delta_f`` and
``g = e - delta_g`` has ``a f + b g < a F(e) + b e - a delta_f - b delta_g <= U``. So it is enough
to list the level sets with some design below ``U``: their own curves (1) take part in (2), which
lowers ``F`` and with it ``U``, until the list is closed (`milpcore.site.front_search.sets_below`
says why its reductions keep every level set below the cutoff). Afterwards (3) holds with
``c_ab = U`` for every level set that has not taken part, so that

.. math:: f \ge \min\Bigl\{F(g),\ \max_{ab}\ (c_{ab} - b\,g) / a\Bigr\}. \tag{5}

**Resolution.** ``delta_f`` and ``delta_g`` are ``resolution`` times the range of the measures over
the front (and never less than 1e-9 of their size): no design is better than the front by more than
that in both measures at once. At resolution 0 the front is exact to rounding. Without enough time
(5) still holds with the bounds so far, and tells the distance that is proven, at most the range
itself. Before both ends are proven that range is not known, and no distance is told.

**Limits on g.** The best design with ``g <= e`` is ``F(e)``: it lies on an edge of one ``P(A)``, a
mixture of two vertices, which is a best operation since ``P(A)`` is convex, or, where ``F`` is flat
below ``e``, at the vertex before.

**Marginal cost** of a point: ``(f' - f) / (g - g')`` with the next point ``(f', g')`` that the
front itself has, not one that was merely asked for, so that it does not depend on what was. Along
an edge that is the dual of ``g <= e``; where the front jumps, what the next point costs over what
it saves. With TAC over CO2 it is the marginal abatement cost, on top of the CO2 price that TAC
holds.

References: Y. P. Aneja, K. P. K. Nair, *Bicriteria Transportation Problem*, Management Science 25
(1979), doi:10.1287/mnsc.25.1.73. Source of the model: Hochhaus, Grünewald, Riese (2026),
*Optimization of Site-wide Heat-Integrated Utility Systems with Heat Pumps using MILP*, Systems and
Control Transactions.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence

from milpcore.core import Status
from milpcore.economics import Measure, SiteEconomics
from milpcore.site.explain import conflict
from milpcore.site.front_search.archive import Archive
from milpcore.site.front_search.outline import Outline, outline_of
from milpcore.site.front_search.search import FrontObserver, FrontSearch
from milpcore.site.pareto_check import check_front
from milpcore.site.pareto_found import FoundFront
from milpcore.site.pareto_notes import front_notes
from milpcore.site.pareto_points import (
    bounds_of,
    level_sets_of,
    points_of,
    segments_of,
    without_distance,
)
from milpcore.site.pareto_request import Levels, ParetoOptions, ParetoPlan, plan_pareto
from milpcore.site.pareto_results import ParetoStudy
from milpcore.site.retrofit_results import levels_text
from milpcore.streams import Streams

_log = logging.getLogger(__name__)


def pareto(
    streams: Streams,
    *,
    objectives: Sequence[Measure | str] = ("tac", "co2"),
    n_levels: int | None = None,
    existing_C: Sequence[float] | None = None,
    move: int = 0,
    range_K: float = 10.0,
    movable_C: Sequence[float] | None = None,
    heat_pumps: bool = True,
    candidates_C: Sequence[float] | None = None,
    economics: SiteEconomics | None = None,
    resolution: float = 1e-3,
    n_points: int = 0,
    time_limit_s: float | None = None,
    observer: FrontObserver | None = None,
) -> ParetoStudy:
    """Find the exact front of two measures.

    Parameters
    ----------
    streams : Streams
        The stream table.
    objectives : sequence of Measure or str
        Two of ``"tac"``, ``"opex"``, ``"capex"`` and ``"co2"``; points rise in the first.
    n_levels : int, optional
        Greenfield: largest number of levels.
    existing_C : sequence of float, optional
        Levels of today, °C, instead of `n_levels`.
    move : int
        Existing levels of which so many may move, any of them: one front of all combinations.
        With 0 the levels are fixed.
    range_K : float
        How far each may move; it goes to a candidate within that range or stays. Two levels that
        meet count as one, the other one being given up.
    movable_C : sequence of float, optional
        Existing levels that may move at all; default all of them.
    heat_pumps : bool
        Whether heat pumps are allowed.
    candidates_C : sequence of float, optional
        Where levels may be, °C, besides the existing ones; default the limit temperatures of the
        streams.
    economics : SiteEconomics, optional
        Prices and limits; the defaults of the bundled site if not given.
    resolution : float
        Share of the range of both measures by which the front may be off; 0 for the exact front.
    n_points : int
        Further points, each the least first measure under a limit on the second, at evenly spaced
        limits between the ends.
    time_limit_s : float, optional
        Wall-clock seconds of the search; what is found is returned with its proven distance, or
        with the ends of the front that are not proven.
    observer : callable, optional
        Called now and then with `FrontProgress`; returning True ends the search likewise.

    Returns
    -------
    ParetoStudy
        Every point checked against streams and prices. Of level sets that reach the same part of
        the front, simpler ones are preferred: fewer levels moved, fewer levels, lower levels.

    Raises
    ------
    InputError
        Listing what is wrong with the input.
    CheckError
        If a point contradicts its streams or prices, which is an error of this package.

    References
    ----------
    Hochhaus, Grünewald, Riese (2026), Optimization of Site-wide Heat-Integrated Utility Systems
    with Heat Pumps using MILP, Systems and Control Transactions.

    Examples
    --------
    >>> import milpcore
    >>> streams = milpcore.load_case("site_400")
    >>> study = pareto(streams, existing_C=[15, 35, 80, 134, 214, 285, 1600])
    >>> study.points[["is_supported", "co2_t_per_a", "heat_pumps"]].round(0)
       is_supported  co2_t_per_a      heat_pumps
    0          True     524812.0           35→80
    1          True     515919.0  35→80, 80→134
    """
    options = ParetoOptions(
        objectives=objectives,
        n_levels=n_levels,
        existing_C=existing_C,
        move=move,
        range_K=range_K,
        movable_C=movable_C,
        heat_pumps=heat_pumps,
        candidates_C=candidates_C,
        resolution=resolution,
        n_points=n_points,
        time_limit_s=time_limit_s,
    )
    plan = plan_pareto(streams, options, economics=economics)
    return front_study(plan, search_front(plan, observer))


def search_front(plan: ParetoPlan, observer: FrontObserver | None = None) -> FoundFront:
    """Search for a front, without tables.

    Parameters
    ----------
    plan : ParetoPlan
        What is asked for.
    observer : callable, optional
        See `pareto`.

    Returns
    -------
    FoundFront
    """
    start_s = time.perf_counter()
    _log.info("front begins: %s over %s, %s", plan.first.value, plan.second.value, _what(plan))
    pair = plan.pair()
    if plan.kind is Levels.GREENFIELD and plan.max_levels == 1 and conflict(plan.inputs):
        return FoundFront(Archive(pair), Status.INFEASIBLE, time.perf_counter() - start_s)
    deadline_s = start_s + (math.inf if plan.time_limit_s is None else plan.time_limit_s)
    search = FrontSearch(
        pair,
        plan.family(pair, deadline_s),
        resolution=plan.resolution,
        deadline_s=deadline_s,
        observer=observer,
    )
    archive = search.run()
    search_s = time.perf_counter() - start_s
    told = (search.status.value, len(archive.owners), search.n_searches, archive.n_priced, search_s)
    _log.info("front ends: %s, %d level sets, %d searches, %d listed, %.3f s", *told)
    unproven = (plan.first, plan.second)[search.n_done :] if search.phase == "ends" else ()
    return FoundFront(archive, search.status, search_s, unproven)


def front_study(plan: ParetoPlan, found: FoundFront) -> ParetoStudy:
    """Operate all points of a front, make their tables and check them.

    Parameters
    ----------
    plan : ParetoPlan
        What was asked for.
    found : FoundFront
        What the search has found.

    Returns
    -------
    ParetoStudy

    Raises
    ------
    CheckError
        If a point contradicts its streams or prices, which is an error of this package.
    """
    archive, status = found.archive, found.status
    outline = Outline((), (), math.nan)
    if archive.sets:
        outline = outline_of(archive, plan.n_points)
    if found.unproven:
        outline = without_distance(outline)
    points = points_of(plan, archive, outline, status)
    study = ParetoStudy(
        first=plan.first,
        second=plan.second,
        levels_kind=plan.kind.value,
        max_levels=plan.max_levels,
        existing_C=plan.existing_C,
        move=plan.move,
        range_K=plan.range_K,
        status=status,
        resolution=plan.resolution,
        distance=outline.distance,
        points_found=points,
        segments_found=segments_of(archive, outline, points),
        level_sets=level_sets_of(archive, outline),
        bounds=bounds_of(plan, archive, outline),
        notes_found=front_notes(plan, found, outline.distance, points),
        streams=plan.inputs.streams,
        economics=plan.inputs.economics,
        solve_s=found.search_s,
        unproven=found.unproven,
    )
    check_front(study, plan.inputs.streams, plan.inputs.economics)
    return study


def _what(plan: ParetoPlan) -> str:
    """Which designs are looked at, for the log."""
    streams, n_candidates = plan.inputs.n_streams, plan.inputs.n_candidates
    site = f"{streams} streams, {n_candidates} candidate levels"
    if plan.kind is Levels.GREENFIELD:
        return f"{site}, at most {plan.max_levels} levels"
    return f"{site}, existing levels {levels_text(plan.existing_C)} °C, {plan.move} may move"
