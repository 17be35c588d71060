"""The best operation of given levels and connections: one small linear program, solved exactly.

Every result of model A comes from here, whatever found its levels, so that flows are those of an
optimal vertex instead of a mixed-integer search's tolerances.
"""

from __future__ import annotations

import numpy as np

from milpcore.economics import Measure
from milpcore.site.connection_faults import refuse_wrong_connections
from milpcore.site.design_cost import measured_cost, objective_value
from milpcore.site.inputs import Booleans, Integers, SiteInputs
from milpcore.site.level_program import solved_flows
from milpcore.site.model import KW_PER_MW, Design, nearest_levels
from milpcore.site.operation_problem import (
    LEXICOGRAPHIC_SLACK,
    Flows,
    Part,
    fixed_part,
    operation_problem,
    prices_of,
)
from milpcore.site.option_parts import existing_first
from milpcore.site.option_sources import joined, matched, moved_down, split_of

NOISE = 1e-11
"""Flows below this share of all duties are set to zero."""

BALANCE_SHARE = 1e-9
"""Largest imbalance of a level that is left alone, as a share of the heat that passes it."""


def operate(inputs: SiteInputs, is_open: Booleans, stream_level: Integers) -> Design | None:
    """Find the cheapest heat flows for given levels and connections.

    The objective is minimised first, then TAC, without making the objective worse by more than
    1e-9 of it. Where options ask which heat pumps to build, a small mixed-integer program decides
    that first. Among operations of equal cost external heat is bought as low and heat is removed as
    high as the cascade allows. Levels without stream, heat pump, external heat and cooling
    are closed, but those that options force. Flows below 1e-11 of all duties are set to zero, and
    what the solver's tolerances leave open at a level with little heat is bought, removed or
    cascaded.

    Parameters
    ----------
    inputs : SiteInputs
        The site.
    is_open : ndarray of bool (L,)
        Levels that may be used.
    stream_level : ndarray of int (S,)
        Level that each stream is connected to, -1 for none.

    Returns
    -------
    Design or None
        None if a stream has no level, a level that options force is not open, or limits of the
        whole site cannot be kept; every other choice can be operated.

    Raises
    ------
    ValueError
        If a stream is connected to a closed level or to one that cannot serve it.
    RuntimeError
        If the solver fails.

    References
    ----------
    Hochhaus, Grünewald, Riese (2026), Optimization of Site-wide Heat-Integrated Utility Systems
    with Heat Pumps using MILP, Systems and Control Transactions.

    Examples
    --------
    >>> import numpy as np
    >>> import milpcore
    >>> from milpcore.site.inputs import prepare
    >>> inputs = prepare(milpcore.load_case("two_streams"))
    >>> everything = np.ones(inputs.n_candidates, dtype=bool)
    >>> design = operate(inputs, everything, inputs.stream_kink)
    >>> inputs.level_C, design.external_heat_kW, design.cooling_kW
    (array([ 50., 130.]), array([  0., 900.]), array([1200.,    0.]))
    """
    open_mask = np.asarray(is_open, dtype=bool)
    levels = np.asarray(stream_level, dtype=np.int64)
    if np.any(levels < 0):
        return None
    if np.any(inputs.is_forced & ~open_mask):
        return None
    refuse_wrong_connections(inputs, open_mask, levels)
    part = fixed_part(inputs, open_mask, levels)
    cheapest = _cheapest(inputs, part)
    if cheapest is None:
        return None
    flows = _bought_low_removed_high(inputs, part, cheapest)
    tiny_MW = NOISE * float(inputs.stream_duty_kW.sum()) / KW_PER_MW
    flows = Flows(*(np.where(flow < tiny_MW, 0.0, flow) for flow in flows))
    return _design(inputs, part, _balanced(inputs, part, flows), levels)


def operate_levels(inputs: SiteInputs, levels: Integers) -> Design | None:
    """Operate some levels with every stream at the nearest of them, as in `operate`."""
    is_open = np.zeros(inputs.n_candidates, dtype=bool)
    is_open[levels] = True
    return operate(inputs, is_open, nearest_levels(inputs, is_open))


def without_spare_levels(inputs: SiteInputs, design: Design) -> Design:
    """Leave out every level that saves nothing, from the highest to the lowest.

    Streams of a level that is left out move to the nearest level that is left and can serve them;
    all others stay. This is repeated until nothing changes. Where connections cost something or
    are forbidden, the design stays as it is.

    Parameters
    ----------
    inputs : SiteInputs
        The site.
    design : Design
        From `operate`.

    Returns
    -------
    Design
        Costs no more, within 1e-9, and no level of it can be left out in this way without extra
        cost. Another choice of levels may still do with fewer.

    References
    ----------
    Hochhaus, Grünewald, Riese (2026), Optimization of Site-wide Heat-Integrated Utility Systems
    with Heat Pumps using MILP, Systems and Control Transactions.

    Examples
    --------
    >>> import numpy as np
    >>> import milpcore
    >>> from milpcore.site.inputs import prepare
    >>> streams = milpcore.load_case("two_streams")
    >>> inputs = prepare(streams, candidates_C=[20.0, 50.0, 130.0])
    >>> at_50_and_130 = operate(inputs, np.ones(3, dtype=bool), inputs.stream_kink)
    >>> without_spare_levels(inputs, at_50_and_130).is_open
    array([False,  True,  True])
    """
    if inputs.chooses_connections:
        return design
    most = [value * (1.0 + LEXICOGRAPHIC_SLACK) for value in _objective_and_tac(inputs, design)]
    found = True
    while found:
        found = False
        for level in np.flatnonzero(design.is_open)[::-1]:
            smaller = _without_level(inputs, design, level) if design.is_open[level] else None
            if smaller is None:
                continue
            costs = _objective_and_tac(inputs, smaller)
            if all(cost <= limit for cost, limit in zip(costs, most, strict=True)):
                design, found = smaller, True
    return design


def _without_level(inputs: SiteInputs, design: Design, level: int) -> Design | None:
    fewer = design.is_open.copy()
    fewer[level] = False
    is_moved = design.stream_level == level
    stream_level = np.where(is_moved, nearest_levels(inputs, fewer), design.stream_level)
    return operate(inputs, fewer, stream_level)


def _objective_and_tac(inputs: SiteInputs, design: Design) -> tuple[float, float]:
    return objective_value(inputs, design), measured_cost(inputs, Measure.TAC, design)


def _cheapest(inputs: SiteInputs, part: Part) -> Flows | None:
    """Solve the linear program, twice where TAC comes second."""
    tac = prices_of(inputs, part, Measure.TAC)
    if inputs.objective in (Measure.TAC, Measure.CAPEX):
        return solved_flows(operation_problem(inputs, part, tac))
    first = prices_of(inputs, part, inputs.objective)
    best = solved_flows(operation_problem(inputs, part, first))
    if best is None:
        return None
    least = sum(float(price @ flow) for price, flow in zip(first.flows, best, strict=True))
    return solved_flows(operation_problem(inputs, part, tac, first, least))


def _bought_low_removed_high(inputs: SiteInputs, part: Part, flows: Flows) -> Flows:
    """Buy heat low and remove it high, as far as neither objective nor TAC rises."""
    heat, cooling, cascade = (flow.copy() for flow in flows[:3])
    split = split_of(inputs, part.level, flows.source_heat)
    measures = inputs.objective_costs, inputs.costs(Measure.TAC)
    heat_price = np.array([costs.external_heat[part.level] for costs in measures])
    cooling_price = np.array([costs.cooling[part.level] for costs in measures])
    for lower in reversed(range(cascade.size)):
        is_same = split is not None  # from the same source, heat costs the same at every level
        if is_same or np.all(heat_price[:, lower] <= heat_price[:, lower + 1]):
            moved_MW = min(heat[lower + 1], cascade[lower])
            heat[lower + 1] -= moved_MW
            cascade[lower] -= moved_MW
            heat[lower] += moved_MW
            if split is not None:
                moved_down(split, lower + 1, moved_MW)
    for lower in range(cascade.size):
        if np.all(cooling_price[:, lower + 1] <= cooling_price[:, lower]):
            moved_MW = min(cooling[lower], cascade[lower])
            cooling[lower] -= moved_MW
            cascade[lower] -= moved_MW
            cooling[lower + 1] += moved_MW
    return Flows(heat, cooling, cascade, flows.pump_heat, joined(inputs, part.level, split))


def _balanced(inputs: SiteInputs, part: Part, flows: Flows) -> Flows:
    """Close the balances that are open by more than `BALANCE_SHARE`, from the highest level on."""
    heat, cooling, cascade, pump_heat = (flow.copy() for flow in flows[:4])
    drawn = inputs.pump_source_share[part.pair] * pump_heat
    n_levels = part.level.size
    into = np.bincount(part.sink, weights=pump_heat, minlength=n_levels)
    out = np.bincount(part.source, weights=drawn, minlength=n_levels)
    for level in reversed(range(n_levels)):
        above = cascade[level] if level < cascade.size else 0.0
        below = cascade[level - 1] if level > 0 else 0.0
        arrives = max(part.supply_MW[level], 0.0) + heat[level] + above + into[level]
        leaves = max(-part.supply_MW[level], 0.0) + cooling[level] + below + out[level]
        surplus = arrives - leaves
        if abs(surplus) <= BALANCE_SHARE * max(arrives, leaves):
            continue
        reducible, growing = (heat, cooling) if surplus > 0.0 else (cooling, heat)
        reduced = min(abs(surplus), reducible[level])
        reducible[level] -= reduced
        left = abs(surplus) - reduced
        if surplus > 0.0 and inputs.cascade and level > 0:
            cascade[level - 1] += left
        else:
            growing[level] += left
    return Flows(heat, cooling, cascade, pump_heat, flows.source_heat)


def _design(inputs: SiteInputs, part: Part, flows: Flows, levels: Integers) -> Design:
    """Spread the flows over all candidates and close what is not used."""
    external_heat_kW, cooling_kW = np.zeros((2, inputs.n_candidates))
    external_heat_kW[part.level] = flows.external_heat * KW_PER_MW
    cooling_kW[part.level] = flows.cooling * KW_PER_MW
    pump_heat_kW = np.zeros(inputs.n_pairs)
    pump_heat_kW[part.pair] = flows.pump_heat * KW_PER_MW
    if inputs.terms is not None:
        pair = inputs.pump_source * inputs.n_candidates + inputs.pump_sink
        pump_heat_kW = existing_first(inputs.terms, pair, pump_heat_kW / KW_PER_MW) * KW_PER_MW
    cascade_kW = np.zeros(inputs.n_candidates + 1)
    passed = np.diff(part.level)
    cascade_kW[part.level[0] + 1 : part.level[-1] + 1] = (
        np.repeat(flows.cascade, passed) * KW_PER_MW
    )
    used = (external_heat_kW > 0.0) | (cooling_kW > 0.0)
    used[levels] = True
    used[inputs.pump_source[pump_heat_kW > 0.0]] = True
    used[inputs.pump_sink[pump_heat_kW > 0.0]] = True
    used |= inputs.is_forced
    split = split_of(inputs, part.level, flows.source_heat)
    if split is not None:
        split = matched(inputs, part.level, split, flows.external_heat) * KW_PER_MW
    return Design(
        is_open=used,
        external_heat_kW=external_heat_kW,
        cooling_kW=cooling_kW,
        cascade_kW=cascade_kW,
        pump_heat_kW=pump_heat_kW,
        stream_level=levels.copy(),
        source_heat_kW=split,
    )
