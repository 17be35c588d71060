r"""All periods in one mixed-integer program: the level path, flows of every period, shared sizes.

Idea: levels and connections are those of `milpcore.site.level_path`, the same in every period;
flows have a period axis; a size is the most heat of its pump. Exact for any site that
`prepare_periods` accepts; for small ones, and the reference of `PeriodSearch` in tests.

Source of the single period: Hochhaus, Grünewald, Riese (2026), *Optimization of Site-wide
Heat-Integrated Utility Systems with Heat Pumps using MILP*, Systems and Control Transactions.

Columns, MW, with ``P`` periods, ``L`` levels, ``K`` pump pairs, ``A`` arcs:

- ``is_open`` (L,): 0 or 1, the only integers
- ``arc`` (A,): 1 where its ends are consecutive open levels
- ``size`` (K,): of a heat pump
- ``pump_heat`` (P, K), ``cascade`` (P, L+1)
- ``external_heat``, ``cooling`` (P, L), or (P, 1) where they cost the same at every level

At one price, as heat falls for nothing, all external heat is bought at the highest and all cooling
removed at the lowest candidate, from where it cascades through closed levels. With prices by
temperature they are limited to open levels. Rows, with :math:`H^t_a, C^t_a` the hot heat and cold
duty that arc ``a`` brings to its tail and its head:

.. math::

   \sum_{a\,\mathrm{out}} H^t_a u_a - \sum_{a\,\mathrm{into}} C^t_a u_a
   + E^t_l - W^t_l + R^t_{l+1} - R^t_l + \sum_{in} q^t - \sum_{out} r q^t &= 0
   \quad \forall t, l \tag{1} \\
   q^t_k &\le s_k \quad \forall t, k \tag{2} \\
   \sum_{k\,\mathrm{into}\,j} q^t_k &\le M^t_j\, y_j \quad \forall t, j \tag{3} \\
   \sum_{k\,\mathrm{out\,of}\,i} r_k q^t_k &\le M^t_i\, y_i \quad \forall t, i \tag{4} \\
   \sum_{a\,\mathrm{into}\,l} u_a = y_l, \quad \sum_{a\,\mathrm{out\,of}\,l} u_a &= y_l
   \quad \forall l \tag{5, 6}

with one start (7), at most N levels (8), forced ones open, and, with prices by temperature,
:math:`E^t_l \le M y_l` and :math:`W^t_l \le M y_l` (9, 10). In plain text: every level balances in
every period; no pump delivers more than its size; pumps neither lead to nor start from closed
levels; the open levels are a path. The limits are those of `milpcore.site.periods.flow_limits`.
Options add the rows of `milpcore.site.periods.size_options`, and that a heat pump is built between
open levels only (11).

Size: A + L + K + P (K + L + 3) columns and P (L + K + 2 L') + 2 L + 2 rows; P (2 L - 2) more
columns and 2 P L more rows with prices by temperature.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from milpcore.core import Assembly, Problem, Solution, solve
from milpcore.site.inputs import Floats, Integers, SiteInputs
from milpcore.site.level_path import SOURCE, level_arcs
from milpcore.site.milp_parts import checked_level_count
from milpcore.site.model import KW_PER_MW
from milpcore.site.periods.flow_limits import PeriodLimits, period_limits
from milpcore.site.periods.inputs import PeriodInputs
from milpcore.site.periods.network import period_network
from milpcore.site.periods.outcome import PeriodOutcome, outcome_of_levels
from milpcore.site.periods.size_options import (
    add_period_limits,
    add_size_options,
    size_limit_MW,
)


@dataclass(frozen=True)
class ExtensivePath:
    """A path through the candidates with at most `n_levels` levels, all periods at once.

    Parameters
    ----------
    n_levels : int
        Largest number of levels.

    Raises
    ------
    InputError
        If `n_levels` is not a whole number from 1.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore.site.periods import Periods, prepare_periods
    >>> periods = Periods(("day", "night"), [4e3, 4e3], [[900, 900], [900, 0]])
    >>> inputs = prepare_periods(milpcore.load_case("two_streams"), periods)
    >>> ExtensivePath(n_levels=2).solve(inputs).status
    <Status.OPTIMAL: 'optimal'>
    """

    n_levels: int
    name: ClassVar[str] = "extensive_path"

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_levels", checked_level_count(self.name, self.n_levels))

    def build(self, inputs: PeriodInputs) -> Problem:
        """Assemble the problem."""
        site, n_periods = inputs.site, inputs.n_periods
        n, n_pairs = site.n_candidates, site.n_pairs
        arcs = level_arcs(site)
        assembly = Assembly()
        forced = site.is_forced.astype(np.float64)
        is_open = assembly.columns("is_open", (n,), lower=forced, upper=1.0, integer=True)
        arc = assembly.columns("arc", arcs.tail.shape, upper=1.0)
        every = np.arange(n_pairs)
        size = assembly.columns("size", (n_pairs,), upper=size_limit_MW(site.terms, every))
        heat = assembly.columns("pump_heat", (n_periods, n_pairs))
        falls_MW = np.full(n + 1, np.inf)
        falls_MW[[0, -1]] = 0.0
        cascade = assembly.columns("cascade", (n_periods, n + 1), upper=falls_MW)
        costs = inputs.objective_costs.scaled(1.0 / site.cost_scale)
        heated, cooled = _bought_and_removed(inputs)
        external = assembly.columns("external_heat", (n_periods, heated.size))
        cooling = assembly.columns("cooling", (n_periods, cooled.size))

        balance = assembly.rows("level_balance", (n_periods, n), lower=0.0, upper=0.0)  # (1)
        hot_MW, cold_MW = _arc_duties(inputs, arcs.tail, arcs.head)
        leaves, enters = arcs.tail != SOURCE, arcs.head != n
        assembly.put(balance[:, arcs.tail[leaves]], arc[leaves], hot_MW[:, leaves])
        assembly.put(balance[:, arcs.head[enters]], arc[enters], -cold_MW[:, enters])
        assembly.put(balance[:, heated], external, 1.0)
        assembly.put(balance[:, cooled], cooling, -1.0)
        assembly.put(balance, cascade[:, 1:], 1.0)
        assembly.put(balance, cascade[:, :-1], -1.0)
        assembly.put(balance[:, site.pump_sink], heat, 1.0)
        assembly.put(balance[:, site.pump_source], heat, -site.pump_source_share)
        within = assembly.rows("within_size", (n_periods, n_pairs), upper=0.0)  # (2)
        assembly.put(within, heat, 1.0)
        assembly.put(within, size, -1.0)
        limits = period_limits(inputs, self.n_levels)
        _add_pump_limits(assembly, site, limits, is_open, heat)
        if heated.size > 1:
            _add_limit(assembly, "external_heat_limit", external, is_open, limits.external_heat)
        if cooled.size > 1:
            _add_limit(assembly, "cooling_limit", cooling, is_open, limits.cooling)
        unit = KW_PER_MW * site.cost_scale
        built_cost = inputs.objective_costs.built / unit
        built = add_size_options(assembly, inputs, every, size, built_cost, self.n_levels)
        _add_open_ends(assembly, site, is_open, built)
        add_period_limits(assembly, inputs, (external, heated), (heat, every), costs)
        _add_path(assembly, arcs.tail, arcs.head, is_open, arc)
        most_levels = assembly.rows("most_levels", (), upper=float(self.n_levels))  # (8)
        assembly.put(most_levels, is_open, 1.0)

        assembly.cost(is_open, site.objective_fixed_costs.level / unit)
        assembly.cost(size, costs.size)
        assembly.cost(heat, costs.operation)
        assembly.cost(external, costs.external_heat[:, heated])
        assembly.cost(cooling, costs.cooling[:, cooled])
        return assembly.problem()

    def read(self, inputs: PeriodInputs, solution: Solution) -> Integers:
        """Open levels of a solution, rising."""
        del inputs
        return np.flatnonzero(solution.values["is_open"] > 0.5)

    def solve(
        self,
        inputs: PeriodInputs,
        *,
        mip_rel_gap: float = 1e-4,
        time_limit_s: float | None = None,
    ) -> PeriodOutcome:
        """Solve one configuration; the levels found are operated by their own linear program."""
        start_s = time.perf_counter()
        solution = solve(self.build(inputs), mip_rel_gap=mip_rel_gap, time_limit_s=time_limit_s)
        unit = KW_PER_MW * inputs.site.cost_scale
        return outcome_of_levels(
            inputs,
            period_network(inputs),
            self.read(inputs, solution) if solution.has_incumbent else None,
            status=solution.status,
            bound=solution.bound * unit,
            n_nodes=solution.n_nodes,
            start_s=start_s,
            message=solution.message,
        )


def _arc_duties(inputs: PeriodInputs, tail: Integers, head: Integers) -> tuple[Floats, Floats]:
    """Hot heat to the tail and cold duty to the head of each arc in each period (P, A), MW."""
    n = inputs.site.n_candidates
    hot, cold = (
        np.concatenate([np.zeros((inputs.n_periods, 1)), np.cumsum(kink_kW, axis=1)], axis=1)
        for kink_kW in (inputs.hot_kink_kW / KW_PER_MW, inputs.cold_kink_kW / KW_PER_MW)
    )
    hot_MW = hot[:, head] - hot[:, np.maximum(tail, 0)]
    return hot_MW, cold[:, np.minimum(head + 1, n)] - cold[:, tail + 1]


def _add_path(
    assembly: Assembly, tail: Integers, head: Integers, is_open: Integers, arc: Integers
) -> None:
    """Add (5) to (7): the arcs in use are a path through the open levels."""
    leaves, enters = tail != SOURCE, head != is_open.size
    into = assembly.rows("path_enters", is_open.shape, lower=0.0, upper=0.0)  # (5)
    assembly.put(into[head[enters]], arc[enters], 1.0)
    assembly.put(into, is_open, -1.0)
    out = assembly.rows("path_leaves", is_open.shape, lower=0.0, upper=0.0)  # (6)
    assembly.put(out[tail[leaves]], arc[leaves], 1.0)
    assembly.put(out, is_open, -1.0)
    starts = assembly.rows("path_starts", (), lower=1.0, upper=1.0)  # (7)
    assembly.put(starts, arc[~leaves], 1.0)


def _add_limit(
    assembly: Assembly, name: str, flow: Integers, is_open: Integers, most_MW: Floats
) -> None:
    """Add (9) or (10): a flow (P, L) at open levels only, at most so much in each period."""
    rows = assembly.rows(name, flow.shape, upper=0.0)
    assembly.put(rows, flow, 1.0)
    assembly.put(rows, is_open, -most_MW[:, None])


def _bought_and_removed(inputs: PeriodInputs) -> tuple[Integers, Integers]:
    """Candidates at which heat is bought and removed: one at one price, all at several."""
    costs, every = inputs.objective_costs, np.arange(inputs.site.n_candidates)
    is_one = not (np.ptp(costs.external_heat, axis=1).any() or inputs.splits_sources)
    heated = every[-1:] if is_one else every
    return heated, every if np.ptp(costs.cooling, axis=1).any() else every[:1]


def _add_open_ends(
    assembly: Assembly, site: SiteInputs, is_open: Integers, built: Integers
) -> None:
    """Add (11): one decision of a heat pump at most, and only between open levels."""
    chosen = np.flatnonzero(built >= 0)
    if site.terms is None or not chosen.size:
        return
    first, group = np.unique(site.terms.pump_group[chosen], return_index=True, return_inverse=True)[
        1:
    ]
    for name, end in (("pump_source_open", site.pump_source), ("pump_sink_open", site.pump_sink)):
        rows = assembly.rows(name, first.shape, upper=0.0)  # (11)
        assembly.put(rows[group], built[chosen], 1.0)
        assembly.put(rows, is_open[end[chosen[first]]], -1.0)


def _add_pump_limits(
    assembly: Assembly, site: SiteInputs, limits: PeriodLimits, is_open: Integers, heat: Integers
) -> None:
    """Add (3) and (4) at the levels that pumps lead to and start from."""
    ends = (
        ("pumps_in_limit", site.pump_sink, np.ones(site.n_pairs)),  # (3)
        ("pumps_out_limit", site.pump_source, site.pump_source_share),  # (4)
    )
    for name, level, share in ends:
        occurring = np.unique(level)
        most_MW = limits.at_levels(level, share, site.n_candidates)[:, occurring]
        rows = assembly.rows(name, most_MW.shape, upper=0.0)
        assembly.put(rows[:, np.searchsorted(occurring, level)], heat, share)
        assembly.put(rows, is_open[occurring], -most_MW)
