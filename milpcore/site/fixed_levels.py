r"""Many prices, one set of levels: the best operation of levels that stay where they are.

With levels and connections fixed, what is left of model A is a linear program with one balance per
level: external heat ``E`` less cooling ``W``, heat falling from the level above less that falling
on, and heat pumps ``q`` with their source heat,

.. math::

   E_l - W_l + R_{l+1} - R_l + \sum_{in} q - \sum_{out} (1 - 1/\mathrm{COP})\, q = C_l - H_l .
   \tag{1}

It is solved by the simplex of `milpcore.site.path_search.level_set`, microseconds a case. OPEX and
CO2 leave TAC open: a second run minimises TAC over the columns whose reduced cost in the first is
zero, which are exactly those that some best operation may use. Operations that cost the same are
told apart by the heat of all heat pumps, then by their electricity: otherwise chance would decide
where a heat pump is but a way to buy heat, because each of them turns electricity into as much, or
where electricity is free.
Every case is checked by `milpcore.site.operations_check` before it is handed out.

Source of the model: Hochhaus, Grünewald, Riese (2026), *Optimization of Site-wide Heat-Integrated
Utility Systems with Heat Pumps using MILP*, Systems and Control Transactions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from milpcore.economics import Measure, SiteEconomics
from milpcore.faults import FaultList
from milpcore.site.inputs import NO_NEGATIVE_COST, Floats, Integers, prepare
from milpcore.site.operations import Operations
from milpcore.site.operations_check import check_operations
from milpcore.site.operations_kernel import operate_all
from milpcore.streams import Streams
from preprocess.heat_pumps import heat_pump_pairs

PUMPED_HEAT, ELECTRICITY = (0.0, 0.0, 0.0, 1.0), (0.0, 0.0, 1.0, 0.0)
"""Amounts that tell equals apart, as unit costs of heat, cooling, electricity and sink heat."""


class FixedLevels:
    """Levels of a site that stay where they are, to be operated at many prices.

    Picklable; it may be shared between threads and sent to processes.

    Parameters
    ----------
    streams : Streams
        The stream table.
    levels_C : sequence of float
        The levels; every stream is connected to the nearest that serves it.
    objective : Measure or str
        What is minimised; TAC second where it is not TAC, then the heat of all heat pumps, then
        their electricity.
    heat_pumps : bool
        Whether heat pumps are allowed.
    level_dt_cont_K : float, optional
        Share of the levels in the minimum temperature difference that they are tested with; each
        case brings its own. Default: that of the bundled site.

    Raises
    ------
    InputError
        If a stream has no level that serves it, or a level is no temperature.

    Examples
    --------
    >>> import milpcore
    >>> system = FixedLevels(milpcore.load_case("site_400"), [15, 35, 80, 134, 214, 285, 1600])
    >>> prices = [milpcore.SiteEconomics(), milpcore.SiteEconomics(gas_price_EUR_per_MWh=60.0)]
    >>> system.operate(prices).is_used.sum(axis=(1, 2)).tolist()
    [1, 2]
    """

    def __init__(
        self,
        streams: Streams,
        levels_C: Sequence[float],
        *,
        objective: Measure | str = Measure.TAC,
        heat_pumps: bool = True,
        level_dt_cont_K: float | None = None,
    ) -> None:
        self.streams, self.heat_pumps = streams, heat_pumps
        base = SiteEconomics()
        if level_dt_cont_K is not None:
            base = SiteEconomics(level_dt_cont_K=level_dt_cont_K)
        inputs = prepare(streams, economics=base, candidates_C=levels_C, objective=objective)
        self.objective, self.level_C = inputs.objective, inputs.level_C
        self._supply_kW = {base.level_dt_cont_K: inputs.hot_kink_kW - inputs.cold_kink_kW}

    def operate(
        self,
        economics: Sequence[SiteEconomics],
        *,
        start: Integers | None = None,
        names: Sequence[str] | None = None,
    ) -> Operations:
        """Find the best operation in each case.

        Parameters
        ----------
        economics : sequence of SiteEconomics
            Prices and limits of each case.
        start : ndarray of int (C, L), optional
            Bases to start from; one that does not fit is replaced.
        names : sequence of str, optional
            What messages call the cases.

        Returns
        -------
        Operations
            Checked.

        Raises
        ------
        InputError
            If prices make waste of energy profitable, a stream has no level that serves it, or
            `start` has another shape.
        CheckError
            If an operation contradicts the streams or prices, which is an error of this package.
        """
        n_cases, n = len(economics), self.level_C.size
        bases = _checked_start(start, n_cases, n)
        supply_kW = np.array([self._supply(one) for one in economics]).reshape(n_cases, n)
        cop = np.array([self._cop(one) for one in economics]).reshape(n_cases, n, n)
        first = second = _unit_costs(economics, Measure.TAC)
        if self.objective is not Measure.TAC:
            first = _unit_costs(economics, self.objective)
        called = names or [f"case {case + 1}" for case in range(n_cases)]
        _refuse_profitable_waste(called, cop, {self.objective: first, Measure.TAC: second})
        if self.objective is Measure.CAPEX:  # least CAPEX is none: no heat pump that costs any
            cop[first[:, 3] > 0.0] = 0.0
            first = second
        total_kW = max(float(self.streams.duty_kW.sum()), 1e-300)
        amounts = [np.tile(one, (n_cases, 1)) for one in (PUMPED_HEAT, ELECTRICITY)]
        measures = [first, *amounts] if first is second else [first, second, *amounts]
        flows = operate_all(
            supply_kW / total_kW, np.array([_scaled(one) for one in measures]), cop, bases
        )
        external, cooling, cascade, pump, price, basis = flows
        operations = Operations(
            level_C=self.level_C,
            external_heat_kW=external * total_kW,
            cooling_kW=cooling * total_kW,
            cascade_kW=cascade * total_kW,
            pump_heat_kW=pump * total_kW,
            cop=cop,
            price=price * np.maximum(first.max(axis=1, initial=0.0), 1e-300)[:, None],
            cost={},
            basis=basis,
        )
        for measure in Measure:
            operations.cost[measure] = _cost(operations, _unit_costs(economics, measure))
        check_operations(
            operations, self.streams, economics, self.objective, heat_pumps=self.heat_pumps
        )
        return operations

    def _supply(self, economics: SiteEconomics) -> Floats:
        """Hot heat less cold duty at each level (L,), kW."""
        margin_K = economics.level_dt_cont_K
        if margin_K not in self._supply_kW:
            margin = SiteEconomics(level_dt_cont_K=margin_K)
            inputs = prepare(self.streams, economics=margin, candidates_C=self.level_C.tolist())
            self._supply_kW[margin_K] = inputs.hot_kink_kW - inputs.cold_kink_kW
        return self._supply_kW[margin_K]

    def _cop(self, economics: SiteEconomics) -> Floats:
        """COP by source and sink (L, L), 0 for none."""
        cop = np.zeros((self.level_C.size, self.level_C.size))
        if self.heat_pumps:
            pairs = heat_pump_pairs(
                self.level_C,
                carnot_efficiency=economics.carnot_efficiency,
                dt_source_K=economics.heat_pump_dt_source_K,
                dt_sink_K=economics.heat_pump_dt_sink_K,
                max_lift_K=economics.max_lift_K,
                max_sink_C=economics.max_sink_C,
            )
            cop[pairs.source, pairs.sink] = pairs.cop
        return cop


def _unit_costs(economics: Sequence[SiteEconomics], measure: Measure) -> Floats:
    """Cost of a kW of external heat, cooling, electricity and pump sink heat (C, 4)."""
    return np.array(
        [
            (
                one.external_heat_price(measure),
                one.cooling_price(measure),
                one.electricity_price(measure),
                one.heat_pump_investment(measure),
            )
            for one in economics
        ]
    ).reshape(len(economics), 4)


def _checked_start(start: Integers | None, n_cases: int, n_levels: int) -> Integers:
    """Bases to start from (C, L), -1 for none."""
    if start is None:
        return np.full((n_cases, n_levels), -1, dtype=np.int64)
    bases = np.ascontiguousarray(start, dtype=np.int64)
    faults = FaultList()
    if bases.shape != (n_cases, n_levels):
        rule = f"must have the shape {(n_cases, n_levels)}: cases, levels"
        faults.add("", "start", f"shape {bases.shape}", rule, "give a basis for each case")
    faults.raise_if_any("operate")
    return bases


def _refuse_profitable_waste(
    names: Sequence[str], cop: Floats, costs: Mapping[Measure, Floats]
) -> None:
    """Raise if heat or cooling earns money somewhere: waste would pay without end."""
    faults = FaultList()
    power = np.divide(1.0, cop, where=cop > 0.0, out=np.zeros_like(cop))
    for measure, of_measure in costs.items():
        external, cooling, electricity, investment = of_measure.T
        driven = np.where(cop > 0.0, electricity[:, None, None] * power, np.inf)
        pump = driven.min(axis=(1, 2), initial=np.inf)
        of_each = {
            "external heat": external,
            "cooling": cooling,
            "heat pump heat": pump + investment,
        }
        for name, cost in of_each.items():
            for case in np.flatnonzero(cost < 0.0).tolist():
                faults.add(
                    names[case],
                    f"{measure.value} of {name}",
                    f"{cost[case]:g} per kW and year",
                    NO_NEGATIVE_COST,
                    "raise the price behind it",
                )
    faults.raise_if_any("economics")


def _scaled(costs: Floats) -> Floats:
    """Costs (C, 4) relative to the largest of each case."""
    return np.asarray(costs / np.maximum(costs.max(axis=1, initial=0.0, keepdims=True), 1e-300))


def _cost(operations: Operations, costs: Floats) -> Floats:
    external, cooling, electricity, investment = costs.T
    return np.asarray(
        external * operations.external_heat_kW.sum(axis=1)
        + cooling * operations.cooling_kW.sum(axis=1)
        + electricity * operations.electricity_kW
        + investment * operations.pump_heat_kW.sum(axis=(1, 2))
    )
