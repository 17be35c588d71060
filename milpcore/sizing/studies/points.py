"""The points of a study: what each changes about a bundled case, and the problem that it makes.

A point is a row of a table, so that a study is a sweep (`milpcore.sweeps`): resumable, in any
number of processes, the same result in any order.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from milpcore.sizing.cases import SizingCase, load_case
from milpcore.sizing.parameters import SizingParameters
from milpcore.sizing.studies.profiles import shaped_profile

BASE = "base_48h"
FLEXIBLE = "flexible_pump_48h"
PUMP, BOILER, STORE = "heat_pump", "boiler", "store"
"""Names of the units and the store in the bundled cases that studies use."""
UNLIMITED = 0
"""Load changes in a window: no limit."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """One problem of a study; None leaves a value as it is in the case.

    Attributes
    ----------
    experiment : str
        The part of the study that it belongs to.
    label : str
        Which one of several that no number tells apart.
    case : str
        Bundled case.
    shape : str
        Of the profile: ``"case"``, or one of `milpcore.sizing.studies.profiles.SHAPES`.
    deviation_share : float or None
        Standard deviation of the demand as a share of its mean, for shapes but the case's own.
    seed : int or None
        Of random shapes.
    n_steps : int or None
        The horizon, or the first steps of the case's own profile.
    electricity_price_EUR_per_MWh, cooling_water_price_EUR_per_MWh : float or None
    heat_pump_investment_EUR_per_kW : float or None
    fixed_heat_pump_kW : float or None
        The size that the heat pump must have; 0 leaves it out.
    load_changes : int or None
        Most load changes of each unit in a window, `UNLIMITED` for no limit.
    window_h : float or None
        Length of that window.
    loss_per_h : float or None
        Of the store, a share of its content.
    ranges_within : float or None
        Share of TAC within which proven ranges of all sizes are found; None for no ranges.
    keeps_operation : bool
        Whether the row has the whole design.

    Examples
    --------
    >>> problem(Point(experiment="x", n_steps=8, fixed_heat_pump_kW=0.0)).parameters.heat_pumps
    ()
    """

    experiment: str
    label: str = ""
    case: str = BASE
    shape: str = "case"
    deviation_share: float | None = None
    seed: int | None = None
    n_steps: int | None = None
    electricity_price_EUR_per_MWh: float | None = None
    cooling_water_price_EUR_per_MWh: float | None = None
    heat_pump_investment_EUR_per_kW: float | None = None
    fixed_heat_pump_kW: float | None = None
    load_changes: int | None = None
    window_h: float | None = None
    loss_per_h: float | None = None
    ranges_within: float | None = None
    keeps_operation: bool = False


_COUNTS = ("seed", "n_steps", "load_changes")


def table_of_points(points: Sequence[Point]) -> pd.DataFrame:
    """Put points into a table of cases, one row each.

    Examples
    --------
    >>> table_of_points([Point(experiment="x", seed=2)])[["experiment", "seed"]].values.tolist()
    [['x', 2]]
    """
    return pd.DataFrame([dataclasses.asdict(point) for point in points])


def point_of(case: Mapping[str, Any]) -> Point:
    """Read a point from a row of `table_of_points`; what is missing or NaN is None.

    Examples
    --------
    >>> point_of({"experiment": "x", "seed": 2.0, "window_h": float("nan")})
    Point(experiment='x', ..., seed=2, ... window_h=None, ...)
    """
    values: dict[str, Any] = {}
    for field in dataclasses.fields(Point):
        value = case.get(field.name)
        if value is None or (isinstance(value, float) and math.isnan(value)):
            continue
        values[field.name] = int(value) if field.name in _COUNTS else value
    return Point(**values)


def problem(point: Point) -> SizingCase:
    """Make the problem of a point.

    Parameters
    ----------
    point : Point
        What it changes.

    Returns
    -------
    SizingCase
        Profile and parameters.

    Raises
    ------
    InputError
        If a value is out of range.

    Examples
    --------
    >>> profile, parameters = problem(Point(experiment="x", n_steps=96, load_changes=UNLIMITED))
    >>> profile.horizon_h, parameters.boilers[0].load_changes_per_window
    (24.0, None)
    """
    profile, parameters = load_case(point.case)
    if point.shape != "case":
        assert point.deviation_share is not None
        profile = shaped_profile(
            point.shape,
            deviation_share=point.deviation_share,
            seed=point.seed or 0,
            n_steps=point.n_steps or profile.n_steps,
        )
    elif point.n_steps is not None:
        profile = profile.part(0, point.n_steps)
    return SizingCase(profile, _parameters(parameters, point))


def _parameters(parameters: SizingParameters, point: Point) -> SizingParameters:
    plant = ("electricity_price_EUR_per_MWh", "cooling_water_price_EUR_per_MWh")
    prices = {key: getattr(point, key) for key in plant if getattr(point, key) is not None}
    changed = parameters.replace(**prices)
    if point.load_changes is not None:
        limit = None if point.load_changes == UNLIMITED else point.load_changes
        for name in (PUMP, BOILER):
            changed = changed.replace_unit(name, load_changes_per_window=limit)
    if point.window_h is not None:
        for name in (PUMP, BOILER):
            changed = changed.replace_unit(name, window_h=point.window_h)
    if point.loss_per_h is not None:
        changed = changed.replace_unit(STORE, loss_per_h=point.loss_per_h)
    if point.heat_pump_investment_EUR_per_kW is not None:
        investment = point.heat_pump_investment_EUR_per_kW
        changed = changed.replace_unit(PUMP, investment_EUR_per_kW=investment)
    size_kW = point.fixed_heat_pump_kW
    if size_kW is None:
        return changed
    if size_kW == 0.0:
        return changed.replace(heat_pumps=[])
    return changed.replace_unit(PUMP, smallest_kW=size_kW, largest_kW=size_kW, is_optional=False)
