r"""A set of open levels with the best connections: a small mixed-integer program.

With a binary ``x_sl`` for every stream ``s`` and open level ``l`` that may serve it, and the flows
of `milpcore.site.model` between the open levels alone:

.. math::

   \min \sum_{sl} k_{sl} x_{sl} + \text{heat flows}, \qquad
   \sum_l x_{sl} = 1 \;\forall s, \qquad
   \text{supply}_l = \sum_s \pm Q_s x_{sl} \;\forall l \tag{1}

Its relaxation splits no more streams than there are levels, so that it is nearly as good.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from milpcore.core import Assembly, Problem, Status, solve
from milpcore.site.connection_search.site_arrays import SiteArrays
from milpcore.site.inputs import Integers


class PricedSet(NamedTuple):
    """What a level set costs.

    Attributes
    ----------
    cost : float
        Of the best connections found; infinite without.
    bound : float
        No connections cost less.
    stream_level : ndarray of int (S,)
        Candidate of each stream; empty without connections.
    """

    cost: float
    bound: float
    stream_level: Integers


NOTHING = PricedSet(np.inf, np.inf, np.empty(0, dtype=np.int64))


def priced_set(
    site: SiteArrays, levels: Integers, *, gap: float, time_limit_s: float | None = None
) -> PricedSet:
    """Find the best connections to some open levels.

    Parameters
    ----------
    site : SiteArrays
    levels : ndarray of int (O,)
        Open levels, rising.
    gap : float
        Relative gap at which the program is done.
    time_limit_s : float, optional

    Returns
    -------
    PricedSet
        Both infinite if a stream has no open level.
    """
    allowed = np.isfinite(site.connection_cost[:, levels])
    if not allowed.any(axis=1).all():
        return NOTHING
    stream, place = np.nonzero(allowed)
    problem = _problem(site, levels, stream, place)
    solution = solve(problem, mip_rel_gap=gap, time_limit_s=time_limit_s)
    base = float(site.level_cost[levels].sum())
    if not solution.has_incumbent:
        bound = solution.bound if solution.status is not Status.ERROR else -np.inf
        return NOTHING._replace(bound=base + bound)
    taken = solution.values["connection"] > 0.5
    stream_level = np.full(site.demand_MW.size, -1, dtype=np.int64)
    stream_level[stream[taken]] = levels[place[taken]]
    return PricedSet(base + solution.objective, base + solution.bound, stream_level)


def _problem(site: SiteArrays, levels: Integers, stream: Integers, place: Integers) -> Problem:
    """Program (1), with the matches ``stream``, ``place`` (M,)."""
    network, n_open = site.network, levels.size
    at = np.full(site.n_levels, -1, dtype=np.int64)
    at[levels] = np.arange(n_open)
    source, sink = at[network.pump_source], at[network.pump_sink]
    pump = np.flatnonzero((source >= 0) & (sink >= 0))
    assembly = Assembly()
    external_heat = assembly.columns("external_heat", n_open)
    cooling = assembly.columns("cooling", n_open)
    cascade = assembly.columns("cascade", n_open - 1)
    pump_heat = assembly.columns("pump_heat", pump.size)
    connection = assembly.columns("connection", stream.size, upper=1.0, integer=True)
    balance = assembly.rows("level_balance", n_open, lower=0.0, upper=0.0)
    assembly.put(balance, external_heat, 1.0)
    assembly.put(balance, cooling, -1.0)
    assembly.put(balance[:-1], cascade, 1.0)
    assembly.put(balance[1:], cascade, -1.0)
    assembly.put(balance[sink[pump]], pump_heat, 1.0)
    assembly.put(balance[source[pump]], pump_heat, -network.pump_share[pump])
    assembly.put(balance[place], connection, -site.demand_MW[stream])
    one_level = assembly.rows("one_level", site.demand_MW.size, lower=1.0, upper=1.0)
    assembly.put(one_level[stream], connection, 1.0)
    assembly.cost(external_heat, network.external_heat_cost[levels])
    assembly.cost(cooling, network.cooling_cost[levels])
    assembly.cost(pump_heat, network.pump_cost[pump])
    assembly.cost(connection, site.connection_cost[stream, levels[place]])
    return assembly.problem()
