r"""TAC second: of all designs that do as well in OPEX or CO2, the one of least TAC.

A design that minimises, with ``f`` the objective and any weight ``w > 0``,

.. math:: f + w\,\mathrm{TAC} \tag{14}

has the least TAC of all designs with at most its own ``f``. So a second search is started with a
large weight, which is easy, and repeated with smaller ones until what it finds does no worse in
``f`` than the first search (by no more than 1e-9 of it). Its gap is the one asked for, in TAC. The
bound stays that of the first search, on ``f`` alone.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from milpcore.economics import Measure
from milpcore.site.design_cost import objective_value
from milpcore.site.inputs import Integers, SiteInputs, with_tie_break
from milpcore.site.model import Design, Outcome, relative_gap
from milpcore.site.operate import operate_levels
from milpcore.site.operation_problem import LEXICOGRAPHIC_SLACK
from milpcore.site.path_search.network import level_network
from milpcore.site.path_search.run import Run
from milpcore.site.path_search.search import SearchState
from milpcore.site.path_search.start import Start

WEIGHTS = (1e-3, 1e-5, 1e-7)
"""Of TAC, relative to the largest unit costs."""


def settle_tac(
    inputs: SiteInputs, outcome: Outcome, first: SearchState, run: Run
) -> tuple[Outcome, Integers]:
    """Search for less TAC at the same OPEX or CO2.

    Parameters
    ----------
    inputs : SiteInputs
        The site; nothing happens where TAC is the objective.
    outcome : Outcome
        What the search for the objective found and proved.
    first : SearchState
        How that search ended.
    run : Run
        The configuration.

    Returns
    -------
    outcome : Outcome
        Same status and bound.
    levels : ndarray of int
        Its levels, to start the next search from.
    """
    first_design = outcome.design
    if with_tie_break(inputs) is None or first_design is None:
        return outcome, first.levels
    n_nodes = outcome.n_nodes
    for weight in WEIGHTS:
        settled = with_tie_break(inputs, weight)
        assert settled is not None
        state = run.search(
            level_network(settled),
            Start(first.levels, first.price),
            run.mip_rel_gap * _share_of_tac(settled, first_design),
            partial(_known, outcome, n_nodes),
        )
        n_nodes += state.n_nodes
        design = settled_design(settled, inputs, state.levels, first_design)
        if design is not None:
            return _with_design(inputs, outcome, design, n_nodes, state.finished), state.levels
        if not state.finished:
            break
    return _with_design(inputs, outcome, first_design, n_nodes, proven=False), first.levels


def _share_of_tac(settled: SiteInputs, design: Design) -> float:
    """Part of (14) that is TAC; a gap of the whole must be as much smaller."""
    total = objective_value(settled, design)
    return settled.tac_weight * _tac(settled, design) / total if total > 0.0 else 1.0


def _tac(inputs: SiteInputs, design: Design) -> float:
    flows = (design.external_heat_kW, design.cooling_kW, design.pump_heat_kW)
    return inputs.evaluate(Measure.TAC, *flows)


def _known(outcome: Outcome, n_nodes: int, state: SearchState) -> tuple[float, float, int]:
    return outcome.objective, outcome.bound, n_nodes + state.n_nodes


def settled_design(
    settled: SiteInputs, inputs: SiteInputs, levels: Integers, first: Design
) -> Design | None:
    """Operate the levels that are best with weight, if that proves their TAC the least.

    Parameters
    ----------
    settled : SiteInputs
        With TAC in its costs.
    inputs : SiteInputs
        Without.
    levels : ndarray of int
        The best for `settled`.
    first : Design
        What the first search found.

    Returns
    -------
    Design or None
        None where the operation that is best with weight does worse than `first` in the objective:
        the weight is too large to prove anything then.
    """
    weighted, design = operate_levels(settled, levels), operate_levels(inputs, levels)
    if weighted is None or design is None:
        return None
    most = objective_value(inputs, first)
    is_proof = objective_value(inputs, weighted) <= (1.0 + 10.0 * LEXICOGRAPHIC_SLACK) * most
    slack = 1.0 + LEXICOGRAPHIC_SLACK
    is_as_good = objective_value(inputs, design) <= slack * most and (
        _tac(inputs, design) <= slack * _tac(inputs, first)
    )
    return design if is_proof and is_as_good else None


def _with_design(
    inputs: SiteInputs, outcome: Outcome, design: Design, n_nodes: int, proven: bool
) -> Outcome:
    objective = objective_value(inputs, design)
    bound = min(outcome.bound, objective)
    return replace(
        outcome,
        design=design,
        objective=objective,
        bound=bound,
        gap=relative_gap(objective, bound),
        n_nodes=n_nodes,
        tac_proven=proven,
    )
