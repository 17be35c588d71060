"""What may be asked of a ranking of level sets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from milpcore.faults import FaultList
from milpcore.number_kinds import is_number, is_whole
from milpcore.site.candidates import Candidates, Refined
from milpcore.site.inputs import SiteInputs
from milpcore.site.model import Observer
from milpcore.site.option_screen import screen_refusal
from milpcore.site.retrofit_plan import SAME_K, RetrofitOptions

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
    candidates_C: Candidates | Sequence[float] | None, inputs: SiteInputs
) -> None:
    """Refuse a greenfield whose level sets cannot be ranked.

    Raises
    ------
    InputError
        Naming each of these: candidates that are refined, heat that may not cascade, limits of the
        whole site, sources of external heat that may leave a level without, options of
        connections, types of heat pumps that cannot bound each other.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore.site.inputs import prepare
    >>> check_alternatives(None, prepare(milpcore.load_case("two_streams")))
    """
    faults = FaultList()
    check_candidates(candidates_C, faults)
    if not inputs.cascade:
        rule = "cannot be ranked where heat may not cascade: their search relies on it"
        faults.add("", "alternatives", "no cascade", rule, "allow the cascade")
    _check_site_options(inputs, faults)
    faults.raise_if_any("alternatives")


def _check_site_options(inputs: SiteInputs, faults: FaultList) -> None:
    """Add options with which the list of level sets might not end, or is not complete."""
    limits, sources = inputs.options.limits, inputs.options.external_heat.sources
    endless = "cannot be ranked: if no level set kept it, their list would not end"
    remedy = "leave it out, or rank the moves of a retrofit"
    for name, unit in (("external_heat_kW", "kW"), ("emission_t_per_a", "t/a")):
        value = getattr(limits, name)
        if math.isfinite(value):
            faults.add("limits", name, f"{value:g} {unit}", endless, remedy)
    for one in sources:
        if math.isfinite(one.capacity_kW):
            value = f"{one.capacity_kW:g} kW"
            faults.add(f"source {one.name}", "capacity_kW", value, endless, remedy)
    highest_C = max((one.max_level_C for one in sources), default=math.inf)
    if inputs.level_C[-1] > highest_C + SAME_K:
        rule = "cannot be ranked where a level has no source: their list might not end"
        remedy = "name a source for every level, or rank the moves of a retrofit"
        value = f"{highest_C:g} °C"
        faults.add("sources of external heat", "max_level_C", value, rule, remedy)
    if inputs.chooses_connections:
        rule = "cannot be ranked with a cost or a ban of their own: streams use the nearest level"
        remedy = "leave them out, or rank the moves of a retrofit"
        faults.add("", "connections", None, rule, remedy)
    refusal = screen_refusal(inputs)
    if refusal is not None:
        rule = f"their ranking {refusal.partition('; ')[0]}"
        faults.add("heat pump options", "types", None, rule, "give one type, or cheaper cooling")


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
