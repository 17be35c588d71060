"""Case study 3: the store over the spread of the demand, at two ratios of prices, in three shapes.

Every point is 24 h in steps of 15 min; random shapes are drawn with several seeds, over which
sizes are averaged. Those of the first seed also have proven ranges of all sizes.
"""

from __future__ import annotations

from collections.abc import Sequence

from milpcore.sizing.studies.case2 import GAS_EUR_per_MWh
from milpcore.sizing.studies.points import Point

DEVIATIONS = (0.05, 0.15, 0.25, 0.30, 0.33, 0.36, 0.40, 0.50)
SHAPE_DEVIATIONS = (0.05, 0.15, 0.25, 0.33, 0.40, 0.50)
RATIOS = (1.5, 3.0)
"""Electricity to gas price: that of the paper's studies as far as it is known, and today's."""
SEEDS = (1, 2, 3)
N_STEPS = 96
WITHIN = 1e-3
"""Share of TAC of the ranges of sizes."""


def points(
    *,
    n_steps: int = N_STEPS,
    deviations: Sequence[float] = DEVIATIONS,
    shape_deviations: Sequence[float] = SHAPE_DEVIATIONS,
    ratios: Sequence[float] = RATIOS,
    seeds: Sequence[int] = SEEDS,
) -> list[Point]:
    """List the points of case study 3.

    Parameters
    ----------
    n_steps : int
        Steps of the horizon.
    deviations, shape_deviations : sequence of float
        Standard deviations of random demand, and of the stepped and the seasonal one, as shares of
        the mean.
    ratios : sequence of float
        Electricity to gas price.
    seeds : sequence of int
        Of random demand.

    Returns
    -------
    list of Point

    Examples
    --------
    >>> len(points(deviations=(0.1, 0.3), shape_deviations=(0.2,), seeds=(1, 2)))
    12
    """
    drawn = [("random", deviation, seed) for deviation in deviations for seed in seeds] + [
        (shape, deviation, 1) for shape in ("step", "seasonal") for deviation in shape_deviations
    ]
    return [
        Point(
            experiment=shape,
            shape=shape,
            deviation_share=deviation,
            seed=seed,
            n_steps=n_steps,
            electricity_price_EUR_per_MWh=ratio * GAS_EUR_per_MWh,
            ranges_within=WITHIN if (shape, seed) == ("random", seeds[0]) else None,
        )
        for ratio in ratios
        for shape, deviation, seed in drawn
    ]
