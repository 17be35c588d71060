"""Energy targets of a stream table: minimum utilities, pinch temperatures and composite curves.

Pinch analysis as in Kemp, *Pinch Analysis and Process Integration*, 2nd edition: hot streams are
shifted down and cold streams up by their own ``dt_cont``; on that scale the problem table gives the
least heat that must be bought and removed when heat is recovered as well as it can be without heat
pumps, whatever the utility levels are. Heat pumps can go below these targets, at the price of
electricity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from milpcore.faults import FaultList
from milpcore.stream_units import ABSOLUTE_ZERO_C
from milpcore.streams import Streams
from preprocess.composite_curves import composite_curve, problem_table

Floats = npt.NDArray[np.float64]


class Curve(NamedTuple):
    """A curve of heat over temperature, rising in temperature.

    Attributes
    ----------
    temperature_C : ndarray (T,)
        Temperature of each point.
    heat_kW : ndarray (T,)
        Enthalpy of a composite curve, net heat flow of a grand composite curve.
    """

    temperature_C: Floats
    heat_kW: Floats


@dataclass(frozen=True)
class Targets:
    """Minimum utilities, pinches and the curves behind them.

    Attributes
    ----------
    hot_utility_kW, cold_utility_kW : float
        Least heat to be bought and removed without heat pumps.
    pinch_C : ndarray (P,)
        Pinch temperatures on the shifted scale, rising; empty for a threshold problem, which needs
        only one utility or none.
    hot_composite : Curve
        Heat of the hot streams below a temperature, unshifted; no points without hot streams.
    cold_composite : Curve
        The same of the cold streams; it starts at `cold_utility_kW`, so that both curves lie
        opposite each other as their heat exchange does.
    grand_composite : Curve
        Net heat flow on the shifted scale.
    """

    hot_utility_kW: float
    cold_utility_kW: float
    pinch_C: Floats
    hot_composite: Curve
    cold_composite: Curve
    grand_composite: Curve

    @property
    def composite_curves(self) -> pd.DataFrame:
        """Both composite curves: ``side``, ``temperature_C`` (unshifted), ``enthalpy_kW``."""
        parts = [
            pd.DataFrame({"side": side, "temperature_C": curve[0], "enthalpy_kW": curve[1]})
            for side, curve in (("hot", self.hot_composite), ("cold", self.cold_composite))
            if curve.heat_kW.size
        ]
        return pd.concat(parts, ignore_index=True)

    @property
    def grand_composite_curve(self) -> pd.DataFrame:
        """Grand composite curve: ``shifted_temperature_C``, ``net_heat_kW``."""
        temperature_C, heat_kW = self.grand_composite
        return pd.DataFrame({"shifted_temperature_C": temperature_C, "net_heat_kW": heat_kW})

    def to_json_dict(self) -> dict[str, float | list[float]]:
        """Minimum utilities and pinches as plain numbers, the object of ``targets --json``."""
        return {
            "hot_utility_kW": float(self.hot_utility_kW),
            "cold_utility_kW": float(self.cold_utility_kW),
            "pinch_C": [float(value) for value in self.pinch_C],
        }


def targets(streams: Streams) -> Targets:
    """Find the energy targets of a stream table.

    Parameters
    ----------
    streams : Streams
        The stream table; each stream is shifted by its own ``dt_cont``.

    Returns
    -------
    Targets

    Raises
    ------
    InputError
        If a stream is below absolute zero on the shifted scale.

    Examples
    --------
    A hot stream of 1200 kW from 150 to 60 °C, a cold one of 900 kW from 40 to 120 °C:

    >>> import milpcore
    >>> found = targets(milpcore.load_case("two_streams"))
    >>> found.hot_utility_kW, round(found.cold_utility_kW, 6), found.pinch_C.tolist()
    (0.0, 300.0, [])
    """
    is_hot, duty_kW, margin_K = streams.is_hot, streams.duty_kW, streams.dt_cont_K
    low_C = np.minimum(streams.t_supply_C, streams.t_target_C)
    high_C = np.maximum(streams.t_supply_C, streams.t_target_C)
    shift_K = np.where(is_hot, -margin_K, margin_K)
    _refuse_impossible_shifts(streams, low_C + shift_K)
    sides: list[Curve] = []
    shifted: list[Floats] = []
    for side in (is_hot, ~is_hot):
        sides.append(Curve(*composite_curve(low_C[side], high_C[side], duty_kW[side])))
        shifted += [(low_C + shift_K)[side], (high_C + shift_K)[side], duty_kW[side]]
    table = problem_table(*shifted)
    hot, cold = sides
    return Targets(
        hot_utility_kW=table.hot_utility_kW,
        cold_utility_kW=table.cold_utility_kW,
        pinch_C=table.pinch_C,
        hot_composite=hot,
        cold_composite=Curve(cold.temperature_C, cold.heat_kW + table.cold_utility_kW),
        grand_composite=Curve(table.temperature_C, table.cascade_kW),
    )


def _refuse_impossible_shifts(streams: Streams, lowest_C: Floats) -> None:
    faults = FaultList()
    for stream in np.flatnonzero(lowest_C < ABSOLUTE_ZERO_C):
        faults.add(
            f"stream {streams.label[stream]}",
            "dt_cont",
            float(streams.dt_cont_K[stream]),
            f"shifts it to {lowest_C[stream]:g} °C, below absolute zero",
            "correct t_target or dt_cont",
        )
    faults.raise_if_any("targets")
