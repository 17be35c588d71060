r"""Heat recovery inside each zone first: what is left of the zones, and the total site profiles.

A *zone* is the part of a site whose streams may exchange heat directly with each other: a plant, a
building. For each zone alone the problem table gives its minimum utilities and its grand composite
curve, with every stream shifted by its own ``dt_cont``. Its pockets are closed
(`preprocess.pockets`); what remains are the **net sinks**, which need heat from outside the zone,
and the **net sources**, which give heat away: the total site analysis of Dhole and Linnhoff.

Convention of the residual streams
----------------------------------
One residual stream is one straight part of a grand composite curve with its pockets closed. Its
temperatures are those of the **shifted scale** of pinch analysis and its ``dt_cont`` is 0: the
share of the zone's streams is in the temperatures already. A hot stream of 100 °C with a
``dt_cont`` of 5 K becomes a source at 95 °C, a cold one a sink at 105 °C. So

- `milpcore.targets` of the residual streams of one zone gives back the targets of that zone:
  nothing is lost and nothing gained (the parts lie apart in temperature, sinks above sources);
- a utility level, which adds its own share ``level_dt_cont_K``, serves a residual stream exactly
  where it would serve the streams behind it: hot ``T_level <= t - dt_cont - level_dt_cont_K``.

Parts of less than 1e-8 of all residual heat are left out, because a site refuses streams so small.

The site
--------
The **sink profile** adds the net sinks of all zones up over temperature, the **source profile** the
net sources. Zones exchange heat through utility levels only. A level takes heat at least
``level_dt_cont_K`` below a source's and gives it as much above a sink's shifted temperature; with
any number of levels the site is therefore a heat cascade of the profiles, sources lowered and
sinks raised by ``level_dt_cont_K`` once more, and its problem table bounds what any number of
levels recovers between zones without heat pumps:

    direct exchange over the whole site  <=  zones first, then any levels  <=  each zone by itself

in minimum hot utility, and likewise in cold utility. The first holds because heat that goes through
a level could go directly, the second because levels only add to the zones.

References
----------
V. R. Dhole, B. Linnhoff (1993), Total site targets for fuel, co-generation, emissions, and cooling,
Computers & Chemical Engineering 17, S101-S109, doi:10.1016/0098-1354(93)80214-8.

J. Klemeš, V. R. Dhole, K. Raissi, S. J. Perry, L. Puigjaner (1997), Targeting and design
methodology for reduction of fuel, power and CO2 on total sites, Applied Thermal Engineering
17(8-10), 993-1003, doi:10.1016/S1359-4311(96)00087-7.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from milpcore.economics import SiteEconomics
from milpcore.faults import FaultList
from milpcore.number_kinds import is_number
from milpcore.stream_units import ABSOLUTE_ZERO_C
from milpcore.streams import Streams
from milpcore.targets import Curve, Targets, targets
from preprocess.composite_curves import composite_curve, problem_table
from preprocess.pockets import Segments, closed_pockets

Floats = npt.NDArray[np.float64]

LEAST_SHARE = 1e-8
"""Least residual stream, as a share of all residual heat; a site refuses smaller streams."""
TEMPERATURE_DECIMALS = 9
"""Of residual temperatures, °C: the rounding of shifts is not to be seen in tables."""


class Zone(NamedTuple):
    """One zone by itself.

    Attributes
    ----------
    name : str
        As in the stream table.
    streams : Streams
        Its streams.
    targets : Targets
        Minimum utilities and curves with direct heat recovery inside the zone alone.
    sinks, sources : Segments
        Its grand composite curve with pockets closed (shifted scale, °C, kW).
    """

    name: str
    streams: Streams
    targets: Targets
    sinks: Segments
    sources: Segments

    @property
    def recovered_kW(self) -> float:
        """Heat that the zone's streams exchange directly."""
        hot_kW = float(self.streams.duty_kW[self.streams.is_hot].sum())
        return max(0.0, hot_kW - self.targets.cold_utility_kW)


@dataclass(frozen=True)
class TotalSite:
    """Zones with their own heat recovery, and the site of what they leave.

    Attributes
    ----------
    zones : tuple of Zone
        In order of their first stream.
    residual_streams : Streams or None
        Net sinks and sources of all zones on the shifted scale, ``dt_cont`` 0; None where every
        zone needs nothing from outside.
    source_profile, sink_profile : Curve
        Net sources and net sinks of all zones, cumulated over the shifted temperature.
    level_dt_cont_K : float
        Share of a utility level in the minimum temperature difference.
    hot_utility_kW, cold_utility_kW : float
        Least heat to be bought and removed with any number of utility levels between zones, without
        heat pumps.
    pinch_C : ndarray (P,)
        Site pinches: temperatures of the level scale, where sources are lowered and sinks raised by
        `level_dt_cont_K`; empty for a threshold problem.
    """

    zones: tuple[Zone, ...]
    residual_streams: Streams | None
    source_profile: Curve
    sink_profile: Curve
    level_dt_cont_K: float
    hot_utility_kW: float
    cold_utility_kW: float
    pinch_C: Floats

    @property
    def zone_hot_utility_kW(self) -> float:
        """Heat to be bought where no zone gives any to another."""
        return math.fsum(zone.targets.hot_utility_kW for zone in self.zones)

    @property
    def zone_cold_utility_kW(self) -> float:
        """Heat to be removed where no zone gives any to another."""
        return math.fsum(zone.targets.cold_utility_kW for zone in self.zones)

    @property
    def recovered_kW(self) -> float:
        """Most heat that zones can give each other through utility levels without heat pumps."""
        return max(0.0, self.zone_hot_utility_kW - self.hot_utility_kW)

    @property
    def zone_table(self) -> pd.DataFrame:
        """One row per zone: number of streams, heat (kW), pinches (°C, joined by semicolons)."""
        rows = []
        for zone in self.zones:
            is_hot, duty_kW = zone.streams.is_hot, zone.streams.duty_kW
            rows.append(
                {
                    "zone": zone.name,
                    "n_streams": zone.streams.n_streams,
                    "hot_streams_kW": float(duty_kW[is_hot].sum()),
                    "cold_streams_kW": float(duty_kW[~is_hot].sum()),
                    "recovered_kW": zone.recovered_kW,
                    "hot_utility_kW": zone.targets.hot_utility_kW,
                    "cold_utility_kW": zone.targets.cold_utility_kW,
                    "pinch_C": ";".join(f"{value:.10g}" for value in zone.targets.pinch_C),
                }
            )
        return pd.DataFrame(rows)

    @property
    def total_site_profiles(self) -> pd.DataFrame:
        """Both profiles: ``side``, ``shifted_temperature_C``, ``heat_kW``."""
        parts = [
            pd.DataFrame({"side": side, "shifted_temperature_C": curve[0], "heat_kW": curve[1]})
            for side, curve in (("source", self.source_profile), ("sink", self.sink_profile))
        ]
        return pd.concat(parts, ignore_index=True)

    def to_json_dict(self) -> dict[str, Any]:
        """Zones, site and residual streams as plain values: what ``targets --zones`` adds."""
        table = self.zone_table.drop(columns="pinch_C").to_dict(orient="records")
        residual = [] if self.residual_streams is None else _records(self.residual_streams)
        return {
            "zones": [
                {**row, "pinch_C": [float(value) for value in zone.targets.pinch_C]}
                for row, zone in zip(table, self.zones, strict=True)
            ],
            "total_site": {
                "level_dt_cont_K": self.level_dt_cont_K,
                "zone_hot_utility_kW": self.zone_hot_utility_kW,
                "zone_cold_utility_kW": self.zone_cold_utility_kW,
                "recovered_kW": self.recovered_kW,
                "hot_utility_kW": self.hot_utility_kW,
                "cold_utility_kW": self.cold_utility_kW,
                "pinch_C": [float(value) for value in self.pinch_C],
            },
            "residual_streams": residual,
        }


def total_site(streams: Streams, *, level_dt_cont_K: float | None = None) -> TotalSite:
    """Recover heat inside every zone, and lay what is left against each other.

    Parameters
    ----------
    streams : Streams
        The stream table; streams with the same ``zone`` may exchange heat directly.
    level_dt_cont_K : float, optional
        Share of a utility level in the minimum temperature difference between zones, K; that of
        the bundled site (5 K) if not given.

    Returns
    -------
    TotalSite

    Raises
    ------
    InputError
        If a stream is below absolute zero on the shifted scale, or `level_dt_cont_K` is no
        difference of temperature.

    References
    ----------
    Dhole and Linnhoff (1993), doi:10.1016/0098-1354(93)80214-8.

    Examples
    --------
    A dairy of four zones:

    >>> import milpcore
    >>> dairy = milpcore.load_case("dairy_8")
    >>> site = total_site(dairy)
    >>> [(zone.name, round(zone.targets.hot_utility_kW)) for zone in site.zones]
    [('milk', 780), ('evaporation', 1500), ('drying', 695), ('services', 288)]
    >>> round(milpcore.targets(dairy).hot_utility_kW), round(site.hot_utility_kW)
    (2641, 2896)
    """
    share_K = _checked_share(level_dt_cont_K)
    zones = tuple(_zone(streams, str(name)) for name in dict.fromkeys(streams.table["zone"]))
    residual = _residual_streams(zones)
    sides = []
    for segments in ([zone.sources for zone in zones], [zone.sinks for zone in zones]):
        sides.append(Segments(*(np.concatenate(parts) for parts in zip(*segments, strict=True))))
    sources, sinks = sides
    table = problem_table(
        sources.low_C - share_K,
        sources.high_C - share_K,
        sources.heat_kW,
        sinks.low_C + share_K,
        sinks.high_C + share_K,
        sinks.heat_kW,
    )
    return TotalSite(
        zones=zones,
        residual_streams=residual,
        source_profile=Curve(*composite_curve(*sources)),
        sink_profile=Curve(*composite_curve(*sinks)),
        level_dt_cont_K=share_K,
        hot_utility_kW=table.hot_utility_kW,
        cold_utility_kW=table.cold_utility_kW,
        pinch_C=table.pinch_C,
    )


def zone_residuals(streams: Streams) -> Streams:
    """Return what heat recovery inside the zones leaves, as a stream table of its own.

    Parameters
    ----------
    streams : Streams
        The stream table; streams with the same ``zone`` exchange heat directly.

    Returns
    -------
    Streams
        Net sinks and net sources of every zone, ready for `milpcore.site.greenfield` and
        `milpcore.targets`. Temperatures are on the shifted scale and ``dt_cont`` is 0: the shares
        of the streams are in the temperatures already.

    Raises
    ------
    InputError
        If nothing is left, or a stream is below absolute zero on the shifted scale.

    Examples
    --------
    >>> import milpcore
    >>> left = zone_residuals(milpcore.load_case("dairy_8"))
    >>> left.table[["zone", "name", "t_supply", "t_target"]].head(3)
              zone      name  t_supply  t_target
    0         milk    sink 1      39.5      78.5
    1         milk  source 1      37.5      15.5
    2  evaporation    sink 1      72.5      72.5
    """
    residual = total_site(streams).residual_streams
    if residual is None:
        faults = FaultList()
        rule = "nothing is left: every zone heats and cools itself"
        faults.add("", "zones", "", rule, "there is no utility system to design")
        faults.raise_if_any("zone residuals")
        raise AssertionError("unreachable")
    return residual


def _zone(streams: Streams, name: str) -> Zone:
    own = streams.select(np.asarray(streams.table["zone"] == name))
    found = targets(own)
    scale_kW = float(own.duty_kW.sum())
    return Zone(name, own, found, *closed_pockets(*found.grand_composite, scale_kW=scale_kW))


def _residual_streams(zones: tuple[Zone, ...]) -> Streams | None:
    """Make a stream table of all net sinks and sources; None if there are none."""
    sides = (("sink", "cold"), ("source", "hot"))
    total_kW = math.fsum(
        float(part.heat_kW.sum()) for zone in zones for part in (zone.sinks, zone.sources)
    )
    rows = []
    for zone in zones:
        for (side, kind), segments in zip(sides, (zone.sinks, zone.sources), strict=True):
            is_kept = segments.heat_kW >= LEAST_SHARE * total_kW
            parts = [np.round(array, TEMPERATURE_DECIMALS) for array in segments[:2]]
            columns = zip(*(part[is_kept] for part in (*parts, segments.heat_kW)), strict=True)
            for count, (low_C, high_C, heat_kW) in enumerate(columns, start=1):
                ends_C = (low_C, high_C) if kind == "cold" else (high_C, low_C)
                rows.append((zone.name, f"{side} {count}", kind, *ends_C, heat_kW, 0.0))
    if not rows:
        return None
    names = ("zone", "name", "kind", "t_supply", "t_target", "heat_flow", "dt_cont")
    return Streams(pd.DataFrame(rows, columns=names))


def _records(streams: Streams) -> list[dict[str, Any]]:
    return [
        {str(name): value for name, value in row.items()}
        for row in streams.table.to_dict(orient="records")
    ]


def _checked_share(level_dt_cont_K: float | None) -> float:
    """Share of a level, as given or that of the bundled site."""
    if level_dt_cont_K is None:
        return SiteEconomics().level_dt_cont_K
    most_K = -ABSOLUTE_ZERO_C
    if not is_number(level_dt_cont_K) or not 0.0 <= level_dt_cont_K <= most_K:
        faults = FaultList()
        rule = f"must be from 0 to {most_K:g} (K)"
        faults.add("", "level_dt_cont_K", repr(level_dt_cont_K), rule, "5 is usual")
        faults.raise_if_any("total site")
    return float(level_dt_cont_K)
