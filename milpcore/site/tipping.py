"""Where along a parameter something changes: exact, by halving, never from the grid alone.

A state has a token, such as an optimal basis: where the token found at one end of an interval also
fits at the other end, nothing changes between them. For a linear program that is a proof

- if its costs depend linearly on the parameter, or on a monotone function of it such as the
  annuity, since the costs at which a basis is optimal form a convex set,
- if the parameter only allows more columns as it grows: what is best with more and with fewer
  of them is best between.

Otherwise the interval is halved, down to the tolerance, so that every change in it is found, not
only the first or the last.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple, Protocol, TypeVar

MOST_HALVINGS = 60


class State(Protocol):
    """What holds at one value of a parameter."""

    @property
    def signature(self) -> Hashable:
        """What a user calls a change when it differs."""

    @property
    def token(self) -> Hashable:
        """What proves that nothing changes between two values where it is the same."""


S = TypeVar("S", bound=State)


class TippingPoint(NamedTuple):
    """A value where the signature changes.

    Attributes
    ----------
    value : float
        Of the parameter, in the middle of an interval no wider than the tolerance.
    before, after : Hashable
        Signatures on either side, in the order of the values.
    """

    value: float
    before: Hashable
    after: Hashable


def tipping_points(
    values: Sequence[float],
    states: Sequence[S],
    solve: Callable[[float, S], S],
    tolerance: float,
) -> list[TippingPoint]:
    """Find every change between neighbouring values.

    Parameters
    ----------
    values : sequence of float
        Rising.
    states : sequence of State
        At these values.
    solve : callable
        State at a value, sought from a state nearby.
    tolerance : float
        Width of the interval that a change is narrowed down to.

    Returns
    -------
    list of TippingPoint
        Rising; changes no further apart than twice the tolerance are one.

    Examples
    --------
    >>> class Sign(NamedTuple):
    ...     signature: bool
    ...     token: bool
    >>> grid = [-1.0, 0.0, 1.0]
    >>> def solve(value: float, near: Sign) -> Sign:
    ...     return Sign(value > 0.3, value > 0.3)
    >>> [point] = tipping_points(grid, [solve(x, None) for x in grid], solve, 1e-9)
    >>> round(point.value, 6), point.before, point.after
    (0.3, False, True)
    """
    found: list[TippingPoint] = []
    for low, high, below, above in zip(values, values[1:], states, states[1:], strict=False):
        _narrow(low, high, below, above, solve, tolerance, found, MOST_HALVINGS)
    return _merged(found, 2.0 * tolerance)


def _merged(found: Sequence[TippingPoint], width: float) -> list[TippingPoint]:
    """Make one change of those that follow each other closely, none where they cancel."""
    merged: list[TippingPoint] = []
    for tip in found:
        if merged and tip.value - merged[-1].value <= width:
            first = merged.pop()
            if first.before != tip.after:
                value = 0.5 * (first.value + tip.value)
                merged.append(TippingPoint(value, first.before, tip.after))
        else:
            merged.append(tip)
    return merged


def _narrow(
    low: float,
    high: float,
    below: S,
    above: S,
    solve: Callable[[float, S], S],
    tolerance: float,
    found: list[TippingPoint],
    halvings: int,
) -> None:
    """Add the changes between two values to what was found."""
    if below.signature == above.signature and (
        below.token == above.token or solve(high, below).token == below.token
    ):
        return
    if high - low <= tolerance or halvings == 0:
        if below.signature != above.signature:
            found.append(TippingPoint(0.5 * (low + high), below.signature, above.signature))
        return
    middle = 0.5 * (low + high)
    between = solve(middle, below)
    _narrow(low, middle, below, between, solve, tolerance, found, halvings - 1)
    _narrow(middle, high, between, above, solve, tolerance, found, halvings - 1)
