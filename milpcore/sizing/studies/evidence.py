"""What rows of a study prove, and what they leave open.

A search ends with a cost and a proven bound below it. Of two problems with costs ``a``, ``b`` and
bounds ``A``, ``B`` the optima differ by something between ``B - a`` and ``b - A``; a difference is
a finding only if that interval does not hold 0. For sizes the proven ranges of `size_ranges` do the
same: every design of hardly more than the least cost, the optimum among them, has its size there.
A statement about several points agrees only if each of them is proven; one about the best plants
found, only if their gaps are small (`WELL_PROVEN`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

AGREES, DISAGREES, OPEN = "agrees", "disagrees", "not decided"
PAPER, OURS = "paper", "ours"
WELL_PROVEN = 1e-3
"""Largest gap of points on which a statement about the best plants found may rest; as far as the
ranges of sizes reach."""

Row = Mapping[Any, Any]


class Finding(NamedTuple):
    """A statement, and what the study says to it.

    Attributes
    ----------
    statement : str
    source : str
        Whose it is: `PAPER` or `OURS`.
    verdict : str
        `AGREES`, `DISAGREES` or `OPEN`.
    evidence : str
        Figures for it.
    """

    statement: str
    source: str
    verdict: str
    evidence: str


class Interval(NamedTuple):
    """Proven limits of a number.

    Attributes
    ----------
    least, most : float
    """

    least: float
    most: float


def solved(rows: pd.DataFrame, experiment: str) -> pd.DataFrame:
    """Return the rows of an experiment that have a plant.

    Examples
    --------
    >>> rows = pd.DataFrame({"experiment": ["x", "x", "y"], "tac_EUR_per_a": [1.0, None, 2.0]})
    >>> len(solved(rows, "x"))
    1
    """
    if "tac_EUR_per_a" not in rows:
        return rows.iloc[:0]
    chosen = (rows["experiment"] == experiment) & rows["tac_EUR_per_a"].notna()
    return rows[chosen].reset_index(drop=True)


def extra_cost(dear: Row, cheap: Row) -> Interval:
    """Proven limits of what the optimum of one problem costs more than that of another.

    Parameters
    ----------
    dear, cheap : mapping
        Rows with ``tac_EUR_per_a`` and ``bound_EUR_per_a``.

    Returns
    -------
    Interval
        EUR/a.

    Examples
    --------
    >>> with_it = {"tac_EUR_per_a": 90.0, "bound_EUR_per_a": 85.0}
    >>> without = {"tac_EUR_per_a": 100.0, "bound_EUR_per_a": 99.0}
    >>> extra_cost(without, with_it)
    Interval(least=9.0, most=15.0)
    """
    return Interval(
        float(dear["bound_EUR_per_a"]) - float(cheap["tac_EUR_per_a"]),
        float(dear["tac_EUR_per_a"]) - float(cheap["bound_EUR_per_a"]),
    )


def proven_range(row: Row, column: str) -> Interval:
    """Proven range of a size; without one it is anything from 0.

    Examples
    --------
    >>> proven_range({"store_kWh_least": 5.0, "store_kWh_most": 9.0}, "store_kWh")
    Interval(least=5.0, most=9.0)
    >>> proven_range({}, "store_kWh")
    Interval(least=0.0, most=inf)
    """
    least, most = (row.get(f"{column}_{end}") for end in ("least", "most"))
    if least is None or most is None or math.isnan(least) or math.isnan(most):
        return Interval(0.0, math.inf)
    return Interval(float(least), float(most))


def compared(first: Interval, second: Interval) -> int:
    """Say which of two numbers is larger: 1 the second, -1 the first, 0 if the limits overlap.

    Examples
    --------
    >>> compared(Interval(1, 2), Interval(3, 4)), compared(Interval(1, 3), Interval(2, 4))
    (1, 0)
    """
    if first.most < second.least:
        return 1
    return -1 if second.most < first.least else 0


def verdict_of(signs: Sequence[int], expected: int) -> str:
    """Judge comparisons that must all be as expected; a single one against it is enough.

    Examples
    --------
    >>> verdict_of([1, 1], 1), verdict_of([1, 0], 1), verdict_of([1, -1], 1)
    ('agrees', 'not decided', 'disagrees')
    """
    if any(sign == -expected for sign in signs):
        return DISAGREES
    return AGREES if signs and all(sign == expected for sign in signs) else OPEN


def verdict_on_found(holds: bool, rows: Sequence[Row]) -> str:
    """Judge a statement about the best plants found, which must be nearly proven for it.

    Parameters
    ----------
    holds : bool
        Whether it holds for them.
    rows : sequence of mapping
        Points that it rests on, each with its ``gap``.

    Returns
    -------
    str
        `OPEN` if a gap is above `WELL_PROVEN`.

    Examples
    --------
    >>> verdict_on_found(True, [{"gap": 1e-4}]), verdict_on_found(True, [{"gap": 0.01}])
    ('agrees', 'not decided')
    """
    if not all(float(row["gap"]) <= WELL_PROVEN * (1.0 + 1e-6) for row in rows):
        return OPEN
    return AGREES if holds else DISAGREES


def gap_words(rows: pd.DataFrame) -> str:
    """Say how far the searches of some rows are from proof.

    Examples
    --------
    >>> gap_words(pd.DataFrame({"gap": [0.001, 0.0002]}))
    'gaps up to 0.10 %'
    """
    if not len(rows):
        return "no plants"
    return f"gaps up to {100.0 * float(rows['gap'].max()):.2f} %"


def findings_table(findings: Sequence[Finding]) -> pd.DataFrame:
    """Put findings in a table, one row each."""
    return pd.DataFrame(findings, columns=list(Finding._fields))


def columns_of(rows: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return those of some columns that rows have, in that order."""
    return rows[[name for name in names if name in rows]].reset_index(drop=True)


COSTS = ("tac_EUR_per_a", "bound_EUR_per_a", "gap", "status")
_OF_A_SIZE = ("", "_least", "_found_least", "_found_most", "_most")
SIZES = tuple(
    f"{size}{end}" for size in ("heat_pump_kW", "boiler_kW", "store_kWh") for end in _OF_A_SIZE
)
"""Columns that most tables have: sizes, proven ranges, and how far valid designs within reach."""
