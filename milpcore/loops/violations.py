"""What the evaluation of a network finds: violations of named rules, and the report of them."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Rule(StrEnum):
    """What a network must keep; the numbers are those of `milpcore.loops.evaluate`."""

    MASS = "header mass balance"
    ORDER = "flow from the start"
    FLOW = "stated flow"
    STREAM_HEAT = "load above stream duty"
    CROSS = "temperature cross"
    DIFFERENCE = "least temperature difference"
    LOOP_HEAT = "loop heat balance"
    CLOSING = "loop closing"
    TEMPERATURE = "stated temperature"
    PLANTS = "plants of a loop"
    ROUNDS = "each plant once a round"
    VISITS = "order of plants"
    MAX_FLOW = "largest flow"
    MAX_UNITS = "number of units"
    MIN_DUTY = "least duty of a unit"
    FORBIDDEN = "forbidden match"
    FORCED = "forced match"
    COST = "stated cost"


class Violation(NamedTuple):
    """One thing that a network gets wrong.

    Attributes
    ----------
    rule : Rule
        The rule that is broken.
    where : str
        Stream, header, exchanger, pipe or loop.
    value, limit : str
        What was found and what is allowed, with their unit.
    tolerance : str
        By how much they may differ; empty for not at all.
    """

    rule: Rule
    where: str
    value: str
    limit: str
    tolerance: str

    def __str__(self) -> str:
        """One line: where, rule, value, limit, tolerance."""
        within = f" (within {self.tolerance})" if self.tolerance else ""
        return f"{self.where}: {self.rule}: found {self.value}, expected {self.limit}{within}"


class NetworkError(Exception):
    """A network contradicts its case or itself; the message lists the violations.

    Parameters
    ----------
    violations : tuple of Violation
        All of them.
    """

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        self.violations = violations
        count = "1 violation" if len(violations) == 1 else f"{len(violations)} violations"
        super().__init__(
            "\n".join([f"network refused: {count}", *(f"  - {v}" for v in violations)])
        )

    def __reduce__(self) -> tuple[type[NetworkError], tuple[tuple[Violation, ...]]]:
        """Pickle by violations."""
        return (NetworkError, (self.violations,))


class Margin(NamedTuple):
    """By how much values of one unit may miss their limit."""

    amount: float
    unit: str

    def text(self, value: float) -> str:
        """Write a value with eight digits and its unit."""
        return f"{value:.8g} {self.unit}"


class Margins(NamedTuple):
    """The tolerance as a share, and in the units of what is compared."""

    share: float
    heat: Margin
    temperature: Margin


class Report:
    """Collects violations; comparisons are true only for numbers, so NaN never passes."""

    def __init__(self) -> None:
        self.violations: list[Violation] = []

    def add(self, rule: Rule, where: str, value: str, limit: str, tolerance: str = "") -> None:
        """Note one violation."""
        self.violations.append(Violation(rule, where, value, limit, tolerance))

    def at_least(self, rule: Rule, where: str, value: float, limit: float, margin: Margin) -> None:
        """Note a value that is below its limit by more than the margin."""
        if not value >= limit - margin.amount:
            self._miss(rule, where, value, f"at least {margin.text(limit)}", margin)

    def at_most(self, rule: Rule, where: str, value: float, limit: float, margin: Margin) -> None:
        """Note a value that exceeds its limit by more than the margin."""
        if not value <= limit + margin.amount:
            self._miss(rule, where, value, f"at most {margin.text(limit)}", margin)

    def near(self, rule: Rule, where: str, value: float, limit: float, margin: Margin) -> None:
        """Note a value that differs from the right one by more than the margin."""
        if not abs(value - limit) <= margin.amount:
            self._miss(rule, where, value, margin.text(limit), margin)

    def _miss(self, rule: Rule, where: str, value: float, limit: str, margin: Margin) -> None:
        self.add(rule, where, margin.text(value), limit, margin.text(margin.amount))
