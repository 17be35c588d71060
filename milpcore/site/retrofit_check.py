"""The independent check of a retrofit: of its design, and of what it says has changed.

Beside `milpcore.site.check`:

11. every level in use is one of today that neither moves nor is given up, or the place where one
    moves to, or one that is added; nothing is told twice, and of levels of today only
12. levels of today are free; ``investment = f_moved`` for each that moves, ``f`` for each that is
    added, if it is in use
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from milpcore.economics import SiteEconomics
from milpcore.site.check import check
from milpcore.site.connection_tables import areas_of_today_m2
from milpcore.site.inputs import Floats
from milpcore.site.results import SiteResult
from milpcore.site.violations import Report
from milpcore.site_options import SiteOptions
from milpcore.streams import Streams

SAME_K = 2e-6
"""Temperatures closer than this are the same."""


class Changed(NamedTuple):
    """What has changed, °C.

    Attributes
    ----------
    moved_C : dict of float to float
        Where levels of today go.
    given_up_C, added_C : tuple of float
        Levels of today that are left out, and new ones.
    """

    moved_C: dict[float, float]
    given_up_C: tuple[float, ...]
    added_C: tuple[float, ...]


NOTHING_CHANGED = Changed({}, (), ())


def check_retrofit(
    result: SiteResult,
    streams: Streams,
    economics: SiteEconomics,
    existing_C: npt.ArrayLike,
    changed: Changed,
) -> None:
    """Check a configuration of a retrofit from its tables, and what it says has changed.

    Parameters
    ----------
    result : SiteResult
        The design; its options are those asked for.
    streams : Streams
        The stream table that was asked about.
    economics : SiteEconomics
        The prices and limits that were asked about.
    existing_C : array_like (n,)
        Levels of today, °C.
    changed : Changed
        What is told of them.

    Raises
    ------
    CheckError
        With every violation.
    """
    options, today_C = result.options, np.asarray(existing_C, dtype=np.float64)
    used_C = result.levels["temperature_C"].to_numpy(dtype=np.float64)
    check_changes(used_C, today_C, changed)
    investment_EUR = changes_investment_EUR(used_C, changed, options)
    existing_m2 = None
    if options.connections.costs:
        existing_m2 = areas_of_today_m2(streams, economics, options.connections, today_C)
    check(
        result,
        streams,
        economics,
        options=options,
        level_investment_EUR=investment_EUR,
        existing_m2=existing_m2,
    )


def check_changes(used_C: Floats, today_C: Floats, changed: Changed) -> None:
    """Check 11 of the levels in use (°C), whatever else there is of the result.

    Raises
    ------
    CheckError
        With every violation.
    """
    report = Report()
    gone_C = [*changed.moved_C, *changed.given_up_C]
    for level_C in gone_C:
        if not _has(today_C, level_C):
            report.add("change", f"{level_C:.12g} °C", "moved or given up", "a level of today")
        if gone_C.count(level_C) > 1:
            report.add("change", f"{level_C:.12g} °C", "moved and given up", "one of both")
    kept_C = [level_C for level_C in today_C if not _has(gone_C, level_C)]
    new_C = [*changed.moved_C.values(), *changed.added_C]
    for level_C in new_C:
        if _has(kept_C, level_C):
            report.add("change", f"{level_C:.12g} °C", "new", "none, as a level of today stays")
    for level_C in used_C:
        if not _has([*kept_C, *new_C], level_C):
            report.add("level", f"{level_C:.12g} °C", "in use", "one of today, or told as new")
    report.raise_if_any()


def changes_investment_EUR(used_C: Floats, changed: Changed, options: SiteOptions) -> float:
    """Investment of check 12 in the levels in use (°C)."""
    own = options.levels.moved_investment_EUR
    moved_EUR = options.levels.investment_EUR if own is None else own
    n_moved = sum(_has(used_C, level_C) for level_C in changed.moved_C.values())
    n_added = sum(_has(used_C, level_C) for level_C in changed.added_C)
    return n_moved * moved_EUR + n_added * options.levels.investment_EUR


def _has(levels_C: npt.ArrayLike, level_C: float) -> bool:
    return bool(np.any(np.abs(np.asarray(levels_C, dtype=np.float64) - level_C) <= SAME_K))
