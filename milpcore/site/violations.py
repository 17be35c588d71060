"""What a check finds: violations, collected and raised together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Violation(NamedTuple):
    """One thing that a result gets wrong.

    Attributes
    ----------
    what : str
        The rule or quantity, with its unit.
    where : str
        Stream, level, heat pump or table.
    found, expected : str
        The value in the table and the one it should have.
    tolerance : str
        By how much they may differ.
    """

    what: str
    where: str
    found: str
    expected: str
    tolerance: str

    def __str__(self) -> str:
        """One line: where, what, found, expected, tolerance."""
        within = f" (within {self.tolerance})" if self.tolerance else ""
        return f"{self.where}: {self.what}: found {self.found}, expected {self.expected}{within}"


class CheckError(Exception):
    """A result contradicts its streams, prices or itself; the message lists every violation.

    Parameters
    ----------
    violations : tuple of Violation
        All of them.
    """

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        self.violations = violations
        count = "1 violation" if len(violations) == 1 else f"{len(violations)} violations"
        super().__init__("\n".join([f"check failed: {count}", *(f"  - {v}" for v in violations)]))

    def __reduce__(self) -> tuple[type[CheckError], tuple[tuple[Violation, ...]]]:
        """Pickle by violations."""
        return (CheckError, (self.violations,))


class Report:
    """Collects violations; comparisons are true only for numbers, so NaN never passes."""

    def __init__(self) -> None:
        self.violations: list[Violation] = []

    def add(
        self, what: str, where: str, found: object, expected: object, tolerance: object = ""
    ) -> None:
        """Note one violation."""
        texts = (text_of(value) for value in (found, expected, tolerance))
        self.violations.append(Violation(what, where, *texts))

    def near(
        self,
        what: str,
        where: Sequence[str],
        found: npt.ArrayLike,
        expected: npt.ArrayLike,
        tolerance: npt.ArrayLike,
    ) -> None:
        """Note every element of `found` that is not within `tolerance` of `expected`."""
        a, b, margin = np.broadcast_arrays(
            *(np.atleast_1d(np.asarray(x, dtype=np.float64)) for x in (found, expected, tolerance))
        )
        for index in np.flatnonzero(~(np.abs(a - b) <= margin)).tolist():
            self.add(what, where[index], a[index], b[index], margin[index])

    def at_most(
        self,
        what: str,
        where: Sequence[str],
        found: npt.ArrayLike,
        limit: npt.ArrayLike,
        tolerance: float,
    ) -> None:
        """Note every element of `found` that exceeds its limit by more than `tolerance`."""
        a, b = np.broadcast_arrays(
            *(np.atleast_1d(np.asarray(x, dtype=np.float64)) for x in (found, limit))
        )
        for index in np.flatnonzero(~(a <= b + tolerance)).tolist():
            self.add(what, where[index], a[index], f"at most {text_of(b[index])}", tolerance)

    def raise_if_any(self) -> None:
        """Raise `CheckError` with all violations, if there are any."""
        if self.violations:
            raise CheckError(tuple(self.violations))


def text_of(value: object) -> str:
    """Write numbers with twelve digits, anything else as it is."""
    return f"{value:.12g}" if isinstance(value, float) else str(value)
