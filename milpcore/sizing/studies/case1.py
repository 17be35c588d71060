"""Case study 1: operation over 48 h, and what flexibility, levels and cooling water are worth.

Experiments:

- ``flexible``: the bundled case in which a small heat pump pays by its flexibility alone, and the
  same plant without a heat pump
- ``load_changes``: the base case, from no limit to one load change in four hours
- ``store_level``: the base case with a store that loses nothing, as bundled, and more
- ``cooling_water``: the base case at the electricity price of 2024, with ever dearer cooling water,
  with and without a heat pump
"""

from __future__ import annotations

from collections.abc import Sequence

from milpcore.sizing.studies.points import FLEXIBLE, UNLIMITED, Point

LIMITS = ((UNLIMITED, 1.0), (2, 1.0), (1, 1.0), (1, 2.0), (1, 4.0))
"""Load changes in a window, and its hours."""
LOSSES_per_h = (0.0, 0.005, 0.02)
COOLING_WATER_EUR_per_MWh = (3.0, 15.0, 20.0, 25.0, 30.0, 40.0)
ELECTRICITY_EUR_per_MWh = 167.7
"""Found: German industry without reductions, mean of 2024."""
WITHIN = 1e-3
"""Share of TAC of the ranges of sizes."""
WITH, WITHOUT = "with heat pump", "without heat pump"


def points(
    *,
    n_steps: int | None = None,
    limits: Sequence[tuple[int, float]] = LIMITS,
    losses_per_h: Sequence[float] = LOSSES_per_h,
    cooling_water_EUR_per_MWh: Sequence[float] = COOLING_WATER_EUR_per_MWh,
) -> list[Point]:
    """List the points of case study 1, the hardest first.

    Parameters
    ----------
    n_steps : int, optional
        Steps of the horizon; the whole profile of 48 h if not given.
    limits : sequence of (int, float)
        Load changes in a window (0 for no limit), and its hours.
    losses_per_h : sequence of float
        Share of the store's content that is lost in an hour.
    cooling_water_EUR_per_MWh : sequence of float
        Prices of cooling water.

    Returns
    -------
    list of Point

    Examples
    --------
    >>> sorted({point.experiment for point in points()})
    ['cooling_water', 'flexible', 'load_changes', 'store_level']
    """
    found = [
        Point(
            experiment="flexible",
            label=label,
            case=FLEXIBLE,
            n_steps=n_steps,
            fixed_heat_pump_kW=size_kW,
            keeps_operation=True,
        )
        for label, size_kW in ((WITH, None), (WITHOUT, 0.0))
    ]
    found += [
        Point(
            experiment="load_changes",
            n_steps=n_steps,
            load_changes=count,
            window_h=hours,
            ranges_within=WITHIN,
        )
        for count, hours in limits
    ]
    found += [
        Point(experiment="store_level", n_steps=n_steps, loss_per_h=loss, keeps_operation=True)
        for loss in losses_per_h
    ]
    found += [
        Point(
            experiment="cooling_water",
            label=label,
            n_steps=n_steps,
            electricity_price_EUR_per_MWh=ELECTRICITY_EUR_per_MWh,
            cooling_water_price_EUR_per_MWh=price,
            fixed_heat_pump_kW=size_kW,
        )
        for price in cooling_water_EUR_per_MWh
        for label, size_kW in ((WITH, None), (WITHOUT, 0.0))
    ]
    return found
