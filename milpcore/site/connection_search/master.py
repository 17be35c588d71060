r"""Heat prices from the connections met so far: a linear program, as in Dantzig and Wolfe (1960).

A column ``p`` is a set of open levels with a level for every stream: it costs ``k_p`` for
connections and levels and needs ``D_lp`` of heat at each level. Mixing them,

.. math::

   \min \sum_p k_p \lambda_p + \text{heat flows}, \qquad \sum_p \lambda_p = 1, \qquad
   \text{supply}_l = \sum_p D_{lp} \lambda_p \;\forall l \tag{1}

with the flows of `milpcore.site.model` between all candidates. Its duals are the heat prices at
which these columns cost least together; prices between them and the best so far (`STEP`) are tried
next, which steadies the search: Wentges (1997), Weighted Dantzig-Wolfe decomposition for linear
mixed-integer programming, International Transactions in Operational Research 4.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from milpcore.core import Assembly, Problem, Status, solve_lp
from milpcore.site.connection_search.site_arrays import SiteArrays
from milpcore.site.inputs import Booleans, Floats, Integers

STEP = 0.4
"""How far to go from the best prices towards those of the program."""


class Mixture(NamedTuple):
    """The cheapest mixture of columns.

    Attributes
    ----------
    cost : float
        No prices give a higher bound on the nodes that the columns come from.
    price : ndarray (L,)
        Of heat.
    paths : ndarray of int (P, N)
        Levels of the columns in it.
    shares : ndarray (P,)
        How much of each there is.
    """

    cost: float
    price: Floats
    paths: Integers
    shares: Floats


class Master:
    """Columns met so far, and the program that mixes them."""

    def __init__(self, site: SiteArrays) -> None:
        self.site = site
        self.flows = _flows(site)
        self.n_programs = 0
        self._known: set[bytes] = set()
        self._paths: dict[int, list[Integers]] = {}
        self._entries: dict[int, list[Floats]] = {}

    def add(self, path: Integers, stream_level: Integers) -> None:
        """Add a set of open levels with its connections."""
        key = path.tobytes() + stream_level.tobytes()
        if key in self._known:
            return
        self._known.add(key)
        site = self.site
        cost = site.connected(stream_level) + float(site.level_cost[path].sum())
        entries = np.concatenate((-site.demands_MW(stream_level), [1.0, cost]))
        self._paths.setdefault(path.size, []).append(path)
        self._entries.setdefault(path.size, []).append(entries)

    def solve(self, is_alive: Booleans) -> Mixture | None:
        """Mix the columns whose levels are alive (N, L); None if there are none, or that fails."""
        n_open = is_alive.shape[0]
        if n_open not in self._paths:
            return None
        paths = np.array(self._paths[n_open])
        inside = np.flatnonzero(is_alive[np.arange(n_open)[None, :], paths].all(axis=1))
        if not inside.size:
            return None
        entries = np.array([self._entries[n_open][place] for place in inside])
        problem = self.flows.with_columns("share", entries[:, :-1].T, cost=entries[:, -1])
        self.n_programs += 1
        solution = solve_lp(problem, method="highs-ds")
        if solution.status is not Status.OPTIMAL:
            return None
        share = np.maximum(solution.values["share"], 0.0)
        used = np.flatnonzero(share > 1e-9)
        price = np.asarray(solution.row_duals["level_balance"])
        shares = share[used] / share[used].sum()
        return Mixture(solution.objective, price, paths[inside[used]], shares)


def _flows(site: SiteArrays) -> Problem:
    """Heat flows between all candidates, and the rows that columns join."""
    network, n = site.network, site.n_levels
    assembly = Assembly()
    external_heat = assembly.columns("external_heat", n)
    cooling = assembly.columns("cooling", n)
    cascade = assembly.columns("cascade", n - 1)
    pump_heat = assembly.columns("pump_heat", network.pump_source.shape)
    balance = assembly.rows("level_balance", n, lower=0.0, upper=0.0)
    assembly.rows("one", (), lower=1.0, upper=1.0)
    assembly.put(balance, external_heat, 1.0)
    assembly.put(balance, cooling, -1.0)
    assembly.put(balance[:-1], cascade, 1.0)
    assembly.put(balance[1:], cascade, -1.0)
    assembly.put(balance[network.pump_sink], pump_heat, 1.0)
    assembly.put(balance[network.pump_source], pump_heat, -network.pump_share)
    assembly.cost(external_heat, network.external_heat_cost)
    assembly.cost(cooling, network.cooling_cost)
    assembly.cost(pump_heat, network.pump_cost)
    return assembly.problem()
