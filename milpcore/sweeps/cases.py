"""Tables of cases: a full grid, a Latin hypercube, or a table of one's own.

A case is a row: a name of a parameter a column, its value a cell.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from milpcore.faults import FaultList
from milpcore.naming import shown
from milpcore.number_kinds import is_number, is_whole


def grid(values: Mapping[str, Sequence[object]]) -> pd.DataFrame:
    """Return every combination of values, the last parameter changing fastest.

    Parameters
    ----------
    values : mapping of str to sequence
        Values of each parameter.

    Returns
    -------
    DataFrame
        One row per combination.

    Raises
    ------
    InputError
        If there is no parameter, or one has no values.

    Examples
    --------
    >>> len(grid({"gas_price_EUR_per_MWh": [30, 40], "co2_price_EUR_per_t": [0, 80, 160]}))
    6
    """
    faults = FaultList()
    check_grid(values, faults)
    faults.raise_if_any("cases")
    rows = list(itertools.product(*values.values()))
    return pd.DataFrame(rows, columns=list(values))


def latin_hypercube(
    ranges: Mapping[str, tuple[float, float]], n_cases: int, *, seed: int = 0
) -> pd.DataFrame:
    """Draw cases that fill a box evenly: every parameter's range is cut in as many equal parts.

    Parameters
    ----------
    ranges : mapping of str to (float, float)
        Least and largest value of each parameter.
    n_cases : int
        From 1.
    seed : int
        The same seed draws the same cases.

    Returns
    -------
    DataFrame
        One row per case.

    Raises
    ------
    InputError
        Listing every range that is none, and a number of cases below 1.

    References
    ----------
    McKay, Beckman, Conover (1979), A comparison of three methods for selecting values of input
    variables in the analysis of output from a computer code, Technometrics 21, 239-245.

    Examples
    --------
    >>> cases = latin_hypercube({"gas_price_EUR_per_MWh": (20.0, 60.0)}, 4, seed=1)
    >>> (cases["gas_price_EUR_per_MWh"].sort_values() // 10).tolist()
    [2.0, 3.0, 4.0, 5.0]
    """
    faults = FaultList()
    check_ranges(ranges, faults)
    check_count("n_cases", n_cases, 1, faults)
    check_count("seed", seed, 0, faults)
    faults.raise_if_any("cases")
    lower, upper = np.array([[float(end) for end in ends] for ends in ranges.values()]).T
    from scipy.stats import qmc  # half a second that workers need not wait

    unit = qmc.LatinHypercube(len(ranges), rng=np.random.default_rng(int(seed))).random(n_cases)
    return pd.DataFrame(lower + (upper - lower) * unit, columns=list(ranges))


def checked_cases(cases: pd.DataFrame | Iterable[Mapping[str, object]]) -> pd.DataFrame:
    """Bring cases to a table with one row each, numbered from 0.

    Raises
    ------
    InputError
        If there is no case, or a column comes twice.
    """
    table = cases if isinstance(cases, pd.DataFrame) else pd.DataFrame(list(cases))
    faults = FaultList()
    if not len(table):
        faults.add("", "cases", "0 rows", "must have at least one case", "add cases")
    for name in table.columns[table.columns.duplicated()]:
        faults.add("", "cases", shown(name), "column comes twice", "rename one")
    faults.raise_if_any("cases")
    return table.reset_index(drop=True)


def check_grid(values: Mapping[str, object], faults: FaultList, where: str = "") -> None:
    """Note that there is no parameter, and parameters that have no values."""
    if not values:
        faults.add(where, "grid", "{}", "must have at least one parameter", "name one with values")
    for name, choices in values.items():
        if isinstance(choices, str) or not isinstance(choices, Iterable) or not len(list(choices)):
            rule = "must be a list of values"
            faults.add(where, shown(name), shown(choices), rule, "list the values")


def check_ranges(ranges: Mapping[str, object], faults: FaultList, where: str = "") -> None:
    """Note that there is no parameter, and ranges that are none."""
    if not ranges:
        rule = "must have at least one parameter"
        faults.add(where, "ranges", "{}", rule, "name one with a range")
    for name, ends in ranges.items():
        if not _is_range(ends):
            rule = "must be two finite numbers, the lower one first"
            faults.add(where, shown(name), shown(ends), rule, "such as [20, 60]")


def check_count(name: str, value: object, least: int, faults: FaultList, where: str = "") -> None:
    """Note what is no whole number from `least`."""
    if not (is_whole(value) and value >= least):
        faults.add(where, name, shown(value), f"must be a whole number from {least}", "correct it")


def _is_range(ends: object) -> bool:
    if isinstance(ends, str) or not isinstance(ends, Sequence) or len(ends) != 2:
        return False
    return (
        all(map(is_number, ends))
        and all(math.isfinite(float(e)) for e in ends)
        and ends[0] < ends[1]
    )
