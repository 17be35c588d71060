r"""Rows that formulations of commitment share: starts, least times, spacing of load changes.

With on/off states :math:`u`, starts :math:`su`, stops :math:`sd` and load changes :math:`y`, over
least times UT and DT, and at most m changes in any W steps,

.. math::

   su(t) - sd(t) &= u(t) - u(t - 1) \tag{1} \\
   \sum_{j = t - UT + 1}^{t} su(j) \le u(t), &\quad
   \sum_{j = t - DT + 1}^{t} sd(j) \le 1 - u(t) \tag{2} \\
   su(t) + sd(t) &\le y(t) \tag{3} \\
   \sum_{j = t}^{t + W - 1} y(j) &\le m. \tag{4}

(2) are the facets of Rajan and Takriti (2005, IBM Research Report RC23628). With a free initial
state nothing counts at the first step; with a given one :math:`u(-1)` is known, and the last change
before the horizon takes one of the changes in the windows that reach back to it.

A unit that is not built has no past: none of these rows asks anything of it, because its load is 0
in either state. It may stay in the state before the horizon, without start, stop or load change:
on without end fulfils a minimum up time, off a minimum down time, and no window has a change.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from milpcore.core import Assembly
from milpcore.sizing.inputs import Floats, Integers, SizingInputs


class States(NamedTuple):
    """Columns (U, T) of the states of all units.

    Attributes
    ----------
    is_on, change, start, stop : ndarray of int (U, T)
        Running, load change, start and stop.
    """

    is_on: Integers
    change: Integers
    start: Integers
    stop: Integers


def add_states(assembly: Assembly, inputs: SizingInputs, *, integer_starts: bool = False) -> States:
    """Add the columns of the states, with rows (1) and (2).

    Parameters
    ----------
    assembly : Assembly
    inputs : SizingInputs
        The problem.
    integer_starts : bool
        Whether starts and stops are declared integer; they are where states are.

    Returns
    -------
    States
    """
    shape = inputs.n_units, inputs.n_steps
    lower, upper = on_limits(inputs)
    is_on = assembly.columns("is_on", shape, lower=lower, upper=upper, integer=True)
    change = assembly.columns("change", shape, upper=change_limits(inputs), integer=True)
    return States(is_on, change, *add_starts(assembly, inputs, is_on, integer=integer_starts))


def on_limits(inputs: SizingInputs) -> tuple[Floats, Floats]:
    """Bounds (U, T) of the on/off states: units that are always on, and what the past rules.

    Parameters
    ----------
    inputs : SizingInputs
        The problem.

    Returns
    -------
    lower, upper : ndarray (U, T)
        0 or 1.
    """
    units, shape = inputs.units, (inputs.n_units, inputs.n_steps)
    lower, upper = np.zeros(shape), np.ones(shape)
    lower[units.is_always_on] = 1.0
    for unit in np.flatnonzero(units.has_past):
        least = int(units.min_up[unit] if units.was_on[unit] else units.min_down[unit])
        bound, value = (lower, 1.0) if units.was_on[unit] else (upper, 0.0)
        bound[unit, : max(0, least - int(units.steps_in_state[unit]))] = value
    return lower, upper


def add_starts(
    assembly: Assembly, inputs: SizingInputs, is_on: Integers, *, integer: bool = False
) -> tuple[Integers, Integers]:
    """Add the columns ``start`` and ``stop`` (U, T) and rows (1) and (2).

    Parameters
    ----------
    assembly : Assembly
    inputs : SizingInputs
    is_on : ndarray of int (U, T)
        Columns.
    integer : bool
        Whether starts and stops are declared integer; they are where states are.

    Returns
    -------
    start, stop : ndarray of int (U, T)
    """
    units, (n_units, n_steps) = inputs.units, is_on.shape
    counts = np.ones((n_units, n_steps))
    counts[~units.has_past, 0] = 0.0
    start = assembly.columns("start", is_on.shape, upper=counts, integer=integer)
    stop = assembly.columns("stop", is_on.shape, upper=counts, integer=integer)
    before = np.where(units.has_past & units.was_on, -1.0, 0.0)
    right = np.zeros(is_on.shape)
    right[:, 0] = before
    switch = assembly.rows("switch", is_on.shape, lower=right, upper=right)  # (1)
    for unit in range(n_units):
        first = 0 if units.has_past[unit] else 1
        assembly.put(switch[unit, first:], start[unit, first:], 1.0)
        assembly.put(switch[unit, first:], stop[unit, first:], -1.0)
        assembly.put(switch[unit, first:], is_on[unit, first:], -1.0)
        assembly.put(switch[unit, 1:], is_on[unit, :-1], 1.0)
    for name, steps, event, sign, right_side in (
        ("min_up", units.min_up, start, -1.0, 0.0),
        ("min_down", units.min_down, stop, 1.0, 1.0),
    ):
        longer = np.flatnonzero(steps > 1)
        kept = assembly.rows(name, (longer.size, n_steps), upper=right_side)  # (2)
        for rows, unit in zip(kept, longer.tolist(), strict=True):
            assembly.put(rows, is_on[unit], sign)
            for back in range(min(int(steps[unit]), n_steps)):
                assembly.put(rows[back:], event[unit, : n_steps - back], 1.0)
    return start, stop


def change_limits(inputs: SizingInputs) -> Floats:
    """Upper bounds (U, T) of load changes: none at the first step of a free initial state."""
    upper = np.ones((inputs.n_units, inputs.n_steps))
    upper[~inputs.units.has_past, 0] = 0.0
    return upper


def add_spacing(assembly: Assembly, inputs: SizingInputs, states: States) -> None:
    """Add rows (3) and (4) for the units whose load changes are limited.

    Parameters
    ----------
    assembly : Assembly
    inputs : SizingInputs
    states : States
        Columns.
    """
    units, n_steps = inputs.units, inputs.n_steps
    limited = np.flatnonzero(units.is_limited)
    counted = assembly.rows("switch_is_change", (limited.size, n_steps), upper=0.0)  # (3)
    assembly.put(counted, states.start[limited], 1.0)
    assembly.put(counted, states.stop[limited], 1.0)
    assembly.put(counted, states.change[limited], -1.0)
    for unit in limited:
        most, window = int(units.most_changes[unit]), int(units.window[unit])
        n_rows = max(n_steps - window + 1, 1)
        spaced = assembly.rows(f"spacing_{unit}", n_rows, upper=float(most))  # (4)
        for ahead in range(min(window, n_steps)):
            assembly.put(spaced, states.change[unit, ahead : ahead + n_rows], 1.0)
        since = int(min(units.steps_since_change[unit], window))
        if units.has_past[unit] and since < window:
            recent = assembly.rows(f"spacing_past_{unit}", (), upper=max(most - 1.0, 0.0))
            assembly.put(recent, states.change[unit, : window - since], 1.0)
