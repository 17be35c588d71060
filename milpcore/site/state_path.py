r"""Assemble a path through states: the common part of `ArcPath` and `LayeredPath`.

Interface and rows (1)-(7): `milpcore.site.model` and `milpcore.site.milp_parts`; MW. With ``A``
arcs between the ``X`` states of `milpcore.site.state_network`, own columns

- ``arc`` (A,): ``u_a``, 1 where its ends are consecutive, from 0 to 1
- ``state_open`` (X,): ``y_x``, only with layers
- ``count`` (L,): number of open levels up to and including ``l``, only with `IntegerColumns.COUNTS`
- ``arc_cascade`` (A',): ``R_a``, heat falling down an arc between levels, unless it is a chain
- ``state_external_heat``, ``state_cooling`` (X,), ``state_pump_heat`` (P,): by state, with layers
  and arc-wise cascade

and own rows, with ``x at l`` the states of a level and ``M_a`` of `milpcore.site.cascade_limits`,

.. math::

   \sum_{a\,\mathrm{into}\,x} u_a = y_x, \quad \sum_{a\,\mathrm{out\,of}\,x} u_a = y_x
   \quad \forall x \tag{8, 9}

   \sum_{a\,\mathrm{out\,of\,source}} u_a = 1 \tag{10}

   \sum_l y_l \le N \text{ without layers}, \quad y_l = \sum_{x\,\mathrm{at}\,l} y_x
   \text{ with layers} \tag{11}

   S_l - S_{l-1} = y_l \quad \forall l \tag{12}

   R_a \le M_a u_a \quad \forall a \tag{13}

   R_{l+1} - R_l = \sum_{a\,\mathrm{out\,of}\,l} R_a - \sum_{a\,\mathrm{into}\,l} R_a
   \quad \forall l, \text{ without layers} \tag{14}

and with layers, instead of (14) and (2)-(5), those of every state:

.. math::

   \mathrm{hot}_x + E_x + \sum_{k \to x} q_k + \sum_{a\,\mathrm{out}} R_a
   = \mathrm{cold}_x + W_x + \sum_{k: x \to} r_k q_k + \sum_{a\,\mathrm{into}} R_a \tag{15}

   E_l = \sum_{x\,\mathrm{at}\,l} E_x, \quad W_l = \sum_{x\,\mathrm{at}\,l} W_x, \quad
   q_k = \sum q_{k, x, x'} \tag{16}

   E_x \le M y_x, \; W_x \le M y_x, \; \sum_{k \to x} q_k \le M y_x, \;
   \sum_{k: x \to} r_k q_k \le M y_x \tag{17}

"Out of" a state means upwards. The cascade of the interface follows from the level balance (1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from milpcore.core import Assembly, Problem
from milpcore.site.cascade_limits import Cascade, cascade_limits
from milpcore.site.inputs import Floats, Integers, SiteInputs
from milpcore.site.level_path import IntegerColumns
from milpcore.site.limits import flow_limits
from milpcore.site.milp_parts import DutyTerms, add_stream_terms, uses_dominance_rows
from milpcore.site.model import Interface, add_interface
from milpcore.site.state_network import StateNetwork, state_network
from milpcore.site.survivors import survivors


@dataclass(frozen=True)
class PathOptions:
    """What a path of states looks like.

    Attributes
    ----------
    n_levels : int
        Largest number of levels.
    layered : bool
        Whether a state knows how many levels are open below it.
    cascade : Cascade
        How heat cascades.
    integer : IntegerColumns
        Which columns are integer.
    upper_bound : float or None
        Objective of a known design, EUR/a or t/a: what no design as good uses is left out.
    """

    n_levels: int
    layered: bool
    cascade: Cascade
    integer: IntegerColumns
    upper_bound: float | None = None


class PathProblem(NamedTuple):
    """A problem with the network that it was built from, for cuts.

    Attributes
    ----------
    problem : Problem
        The mixed-integer linear program.
    network : StateNetwork
        Its states and arcs; ``problem.column_blocks["arc"]`` are the arcs' columns.
    place : ndarray of int (X,)
        Where the flows of each state are counted: at the state itself, or at its level.
    inflow_place, inflow_column : ndarray of int
        External heat, pump heat and cascade from above that arrive at each place, one column
        each.
    """

    problem: Problem
    network: StateNetwork
    place: Integers
    inflow_place: Integers
    inflow_column: Integers


class _Flows(NamedTuple):
    """Columns of the flows at states."""

    external_heat: Integers
    cooling: Integers
    pump_heat: Integers


def build_path(inputs: SiteInputs, options: PathOptions) -> PathProblem:
    """Assemble the problem; whether it is exact for the input is the caller's question.

    Parameters
    ----------
    inputs : SiteInputs
        The site.
    options : PathOptions
        Layers, cascade, integer columns.

    Returns
    -------
    PathProblem
    """
    left = survivors(inputs, options.n_levels, options.upper_bound)
    network = state_network(inputs, left, layered=options.layered)
    assembly = Assembly()
    by_level = options.integer is IntegerColumns.LEVELS
    interface = add_interface(assembly, inputs, open_is_integer=by_level)
    by_arc = options.integer is IntegerColumns.ARCS
    arc = assembly.columns("arc", network.tail.shape, upper=1.0, integer=by_arc)
    state_open = _add_path(assembly, interface, network, arc, options)
    _close_dropped_pumps(assembly, inputs, interface, left.pumps)

    hot, cold = network.hot_MW > 0.0, network.cold_MW > 0.0
    hot_terms = DutyTerms(network.tail_level[hot], arc[hot], network.hot_MW[hot])
    cold_terms = DutyTerms(network.head_level[cold], arc[cold], network.cold_MW[cold])
    by_state = options.layered and options.cascade is not Cascade.CHAIN
    flows = _Flows(interface.external_heat, interface.cooling, interface.pump_heat[network.pump])
    if by_state:
        balance = interface.level_balance
        assembly.put(balance[hot_terms.level], hot_terms.column, hot_terms.duty_MW)  # (1)
        assembly.put(balance[cold_terms.level], cold_terms.column, -cold_terms.duty_MW)  # (1)
        flows = _add_flows(assembly, inputs, interface, network, state_open, options.n_levels)
    else:
        chain = options.cascade is Cascade.CHAIN
        add_stream_terms(
            assembly,
            inputs,
            interface,
            hot_terms,
            cold_terms,
            n_levels=options.n_levels,
            dominance_rows=chain and uses_dominance_rows(inputs, None),
        )
    if options.cascade is Cascade.CHAIN:
        every = np.arange(inputs.n_candidates)
        return PathProblem(
            assembly.problem(),
            network,
            network.level,
            np.concatenate([every, inputs.pump_sink, every]),
            np.concatenate([flows.external_heat, interface.pump_heat, interface.cascade[1:]]),
        )
    falls, inner = _add_cascade(assembly, inputs, network, arc, options)
    tail, head = network.tail[inner], network.head[inner]
    if by_state:
        _add_state_balance(assembly, inputs, network, arc, flows, falls, inner)
        sink = network.sink
    else:
        sink = network.level[network.sink]
        tail, head = network.level[tail], network.level[head]
        levels = assembly.rows("arcs_cascade", interface.is_open.shape, lower=0.0, upper=0.0)
        assembly.put(levels, interface.cascade[1:], 1.0)  # (14)
        assembly.put(levels, interface.cascade[:-1], -1.0)
        assembly.put(levels[tail], falls, -1.0)
        assembly.put(levels[head], falls, 1.0)
    every = np.arange(flows.external_heat.size)
    return PathProblem(
        assembly.problem(),
        network,
        np.arange(network.n_states) if by_state else network.level,
        np.concatenate([every, sink, tail]),
        np.concatenate([flows.external_heat, flows.pump_heat, falls]),
    )


def _add_path(
    assembly: Assembly,
    interface: Interface,
    network: StateNetwork,
    arc: Integers,
    options: PathOptions,
) -> Integers:
    """Add the rows of a single path; return the columns that open states."""
    is_open = interface.is_open
    starts, ends = network.from_source, network.to_sink
    if options.layered:
        state_open = assembly.columns("state_open", network.level.shape, upper=1.0)
        levels = assembly.rows("level_of_states", is_open.shape, lower=0.0, upper=0.0)  # (11)
        assembly.put(levels, is_open, -1.0)
        assembly.put(levels[network.level], state_open, 1.0)
        row = np.arange(network.n_states)
    else:
        state_open, row = is_open, network.level
        most_levels = assembly.rows("most_levels", (), upper=float(options.n_levels))  # (11)
        assembly.put(most_levels, is_open, 1.0)
    for name, chosen, state in (
        ("path_enters", ~ends, network.head),  # (8)
        ("path_leaves", ~starts, network.tail),  # (9)
    ):
        rows = assembly.rows(name, state_open.shape, lower=0.0, upper=0.0)
        assembly.put(rows[row[state[chosen]]], arc[chosen], 1.0)
        assembly.put(rows, state_open, -1.0)
    one = assembly.rows("path_starts", (), lower=1.0, upper=1.0)  # (10)
    assembly.put(one, arc[starts], 1.0)
    if options.integer is IntegerColumns.COUNTS:
        most = float(options.n_levels)
        count = assembly.columns("count", is_open.shape, upper=most, integer=True)
        counted = assembly.rows("level_counted", is_open.shape, lower=0.0, upper=0.0)  # (12)
        assembly.put(counted, count, 1.0)
        assembly.put(counted[1:], count[:-1], -1.0)
        assembly.put(counted, is_open, -1.0)
    return state_open


def _close_dropped_pumps(
    assembly: Assembly, inputs: SiteInputs, interface: Interface, alive: Integers
) -> None:
    """Keep heat pumps that no design as good as the known one uses at zero."""
    dropped = np.setdiff1d(np.arange(inputs.n_pairs), alive)
    if dropped.size:
        none = assembly.rows("dropped_pumps", (), upper=0.0)
        assembly.put(none, interface.pump_heat[dropped], 1.0)


def _add_flows(
    assembly: Assembly,
    inputs: SiteInputs,
    interface: Interface,
    network: StateNetwork,
    state_open: Integers,
    n_levels: int,
) -> _Flows:
    """Add the flows of every state, their sums (16) and limits (17)."""
    level = network.level
    flows = _Flows(
        assembly.columns("state_external_heat", level.shape),
        assembly.columns("state_cooling", level.shape),
        assembly.columns("state_pump_heat", network.pump.shape),
    )
    for name, total, parts, place in (
        ("external_heat_of_states", interface.external_heat, flows.external_heat, level),
        ("cooling_of_states", interface.cooling, flows.cooling, level),
        ("pump_heat_of_states", interface.pump_heat, flows.pump_heat, network.pump),
    ):
        rows = assembly.rows(name, total.shape, lower=0.0, upper=0.0)  # (16)
        assembly.put(rows, total, -1.0)
        assembly.put(rows[place], parts, 1.0)
    limits = flow_limits(inputs, n_levels)
    every, share = np.arange(level.size), inputs.pump_source_share[network.pump]
    for name, state, columns, value, most_MW in (
        ("state_external_heat_limit", every, flows.external_heat, 1.0, limits.external_heat),
        ("state_cooling_limit", every, flows.cooling, 1.0, limits.cooling),
        ("state_pumps_in_limit", network.sink, flows.pump_heat, 1.0, limits.pumps_in),
        ("state_pumps_out_limit", network.source, flows.pump_heat, share, limits.pumps_out),
    ):
        rows = assembly.rows(name, level.shape, upper=0.0)  # (17)
        assembly.put(rows[state], columns, value)
        assembly.put(rows, state_open, -most_MW[level])
    return flows


def _add_cascade(
    assembly: Assembly,
    inputs: SiteInputs,
    network: StateNetwork,
    arc: Integers,
    options: PathOptions,
) -> tuple[Integers, Integers]:
    """Add the cascade of arcs (13); return its columns and their arcs."""
    limit: Floats = cascade_limits(inputs, network, options.cascade, options.n_levels)
    inner = np.flatnonzero(limit > 0.0)
    falls = assembly.columns("arc_cascade", inner.shape)
    rows = assembly.rows("arc_cascade_limit", inner.shape, upper=0.0)  # (13)
    assembly.put(rows, falls, 1.0)
    assembly.put(rows, arc[inner], -limit[inner])
    return falls, inner


def _add_state_balance(
    assembly: Assembly,
    inputs: SiteInputs,
    network: StateNetwork,
    arc: Integers,
    flows: _Flows,
    falls: Integers,
    inner: Integers,
) -> None:
    """Add the balance of every state (15)."""
    rows = assembly.rows("state_balance", network.level.shape, lower=0.0, upper=0.0)  # (15)
    hot, cold = network.hot_MW > 0.0, network.cold_MW > 0.0
    assembly.put(rows[network.tail[hot]], arc[hot], network.hot_MW[hot])
    assembly.put(rows[network.head[cold]], arc[cold], -network.cold_MW[cold])
    assembly.put(rows, flows.external_heat, 1.0)
    assembly.put(rows, flows.cooling, -1.0)
    assembly.put(rows[network.sink], flows.pump_heat, 1.0)
    share = inputs.pump_source_share[network.pump]
    assembly.put(rows[network.source], flows.pump_heat, -share)
    assembly.put(rows[network.tail[inner]], falls, 1.0)
    assembly.put(rows[network.head[inner]], falls, -1.0)
