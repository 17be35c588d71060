"""Random sites with fixed levels, for the tests of operation and sensitivity."""

from __future__ import annotations

from typing import NamedTuple

import hypothesis.strategies as st
from helpers_sites import PRICES, stream_tables

from milpcore import SiteEconomics, Streams
from milpcore.site.inputs import prepare

LEVELS_C = (15.0, 35.0, 80.0, 134.0, 214.0, 285.0, 1600.0)
"""Scenario 3 of the paper."""
ELECTRICITY = "electricity_price_EUR_per_MWh"
INVESTMENT = "heat_pump_investment_EUR_per_kW"
EMISSION = "electricity_emission_t_per_MWh"


class LevelSite(NamedTuple):
    """Streams and levels that serve all of them with any `level_dt_cont_K` up to 5 K."""

    streams: Streams
    levels_C: list[float]


@st.composite
def level_sites(draw: st.DrawFn, *, max_streams: int = 6) -> LevelSite:
    """Draw streams and up to six levels."""
    streams = draw(stream_tables(max_streams=max_streams))
    limit_C = prepare(streams).stream_limit_C
    lowest, highest = float(limit_C.min()) - 1.0, float(limit_C.max()) + 1.0
    kinks = st.sampled_from(sorted(set(limit_C.tolist())))
    more = draw(st.lists(kinks | st.sampled_from([62.0, 97.0, 131.0]), max_size=4, unique=True))
    return LevelSite(streams, sorted({lowest, *more, highest}))


@st.composite
def prices(draw: st.DrawFn, *, level_dt_cont_K: bool = True) -> SiteEconomics:
    """Draw economics: electricity free, dear or with a negative price that a pump still costs."""
    base = PRICES[draw(st.sampled_from(sorted(PRICES)))]
    electricity = draw(st.sampled_from([-3.0, 0.0, 1.0, 20.0, 85.0, 300.0]))
    investment = draw(st.sampled_from([0.0, 300.0, 700.0])) if electricity > 0.0 else 700.0
    changes = {
        ELECTRICITY: electricity,
        EMISSION: draw(st.sampled_from([0.0, 0.05, 0.38])),
        INVESTMENT: investment,
        "co2_price_EUR_per_t": draw(st.sampled_from([0.0, 80.0])),
        "cooling_price_EUR_per_MWh": draw(st.sampled_from([0.0, 7.0])),
        "carnot_efficiency": draw(st.sampled_from([0.3, 0.5, 0.9])),
    }
    if level_dt_cont_K:
        changes["level_dt_cont_K"] = draw(st.sampled_from([0.0, 2.0, 5.0]))
    return base.replace(**changes)
