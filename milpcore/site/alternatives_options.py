"""What may be asked of a ranking of level sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from milpcore.faults import FaultList
from milpcore.number_kinds import is_number, is_whole
from milpcore.site.candidates import Candidates, Refined
from milpcore.site.model import Observer
from milpcore.site.retrofit_plan import RetrofitOptions
from milpcore.site_options import SiteOptions

MOST_WANTED = 10_000


class AlternativeOptions(NamedTuple):
    """What is wanted.

    Attributes
    ----------
    n_alternatives : int
        Level sets, from 1.
    within_percent : float or None
        Share of the best objective for ranges.
    time_limit_s : float or None
        Wall-clock seconds.
    observer : Observer or None
    """

    n_alternatives: int
    within_percent: float | None
    time_limit_s: float | None
    observer: Observer | None


def check_alternatives(
    candidates_C: Candidates | Sequence[float] | None,
    *,
    cascade: bool,
    options: SiteOptions | None = None,
) -> None:
    """Refuse a site whose level sets cannot be ranked.

    Raises
    ------
    InputError
        If heat may not cascade, candidates are refined, or the site has options.

    Examples
    --------
    >>> check_alternatives(None, cascade=True)
    """
    faults = FaultList()
    check_candidates(candidates_C, faults)
    if not cascade:
        rule = "cannot be ranked where heat may not cascade: their search relies on it"
        faults.add("", "alternatives", "no cascade", rule, "allow the cascade")
    if options is not None and not options.is_none:
        rule = "cannot be ranked for a site with options: their search does not know them"
        faults.add("", "alternatives", "options", rule, "leave out one of the two")
    faults.raise_if_any("alternatives")


def check_candidates(candidates_C: Candidates | Sequence[float] | None, faults: FaultList) -> None:
    """Add candidates of which no set is the second best to the faults."""
    if isinstance(candidates_C, Refined):
        rule = "has no fixed set of candidates, so that nothing is the second best of it"
        faults.add("", "candidates_C", candidates_C.name, rule, "use kinks+grid:1")


def check_moves_only(options: RetrofitOptions) -> None:
    """Refuse a retrofit that adds levels or gives them up: only moves are ranked.

    Raises
    ------
    InputError
        Naming the option.
    """
    faults = FaultList()
    for name in ("add", "close"):
        value = getattr(options, name)
        if value:
            rule = "must be 0 where alternatives are wanted: only moves are ranked"
            faults.add("", name, value, rule, "leave out one of the two")
    faults.raise_if_any("alternatives")


def check_options(options: AlternativeOptions, faults: FaultList) -> None:
    """Add what is out of range to the faults."""
    wanted, percent, limit_s = (
        options.n_alternatives,
        options.within_percent,
        options.time_limit_s,
    )
    if not (is_whole(wanted) and 1 <= wanted <= MOST_WANTED):
        rule = f"must be a whole number from 1 to {MOST_WANTED}"
        faults.add("", "n_alternatives", repr(wanted), rule, "10 is usual")
    if percent is not None and not (is_number(percent) and 0.0 <= percent < 100.0):
        rule = "must be from 0 to below 100 (%)"
        faults.add("", "within_percent", repr(percent), rule, "0.1 is usual")
    if limit_s is not None and not (is_number(limit_s) and limit_s > 0.0):
        rule = "must be positive (s)"
        faults.add("", "time_limit_s", repr(limit_s), rule, "leave it out for no limit")
