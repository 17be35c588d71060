"""What a profile is like, measured or made up, as a table."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from milpcore.economics_schema import Range, checked_number
from milpcore.faults import FaultList
from milpcore.sizing.profile import HeatProfile
from milpcore.sizing.profile_schema import DEMAND, WASTE
from preprocess import profile_analysis as analysis

_LONGEST_WINDOW_H = 1000.0
_WHOLE = 1e-6
"""Share by which a lag may miss whole steps."""


def profile_statistics(
    profile: HeatProfile, *, spike_window_h: float = 2.0, spike_threshold: float = 3.0
) -> pd.DataFrame:
    """Describe demand and waste heat: spread, memory, spikes, ramps.

    A spike is a value further from the running median than a multiple of the robust standard
    deviation; see `preprocess.profile_analysis`.

    Parameters
    ----------
    profile : HeatProfile
        Measured or made up.
    spike_window_h : float
        Length of the running median, at least three steps, h.
    spike_threshold : float
        Distance from the median that makes a spike, in robust standard deviations.

    Returns
    -------
    DataFrame
        Columns ``heat_demand_kW`` and ``waste_heat_kW``; rows by ``statistic`` and its ``unit``.
        The autocorrelation at 1 h and 24 h is NaN where the step or the horizon does not allow it.

    Raises
    ------
    InputError
        If the window or the threshold is not positive.

    Examples
    --------
    >>> from milpcore.sizing import step_profile
    >>> table = profile_statistics(step_profile([(1500, 16), (500, 8)], n_steps=96))
    >>> table["heat_demand_kW"].loc[["mean", "standard deviation", "largest fall"]]
    statistic           unit
    mean                kW      1166.666667
    standard deviation  kW       471.404521
    largest fall        kW/h    4000.000000
    Name: heat_demand_kW, dtype: float64
    """
    faults = FaultList()
    window = Range(0.0, _LONGEST_WINDOW_H, "give hours, such as 2", open_minimum=True)
    checked_number("spike_window_h", spike_window_h, window, "h", faults)
    threshold = Range(0.0, 1e6, "3 is usual", open_minimum=True)
    checked_number("spike_threshold", spike_threshold, threshold, "-", faults)
    faults.raise_if_any("profile_statistics")
    columns = {
        DEMAND: _statistics(profile, profile.heat_demand_kW, spike_window_h, spike_threshold),
        WASTE: _statistics(profile, profile.waste_heat_kW, spike_window_h, spike_threshold),
    }
    index = pd.MultiIndex.from_tuples(list(columns[DEMAND]), names=["statistic", "unit"])
    return pd.DataFrame({name: list(rows.values()) for name, rows in columns.items()}, index=index)


def _statistics(
    profile: HeatProfile, value_kW: npt.NDArray[np.float64], window_h: float, threshold: float
) -> Mapping[tuple[str, str], float]:
    """Statistics of one column by name and unit."""
    step_h = profile.step_h
    lags = {name: _lag(hours, step_h) for name, hours in (("1 h", 1.0), ("24 h", 24.0))}
    n_lags = max([1, *(lag for lag in lags.values() if lag is not None and lag < len(profile))])
    found = analysis.profile_statistics(
        value_kW,
        step_h=step_h,
        n_lags=n_lags,
        spike_window_steps=2 * max(1, round(window_h / step_h / 2.0)) + 1,
        spike_threshold=threshold,
    )

    def correlation(lag: int | None) -> float:
        is_known = lag is not None and lag <= n_lags
        return float(found.autocorrelation[lag]) if is_known else float("nan")

    share = found.deviation_kW / found.mean_kW if found.mean_kW > 0.0 else float("nan")
    return {
        ("mean", "kW"): found.mean_kW,
        ("standard deviation", "kW"): found.deviation_kW,
        ("standard deviation over mean", "-"): share,
        ("lowest", "kW"): found.lowest_kW,
        ("highest", "kW"): found.highest_kW,
        ("autocorrelation, 1 step", "-"): correlation(1),
        **{(f"autocorrelation, {name}", "-"): correlation(lag) for name, lag in lags.items()},
        ("spikes", "1/h"): found.spikes_per_h,
        ("spikes upward", "1"): float(found.n_upward_spikes),
        ("spikes downward", "1"): float(found.n_downward_spikes),
        ("mean height of spikes", "kW"): found.mean_spike_kW,
        ("largest rise", "kW/h"): found.largest_rise_kW_per_h,
        ("largest fall", "kW/h"): found.largest_fall_kW_per_h,
        ("mean ramp", "kW/h"): found.mean_ramp_kW_per_h,
    }


def _lag(duration_h: float, step_h: float) -> int | None:
    """Whole steps of a duration; None where it is none."""
    steps = round(duration_h / step_h)
    return steps if steps >= 1 and abs(duration_h / step_h - steps) <= _WHOLE * steps else None
