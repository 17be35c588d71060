"""Totals printed for the bundled cases, to be shown beside results with what they leave open."""

from __future__ import annotations

from typing import NamedTuple

from milpcore.loops.case import LoopCase, load_case
from milpcore.loops.parameter_schema import bundled_document

CAVEAT = (
    "It is not printed at which utility temperatures heaters and coolers were sized, nor whether "
    "the printed totals include them (very likely they do): compare the total with heaters and "
    "coolers, whose utility data here is assumed."
)


class PrintedTotal(NamedTuple):
    """A network's cost as printed: money a year, and kW of utilities."""

    name: str
    tac_per_a: float
    hot_utility_kW: float
    cold_utility_kW: float
    exchangers: float
    pipes: float
    pumps: float


def printed_totals(case: LoopCase) -> tuple[PrintedTotal, ...]:
    """List the totals that are printed for a case.

    Parameters
    ----------
    case : LoopCase
        Any case.

    Returns
    -------
    tuple of PrintedTotal
        Those of the bundled case with the same streams and the same parameters but for utility
        temperatures and limits; empty for any other.

    Examples
    --------
    >>> [f"{total.tac_per_a:.0f}" for total in printed_totals(load_case("loop_two_plants"))]
    ['1727858', '1975861']
    """
    for name, entries in bundled_document("loop_printed.toml").items():
        bundled = load_case(name)
        if case.streams == bundled.streams and _same_costs(case, bundled):
            return tuple(PrintedTotal(**entry) for entry in entries)
    return ()


def _same_costs(case: LoopCase, other: LoopCase) -> bool:
    """Whether all is the same but what is not printed."""
    ours, theirs = case.parameters, other.parameters
    prices = [
        (parameters.hot_utility.price_per_kW_a, parameters.cold_utility.price_per_kW_a)
        for parameters in (ours, theirs)
    ]
    alike = ours.replace(
        hot_utility=theirs.hot_utility,
        cold_utility=theirs.cold_utility,
        limits=theirs.limits,
        visit_order=theirs.visit_order,
    )
    return prices[0] == prices[1] and alike == theirs
