r"""A bound for all temperatures: what no choice of candidates can beat.

A search is exact for its candidates. How much could other temperatures save? Cut the range in which
a level off the kinks can be of use (between the lowest kink and the highest one or the sink limit,
`milpcore.site.kink_theorem`) into cells, the intervals between neighbouring kinks and grid points,
with their ends where these are no kinks. Let each cell be one candidate that serves what any
temperature inside serves, with pumps as good as the best place inside makes them: a source counts
as the upper end of its cell, a sink as the lower end, in COP, lift and sink limit.

The optimum of that site is no higher than that of any design at any temperatures, under the
conditions of Theorem 2. Proof. Take a design; by Theorem 2 its levels are kinks or relays inside
cells. Levels in one cell merge, their pumps to each other being replaced by external heat, no
dearer by (B). Every other pump keeps its source heat; with the higher COP it delivers no more, and
what is missing is bought, by (B) for no more than the saved electricity and pump cost. Streams
stay: a level strictly between two kinks serves the same ones wherever it is. So the site of cells
has a design that costs no more with no more levels, and the bound of the search on it is a bound
for all temperatures.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from milpcore.economics import Measure, SiteEconomics
from milpcore.faults import FaultList
from milpcore.site.candidates import KinksAndGrid
from milpcore.site.inputs import Floats, SiteInputs, prepare
from milpcore.site.kink_theorem import kink_faults
from milpcore.site.model import Observer
from milpcore.site.study import SolveSettings, chosen_formulation, honest, solved
from milpcore.streams import Streams
from preprocess.heat_pumps import LIMIT_TOLERANCE_K, carnot_cop


class TemperatureBound(NamedTuple):
    """What all temperatures can do at best.

    Attributes
    ----------
    bound : float
        No design costs less, whatever its temperatures, EUR/a or t/a.
    relaxed : float
        Best value found for the site of cells; no design need reach it.
    n_candidates : int
        Kinks and cells.
    solve_s : float
    """

    bound: float
    relaxed: float
    n_candidates: int
    solve_s: float


def any_temperature_bound(
    streams: Streams,
    *,
    n_levels: int,
    step_K: float = 1.0,
    economics: SiteEconomics | None = None,
    objective: Measure | str = Measure.TAC,
    mip_rel_gap: float = 1e-4,
    time_limit_s: float | None = None,
    observer: Observer | None = None,
) -> TemperatureBound:
    """Bound the objective of every design with at most so many levels at any temperatures.

    Parameters
    ----------
    streams : Streams
        The stream table.
    n_levels : int
        Largest number of levels, from 1.
    step_K : float
        Widest cell; a finer one gives a higher bound.
    economics : SiteEconomics, optional
        Prices and limits; the defaults of the bundled site if not given.
    objective : Measure or str
        ``"tac"``, ``"opex"``, ``"capex"`` or ``"co2"``.
    mip_rel_gap, time_limit_s, observer
        Of the search on the site of cells.

    Returns
    -------
    TemperatureBound

    Raises
    ------
    InputError
        If a condition of Theorem 2 fails, or pumps have no temperature differences to their levels.

    Examples
    --------
    >>> import milpcore
    >>> dairy = milpcore.load_case("dairy_8")
    >>> found = any_temperature_bound(dairy, n_levels=4)
    >>> best = milpcore.site.greenfield(dairy, n_levels=4).summary["objective_value"].iloc[0]
    >>> bool(0.99 * best < found.bound <= best)
    True
    """
    inputs = cells(streams, step_K=step_K, economics=economics, objective=objective)
    settings = SolveSettings(mip_rel_gap, time_limit_s, observer)
    _, outcome = next(solved(inputs, chosen_formulation(inputs, None), [n_levels], settings))
    outcome = honest(inputs, outcome, mip_rel_gap)
    return TemperatureBound(outcome.bound, outcome.objective, inputs.n_candidates, outcome.solve_s)


def cells(
    streams: Streams,
    *,
    step_K: float,
    economics: SiteEconomics | None = None,
    objective: Measure | str = Measure.TAC,
) -> SiteInputs:
    """Prepare the site of cells; each stands at its middle and has the best pumps of its inside."""
    kinks = prepare(streams, economics=economics, objective=objective)
    prices = kinks.economics
    faults = FaultList()
    note_unproven(kinks, faults, theorem="Theorem 2")
    faults.raise_if_any("any temperature")
    edge_C = KinksAndGrid(step_K).levels_C(kinks.stream_limit_C, prices)
    top_C = min(float(kinks.level_C[-1]), prices.max_sink_C)
    edge_C = np.union1d(edge_C, [top_C]) if top_C > kinks.level_C[0] else edge_C
    edge_C = edge_C[edge_C <= top_C]
    middle_C = 0.5 * (edge_C[:-1] + edge_C[1:])
    inputs = prepare(
        streams,
        economics=economics,
        objective=objective,
        candidates_C=np.concatenate((kinks.level_C, middle_C)).tolist(),
    )
    if not kinks.n_pairs and not inputs.n_pairs:
        return inputs
    low_C, high_C = inputs.level_C.copy(), inputs.level_C.copy()
    places = np.searchsorted(inputs.level_C, np.round(middle_C, 6))
    low_C[places], high_C[places] = edge_C[:-1], edge_C[1:]
    return with_best_pumps(inputs, low_C, high_C)


def with_best_pumps(inputs: SiteInputs, low_C: Floats, high_C: Floats) -> SiteInputs:
    """Let every cell have the best heat pumps of its inside.

    Parameters
    ----------
    inputs : SiteInputs
        A site of cells.
    low_C, high_C : ndarray (L,)
        Ends of each cell: a pump draws heat at the upper end of one and delivers it at the lower
        end of another.

    Returns
    -------
    SiteInputs
    """
    prices = inputs.economics
    lift_K = low_C[None, :] - high_C[:, None]
    source, sink = np.nonzero(
        np.triu(lift_K <= prices.max_lift_K + LIMIT_TOLERANCE_K, 1)
        & (low_C <= prices.max_sink_C + LIMIT_TOLERANCE_K)
    )
    cop = carnot_cop(
        high_C[source],
        low_C[sink],
        prices.carnot_efficiency,
        prices.heat_pump_dt_source_K,
        prices.heat_pump_dt_sink_K,
    )
    kept = cop > 1.0
    return replace(
        inputs,
        pump_source=source[kept].astype(np.int64),
        pump_sink=sink[kept].astype(np.int64),
        pump_cop=cop[kept],
    )


def note_unproven(kinks: SiteInputs, faults: FaultList, *, theorem: str) -> None:
    """Note what a bound on cells needs and a site does not have: a theorem, pumps with a limit."""
    remedy = "compare fine grids instead"
    for reason in kink_faults(kinks, 2):
        faults.add("", "economics", theorem, f"does not hold: {reason}", remedy)
    prices = kinks.economics
    if prices.heat_pump_dt_source_K + prices.heat_pump_dt_sink_K <= 0.0:
        rule = "must be positive: else the COP between neighbouring cells has no limit"
        name = "heat_pump_dt_source_K + heat_pump_dt_sink_K"
        faults.add("", name, 0.0, rule, "raise one of them")
