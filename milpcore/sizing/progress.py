"""What a running search tells its caller, and whether it is over."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from milpcore.sizing.design import SizingDesign


@dataclass(frozen=True, eq=False)
class SizingProgress:
    """What a running search knows.

    Attributes
    ----------
    elapsed_s : float
        Seconds since it began.
    best_EUR_per_a : float
        TAC of the best design as the model says it; NaN without one.
    bound_EUR_per_a : float
        Proven lower bound of the TAC of any design; ``-inf`` where nothing is known yet.
    phase : str
        What is being done.
    design : SizingDesign or None
        The best design.
    """

    elapsed_s: float
    best_EUR_per_a: float
    bound_EUR_per_a: float
    phase: str
    design: SizingDesign | None = field(default=None, repr=False)

    @property
    def gap(self) -> float:
        """``(best - bound) / |best|``; NaN without a design."""
        missing = self.best_EUR_per_a - self.bound_EUR_per_a
        return missing / abs(self.best_EUR_per_a) if self.best_EUR_per_a else 0.0


SizingObserver = Callable[[SizingProgress], bool]
"""Called now and then with `SizingProgress`; returning True asks the search to stop."""


SecondsLeft = Callable[[], float]
"""Seconds that are left for what is about to begin; infinite without a limit."""


def no_limit() -> float:
    """Return infinity: the time left without a limit."""
    return math.inf


def at_least(least_s: float, seconds_left: SecondsLeft) -> SecondsLeft:
    """Return the time left, or some time from now on if that is longer.

    Parameters
    ----------
    least_s : float
        Seconds from now on.
    seconds_left : callable

    Returns
    -------
    callable

    Examples
    --------
    >>> 1.0 < at_least(2.0, lambda: 0.0)() <= 2.0, at_least(2.0, no_limit)()
    (True, inf)
    """
    until_s = time.perf_counter() + least_s
    return lambda: max(seconds_left(), until_s - time.perf_counter())


def share_of(share: float, seconds_left: SecondsLeft) -> SecondsLeft:
    """Return the time left of a share of what is left now.

    Parameters
    ----------
    share : float
    seconds_left : callable

    Returns
    -------
    callable

    Examples
    --------
    >>> 1.0 < share_of(0.5, lambda: 4.0)() <= 2.0
    True
    """
    until_s = time.perf_counter() + share * seconds_left()
    return lambda: until_s - time.perf_counter()


class Clock:
    """Tells a search that it is over: by its time limit, or because its observer says so.

    Parameters
    ----------
    time_limit_s : float or None
    observer : callable or None
        Not asked again after a yes.
    """

    def __init__(self, time_limit_s: float | None, observer: SizingObserver | None) -> None:
        self._start_s = time.perf_counter()
        self._limit_s = math.inf if time_limit_s is None else time_limit_s
        self._observer = observer
        self.is_stopped = False

    @property
    def is_watched(self) -> bool:
        """Whether there is an observer."""
        return self._observer is not None

    @property
    def elapsed_s(self) -> float:
        """Seconds since the search began."""
        return time.perf_counter() - self._start_s

    @property
    def left_s(self) -> float:
        """Seconds until the search is over by its limit; not above 0 once it was stopped."""
        return 0.0 if self.is_stopped else self._limit_s - self.elapsed_s

    def seconds_left(self) -> float:
        """Return `left_s`, to be handed on."""
        return self.left_s

    def stops(self, progress: Callable[[], SizingProgress]) -> bool:
        """Ask the observer; whether it wants the search to stop, now or before."""
        if self._observer is not None and not self.is_stopped:
            self.is_stopped = bool(self._observer(progress()))
        return self.is_stopped
