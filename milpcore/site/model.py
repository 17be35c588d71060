r"""Model A: the interface that all its formulations share.

Shared columns, in MW, whatever the formulation (``L`` levels, ``K`` heat pump pairs):

- ``is_open`` (L,): level in use, 0 or 1
- ``external_heat`` (L,), ``cooling`` (L,): heat bought and removed at a level
- ``cascade`` (L+1,): heat arriving at a level from above; ``cascade[0]`` leaves the lowest
  level and ``cascade[L]`` enters the highest, both fixed at zero
- ``pump_heat`` (K,): heat delivered by a heat pump at its sink

Shared rows: the balance of every level,

.. math::

   H_l + E_l + \sum_{k \to l} q_k + R_{l+1}
   = C_l + W_l + \sum_{k: l \to} (1 - 1/\mathrm{COP}_k)\, q_k + R_l \tag{1}

in plain text ``hot + external heat + pumps into l + cascade in = cold + cooling + source heat of
pumps out of l + cascade out``. A formulation adds the terms of hot and cold streams and whatever
keeps closed levels empty. Objective: `SiteInputs.objective_costs`, divided by
`SiteInputs.cost_scale`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from milpcore.core import Assembly, Problem, Solution, Status
from milpcore.site.inputs import Booleans, Floats, Integers, SiteInputs

KW_PER_MW = 1000.0


class Interface(NamedTuple):
    """Column indices of the shared blocks, and the rows of the level balance (1)."""

    is_open: Integers
    external_heat: Integers
    cooling: Integers
    cascade: Integers
    pump_heat: Integers
    level_balance: Integers


@dataclass(frozen=True)
class Design:
    """A utility system: levels, connections and heat flows, independent of any formulation.

    Attributes
    ----------
    is_open : ndarray of bool (L,)
        Levels in use.
    external_heat_kW, cooling_kW : ndarray (L,)
        Heat bought and removed at each level.
    cascade_kW : ndarray (L+1,)
        Heat arriving at each level from above.
    pump_heat_kW : ndarray (K,)
        Sink heat of each heat pump pair.
    stream_level : ndarray of int (S,)
        Level that each stream is connected to.
    source_heat_kW : ndarray (L, S) or None
        External heat at each level from each source; None where every level has its usual one.
    """

    is_open: Booleans
    external_heat_kW: Floats
    cooling_kW: Floats
    cascade_kW: Floats
    pump_heat_kW: Floats
    stream_level: Integers
    source_heat_kW: Floats | None = None


class Progress(NamedTuple):
    """What a running search knows, in units of the objective (EUR/a or t/a).

    `levels` are the candidates open in the incumbent, where a search tells them.
    """

    elapsed_s: float
    incumbent: float
    bound: float
    n_nodes: int
    levels: tuple[int, ...] = ()


Observer = Callable[[Progress], bool]
"""Called now and then with `Progress`; returning True asks the search to stop."""


@dataclass(frozen=True)
class Outcome:
    """What solving one configuration brought, in units of `SiteInputs.objective_costs`.

    Attributes
    ----------
    status : Status
        How it ended.
    design : Design or None
        The best design found.
    objective, bound : float
        Value of `design` and lower bound on any design, EUR/a or t/a.
    gap : float
        ``(objective - bound) / |objective|``.
    n_nodes : int
        Nodes of the search tree.
    solve_s : float
        Wall time of build, search and polish.
    message : str
        Explanation for people.
    tac_proven : bool
        Whether TAC, where it decides between designs of equal OPEX or CO2, is proven least.
    """

    status: Status
    design: Design | None
    objective: float
    bound: float
    gap: float
    n_nodes: int
    solve_s: float
    message: str = ""
    tac_proven: bool = True


class Formulation(Protocol):
    """One way to solve model A for at most `n_levels` levels.

    MILP formulations also have ``build(inputs) -> Problem`` and ``read(inputs, solution) ->
    (is_open, stream_level)``; see `MilpFormulation`.
    """

    @property
    def name(self) -> str:
        """Name on the command line and in tables."""

    @property
    def n_levels(self) -> int:
        """Largest number of levels."""

    def refusal(self, inputs: SiteInputs) -> str | None:
        """Why this formulation would be wrong for the input, and what to use; None if exact."""

    def solve(
        self,
        inputs: SiteInputs,
        *,
        mip_rel_gap: float = 1e-4,
        time_limit_s: float | None = None,
        observer: Observer | None = None,
    ) -> Outcome:
        """Solve one configuration."""


class MilpFormulation(Protocol):
    """A formulation that is one mixed-integer linear program."""

    @property
    def name(self) -> str:
        """Name on the command line and in tables."""

    @property
    def n_levels(self) -> int:
        """Largest number of levels."""

    def refusal(self, inputs: SiteInputs) -> str | None:
        """Why this formulation would be wrong for the input, and what to use; None if exact."""

    def build(self, inputs: SiteInputs) -> Problem:
        """Assemble the problem; all formulations share the interface blocks."""

    def read(self, inputs: SiteInputs, solution: Solution) -> tuple[Booleans, Integers]:
        """Open levels (L,) and the level of each stream (S,) of a solution."""


def add_interface(assembly: Assembly, inputs: SiteInputs, *, open_is_integer: bool) -> Interface:
    """Add the shared columns, their cost, and the level balance (1) without its streams.

    The balance is written ``supply - demand = 0``: a formulation puts hot heat with a positive
    and cold duty with a negative sign, or the right-hand side's equivalent.
    """
    n_levels, n_pairs = inputs.n_candidates, inputs.n_pairs
    lower = inputs.is_forced.astype(np.float64)
    is_open = assembly.columns(
        "is_open", (n_levels,), lower=lower, upper=1.0, integer=open_is_integer
    )
    external_heat = assembly.columns("external_heat", (n_levels,))
    cooling = assembly.columns("cooling", (n_levels,))
    most_MW = np.full(n_levels + 1, np.inf if inputs.cascade else 0.0)
    most_MW[[0, -1]] = 0.0
    cascade = assembly.columns("cascade", (n_levels + 1,), upper=most_MW)
    most_pump_MW = np.inf if inputs.terms is None else inputs.terms.pump_most_kW / KW_PER_MW
    pump_heat = assembly.columns("pump_heat", (n_pairs,), upper=most_pump_MW)

    level_balance = assembly.rows("level_balance", (n_levels,), lower=0.0, upper=0.0)  # (1)
    assembly.put(level_balance, external_heat, 1.0)
    assembly.put(level_balance, cooling, -1.0)
    assembly.put(level_balance, cascade[1:], 1.0)
    assembly.put(level_balance, cascade[:-1], -1.0)
    assembly.put(level_balance[inputs.pump_sink], pump_heat, 1.0)
    assembly.put(level_balance[inputs.pump_source], pump_heat, -inputs.pump_source_share)

    costs, scale = inputs.objective_costs, inputs.cost_scale
    assembly.cost(external_heat, costs.external_heat / scale)
    assembly.cost(cooling, costs.cooling / scale)
    assembly.cost(pump_heat, costs.pump_heat / scale)
    return Interface(is_open, external_heat, cooling, cascade, pump_heat, level_balance)


def nearest_levels(inputs: SiteInputs, is_open: Booleans) -> Integers:
    """Level of each stream (S,) when each uses the open level nearest to its kink, -1 if none.

    A hot stream takes the highest open level at or below its kink, a cold one the lowest at or
    above: the best choice where `milpcore.site.conditions.nearest_level_faults` finds nothing.
    """
    levels = np.flatnonzero(is_open)
    if levels.size == 0:
        return np.full(inputs.n_streams, -1, dtype=np.int64)
    below = np.searchsorted(levels, inputs.stream_kink, side="right") - 1
    above = np.searchsorted(levels, inputs.stream_kink, side="left")
    chosen = np.where(inputs.stream_is_hot, below, above)
    exists = (chosen >= 0) & (chosen < levels.size)
    return np.where(exists, levels[np.clip(chosen, 0, levels.size - 1)], -1)


def relative_gap(objective: float, bound: float) -> float:
    """Gap ``(objective - bound)/|objective|``, 0 where they agree, inf without incumbent."""
    if not np.isfinite(objective):
        return np.inf
    difference = max(0.0, objective - bound)
    return 0.0 if difference == 0.0 else difference / max(abs(objective), 1e-12)
