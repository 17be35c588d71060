"""Case study 2: sizes over the specific investment of the heat pump, and rules of thumb.

Experiments:

- ``investment``: the base case at two ratios of electricity to gas price, from cheap to dear heat
  pumps, with proven ranges of all sizes
- ``rules``: the same case at one ratio and the base investment, the heat pump sized by a rule and
  all else optimised
"""

from __future__ import annotations

from collections.abc import Sequence

from milpcore.sizing.studies.points import BASE, Point, problem
from milpcore.sizing.studies.rules import size_by_duration_kW, size_by_peak_kW

INVESTMENTS_EUR_per_kW = (100.0, 300.0, 500.0, 800.0, 1000.0, 1200.0, 1500.0)
RATIOS = (1.5, 2.0)
"""Electricity to gas price: that of the paper's studies as far as it is known, and one at which a
heat pump stops to pay within the investments above."""
GAS_EUR_per_MWh = 60.0
"""Of the base case."""
RULE_RATIO = 1.5
RULE_INVESTMENT_EUR_per_kW = 800.0
PEAK_SHARES = (0.2, 0.4, 0.5, 0.6, 0.8, 1.0)
WITHIN = 1e-3
OPTIMUM, DURATION = "optimum", "duration curve"


def points(
    *,
    n_steps: int | None = None,
    investments_EUR_per_kW: Sequence[float] = INVESTMENTS_EUR_per_kW,
    ratios: Sequence[float] = RATIOS,
    peak_shares: Sequence[float] = PEAK_SHARES,
) -> list[Point]:
    """List the points of case study 2.

    Parameters
    ----------
    n_steps : int, optional
        Steps of the horizon; the whole profile of 48 h if not given.
    investments_EUR_per_kW : sequence of float
        Of the heat pump.
    ratios : sequence of float
        Electricity to gas price.
    peak_shares : sequence of float
        Sizes of the heat pump by rule, as shares of the peak demand.

    Returns
    -------
    list of Point

    Examples
    --------
    >>> [point.label for point in points() if point.experiment == "rules"][:3]
    ['optimum', 'duration curve', '20 % of peak']
    """
    found = [
        Point(
            experiment="investment",
            n_steps=n_steps,
            electricity_price_EUR_per_MWh=ratio * GAS_EUR_per_MWh,
            heat_pump_investment_EUR_per_kW=investment,
            ranges_within=WITHIN,
        )
        for ratio in ratios
        for investment in investments_EUR_per_kW
    ]
    return found + _rules(n_steps, peak_shares)


def _rules(n_steps: int | None, peak_shares: Sequence[float]) -> list[Point]:
    """List the optimum, and a point for every rule of thumb."""

    def point(label: str, size_kW: float | None) -> Point:
        return Point(
            experiment="rules",
            label=label,
            case=BASE,
            n_steps=n_steps,
            electricity_price_EUR_per_MWh=RULE_RATIO * GAS_EUR_per_MWh,
            heat_pump_investment_EUR_per_kW=RULE_INVESTMENT_EUR_per_kW,
            fixed_heat_pump_kW=size_kW,
        )

    profile, parameters = problem(point("", None))
    sizes_kW = {DURATION: size_by_duration_kW(profile, parameters)}
    for share in peak_shares:
        sizes_kW[f"{100.0 * share:g} % of peak"] = size_by_peak_kW(profile, share)
    rules = [point(label, size_kW) for label, size_kW in sizes_kW.items()]
    return [point(OPTIMUM, None), *rules, point("no heat pump", 0.0)]
