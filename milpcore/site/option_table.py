"""Which formulation is exact under which option: a table made by asking each formulation."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from milpcore.faults import InputError
from milpcore.site.alternatives_options import check_alternatives
from milpcore.site.formulations import FORMULATIONS
from milpcore.site.inputs import SiteInputs, prepare
from milpcore.site.milp_parts import uses_dominance_rows
from milpcore.site.retrofit_plan import RetrofitOptions, plan_retrofit
from milpcore.site_options import (
    ConnectionOptions,
    CopPoint,
    ExistingPump,
    ExternalHeatOptions,
    ForbiddenConnections,
    ForbiddenLevels,
    ForbiddenPumps,
    ForcedPump,
    HeatPumpOptions,
    HeatPumpType,
    HeatSource,
    InvestmentPoint,
    LevelOptions,
    LimitOptions,
    PriceOptions,
    PriceStep,
    SiteOptions,
)
from milpcore.streams import Streams, load_case

CASE = "dairy_8"
"""Bundled site on which the formulations are asked; they refuse by kind of option, not by size."""

TODAY_C = (5.0, 40.0, 85.0, 205.0)
"""Levels of today of that site."""


def _curve(*investment_EUR: float) -> tuple[InvestmentPoint, ...]:
    return tuple(
        InvestmentPoint(heat_kW=500.0 * place, investment_EUR=one)
        for place, one in enumerate(investment_EUR)
    )


OPTIONS: Mapping[str, SiteOptions] = MappingProxyType(
    {
        "none": SiteOptions(),
        "fixed investment of heat pumps": SiteOptions(
            heat_pumps=HeatPumpOptions(fixed_investment_EUR=1e5)
        ),
        "investment by size, concave": SiteOptions(
            heat_pumps=HeatPumpOptions(investment_points=_curve(5e4, 3e5, 5e5))
        ),
        "investment by size, convex": SiteOptions(
            heat_pumps=HeatPumpOptions(investment_points=_curve(0.0, 1e5, 5e5))
        ),
        "least size of heat pumps": SiteOptions(heat_pumps=HeatPumpOptions(min_size_kW=100.0)),
        "largest size of heat pumps": SiteOptions(heat_pumps=HeatPumpOptions(max_size_kW=500.0)),
        "number of heat pumps": SiteOptions(heat_pumps=HeatPumpOptions(max_number=1)),
        "existing heat pumps": SiteOptions(
            heat_pumps=HeatPumpOptions(
                existing=(ExistingPump(source_C=40.0, sink_C=85.0, size_kW=100.0),)
            )
        ),
        "forbidden heat pumps": SiteOptions(
            heat_pumps=HeatPumpOptions(forbidden=(ForbiddenPumps(sink_to_C=60.0),))
        ),
        "forced heat pumps": SiteOptions(
            heat_pumps=HeatPumpOptions(
                forced=(ForcedPump(source_C=40.0, sink_C=85.0, heat_kW=100.0),)
            )
        ),
        "types of heat pumps": SiteOptions(
            heat_pumps=HeatPumpOptions(
                types=(HeatPumpType(name="usual"), HeatPumpType(name="best", carnot_efficiency=0.6))
            )
        ),
        "COP table": SiteOptions(
            heat_pumps=HeatPumpOptions(
                cop_table=tuple(
                    CopPoint(source_C=source_C, sink_C=sink_C, cop=3.0)
                    for source_C in (0.0, 100.0)
                    for sink_C in (20.0, 150.0)
                )
            )
        ),
        "investment of levels": SiteOptions(levels=LevelOptions(investment_EUR=1e5)),
        "forced levels": SiteOptions(levels=LevelOptions(forced_C=(60.0,))),
        "forbidden levels": SiteOptions(
            levels=LevelOptions(forbidden=(ForbiddenLevels(from_C=60.0, to_C=60.0),))
        ),
        "investment of connections": SiteOptions(
            connections=ConnectionOptions(area_investment_EUR=500.0, stream_htc_kW_per_m2_K=0.5)
        ),
        "forbidden connections": SiteOptions(
            connections=ConnectionOptions(
                forbidden=(ForbiddenConnections(zone="milk", from_C=100.0, to_C=120.0),)
            )
        ),
        "prices by temperature": SiteOptions(
            external_heat=ExternalHeatOptions(
                prices=(PriceStep(from_C=100.0, price_EUR_per_MWh=60.0),)
            ),
            cooling=PriceOptions(prices=(PriceStep(price_EUR_per_MWh=5.0),)),
        ),
        "sources of external heat": SiteOptions(
            external_heat=ExternalHeatOptions(
                sources=(
                    HeatSource(name="waste", price_EUR_per_MWh=5.0, max_level_C=100.0),
                    HeatSource(name="gas", price_EUR_per_MWh=45.0, emission_t_per_MWh=0.2),
                )
            )
        ),
        "sources with capacities": SiteOptions(
            external_heat=ExternalHeatOptions(
                sources=(
                    HeatSource(name="waste", price_EUR_per_MWh=5.0, capacity_kW=500.0),
                    HeatSource(name="gas", price_EUR_per_MWh=45.0, emission_t_per_MWh=0.2),
                )
            )
        ),
        "limits of external heat or emissions": SiteOptions(
            limits=LimitOptions(external_heat_kW=5000.0)
        ),
    }
)
"""One example of every kind of option."""


def exactness() -> pd.DataFrame:
    """Ask every formulation whether it is exact under each option.

    Returns
    -------
    DataFrame
        One row an option; a column ``option``, one for each formulation, ``dominance_rows``:
        whether these tighten `KinkAssignment` and `LevelPath`, which are exact without, too;
        ``alternatives``: whether level sets of a greenfield are ranked with it; and ``retrofit``:
        whether a retrofit, and the ranking of its moves, takes it.

    Examples
    --------
    >>> table = exactness().set_index("option")
    >>> bool(table.loc["investment of levels", "level_path"])
    True
    """
    streams = load_case(CASE)
    rows = []
    for name, options in OPTIONS.items():
        inputs = prepare(streams, options=options)
        exact = {
            make.name: make(n_levels=2).refusal(inputs) is None  # the same for any number
            for make in FORMULATIONS
        }
        tight = uses_dominance_rows(inputs, None)
        taken = {
            "dominance_rows": tight,
            "alternatives": _is_ranked(inputs),
            "retrofit": _is_taken_by_retrofit(streams, options),
        }
        rows.append({"option": name, **exact, **taken})
    return pd.DataFrame(rows)


def _is_ranked(inputs: SiteInputs) -> bool:
    """Whether alternatives of a greenfield are not refused."""
    try:
        check_alternatives(None, inputs)
    except InputError:
        return False
    return True


def _is_taken_by_retrofit(streams: Streams, options: SiteOptions) -> bool:
    """Whether a retrofit of the case is not refused."""
    asked = RetrofitOptions(TODAY_C, 1, 10.0, None, True, 0, 0, None, options)
    try:
        plan_retrofit(streams, asked, economics=None, objective="tac")
    except InputError:
        return False
    return True


def exactness_markdown() -> str:
    """Write the table for the documentation.

    Examples
    --------
    >>> exactness_markdown().splitlines()[0].startswith("| option | `assignment_weak` |")
    True
    """
    table = exactness()
    names = [name for name in table.columns if name != "option"]
    plain = ("dominance_rows", "alternatives", "retrofit")
    heads = [name.replace("_", " ") if name in plain else f"`{name}`" for name in names]
    lines = [f"| option | {' | '.join(heads)} |", "|---" * (len(names) + 1) + "|"]
    for _, row in table.iterrows():
        marks = ["yes" if row[name] else "–" for name in names]
        lines.append(f"| {row['option']} | {' | '.join(marks)} |")
    return "\n".join(lines)
