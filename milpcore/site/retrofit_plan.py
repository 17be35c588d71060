"""What a retrofit study is asked for, checked, as arrays; see `milpcore.site.retrofit`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import NamedTuple, TypeGuard, cast

import numpy as np

from milpcore.economics import Measure, SiteEconomics
from milpcore.faults import FaultList, InputError
from milpcore.number_kinds import is_number, is_whole
from milpcore.site.candidates import Candidates, Refined
from milpcore.site.door import stream_limits_C
from milpcore.site.inputs import Floats, Integers, SiteInputs, prepare
from milpcore.site.retrofit_options import (
    as_it_is,
    check_existing,
    check_forced_without_new,
    check_types,
    free_levels,
    with_exchangers_of_today,
    without_new_pumps,
)
from milpcore.site.unserved import note_unserved
from milpcore.site_options import ConnectionOptions, SiteOptions
from milpcore.streams import Streams

SAME_K = 1e-6
"""Temperatures closer than this are the same."""
_ABSOLUTE_ZERO_C = -273.15


class RetrofitOptions(NamedTuple):
    """What may change, as the user gave it.

    Attributes
    ----------
    existing_C : sequence of float
        Levels of today.
    move : int
        Levels that may move at a time.
    range_K : float
        How far each may move.
    movable_C : sequence of float or None
        Existing levels that may move at all; None for every one.
    heat_pumps : bool
        Whether heat pumps are allowed.
    add, close : int
        Levels to add, and to give up.
    candidates_C : Candidates, sequence of float or None
        Where levels may go; None for the kinks.
    options : SiteOptions or None
        What is asked for beyond the published model; None for nothing.
    """

    existing_C: Sequence[float]
    move: int
    range_K: float
    movable_C: Sequence[float] | None
    heat_pumps: bool
    add: int
    close: int
    candidates_C: Candidates | Sequence[float] | None
    options: SiteOptions | None = None


@dataclass(frozen=True, eq=False)
class RetrofitPlan:
    """A retrofit study, checked.

    Attributes
    ----------
    inputs, bare : SiteInputs
        The site as asked for, and as it is today: without new heat pumps, without limits and with
        no level forced. Candidates hold the existing levels; levels cost nothing in either, see
        `milpcore.site.retrofit_changes`.
    existing : ndarray of int (n,)
        Candidate of each existing level, rising.
    movable : tuple of int
        Positions in `existing` of the levels that may move, rising.
    move, add, close : int
        Levels that move at a time, that are added, that are given up.
    range_K : float
        How far each may move.
    allows_pumps : bool
        Whether new heat pumps are allowed.
    """

    inputs: SiteInputs
    bare: SiteInputs
    existing: Integers
    movable: tuple[int, ...]
    move: int
    range_K: float
    add: int
    close: int
    allows_pumps: bool = True

    @property
    def existing_C(self) -> Floats:
        """Temperature of each existing level (n,)."""
        return self.inputs.level_C[self.existing]

    @property
    def choices(self) -> list[tuple[int, ...]]:
        """Positions of the levels that move, one tuple per configuration."""
        return list(combinations(self.movable, self.move))

    @property
    def n_slots(self) -> int:
        """Largest number of levels of a configuration."""
        return len(self.existing) - self.close + self.add


def plan_retrofit(
    streams: Streams,
    options: RetrofitOptions,
    *,
    economics: SiteEconomics | None,
    objective: Measure | str,
) -> RetrofitPlan:
    """Check what is asked for and prepare the site.

    Parameters
    ----------
    streams : Streams
        The stream table.
    options : RetrofitOptions
        What may change.
    economics : SiteEconomics or None
        Prices and limits; None for the bundled ones.
    objective : Measure or str
        What is minimised.

    Returns
    -------
    RetrofitPlan

    Raises
    ------
    InputError
        Listing every fault.

    Examples
    --------
    >>> import milpcore
    >>> options = RetrofitOptions([45.0, 140.0, 30.0], 1, 10.0, None, True, 0, 0, None)
    >>> plan = plan_retrofit(
    ...     milpcore.load_case("two_streams"), options, economics=None, objective="tac"
    ... )
    >>> plan.existing_C, plan.choices
    (array([ 30.,  45., 140.]), [(0,), (1,), (2,)])
    """
    faults = FaultList()
    existing_C = _distinct("existing_C", options.existing_C, faults)
    candidates_C: Candidates | Floats | None = None
    movable_C = None
    chosen = options.candidates_C
    if isinstance(chosen, Refined):
        rule = "has no levels of its own to refine around in a retrofit"
        remedy = "use kinks+grid:1, a step of 1 K within each range"
        faults.add("", "candidates_C", chosen.name, rule, remedy)
    elif isinstance(chosen, Candidates):
        candidates_C = chosen
    elif chosen is not None:
        candidates_C = _temperatures("candidates_C", chosen, faults)
    if options.movable_C is not None:
        movable_C = _distinct("movable_C", options.movable_C, faults)
    movable = _movable(existing_C, movable_C, options.movable_C is None, faults)
    _check_counts(options, existing_C, movable, faults)
    wanted = SiteOptions() if options.options is None else options.options
    if isinstance(wanted, SiteOptions) and existing_C is not None:
        check_existing(wanted, existing_C, faults)
    if isinstance(wanted, SiteOptions) and options.heat_pumps is False:
        check_forced_without_new(wanted, faults)
    prices = SiteEconomics() if economics is None else economics
    inputs = _site(streams, prices, objective, wanted, candidates_C, existing_C, faults)
    if inputs is not None:
        check_types(inputs, faults)
    faults.raise_if_any("retrofit")
    assert inputs is not None
    assert existing_C is not None
    assert movable is not None
    existing = np.abs(inputs.level_C - existing_C[:, None]).argmin(axis=1).astype(np.int64)
    inputs, bare = with_exchangers_of_today(free_levels(inputs), existing), as_it_is(inputs)
    without_new = bare if inputs.terms is None else without_new_pumps(inputs)
    return RetrofitPlan(
        inputs=inputs if options.heat_pumps else without_new,
        bare=bare,
        existing=existing,
        movable=movable,
        move=int(options.move),
        range_K=float(options.range_K),
        add=int(options.add),
        close=int(options.close),
        allows_pumps=bool(options.heat_pumps),
    )


def _site(
    streams: Streams,
    economics: SiteEconomics,
    objective: Measure | str,
    options: SiteOptions,
    candidates_C: Candidates | Floats | None,
    existing_C: Floats | None,
    faults: FaultList,
) -> SiteInputs | None:
    """Prepare the site with existing levels among its candidates, or note its faults.

    Where existing levels are not known, or do not serve every stream, the kinks stand in for them;
    options of levels and connections are not looked at where they are not known.
    """
    chosen_C: list[float] | None = None
    if isinstance(streams, Streams) and isinstance(economics, SiteEconomics):
        limit_C, known = stream_limits_C(streams, economics), len(faults)
        if existing_C is not None:
            _check_served(streams, limit_C, existing_C, faults)
        if isinstance(candidates_C, Candidates):
            candidates_C = candidates_C.levels_C(limit_C, economics)
        chosen_C = (limit_C if candidates_C is None else candidates_C).tolist()
        if existing_C is None or len(faults) > known:
            chosen_C += limit_C.tolist()
        if existing_C is not None:
            chosen_C += existing_C.tolist()
    if isinstance(options, SiteOptions) and existing_C is None:
        free = replace(options.levels, forced_C=(), forbidden=())
        options = replace(options, levels=free, connections=ConnectionOptions())
    try:
        return prepare(
            streams,
            economics=economics,
            objective=objective,
            candidates_C=chosen_C,
            options=options,
        )
    except InputError as error:
        for fault in error.faults:
            faults.add(*fault)
        return None


def _temperatures(name: str, given: object, faults: FaultList) -> Floats | None:
    """Return temperatures (°C), or None after noting what is wrong with them."""
    known = len(faults)
    is_list = isinstance(given, Iterable) and not isinstance(given, str | bytes)
    values = list(cast(Iterable[object], given)) if is_list else []
    if not is_list:
        rule = "must be a list of temperatures (°C)"
        faults.add("", name, repr(given), rule, "such as [25.0, 80.0, 143.0]")
    elif not values:
        faults.add("", name, "[]", "must hold at least one temperature (°C)", "add levels")
    for position, value in enumerate(values, start=1):
        if not (is_number(value) and _ABSOLUTE_ZERO_C <= value < math.inf):
            rule = "must be a temperature from -273.15 °C"
            faults.add(f"position {position}", name, repr(value), rule, "correct or remove it")
    if len(faults) > known:
        return None
    return np.array([round(float(cast(float, value)), 6) for value in values], dtype=np.float64)


def _distinct(name: str, given: object, faults: FaultList) -> Floats | None:
    """Return temperatures that come once each, rising, or None after noting faults."""
    values = _temperatures(name, given, faults)
    if values is None:
        return None
    distinct, counts = np.unique(values, return_counts=True)
    for value in distinct[counts > 1]:
        faults.add("", name, f"{value:.10g}", "must not come twice", "remove the duplicate")
    return distinct if distinct.size == values.size else None


def _movable(
    existing_C: Floats | None, movable_C: Floats | None, is_every: bool, faults: FaultList
) -> tuple[int, ...] | None:
    """Positions of the levels that may move; None where that is not known."""
    if existing_C is None:
        return None
    if is_every:
        return tuple(range(existing_C.size))
    if movable_C is None:
        return None
    distance_K = np.abs(existing_C[None, :] - movable_C[:, None])
    strangers = movable_C[distance_K.min(axis=1) > SAME_K]
    if not strangers.size:
        return tuple(distance_K.argmin(axis=1).tolist())
    each = "each " if strangers.size > 1 else ""
    rule = f"{each}must be one of the existing levels (°C)"
    remedy = f"existing are {_listed(existing_C)}"
    faults.add("", "movable_C", _listed(strangers), rule, remedy)
    return None


def _check_counts(
    options: RetrofitOptions,
    existing_C: Floats | None,
    movable: tuple[int, ...] | None,
    faults: FaultList,
) -> None:
    """Note numbers that are none or do not fit together."""
    move, add, close = options.move, options.add, options.close
    if not isinstance(options.heat_pumps, bool | np.bool_):
        rule = "must be True or False"
        faults.add("", "heat_pumps", repr(options.heat_pumps), rule, "choose one of them")
    if not (is_number(options.range_K) and 0.0 <= options.range_K < math.inf):
        rule = "must be a finite number from 0 (K)"
        faults.add("", "range_K", repr(options.range_K), rule, "10 is usual")
    most = math.inf if movable is None else len(movable)
    if not (_is_count(move) and move <= most):
        rule = "must be a whole number from 0"
        if movable is not None:
            rule += f" to {most}, the number of levels that may move"
        faults.add("", "move", repr(move), rule, "1 moves each level alone, 2 every pair")
    if not _is_count(add):
        rule = "must be a whole number from 0"
        faults.add("", "add", repr(add), rule, "give the number of levels to add")
    if not _is_count(close):
        rule = "must be a whole number from 0"
        faults.add("", "close", repr(close), rule, "give the number of levels to give up")
    if existing_C is None or not (_is_count(move) and _is_count(close) and move <= most):
        return
    unmoved = existing_C.size - move
    if close > unmoved:
        rule = f"must be at most {unmoved}, the number of existing levels that do not move"
        faults.add("", "close", close, rule, "give up or move fewer")
    elif _is_count(add) and existing_C.size - close + add < 1:
        faults.add("", "close", close, "must leave at least one level", "give up fewer")


def _check_served(streams: Streams, limit_C: Floats, existing_C: Floats, faults: FaultList) -> None:
    """Note streams that no existing level serves, one fault for each side."""
    is_hot = np.asarray(streams.is_hot)
    lowest_C, highest_C = existing_C[0], existing_C[-1]
    note_unserved(
        faults,
        streams,
        limit_C,
        np.where(is_hot, limit_C < lowest_C - SAME_K, limit_C > highest_C + SAME_K),
        field="existing_C",
        range_C=(float(lowest_C), float(highest_C)),
        remedy="add such a level",
    )


def _listed(values_C: Floats) -> str:
    return ", ".join(f"{value:.10g}" for value in values_C)


def _is_count(value: object) -> TypeGuard[int]:
    return is_whole(value) and value >= 0
