"""The columns of a profile as data: names with their unit, ranges, and the check of numbers.

==================================  ========  ==============================================
column                              unit      meaning
==================================  ========  ==============================================
time_h                              h         start of the step; or ``time``, date and time
heat_demand_kW                      kW        heat to be delivered, from 0
waste_heat_kW                       kW        heat that heat pumps may take, from 0
electricity_price_EUR_per_MWh       EUR/MWh   optional, as all below: instead of the constant
gas_price_EUR_per_MWh               EUR/MWh
electricity_emission_t_per_MWh      t/MWh
gas_emission_t_per_MWh              t/MWh
cooling_water_price_EUR_per_MWh     EUR/MWh
cop                                 -         COP of all heat pumps
cop_<name>                          -         COP of the heat pump or chiller of that name
==================================  ========  ==============================================
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from milpcore.economics_schema import Range
from milpcore.faults import FaultList
from milpcore.naming import nearest_name, shown
from milpcore.sizing.parameter_schema import KEYS, RANGES, LARGEST_kW
from milpcore.stream_schema import MISSING

Floats = npt.NDArray[np.float64]

TIME_h, TIME = "time_h", "time"
DEMAND, WASTE = "heat_demand_kW", "waste_heat_kW"
COP = "cop"
FEWEST_STEPS = 2
STEP = Range(0.0, 24.0, "give the step in hours, such as 0.25 for 15 min", open_minimum=True)
MOST_ROWS = 20
"""Rows at fault that are listed for each column; the others are counted."""


class Column(NamedTuple):
    """A column of numbers.

    Attributes
    ----------
    unit : str
        Its unit.
    allowed : Range
        Range of the numbers.
    """

    unit: str
    allowed: Range


_HEAT = Range(0.0, LARGEST_kW, "give amounts of heat in kW")
REQUIRED = {DEMAND: Column("kW", _HEAT), WASTE: Column("kW", _HEAT)}
OPTIONAL = {
    **{
        key: Column(KEYS["plant"][key].unit, RANGES["plant"][key])
        for key in (
            "electricity_price_EUR_per_MWh",
            "gas_price_EUR_per_MWh",
            "electricity_emission_t_per_MWh",
            "gas_emission_t_per_MWh",
            "cooling_water_price_EUR_per_MWh",
        )
    },
    COP: Column(KEYS["heat_pump"]["cop"].unit, RANGES["heat_pump"]["cop"]),
}
KNOWN = (TIME_h, TIME, *REQUIRED, *OPTIONAL)


class RowFault(NamedTuple):
    """What is wrong with one row of a column."""

    row: int
    value: str
    rule: str
    remedy: str


def find_column(name: str) -> Column | None:
    """Return the column of numbers of a name, or None for no such column.

    Examples
    --------
    >>> find_column("waste_heat_kW").unit, find_column("cop_old pump").unit
    ('kW', '-')
    >>> find_column("heat_demand_MW") is None
    True
    """
    if name.startswith(f"{COP}_") and name != f"{COP}_":
        return OPTIONAL[COP]
    return REQUIRED.get(name, OPTIONAL.get(name))


def unknown_remedy(name: str, known: Sequence[str] = KNOWN) -> str:
    """Name the column that is meant, with the unit that its numbers must have."""
    near = nearest_name(name, known)
    if near is None:
        return f"delete it; known: {', '.join(known)}, {COP}_<name>"
    column = find_column(near)
    unit = "h" if near == TIME_h else "-" if column is None else column.unit
    if unit == "-":
        return f"rename it to {near!r} or delete it"
    return f"rename it to {near!r} with its numbers in {unit}, or delete it"


def number_faults(
    name: str, values: Floats, written: Callable[[int], object] | None = None
) -> list[RowFault]:
    """Find the numbers of a column that are missing, not finite or out of range.

    Parameters
    ----------
    name : str
        Name of a column of numbers.
    values : ndarray (T,)
        NaN where a number is missing.
    written : callable, optional
        Gives the number of a row as written; default as in `values`.

    Returns
    -------
    list of RowFault
    """
    column = find_column(name)
    assert column is not None
    unit, allowed = column.unit, column.allowed
    suffix = "" if unit == "-" else f" ({unit})"
    low = values <= allowed.minimum if allowed.open_minimum else values < allowed.minimum
    wrong = ~np.isfinite(values) | low | (values > allowed.maximum)
    found = []
    for row in np.flatnonzero(wrong).tolist():
        value = values[row]
        text = f"{value:g}" if written is None else shown(written(row))
        if np.isnan(value):
            found.append(RowFault(row, "", MISSING, f"give it{suffix}"))
        elif np.isinf(value):
            found.append(RowFault(row, text, "must be finite", "give a finite number"))
        else:
            found.append(RowFault(row, text, allowed.rule(unit), allowed.remedy))
    return found


def note_rows(
    field: str, found: Sequence[RowFault], place: Callable[[int], str], faults: FaultList
) -> None:
    """Note the faults of a column; of very many the first ones, the others as a number.

    Parameters
    ----------
    field : str
        Name of the column.
    found : sequence of RowFault
        Its faults in the order of the rows.
    place : callable
        Says where a row stands.
    faults : FaultList
        Receives them.
    """
    for row, value, rule, remedy in found[:MOST_ROWS]:
        faults.add(place(row), field, value, rule, remedy)
    further = len(found) - MOST_ROWS
    if further > 0:
        rule = f"{further} further rows are at fault, the last one is {place(found[-1].row)}"
        faults.add("", field, None, rule, "mend the ones above in the same way")
