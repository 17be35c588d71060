"""Every retrofit of a small site by full enumeration, independent of the slot search."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import combinations, product

import hypothesis.strategies as st
import numpy as np
from helpers_sites import PRICES, least_cost, mask_of, stream_tables

from milpcore.economics import Measure
from milpcore.site.inputs import SiteInputs, prepare
from milpcore.site.model import nearest_levels
from milpcore.site.retrofit_plan import RetrofitOptions, RetrofitPlan, plan_retrofit

EXISTING = (13.0, 25.0, 80.0, 143.0, 214.0, 285.0, 1600.0)
"""Levels of today of the reference site, °C."""


@st.composite
def small_plans(draw: st.DrawFn) -> RetrofitPlan:
    """Draw a retrofit of a small site whose existing levels serve every stream."""
    streams = draw(stream_tables(max_streams=5))
    economics = PRICES[draw(st.sampled_from(sorted(PRICES)))]
    objective = draw(st.sampled_from(["tac", "opex", "capex", "co2"]))
    kinks_C = prepare(streams, economics=economics).level_C
    ends_C = {float(kinks_C[0]) - 4.0, float(kinks_C[-1]) + draw(st.sampled_from([0.0, 7.0]))}
    inner_C = draw(st.sets(st.sampled_from([*kinks_C.tolist(), 61.0, 104.0]), max_size=2))
    existing_C = sorted(ends_C | inner_C)
    move = draw(st.integers(0, min(2, len(existing_C))))
    add = draw(st.integers(0, 1))
    close = draw(st.integers(0, min(1, len(existing_C) - move)))
    options = RetrofitOptions(
        existing_C=existing_C,
        move=move,
        range_K=draw(st.sampled_from([0.0, 10.0, 40.0])),
        movable_C=None,
        heat_pumps=draw(st.sampled_from([True, True, False])),
        add=add,
        close=close,
        candidates_C=None,
    )
    return plan_retrofit(streams, options, economics=economics, objective=objective)


def level_sets_of(plan: RetrofitPlan, choice: tuple[int, ...]) -> Iterator[frozenset[int]]:
    """Yield every set of levels that a configuration may have."""
    level_C, existing = plan.inputs.level_C, plan.existing.tolist()
    for closed in combinations(sorted(set(range(len(existing))) - set(choice)), plan.close):
        kept = [position for position in range(len(existing)) if position not in closed]
        free = set(range(len(level_C))) - {existing[position] for position in closed}
        near = [
            [
                level
                for level in sorted(free)
                if level == existing[position]
                or (
                    position in choice
                    and abs(level_C[level] - level_C[existing[position]]) <= plan.range_K + 1e-9
                )
            ]
            for position in kept
        ]
        for places in product(*near):
            if list(places) != sorted(places):
                continue
            for added in product(sorted(free), repeat=plan.add):
                yield frozenset((*places, *added))


def best_value(plan: RetrofitPlan, choice: tuple[int, ...]) -> tuple[float, float]:
    """Least objective, and least TAC of all designs that reach it; inf if there is none."""
    inputs = plan.inputs

    @cache
    def least(levels: frozenset[int], measure: Measure, at_most: float) -> float:
        return _least(inputs, levels, measure, at_most)

    sets = set(level_sets_of(plan, choice))
    if inputs.objective is Measure.CAPEX:
        without_pumps = min((least(one, Measure.TAC, np.inf) for one in sets), default=np.inf)
        return (0.0 if np.isfinite(without_pumps) else np.inf), without_pumps
    first = min((least(one, inputs.objective, np.inf) for one in sets), default=np.inf)
    at_most = first * (1.0 + 1e-8) + 1e-6
    tac = [
        least(one, Measure.TAC, at_most)
        for one in sets
        if least(one, inputs.objective, np.inf) <= at_most
    ]
    return first, min(tac, default=np.inf)


def _least(inputs: SiteInputs, levels: frozenset[int], measure: Measure, at_most: float) -> float:
    chosen = sorted(levels)
    if not chosen:
        return np.inf
    nearest = nearest_levels(inputs, mask_of(inputs, chosen))
    if nearest.min() < 0:
        return np.inf
    return least_cost(inputs, chosen, nearest, measure=measure, at_most=at_most)
