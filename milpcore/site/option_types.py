"""Types of heat pumps: each is a site of its own as far as its heat pumps are concerned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from milpcore.economics import SiteEconomics
from milpcore.site_options import HeatPumpOptions, SiteOptions


class PumpType(NamedTuple):
    """One type.

    Attributes
    ----------
    name : str
        Empty where options name no type.
    economics : SiteEconomics
        With the limits, efficiency and price per kW of the type.
    pumps : HeatPumpOptions
        Its sizes, costs and existing heat pumps, and what all types share.
    """

    name: str
    economics: SiteEconomics
    pumps: HeatPumpOptions


def pump_types(economics: SiteEconomics, options: HeatPumpOptions) -> list[PumpType]:
    """List the types of heat pumps; one without a name where options name none.

    Parameters
    ----------
    economics : SiteEconomics
        Limits, efficiency and price where a type says nothing.
    options : HeatPumpOptions
        With or without types.

    Returns
    -------
    list of PumpType

    Examples
    --------
    >>> [one.name for one in pump_types(SiteEconomics(), HeatPumpOptions())]
    ['']
    """
    if not options.types:
        return [PumpType("", economics, options)]
    found = []
    for one in options.types:
        given = {
            "carnot_efficiency": one.carnot_efficiency,
            "max_lift_K": one.max_lift_K,
            "max_sink_C": one.max_sink_C,
            "heat_pump_investment_EUR_per_kW": one.investment_EUR_per_kW,
        }
        own = {name: value for name, value in given.items() if value is not None}
        pumps = replace(
            options,
            types=(),
            fixed_investment_EUR=one.fixed_investment_EUR,
            min_size_kW=one.min_size_kW,
            max_size_kW=one.max_size_kW,
            cop_table=one.cop_table,
            investment_points=one.investment_points,
            existing=tuple(
                replace(there, type="") for there in options.existing if there.type == one.name
            ),
        )
        found.append(PumpType(one.name, replace(economics, **own), pumps))
    return found


def rows_of_types(
    pumps: pd.DataFrame, economics: SiteEconomics, options: SiteOptions
) -> Iterator[tuple[pd.DataFrame, SiteEconomics, SiteOptions]]:
    """Yield the rows of a heat pump table that are of each type, with its economics and options."""
    for one in pump_types(economics, options.heat_pumps):
        rows = pumps
        if one.name:
            rows = pumps[np.asarray(pumps["type"] == one.name)].reset_index(drop=True)
        yield rows, one.economics, replace(options, heat_pumps=one.pumps)
