"""What a design costs: heat flows, and heat pumps and levels that are had at all."""

from __future__ import annotations

import numpy as np

from milpcore.economics import Measure
from milpcore.site.inputs import Floats, SiteInputs
from milpcore.site.model import Design
from milpcore.site.option_terms import FixedCosts


def measured_cost(inputs: SiteInputs, measure: Measure, design: Design) -> float:
    """Cost of a design in one measure, EUR/a or t/a.

    Parameters
    ----------
    inputs : SiteInputs
        The site.
    measure : Measure
        What is counted.
    design : Design
        A utility system of it.

    Returns
    -------
    float

    Examples
    --------
    >>> import milpcore
    >>> from milpcore.site.inputs import prepare
    >>> from milpcore.site.solve_milp import lowest_and_highest
    >>> inputs = prepare(milpcore.load_case("two_streams"))
    >>> round(measured_cost(inputs, Measure.CO2, lowest_and_highest(inputs)))
    1608
    """
    flows_kW = design.external_heat_kW, design.cooling_kW, design.pump_heat_kW
    fixed = _fixed(inputs.fixed_costs(measure), design)
    costs = inputs.source_costs(measure), inputs.costs(measure).external_heat
    if inputs.chooses_connections:
        fixed += _connected(inputs.connection_costs(measure), design)
    return inputs.evaluate(measure, *flows_kW) + fixed + _from_sources(*costs, design)


def objective_value(inputs: SiteInputs, design: Design) -> float:
    """Cost of a design in what formulations minimise, EUR/a or t/a.

    Parameters
    ----------
    inputs : SiteInputs
        The site.
    design : Design
        A utility system of it.

    Returns
    -------
    float
    """
    costs = inputs.objective_costs
    fixed = _fixed(inputs.objective_fixed_costs, design)
    if inputs.chooses_connections:
        fixed += _connected(inputs.objective_connection_costs, design)
    return fixed + float(
        costs.external_heat @ design.external_heat_kW
        + costs.cooling @ design.cooling_kW
        + costs.pump_heat @ design.pump_heat_kW
        + _from_sources(inputs.objective_source_costs, costs.external_heat, design)
    )


def _connected(costs: Floats, design: Design) -> float:
    """Cost of every stream's connection, from those of all pairs (S, L)."""
    return float(costs[np.arange(design.stream_level.size), design.stream_level].sum())


def _fixed(costs: FixedCosts, design: Design) -> float:
    return float(costs.pump @ (design.pump_heat_kW > 0.0) + costs.level @ design.is_open)


def _from_sources(source_costs: Floats, usual_costs: Floats, design: Design) -> float:
    """Cost of external heat beside that from the usual source of each level."""
    if design.source_heat_kW is None:
        return 0.0
    more = source_costs[None, :] - usual_costs[:, None]
    return float((more * design.source_heat_kW).sum())
