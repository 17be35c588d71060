"""Fronts of small sites by an eps-constraint on every level set, independent of the search.

The oracle shares nothing with it: one dense linear program for each level set and limit
(`helpers_sites.least_cost`), or one mixed-integer program for each limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product

import hypothesis.strategies as st
import numpy as np
import numpy.typing as npt
from helpers_sites import PRICES, least_cost, level_sets, mask_of, stream_tables, streams_of
from scipy import sparse

from milpcore.core import solve
from milpcore.economics import Measure, SiteEconomics
from milpcore.site.conditions import pump_dominance_faults
from milpcore.site.inputs import SiteInputs, prepare
from milpcore.site.level_path import LevelPath
from milpcore.site.model import KW_PER_MW, nearest_levels
from milpcore.site.pareto_results import ParetoStudy
from milpcore.streams import Streams

Floats = npt.NDArray[np.float64]

PAIRS = [
    ("tac", "co2"),
    ("co2", "tac"),
    ("opex", "capex"),
    ("capex", "co2"),
    ("tac", "capex"),
    ("opex", "co2"),
]
CONTRARY = {
    **PRICES,
    "clean and dear electricity": SiteEconomics(
        electricity_price_EUR_per_MWh=160.0,
        electricity_emission_t_per_MWh=0.03,
        heat_pump_investment_EUR_per_kW=900.0,
        co2_price_EUR_per_t=20.0,
    ),
    "dirty and cheap electricity": SiteEconomics(
        electricity_price_EUR_per_MWh=35.0,
        electricity_emission_t_per_MWh=0.9,
        heat_pump_investment_EUR_per_kW=200.0,
        co2_price_EUR_per_t=0.0,
        cooling_price_EUR_per_MWh=6.0,
    ),
}
"""Economics in which cost and emissions agree, and some in which they do not."""


@st.composite
def small_fronts(
    draw: st.DrawFn, *, max_streams: int = 5
) -> tuple[Streams, SiteEconomics, tuple[str, str]]:
    """Draw a small site, its prices, and what is traded off."""
    streams = draw(stream_tables(max_streams=max_streams))
    economics = CONTRARY[draw(st.sampled_from(sorted(CONTRARY)))]
    return streams, economics, draw(st.sampled_from(PAIRS))


def value_on(study: ParetoStudy, second: float) -> float:
    """Least first measure with at most so much of the second, read off the tables of a front."""
    points, segments = study.points, study.segments
    first_name, second_name = study.columns
    best = np.inf
    for first, own in zip(points[first_name], points[second_name], strict=True):
        if own <= second:
            best = min(best, first)
    for _, row in segments[segments["level_set"] > 0].iterrows():
        high, low = row[f"begin_{second_name}"], row[f"end_{second_name}"]
        if low <= second:
            share = (min(second, high) - low) / (high - low)
            begin, end = row[f"begin_{first_name}"], row[f"end_{first_name}"]
            best = min(best, end + share * (begin - end))
    return float(best)


def places_of(study: ParetoStudy) -> Floats:
    """Values of the second measure worth a look: at points, ends of edges, and between."""
    name = study.columns[1]
    segments = study.segments
    values = np.unique(
        np.concatenate([study.points[name], segments[f"begin_{name}"], segments[f"end_{name}"]])
    )
    return np.unique(np.concatenate([values, 0.5 * (values[1:] + values[:-1])]))


def least_of_sets(
    inputs: SiteInputs, pair: tuple[str, str], sets: Iterable[tuple[int, ...]], most: float
) -> float:
    """Least first measure over level sets with at most so much of the second; inf for none."""
    limited = replace(inputs, objective=Measure(pair[1]))
    best = np.inf
    for levels in sets:
        nearest = nearest_levels(limited, mask_of(limited, levels))
        if nearest.min() >= 0:
            value = least_cost(limited, levels, nearest, measure=Measure(pair[0]), at_most=most)
            best = min(best, value)
    return best


def site_of(
    streams: Streams, economics: SiteEconomics, candidates_C: list[float] | None = None
) -> SiteInputs:
    """Prepare the site with all heat pumps, whatever is traded off."""
    return prepare(streams, economics=economics, candidates_C=candidates_C)


def greenfield_sets(inputs: SiteInputs, n_levels: int) -> list[tuple[int, ...]]:
    """List every set of at most so many levels."""
    return list(level_sets(inputs, n_levels))


def retrofit_sets(
    inputs: SiteInputs, existing_C: list[float], move: int, range_K: float
) -> Iterator[tuple[int, ...]]:
    """Yield every set of levels that moving at most `move` existing levels can bring."""
    level_C, found = inputs.level_C, set()
    near = [np.flatnonzero(np.abs(level_C - one) <= range_K + 1e-9).tolist() for one in existing_C]
    for places in product(*near):
        moves = sum(
            abs(level_C[level] - one) > 1e-9 for level, one in zip(places, existing_C, strict=True)
        )
        if moves <= move and list(places) == sorted(places):
            found.add(tuple(sorted(set(places))))
    yield from sorted(found)


def least_by_milp(inputs: SiteInputs, n_levels: int, pair: tuple[str, str], most: float) -> float:
    """Least first measure with at most so much of the second: `level_path` with one more row.

    Its big-M values and dominance rows are those of the measure with the weaker conditions, which
    are linear in the costs, so that they hold for every sum of both measures.
    """
    sites = [replace(inputs, objective=Measure(name)) for name in pair]
    weaker = next((site for site in sites if pump_dominance_faults(site)), inputs)
    problem = LevelPath(n_levels=n_levels).build(weaker)
    first, second = (inputs.costs(Measure(name)) for name in pair)
    cost, limit = np.zeros((2, problem.n_columns))
    for block, one, other in zip(
        ("external_heat", "cooling", "pump_heat"), first[:3], second[:3], strict=True
    ):
        cost[problem.column_blocks[block]] = one
        limit[problem.column_blocks[block]] = other
    scale, size = limit.max() or 1.0, cost.max() or 1.0
    limited = replace(
        problem,
        matrix=sparse.csc_array(sparse.vstack((problem.matrix, sparse.csc_array([limit / scale])))),
        row_lower=np.append(problem.row_lower, -np.inf),
        row_upper=np.append(problem.row_upper, most / scale / KW_PER_MW),
        cost=cost / size,
        row_blocks={**problem.row_blocks, "limit": np.array(problem.n_rows)},
    )
    solution = solve(limited, mip_rel_gap=0.0)
    return solution.objective * size * KW_PER_MW if solution.has_incumbent else np.inf


def contrary_site(seed: int, n_streams: int = 8) -> tuple[Streams, SiteEconomics]:
    """Draw warm surplus below cold demand, so that heat pumps trade cost for emissions."""
    random = np.random.default_rng(seed)
    rows = []
    for number in range(n_streams):
        is_hot = number % 2 == 0
        target_C = 5.0 * random.integers(4, 20) if is_hot else 5.0 * random.integers(14, 34)
        supply_C = target_C + (10.0 if is_hot else -10.0) * random.integers(1, 4)
        rows.append((supply_C, target_C, float(random.integers(50, 900)), 5.0))
    economics = CONTRARY["clean and dear electricity"].replace(
        electricity_price_EUR_per_MWh=float(random.choice([60.0, 110.0, 160.0, 220.0])),
        electricity_emission_t_per_MWh=float(random.choice([0.03, 0.2, 0.45])),
        heat_pump_investment_EUR_per_kW=float(random.choice([100.0, 900.0, 3000.0])),
        carnot_efficiency=float(random.choice([0.4, 0.55, 0.7])),
    )
    return streams_of(*rows), economics
