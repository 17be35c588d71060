"""What the check of a design finds: violations of named rules, collected and raised together."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from milpcore.sizing.profile import HeatProfile

MOST_LINES = 100
"""Violations that the message of an error lists; the others are counted."""


class Rule(StrEnum):
    """What a design must keep; the numbers are those of `milpcore.sizing.check`."""

    SHAPE = "shape"
    NUMBER = "number"
    SIGN = "sign"
    SIZE = "size"
    NOT_BUILT = "not built"
    BALANCE = "heat balance"
    WASTE = "waste heat"
    LOAD = "load range"
    OFF = "off"
    SPACING = "load changes"
    UP = "minimum up time"
    DOWN = "minimum down time"
    RECURSION = "level recursion"
    LEVEL = "level limits"
    START = "level at start"
    END = "level at end"
    RATE = "charge rate"
    EXCLUSIVE = "charge and discharge"
    CHILLED = "heat removed"
    TAC = "TAC"
    OPEX = "OPEX"
    CAPEX = "CAPEX"
    CO2 = "CO2"


class Violation(NamedTuple):
    """One thing that a design gets wrong.

    Attributes
    ----------
    rule : Rule
        The rule that is broken.
    unit : str
        Name of the unit or store; "plant" for what concerns all of them.
    step : int or None
        Step, from 0. For levels the step that they precede, at the end the number of steps. None
        where no single step is to blame.
    time_h : float or None
        Start of that step on the profile's clock, h.
    value, limit : str
        What was found and what is allowed, with their unit of measurement.
    tolerance : str
        By how much they may differ; empty for not at all.
    """

    rule: Rule
    unit: str
    step: int | None
    time_h: float | None
    value: str
    limit: str
    tolerance: str

    def __str__(self) -> str:
        """One line: unit, step, time, rule, value, limit, tolerance."""
        place = "" if self.step is None else f", step {self.step} ({self.time_h:.12g} h)"
        within = f" (within {self.tolerance})" if self.tolerance else ""
        found = f"found {self.value}, expected {self.limit}{within}"
        return f"{self.unit}{place}: {self.rule}: {found}"


class CheckError(Exception):
    """A design contradicts its profile, parameters or itself; the message lists the violations.

    Parameters
    ----------
    violations : tuple of Violation
        All of them, however many the message lists.
    """

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        self.violations = violations
        count = "1 violation" if len(violations) == 1 else f"{len(violations)} violations"
        lines = [f"  - {violation}" for violation in violations[:MOST_LINES]]
        if len(violations) > MOST_LINES:
            lines.append(f"  and {len(violations) - MOST_LINES} more")
        super().__init__("\n".join([f"check failed: {count}", *lines]))

    def __reduce__(self) -> tuple[type[CheckError], tuple[tuple[Violation, ...]]]:
        """Pickle by violations."""
        return (CheckError, (self.violations,))


class Margin(NamedTuple):
    """By how much values of one unit of measurement may miss their limit.

    Attributes
    ----------
    amount : float
        In that unit of measurement.
    measure : str
        The unit of measurement, such as "kW".
    """

    amount: float
    measure: str

    def text(self, value: float) -> str:
        """Write a value with twelve digits and its unit of measurement."""
        return f"{value:.12g} {self.measure}"


class Report:
    """Collects violations; comparisons are true only for numbers, so NaN never passes.

    Parameters
    ----------
    profile : HeatProfile
        Gives the time of each step.
    """

    def __init__(self, profile: HeatProfile) -> None:
        self._start_h = profile.start_h
        self._step_h = profile.step_h
        self.violations: list[Violation] = []

    def add(
        self, rule: Rule, unit: str, step: int | None, value: str, limit: str, tolerance: str = ""
    ) -> None:
        """Note one violation."""
        time_h = None if step is None else self._start_h + step * self._step_h
        self.violations.append(Violation(rule, unit, step, time_h, value, limit, tolerance))

    def at_least(
        self, rule: Rule, unit: str, step: int | None, value: float, limit: float, margin: Margin
    ) -> None:
        """Note a value that is below its limit by more than the margin."""
        if not value >= limit - margin.amount:
            self._miss(rule, unit, step, value, f"at least {margin.text(limit)}", margin)

    def at_most(
        self, rule: Rule, unit: str, step: int | None, value: float, limit: float, margin: Margin
    ) -> None:
        """Note a value that exceeds its limit by more than the margin."""
        if not value <= limit + margin.amount:
            self._miss(rule, unit, step, value, f"at most {margin.text(limit)}", margin)

    def near(
        self, rule: Rule, unit: str, step: int | None, value: float, limit: float, margin: Margin
    ) -> None:
        """Note a value that differs from the right one by more than the margin."""
        if not abs(value - limit) <= margin.amount:
            self._miss(rule, unit, step, value, margin.text(limit), margin)

    def _miss(
        self, rule: Rule, unit: str, step: int | None, value: float, limit: str, margin: Margin
    ) -> None:
        self.add(rule, unit, step, margin.text(value), limit, margin.text(margin.amount))
