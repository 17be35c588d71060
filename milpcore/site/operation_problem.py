r"""The program of an operation: heat flows and heat pumps of some open levels.

With the flows of `milpcore.site.model` between the open levels ``l`` alone, in MW, and everything
that `milpcore.site.option_parts` adds,

.. math::

   \text{external heat}_l - \text{cooling}_l + \text{cascade}_l - \text{cascade}_{l-1}
   + \text{pumps}_l = d_l \tag{1}

where ``d_l``, cold duty less hot heat, is known if the connections are. Otherwise each match of a
stream with an open level has a binary ``x_sl``, and

.. math::

   d_l = \sum_s \pm Q_s x_{sl}, \qquad \sum_l x_{sl} = 1 \;\forall s \tag{2}

with what connections cost on ``x``: the same program, with the best connections beside the best
flows and heat pumps. Its relaxation splits no more streams than there are levels and other rows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from milpcore.core import Assembly, Problem
from milpcore.economics import Measure
from milpcore.site.inputs import Booleans, Floats, Integers, SiteInputs
from milpcore.site.limits import flow_limits
from milpcore.site.model import KW_PER_MW
from milpcore.site.option_parts import (
    add_chosen_pumps,
    add_forced_pumps,
    add_site_limits,
    largest_heat_MW,
)
from milpcore.site.option_sources import source_surcharge
from milpcore.site.option_terms import least_sizes_MW

LEXICOGRAPHIC_SLACK = 1e-9
"""Relative amount by which TAC, coming second, may worsen the first objective."""

SOLVER_PRICE = 1000.0
"""Largest price in the program, because the solver's tolerances are absolute."""


class Matches(NamedTuple):
    """Connections to choose among: stream (M,), and position of its level in the part (M,)."""

    stream: Integers
    place: Integers


class Part(NamedTuple):
    """The part of a site that is in use.

    Attributes
    ----------
    level : ndarray of int (O,)
        Open levels.
    pair : ndarray of int (P,)
        Heat pump pairs between them.
    source, sink : ndarray of int (P,)
        Ends of these pairs, as positions in `level`.
    supply_MW : ndarray (O,)
        Hot heat minus cold duty of streams that are connected.
    matches : Matches or None
        Connections of all others; None where all are connected.
    """

    level: Integers
    pair: Integers
    source: Integers
    sink: Integers
    supply_MW: Floats
    matches: Matches | None = None


class Flows(NamedTuple):
    """Heat flows of a part: external heat (O,), cooling (O,), cascade (O-1,), pump heat (P,).

    The last are external heat by source (A,), as in `milpcore.site.option_sources`.
    In MW; ``cascade[o]`` falls from open level ``o + 1`` to ``o``.
    """

    external_heat: Floats
    cooling: Floats
    cascade: Floats
    pump_heat: Floats
    source_heat: Floats


class Prices(NamedTuple):
    """What flows (per MW), heat pumps that are built (P,) and matches (M,) cost.

    In multiples of ``unit`` EUR/a or t/a.
    """

    flows: Flows
    built: Floats
    connection: Floats
    unit: float


def fixed_part(inputs: SiteInputs, is_open: Booleans, stream_level: Integers) -> Part:
    """Select open levels (L,) and the pairs between them, with every stream (S,) connected."""
    signed_kW = np.where(inputs.stream_is_hot, inputs.stream_duty_kW, -inputs.stream_duty_kW)
    supply_kW = np.bincount(stream_level, weights=signed_kW, minlength=inputs.n_candidates)
    return _part(inputs, is_open, supply_kW / KW_PER_MW, None)


def free_part(inputs: SiteInputs, is_open: Booleans, matches: Matches) -> Part:
    """Select open levels (L,) and the pairs between them, with every stream among its matches."""
    return _part(inputs, is_open, np.zeros(inputs.n_candidates), matches)


def _part(
    inputs: SiteInputs, is_open: Booleans, supply_MW: Floats, matches: Matches | None
) -> Part:
    level = np.flatnonzero(is_open)
    pair = np.flatnonzero(is_open[inputs.pump_source] & is_open[inputs.pump_sink])
    return Part(
        level=level,
        pair=pair,
        source=np.searchsorted(level, inputs.pump_source[pair]),
        sink=np.searchsorted(level, inputs.pump_sink[pair]),
        supply_MW=supply_MW[level],
        matches=matches,
    )


def prices_of(inputs: SiteInputs, part: Part, measure: Measure) -> Prices:
    """Cost of each flow, the largest being `SOLVER_PRICE`, and of what is built or connected."""
    costs = inputs.costs(measure)
    prices = Flows(
        external_heat=costs.external_heat[part.level],
        cooling=costs.cooling[part.level],
        cascade=np.zeros(part.level.size - 1),
        pump_heat=costs.pump_heat[part.pair],
        source_heat=source_surcharge(inputs, measure, part.level),
    )
    largest = max((float(price.max()) for price in prices if price.size), default=0.0)
    factor = SOLVER_PRICE / largest if largest > 0.0 else 1.0
    built = inputs.fixed_costs(measure).pump[part.pair] / KW_PER_MW
    connection = np.empty(0)
    if part.matches is not None:
        stream, place = part.matches
        connection = inputs.connection_costs(measure)[stream, part.level[place]] / KW_PER_MW
    flows = Flows(*(price * factor for price in prices))
    return Prices(flows, built * factor, connection * factor, KW_PER_MW / factor)


def operation_problem(
    inputs: SiteInputs,
    part: Part,
    prices: Prices,
    first: Prices | None = None,
    least: float = 0.0,
    *,
    most_MW: Floats | None = None,
) -> Problem:
    """Assemble the program of least cost over a part.

    Parameters
    ----------
    inputs : SiteInputs
        The site.
    part : Part
        Its open levels.
    prices : Prices
        What is minimised.
    first : Prices, optional
        Of an objective that comes first.
    least : float
        Its least value, which may be exceeded by `LEXICOGRAPHIC_SLACK` of it.
    most_MW : ndarray (P,), optional
        What no heat pump exceeds that has to be built; default what the cheapest ones do not.

    Returns
    -------
    Problem
        A linear one if nothing is to be decided.
    """
    assembly = Assembly()
    most_cascade_MW = np.inf if inputs.cascade else 0.0
    external_heat = assembly.columns("external_heat", part.level.shape)
    cooling = assembly.columns("cooling", part.level.shape)
    cascade = assembly.columns("cascade", (part.level.size - 1,), upper=most_cascade_MW)
    largest_MW: Floats | float = np.inf
    if inputs.terms is not None:
        largest_MW = largest_heat_MW(inputs.terms)[part.pair]
    pump_heat = assembly.columns("pump_heat", part.pair.shape, upper=largest_MW)
    own = (external_heat, part.level, pump_heat, part.pair)
    source_heat = add_site_limits(assembly, inputs, *own)
    columns = (external_heat, cooling, cascade, pump_heat, source_heat)
    demand_MW = -part.supply_MW
    balance = assembly.rows("level_balance", part.level.shape, lower=demand_MW, upper=demand_MW)
    assembly.put(balance, external_heat, 1.0)  # (1)
    assembly.put(balance, cooling, -1.0)
    assembly.put(balance[:-1], cascade, 1.0)
    assembly.put(balance[1:], cascade, -1.0)
    assembly.put(balance[part.sink], pump_heat, 1.0)
    share = inputs.pump_source_share[part.pair]
    assembly.put(balance[part.source], pump_heat, -share)
    for block, price in zip(columns, prices.flows, strict=True):
        assembly.cost(block, price)
    if part.matches is not None:
        _add_connections(assembly, inputs, part.matches, balance, prices.connection)
    if inputs.terms is not None:
        ends = part.level[part.source], part.level[part.sink]
        add_forced_pumps(assembly, inputs.terms, *ends, pump_heat)
        limit_MW = _pump_limit_MW(inputs, part) if most_MW is None else most_MW
        built = add_chosen_pumps(assembly, inputs.terms, part.pair, pump_heat, limit_MW)
        assembly.cost(built[built >= 0], prices.built[built >= 0])
    if first is not None:
        most = least + LEXICOGRAPHIC_SLACK * abs(least)
        kept = assembly.rows("first_objective", (), upper=most / SOLVER_PRICE)
        for block, price in zip(columns, first.flows, strict=True):
            assembly.put(kept, block, price / SOLVER_PRICE)
    return assembly.problem()


def _add_connections(
    assembly: Assembly, inputs: SiteInputs, matches: Matches, balance: Integers, price: Floats
) -> None:
    """Add columns ``connection`` (M,), their heat in the balances and rows (2)."""
    stream, place = matches
    duty_MW = inputs.stream_duty_kW[stream] / KW_PER_MW
    connection = assembly.columns("connection", stream.shape, upper=1.0, integer=True)
    assembly.put(
        balance[place], connection, np.where(inputs.stream_is_hot[stream], duty_MW, -duty_MW)
    )
    one_level = assembly.rows("one_level", (inputs.n_streams,), lower=1.0, upper=1.0)  # (2)
    assembly.put(one_level[stream], connection, 1.0)
    assembly.cost(connection, price)


def _pump_limit_MW(inputs: SiteInputs, part: Part) -> Floats:
    """Heat that no heat pump of a part needs to exceed (P,): `milpcore.site.limits`, summed up."""
    level_limit_MW = float(np.abs(part.supply_MW).sum())
    if part.matches is not None:  # whatever is connected where
        level_limit_MW += float(inputs.stream_duty_kW.sum()) / KW_PER_MW
    level_limit_MW += least_sizes_MW(inputs.terms, part.level.size)
    if inputs.objective_costs.cooling.any():  # heat may be pumped on its way to cooling
        level_limit_MW += flow_limits(inputs, part.level.size).pump_heat.max(initial=0.0)
    return inputs.pump_cop[part.pair] * level_limit_MW
