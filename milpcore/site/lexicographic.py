r"""TAC second: among all designs that do as well in OPEX or CO2, the one of least TAC.

A search for the objective leaves TAC open, and a tie-break in its costs would be of the size of a
mixed-integer solver's tolerances. So the choice of levels is settled by a second search: with
``f`` the objective and ``f_1`` its value in the design found,

.. math::

   \min\; \mathrm{TAC} \quad\text{subject to the same rows and}\quad f \le f_1 (1 + 10^{-9})
   \tag{13}

Limits and dominance rows are those of `milpcore.site.inputs.with_tie_break`: their proofs exchange
heat flows without raising ``f``, nor TAC where ``f`` stays the same.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from milpcore.core import Problem, Status, solve
from milpcore.economics import Measure
from milpcore.site.design_cost import measured_cost, objective_value
from milpcore.site.inputs import SiteInputs, with_tie_break
from milpcore.site.model import KW_PER_MW, Design, MilpFormulation, Outcome, relative_gap
from milpcore.site.operate import operate, without_spare_levels
from milpcore.site.operation_problem import LEXICOGRAPHIC_SLACK
from milpcore.site.option_sources import source_surcharge

PRICED = ("external_heat", "cooling", "pump_heat")
"""Column blocks with a cost."""


def least_tac(
    formulation: MilpFormulation,
    inputs: SiteInputs,
    outcome: Outcome,
    *,
    mip_rel_gap: float = 1e-4,
    time_limit_s: float | None = None,
) -> Outcome:
    """Settle which of the designs that do as well as the one found has the least TAC.

    Parameters
    ----------
    formulation : MilpFormulation
        Any that is exact for the input.
    inputs : SiteInputs
        The site; nothing happens unless its objective is OPEX or CO2.
    outcome : Outcome
        What a search for the objective found, by whatever formulation.
    mip_rel_gap : float
        Gap of TAC at which the second search ends.
    time_limit_s : float, optional
        Wall-clock seconds of the second search.

    Returns
    -------
    Outcome
        The same status and bound; the design costs no more in the objective, within 1e-8.

    References
    ----------
    Hochhaus, Grünewald, Riese (2026), Optimization of Site-wide Heat-Integrated Utility Systems
    with Heat Pumps using MILP, Systems and Control Transactions.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore.site.inputs import prepare
    >>> from milpcore.site.level_path import LevelPath
    >>> inputs = prepare(milpcore.load_case("two_streams"), objective="co2")
    >>> outcome = LevelPath(n_levels=2).solve(inputs)
    >>> least_tac(LevelPath(n_levels=2), inputs, outcome).status
    <Status.OPTIMAL: 'optimal'>
    """
    first, settled = outcome.design, with_tie_break(inputs)
    if first is None or settled is None:
        return outcome
    start_s = time.perf_counter()
    most = measured_cost(inputs, inputs.objective, first)
    problem = _tac_problem(formulation.build(settled), inputs, most * (1.0 + LEXICOGRAPHIC_SLACK))
    solution = solve(problem, mip_rel_gap=mip_rel_gap, time_limit_s=time_limit_s)
    design = first
    if solution.has_incumbent:
        found = operate(inputs, *formulation.read(inputs, solution))
        if found is not None and _is_better(inputs, found, first, most):
            design = without_spare_levels(inputs, found)
    objective = objective_value(inputs, design)
    bound = min(outcome.bound, objective)
    return replace(
        outcome,
        design=design,
        objective=objective,
        bound=bound,
        gap=relative_gap(objective, bound),
        n_nodes=outcome.n_nodes + solution.n_nodes,
        solve_s=outcome.solve_s + time.perf_counter() - start_s,
        tac_proven=solution.status is Status.OPTIMAL,
    )


def _is_better(inputs: SiteInputs, found: Design, first: Design, most: float) -> bool:
    """Whether the objective is kept, up to the solver's tolerance, and TAC is lower."""
    if measured_cost(inputs, inputs.objective, found) > most * (1.0 + 10.0 * LEXICOGRAPHIC_SLACK):
        return False
    tac = [measured_cost(inputs, Measure.TAC, one) for one in (found, first)]
    return tac[0] < tac[1]


def _tac_problem(problem: Problem, inputs: SiteInputs, most: float) -> Problem:
    """Return the same problem with TAC as cost and the objective limited to `most` (13)."""
    first, tac = inputs.costs(inputs.objective), inputs.costs(Measure.TAC)
    limit, cost = np.zeros((2, problem.n_columns))
    for block, first_price, tac_price in zip(PRICED, first[:3], tac[:3], strict=True):
        limit[problem.column_blocks[block]] = first_price
        cost[problem.column_blocks[block]] = tac_price
    if inputs.chooses_connections:
        connected = inputs.connection_costs(Measure.TAC)[inputs.matches]
        cost[problem.column_blocks["connection"]] = connected / KW_PER_MW
    if inputs.terms is not None:
        fixed = inputs.fixed_costs(Measure.TAC)  # OPEX and CO2 have none
        cost[problem.column_blocks["is_open"]] += fixed.level / KW_PER_MW
        every = np.arange(inputs.n_candidates)
        for array, measure in ((limit, inputs.objective), (cost, Measure.TAC)):
            more = source_surcharge(inputs, measure, every)
            array[problem.column_blocks["source_heat"]] = more
        if "pump_built" in problem.column_blocks:
            cost[problem.column_blocks["pump_built"]] += (
                fixed.pump[inputs.terms.is_chosen] / KW_PER_MW
            )
    scale = limit.max() or 1.0
    kept = problem.with_rows("first_objective", limit / scale, upper=most / scale / KW_PER_MW)
    return replace(kept, cost=cost / (cost.max() or 1.0))
