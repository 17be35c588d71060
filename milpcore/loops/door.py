"""What a design refuses before it begins, and which streams can join which loops at all.

Simple rules, each of which is a proof: water of a loop that heats a cold stream is warmer than that
stream's supply and ΔTmin, and water that cools a hot one is colder than its supply less ΔTmin. So a
stream has a *partner* on a loop if there is a stream of the other kind whose supply is more than
twice ΔTmin away on the right side; without one it can exchange nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from milpcore.faults import FaultList
from milpcore.loops.case import LoopCase
from milpcore.loops.equipment import Utility
from milpcore.naming import shown

Booleans = npt.NDArray[np.bool_]

MOST_PLANTS_ON_A_LOOP = 9
"""Ways round are found by looking at every one."""
LEAST_UNITS = 2
"""A loop takes heat from a stream, and gives it to another."""


@dataclass(frozen=True, eq=False)
class Joins:
    """Which streams meet which loops.

    Attributes
    ----------
    may : ndarray of bool, shape (loops, S)
        Streams that are allowed and able to exchange heat with a loop.
    must : ndarray of bool, shape (loops + 1, S)
        Streams that have to; the last row is for any loop.
    """

    may: Booleans
    must: Booleans


def checked_joins(case: LoopCase, *, n_loops: int, costs_utility_exchangers: bool) -> Joins:
    """Refuse what cannot be designed; tell which streams can join which loops.

    Parameters
    ----------
    case : LoopCase
    n_loops : int
        Largest number of loops.
    costs_utility_exchangers : bool
        Whether heaters and coolers are to be costed.

    Returns
    -------
    Joins

    Raises
    ------
    InputError
        Listing all faults: exchangers that get dearer per area the larger they are, too many
        plants, utilities that lack data or do not reach a stream's target, a least duty that no
        stream has, forced matches that no network can have.

    Examples
    --------
    >>> from milpcore.loops.case import load_case
    >>> case = load_case("loop_two_plants")
    >>> joins = checked_joins(case, n_loops=1, costs_utility_exchangers=False)
    >>> joins.may.shape, bool(joins.may.all()), bool(joins.must.any())
    ((1, 14), True, False)
    """
    faults = FaultList()
    _check_models(case, faults)
    _check_utilities(case, costs_utility_exchangers, faults)
    joins = _Matches(case, n_loops).checked(faults)
    faults.raise_if_any("loops")
    return joins


def _check_models(case: LoopCase, faults: FaultList) -> None:
    """Note what the models do not cover."""
    parameters = case.parameters
    if parameters.exchanger.exponent > 1.0:
        rule = "must be at most 1 for a design: no bound on the cost holds above"
        value = f"{parameters.exchanger.exponent:g}"
        faults.add("[exchanger]", "exponent", value, rule, "give 0 to 1")
    plants = parameters.visit_order or case.plants
    if len(plants) > MOST_PLANTS_ON_A_LOOP:
        rule = f"a loop may have at most {MOST_PLANTS_ON_A_LOOP} plants to choose from"
        remedy = "name those to connect"
        faults.add("[general]", "visit_order", f"{len(plants)} plants", rule, remedy)


def _check_utilities(case: LoopCase, are_costed: bool, faults: FaultList) -> None:
    """Note utilities that lack data, and targets that they do not reach."""
    parameters, table = case.parameters, case.streams
    if are_costed and not parameters.costs_heaters_and_coolers:
        rule = "is needed to cost heaters and coolers"
        remedy = "give supply_C, target_C and htc_kW_per_m2_K"
        for name in ("hot_utility", "cold_utility"):
            if not getattr(parameters, name).has_exchanger_data:
                faults.add(f"[{name}]", "supply_C", None, rule, remedy)
    rows = zip(table.label, table.is_hot, table.t_target_C, strict=True)
    for label, is_hot, target_C in rows:
        name = "cold_utility" if is_hot else "hot_utility"
        utility: Utility = getattr(parameters, name)
        if utility.supply_C is None or utility.target_C is None:
            continue
        ends_C = (utility.supply_C, utility.target_C)
        if max(ends_C) < target_C if is_hot else min(ends_C) > target_C:
            continue
        side, more = ("above", "a colder") if is_hot else ("below", "a hotter")
        rule = (
            f"must be {side} the {name.replace('_', ' ')} at both of its ends "
            f"({ends_C[0]:g} -> {ends_C[1]:g} °C), which brings the stream to it"
        )
        remedy = f"choose {more} utility in [{name}], or another target"
        faults.add(f"stream {label}", "t_target", f"{target_C:g} °C", rule, remedy)


class _Matches:
    """Forced, forbidden and possible matches of a case."""

    def __init__(self, case: LoopCase, n_loops: int) -> None:
        self.case, self.n_loops = case, n_loops
        self.limits = case.parameters.limits
        self.labels = [str(label) for label in case.streams.label]
        self.is_hot = case.streams.is_hot
        self.duty_kW = case.streams.duty_kW

    def checked(self, faults: FaultList) -> Joins:
        """Note what no network can keep."""
        before = len(faults)
        allowed = self._allowed()
        must = self._forced(faults)
        self._check_least_duty(faults)
        may = self._possible(allowed)
        if len(faults) == before:
            self._check_forced(must, allowed, may, faults)
        if len(faults) == before:
            self._check_counts(must, may, faults)
        if self.limits.max_units < LEAST_UNITS:
            may = np.zeros_like(may)
        return Joins(may, must)

    def _allowed(self) -> Booleans:
        """List matches (loops, S) that are not forbidden, in plants that loops may visit."""
        order = self.case.parameters.visit_order
        plants = [str(zone) for zone in self.case.streams.table["zone"]]
        on_way = np.array([order is None or plant in order for plant in plants])
        allowed = np.tile(on_way, (self.n_loops, 1))
        for match in self.limits.forbidden:
            rows = slice(None) if match.loop is None else slice(match.loop - 1, match.loop)
            allowed[rows, self.labels.index(match.stream)] = False
        return allowed

    def _forced(self, faults: FaultList) -> Booleans:
        must = np.zeros((self.n_loops + 1, len(self.labels)), dtype=bool)
        for match in self.limits.forced:
            if match.loop is not None and match.loop > self.n_loops:
                loops = "is 1 loop" if self.n_loops == 1 else f"are {self.n_loops} loops"
                rule = f"at most there {loops}"
                value = f"{shown(match.stream)} with loop {match.loop}"
                faults.add("[limits]", "forced_matches", value, rule, "allow more loops")
                continue
            row = self.n_loops if match.loop is None else match.loop - 1
            must[row, self.labels.index(match.stream)] = True
        return must

    def _check_least_duty(self, faults: FaultList) -> None:
        """Note a least duty that no stream of one kind has."""
        least = self.limits.min_unit_duty_kW
        for is_hot, kind in ((True, "hot"), (False, "cold")):
            duties = self.duty_kW[self.is_hot == is_hot]
            if duties.size and least > duties.max():
                rule = f"is more than any {kind} stream has (at most {duties.max():g} kW)"
                remedy = "lower it, or give larger streams"
                faults.add("[limits]", "min_unit_duty_kW", f"{least:g} kW", rule, remedy)

        range_K = self._range_K()
        most_kW = self.limits.max_flow_kW_per_K * range_K if range_K > 0.0 else np.inf
        if least > most_kW:  # water passes an exchanger once: none has more flow than its loop
            rule = f"no exchanger on a loop within max_flow_kW_per_K has more than {most_kW:g} kW"
            remedy = "lower it, or allow more flow"
            faults.add("[limits]", "min_unit_duty_kW", f"{least:g} kW", rule, remedy)

    def _range_K(self) -> float:
        """Range of temperatures of a loop's water, K; none if that is not positive."""
        supply_C = self.case.streams.t_supply_C
        hottest = supply_C[self.is_hot].max(initial=-np.inf)
        coldest = supply_C[~self.is_hot].min(initial=np.inf)
        return float(hottest - coldest - 2.0 * self.case.parameters.dt_min_K)

    def _possible(self, allowed: Booleans) -> Booleans:
        """List matches (loops, S) of streams with enough heat and a partner on the same loop."""
        supply_C = self.case.streams.t_supply_C
        apart_K = supply_C[:, None] - supply_C[None, :]  # (hot, cold)
        apart_K = np.where(self.is_hot[:, None] & ~self.is_hot[None, :], apart_K, -np.inf)
        pairs = apart_K > 2.0 * self.case.parameters.dt_min_K
        may = allowed & (self.duty_kW >= self.limits.min_unit_duty_kW)
        fits = pairs[None, :, :] & may[:, :, None] & may[:, None, :]
        return np.logical_or(fits.any(axis=2), fits.any(axis=1))

    def _check_forced(
        self, must: Booleans, allowed: Booleans, may: Booleans, faults: FaultList
    ) -> None:
        """Note forced matches that cannot be."""
        for row, stream in np.argwhere(must):
            loops = slice(None) if row == self.n_loops else slice(row, row + 1)
            if may[loops, stream].any():
                continue
            label, kind = self.labels[stream], "cold" if self.is_hot[stream] else "hot"
            value = shown(label) if row == self.n_loops else f"{shown(label)} with loop {row + 1}"
            dt_min_K = self.case.parameters.dt_min_K
            least = self.limits.min_unit_duty_kW
            if not allowed[loops, stream].any():
                rule = "is forbidden with every such loop, or its plant is on none (visit_order)"
                remedy = "take it out of one of the lists, or put its plant into visit_order"
            elif self.duty_kW[stream] < least:
                rule = f"has {self.duty_kW[stream]:g} kW, below min_unit_duty_kW = {least:g}"
                remedy = "lower that, or leave the match out"
            else:
                supply_C = self.case.streams.t_supply_C[stream]
                side = "below" if self.is_hot[stream] else "above"
                rule = (
                    f"no {kind} stream on such a loop has a supply more than 2 dt_min_K "
                    f"({2 * dt_min_K:g} K) {side} its own {supply_C:g} °C"
                )
                remedy = "leave the match out, or lower dt_min_K"
            faults.add("[limits]", "forced_matches", value, rule, remedy)

    def _check_counts(self, must: Booleans, may: Booleans, faults: FaultList) -> None:
        """Note forced matches that need more exchangers, or more heat, than there is."""
        needed = _least_units(must, self.is_hot)
        most = self.limits.max_units
        if needed > most:
            rule = f"forced matches need at least {needed} exchangers, with their partners"
            faults.add("[limits]", "max_units", f"{most:g}", rule, "raise it, or force fewer")
        least = self.limits.min_unit_duty_kW
        for is_hot, kind, other in ((True, "hot", "cold"), (False, "cold", "hot")):
            n_forced = int((must.any(axis=0) & (self.is_hot == is_hot)).sum())
            other_kW = float(self.duty_kW[may.any(axis=0) & (self.is_hot != is_hot)].sum())
            if n_forced * least > other_kW * (1.0 + 1e-9):
                rule = (
                    f"{n_forced} forced {kind} streams have at least {n_forced * least:g} kW "
                    f"together, the {other} ones only {other_kW:g} kW"
                )
                remedy = "lower it, or force fewer"
                faults.add("[limits]", "min_unit_duty_kW", f"{least:g} kW", rule, remedy)


def _least_units(must: Booleans, is_hot: Booleans) -> int:
    """Least number of exchangers with which every loop that forced matches need has both kinds."""
    needed, lacking = 0, {True: 0, False: 0}
    named = must[:-1].any(axis=0)
    for row in must[:-1]:
        if row.any():
            needed += int(row.sum())
            for kind in lacking:
                lacking[kind] += not (row & (is_hot == kind)).any()
    if must.any() and not must[:-1].any():
        lacking = {True: 1, False: 1}
    for kind, n_lacking in lacking.items():
        anywhere = int((must[-1] & ~named & (is_hot == kind)).sum())
        needed += max(n_lacking, anywhere)
    return needed
