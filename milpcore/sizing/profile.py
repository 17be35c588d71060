"""The profile: heat demand and waste heat over time at a constant step, with optional prices."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from milpcore.economics_schema import checked_number
from milpcore.faults import FaultList
from milpcore.naming import shown
from milpcore.sizing.profile_schema import (
    DEMAND,
    FEWEST_STEPS,
    OPTIONAL,
    STEP,
    TIME,
    WASTE,
    TIME_h,
    find_column,
    note_rows,
    number_faults,
    unknown_remedy,
)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class HeatProfile:
    """Heat demand and waste heat, each constant over a step; checked and read-only.

    Parameters
    ----------
    step_h : float
        Length of a step, h.
    heat_demand_kW : ndarray (T,)
        Heat to be delivered, at least two steps, not zero everywhere.
    waste_heat_kW : ndarray (T,)
        Heat that heat pumps may take; what they leave goes to cooling water or chillers.
    series : mapping of str to ndarray (T,)
        Prices, emission factors and COPs over time by the name of their column, such as
        ``"electricity_price_EUR_per_MWh"``, ``"cop"`` or ``"cop_<unit>"``; they come before
        the constants of `SizingParameters`. Treat it as read-only.
    start_h : float
        Time of the first step in `time_h`.
    start : Timestamp or None
        Date and time of the first step, with or without a time zone.

    Raises
    ------
    InputError
        Listing all faults: lengths, step, unknown series, and numbers that are missing, not finite
        or out of range.

    Examples
    --------
    >>> profile = HeatProfile(step_h=0.25, heat_demand_kW=[900, 1100], waste_heat_kW=[950, 900])
    >>> profile
    HeatProfile(2 steps of 0.25 h: demand 900 to 1100 kW, waste heat 900 to 950 kW)
    >>> profile.heat_demand_MWh
    0.5
    """

    step_h: float
    heat_demand_kW: Floats
    waste_heat_kW: Floats
    series: Mapping[str, Floats] = field(default_factory=dict)
    start_h: float = 0.0
    start: pd.Timestamp | None = None

    def __post_init__(self) -> None:
        faults = FaultList()
        step_h = checked_number("step_h", self.step_h, STEP, "h", faults)
        start_h = _checked_start_h(self.start_h, faults)
        start = _checked_start(self.start, faults)
        series = dict(self.series) if isinstance(self.series, Mapping) else {}
        if not isinstance(self.series, Mapping):
            remedy = "pass a dict of arrays by the name of their column"
            faults.add("", "series", shown(self.series), "must be a mapping", remedy)
        for name in [name for name in series if name not in OPTIONAL and not _is_cop(name)]:
            remedy = unknown_remedy(str(name), tuple(OPTIONAL))
            faults.add("series", shown(name), None, "unknown column", remedy)
            del series[name]
        demand_kW = _checked_array(DEMAND, self.heat_demand_kW, None, faults)
        n_steps = None if demand_kW is None else demand_kW.size
        waste_kW = _checked_array(WASTE, self.waste_heat_kW, n_steps, faults)
        arrays = {
            name: _checked_array(name, value, n_steps, faults) for name, value in series.items()
        }
        if demand_kW is not None and not len(faults):
            check_demand(demand_kW, faults)
        faults.raise_if_any("HeatProfile")
        for name, value in (
            ("step_h", step_h),
            ("start_h", start_h),
            (DEMAND, demand_kW),
            (WASTE, waste_kW),
            ("series", arrays),
            ("start", start),
        ):
            object.__setattr__(self, name, value)

    @property
    def n_steps(self) -> int:
        """Number of steps T."""
        return self.heat_demand_kW.size

    @property
    def horizon_h(self) -> float:
        """Length of all steps, h."""
        return self.n_steps * self.step_h

    @property
    def time_h(self) -> Floats:
        """Start of each step (T,), h."""
        return self.start_h + self.step_h * np.arange(self.n_steps, dtype=np.float64)

    @property
    def times(self) -> pd.DatetimeIndex | None:
        """Start of each step (T,) as date and time; None where `start` is not known."""
        if self.start is None:
            return None
        zone = self.start.tzinfo
        first = self.start if zone is None else self.start.tz_convert("UTC")
        passed = pd.to_timedelta(np.round(self.step_h * 3.6e9 * np.arange(self.n_steps)), unit="us")
        index = pd.DatetimeIndex(first + passed, name=TIME)
        return index if zone is None else index.tz_convert(zone)

    @property
    def heat_demand_MWh(self) -> float:
        """Heat demand of the whole horizon, MWh."""
        return float(self.heat_demand_kW.sum()) * self.step_h / 1000.0

    @property
    def table(self) -> pd.DataFrame:
        """All columns (T rows); with ``time_h``, or with a DatetimeIndex where `start` is known."""
        columns = {DEMAND: self.heat_demand_kW, WASTE: self.waste_heat_kW, **self.series}
        times = self.times
        if times is None:
            return pd.DataFrame({TIME_h: self.time_h, **columns})
        return pd.DataFrame({name: value.copy() for name, value in columns.items()}, index=times)

    def part(self, first: int, n_steps: int) -> HeatProfile:
        """Cut out some steps in a row.

        Parameters
        ----------
        first : int
            First step, from 0.
        n_steps : int
            Number of steps, at least 2.

        Returns
        -------
        HeatProfile

        Raises
        ------
        InputError
            If the steps are not all in the profile.

        Examples
        --------
        >>> profile = HeatProfile(step_h=1, heat_demand_kW=[1, 2, 3], waste_heat_kW=[0, 0, 0])
        >>> profile.part(1, 2).time_h
        array([1., 2.])
        """
        if first < 0 or n_steps < FEWEST_STEPS or first + n_steps > self.n_steps:
            faults = FaultList()
            rule = f"must be {FEWEST_STEPS} or more of the steps 0 to {self.n_steps - 1}"
            value = f"{n_steps} steps from {first}"
            faults.add("", "steps", value, rule, "choose steps of the profile")
            faults.raise_if_any("HeatProfile.part")
        steps = slice(first, first + n_steps)
        times = self.times
        return HeatProfile(
            step_h=self.step_h,
            heat_demand_kW=self.heat_demand_kW[steps],
            waste_heat_kW=self.waste_heat_kW[steps],
            series={name: value[steps] for name, value in self.series.items()},
            start_h=self.start_h + first * self.step_h,
            start=None if times is None else times[first],
        )

    def __eq__(self, other: object) -> bool:
        """Whether both profiles have the same steps and numbers; time zones do not count."""
        if not isinstance(other, HeatProfile) or set(self.series) != set(other.series):
            return False
        mine, others = ((p.step_h, p.start_h, p.start) for p in (self, other))
        return mine == others and all(
            np.array_equal(value, other._column(name)) for name, value in self._columns().items()
        )

    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        """Return the number of steps."""
        return self.n_steps

    def __repr__(self) -> str:
        """Say the steps and the ranges."""
        ranges = [
            f"{word} {value.min():.6g} to {value.max():.6g} kW"
            for word, value in (("demand", self.heat_demand_kW), ("waste heat", self.waste_heat_kW))
        ]
        with_series = f", {', '.join(self.series)}" if self.series else ""
        return (
            f"HeatProfile({self.n_steps} steps of {self.step_h:.6g} h: "
            f"{', '.join(ranges)}{with_series})"
        )

    def _columns(self) -> dict[str, Floats]:
        return {DEMAND: self.heat_demand_kW, WASTE: self.waste_heat_kW, **self.series}

    def _column(self, name: str) -> Floats:
        return self._columns()[name]


def check_demand(heat_demand_kW: Floats, faults: FaultList) -> None:
    """Note a demand that is zero everywhere."""
    if not heat_demand_kW.any():
        rule = "is 0 in every step: there is nothing to supply"
        faults.add("", DEMAND, None, rule, "check the column")


def _is_cop(name: object) -> bool:
    return isinstance(name, str) and find_column(name) is OPTIONAL["cop"]


def _checked_start_h(value: Any, faults: FaultList) -> float:
    """Return the time of the first step as float."""
    try:
        start_h = float(value)
    except (TypeError, ValueError):
        start_h = np.nan
    if not np.isfinite(start_h):
        faults.add("", "start_h", shown(value), "must be a finite number (h)", "write a number")
    return start_h


def _checked_start(value: Any, faults: FaultList) -> pd.Timestamp | None:
    """Return date and time of the first step."""
    if value is None:
        return None
    start: pd.Timestamp | None = None
    with suppress(TypeError, ValueError):
        start = pd.Timestamp(value)
    if start is None or pd.isna(start):
        remedy = "pass a Timestamp, or leave it out"
        faults.add("", "start", shown(value), "is not a date and time", remedy)
        return None
    return start


def _checked_array(
    name: str, value: object, n_steps: int | None, faults: FaultList
) -> Floats | None:
    """Return a read-only copy of an array of numbers; None after a fault of the whole."""
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        faults.add("", name, None, "must be an array of numbers", "pass one number for each step")
        return None
    if array.ndim != 1 or array.size < FEWEST_STEPS:
        rule = f"must have one number for each of at least {FEWEST_STEPS} steps"
        faults.add("", name, f"shape {array.shape}", rule, "pass a vector")
        return None
    if n_steps is not None and array.size != n_steps:
        rule = f"must have as many steps as {DEMAND}, {n_steps}"
        faults.add("", name, f"{array.size} steps", rule, "cut or complete it")
        return None
    note_rows(name, number_faults(name, array), lambda row: f"step {row}", faults)
    array.flags.writeable = False
    return array
