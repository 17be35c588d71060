"""Small sites with known answers, and results to look at, for the tests of model A's results."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import pandas as pd

from milpcore import SiteEconomics, Streams
from milpcore.site.greenfield import greenfield
from milpcore.site.results import SiteResult

Row = tuple[str, float, float, float]


def streams_of(rows: Sequence[Row], *, zone: str = "site", dt_cont_K: float = 5.0) -> Streams:
    """Streams from rows of name, supply and target temperature (°C) and duty (kW).

    An isothermal stream is hot if its name begins with H.
    """
    records: list[dict[str, Any]] = [
        {
            "zone": zone,
            "name": name,
            "kind": "hot" if supply > target or (supply == target and name[0] == "H") else "cold",
            "t_supply": supply,
            "t_target": target,
            "heat_flow": duty,
            "dt_cont": dt_cont_K,
        }
        for name, supply, target, duty in rows
    ]
    return Streams(pd.DataFrame(records))


EVERYTHING: tuple[Row, ...] = (
    ("H1", 180.0, 130.0, 2300.0),
    ("H2", 95.0, 65.0, 500.0),
    ("H3", 60.0, 42.0, 410.0),
    ("H4", 42.0, 20.0, 480.0),
    ("C1", 40.0, 75.0, 1500.0),
    ("C2", 60.0, 85.0, 1900.0),
    ("C3", 25.0, 190.0, 980.0),
)
"""At six levels: heat that cascades, two heat pumps, external heat and cooling."""
PRICES = SiteEconomics(cooling_price_EUR_per_MWh=3.0)
"""Cooling is not free, so that no term of a cost is zero."""


@cache
def everything() -> SiteResult:
    """Solve the site with every term at six levels; do not change it."""
    return greenfield(streams_of(EVERYTHING), n_levels=6, economics=PRICES, mip_rel_gap=0.0)
