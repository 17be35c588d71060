"""Readable units for people: kW or MW, EUR/a or million EUR/a, chosen by the size of the numbers.

Tables for machines (CSV, JSON, DataFrames) keep kW and EUR/a; only printed tables, the progress
line and figures use these.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """What is shown; the value is the unit of the numbers in the tables."""

    HEAT = "kW"
    COST = "EUR/a"
    EMISSION = "t/a"


_STEPS: dict[Kind, tuple[tuple[float, str], ...]] = {
    Kind.HEAT: ((1.0, "kW"), (1e3, "MW"), (1e6, "GW")),
    Kind.COST: ((1.0, "€/a"), (1e3, "k€/a"), (1e6, "M€/a"), (1e9, "G€/a")),
    Kind.EMISSION: ((1.0, "t/a"), (1e3, "kt/a"), (1e6, "Mt/a")),
}
_LARGEST_BEFORE_STEP = 10.0


class Scale(NamedTuple):
    """A unit for people: a number of the tables divided by `factor` is in `unit`."""

    factor: float
    unit: str

    def text(self, value: float, decimals: int = 2) -> str:
        """Write a number of the tables in this unit; a dash for nan.

        Examples
        --------
        >>> Scale(1e6, "M€/a").text(132_025_304.0)
        '132.03'
        >>> Scale(1.0, "kW").text(float("nan"))
        '–'
        """
        return number(value / self.factor, decimals)


def scale_for(kind: Kind, values: Iterable[float]) -> Scale:
    """Choose the unit in which the largest of some numbers reads well.

    Parameters
    ----------
    kind : Kind
        What the numbers are.
    values : iterable of float
        Numbers in the unit of the tables (kW, EUR/a or t/a); nan and infinity are ignored.

    Returns
    -------
    Scale
        The largest unit in which the largest number is at least 10, or the smallest unit.

    Examples
    --------
    >>> scale_for(Kind.COST, [215_183_197.0, 126_844_500.0]).unit
    'M€/a'
    >>> scale_for(Kind.HEAT, [11_600.0, 45.0])
    Scale(factor=1000.0, unit='MW')
    >>> scale_for(Kind.HEAT, []).unit
    'kW'
    """
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    fitting = [step for step in _STEPS[kind] if largest >= _LARGEST_BEFORE_STEP * step[0]]
    return Scale(*(fitting[-1] if fitting else _STEPS[kind][0]))


def number(value: float, decimals: int = 2) -> str:
    """Write a number with fixed decimals, a dash for nan and no minus sign before a zero.

    Examples
    --------
    >>> number(-0.0001), number(1234.567, 1), number(float("nan")), number(float("inf"))
    ('0.00', '1234.6', '–', '∞')
    """
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    text = f"{value:.{decimals}f}"
    return text[1:] if text.startswith("-") and float(text) == 0.0 else text
