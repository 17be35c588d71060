r"""Commitment as a path of plateaus: each arc keeps one load over some steps.

For a unit with at most one load change in ``W`` steps the horizon is a path over the borders
between steps; an arc from border ``a`` to border ``b`` is a plateau, on or off, of ``W`` to
``2 W - 1`` steps (a longer one is two with the same load). At the start of a free horizon, at the
end of any, and until the first change after a given past, it may be shorter. With arcs
:math:`x_a`, heat :math:`h_a` and :math:`\hat q_a` the least cap along the arc,

.. math::

   \sum_{a\,\text{ends at}\,b} x_a &= \sum_{a\,\text{starts at}\,b} x_a, \qquad
     \sum_{a\,\text{starts at}\,0} x_a = 1 \tag{1} \\
   h_a &\le \hat q_a x_a \text{ (on)} \tag{2} \\
   u(t) = \sum_{a \ni t,\,\text{on}} x_a, \quad q(t) &= \sum_{a \ni t,\,\text{on}} h_a, \quad
     y(t) = \sum_{a\,\text{starts at}\,t} x_a \tag{3} \\
   q(t) \le N, \quad q(t) &\ge \varphi N - \varphi \hat N (1 - u(t)) \tag{4} \\
   \sum_{a\,\text{past}} h_a &\ge q(-1) \Bigl(b - 1 + \sum_{a\,\text{past}} x_a\Bigr) \tag{5}

(a load that goes on from the past is kept if the unit is built, b, see `milpcore.sizing.model`),
and starts and least times as in `milpcore.sizing.commitment_rows`. Units without limit of load
changes, or with more than one in a window, are stated as in `milpcore.sizing.big_m`. Binaries: the
arcs, about 2 W T a unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from milpcore.core import Assembly
from milpcore.sizing.big_m import add_big_m
from milpcore.sizing.caps import Caps
from milpcore.sizing.inputs import ALWAYS, Integers, SizingInputs


class Plateaus(NamedTuple):
    """Arcs of a unit, each for off and on.

    Attributes
    ----------
    first, end : ndarray of int (A,)
        First step, and the one after the last.
    is_past : ndarray of bool (A,)
        Whether the load before the horizon goes on.
    """

    first: Integers
    end: Integers
    is_past: Integers


@dataclass(frozen=True)
class PlateauPath:
    """Plateaus of constant load as binary arcs of a path.

    Parameters
    ----------
    name : str
        In tables.
    """

    name: str = "plateau_path"

    def refusal(self, inputs: SizingInputs) -> str | None:
        """Return a reason unless some unit may change its load once in a window."""
        if not np.any(inputs.units.most_changes == 1):
            return "no unit is limited to one load change in a window; use BigM"
        return None

    def add(
        self,
        assembly: Assembly,
        inputs: SizingInputs,
        caps: Caps,
        size: Integers,
        heat: Integers,
        built: Integers,
    ) -> None:
        """Add ``is_on``, ``change``, ``start``, ``stop``, arcs and rows (1) to (5)."""
        states = add_big_m(assembly, inputs, caps, size, heat, built)  # (4)
        for unit in np.flatnonzero(inputs.units.most_changes == 1):
            columns = heat[unit], states.is_on[unit], states.change[unit]
            _add_path(assembly, inputs, caps, int(unit), *columns, int(built[unit]))


def plateaus(inputs: SizingInputs, unit: int) -> Plateaus:
    """Return the plateaus that a unit may have.

    Parameters
    ----------
    inputs : SizingInputs
    unit : int
        With one load change in a window.

    Returns
    -------
    Plateaus
    """
    units, n_steps = inputs.units, inputs.n_steps
    window = int(units.window[unit])
    longest = 2 * window - 1
    first, length = (
        grid.ravel() for grid in np.mgrid[0:n_steps, 1 : max(longest, window) + 1].astype(np.int64)
    )
    end = np.minimum(first + length, n_steps)
    is_cut = first + length >= n_steps
    has_past = bool(units.has_past[unit])
    starts_free = (first == 0) & (not has_past)
    kept = is_cut | (length >= window) | starts_free
    if has_past:
        since = int(min(units.steps_since_change[unit], window))
        kept &= (first > 0) | (since >= window)
        held = np.arange(max(window - since, 1), max(window - since, 1) + window)
        held = np.unique(np.minimum(held, n_steps))
    else:
        held = np.zeros(0, dtype=np.int64)
    pairs = np.unique(np.stack([first[kept], end[kept]], axis=1), axis=0)
    return Plateaus(
        first=np.concatenate([pairs[:, 0], np.zeros(held.size, dtype=np.int64)]),
        end=np.concatenate([pairs[:, 1], held]),
        is_past=np.concatenate([np.zeros(len(pairs), np.int64), np.ones(held.size, np.int64)]),
    )


def _add_path(
    assembly: Assembly,
    inputs: SizingInputs,
    caps: Caps,
    unit: int,
    heat: Integers,
    is_on: Integers,
    change: Integers,
    built: int,
) -> None:
    """Add rows (1) to (3) and (5) of a unit."""
    arcs, n_steps, units = plateaus(inputs, unit), inputs.n_steps, inputs.units
    n_arcs, scale = arcs.first.size, inputs.heat_scale_kW
    was_on = bool(units.was_on[unit])
    held = arcs.is_past == 1
    may_be = np.stack([~held | (not was_on), ~held | was_on]).astype(float)
    arc = assembly.columns(f"plateau_{unit}", (2, n_arcs), upper=may_be, integer=True)
    cap = np.array(
        [caps.load_kW[unit, a:b].min() for a, b in zip(arcs.first, arcs.end, strict=True)]
    )
    past = float(units.past_load_kW[unit])
    cap = np.where(held, past, cap) / scale
    arc_heat = assembly.columns(f"plateau_heat_{unit}", n_arcs, upper=cap)
    one = np.eye(1, n_steps)[0]
    path = assembly.rows(f"path_{unit}", n_steps, lower=one, upper=one)  # (1)
    leaves = arcs.end < n_steps
    assembly.put(path[arcs.first], arc, 1.0)
    assembly.put(path[arcs.end[leaves]], arc[:, leaves], -1.0)
    below = assembly.rows(f"plateau_load_{unit}", n_arcs, upper=0.0)  # (2)
    assembly.put(below, arc_heat, 1.0)
    assembly.put(below, arc[1], -cap)
    if was_on:
        keep_past(
            assembly, f"plateau_past_{unit}", past / scale, arc_heat[held], arc[1][held], built
        )
    length = arcs.end - arcs.first
    member = np.repeat(np.arange(n_arcs), length)
    step = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    step += arcs.first[member]
    for name, column, part in (("on", is_on, arc[1]), ("heat", heat, arc_heat)):  # (3)
        same = assembly.rows(f"plateau_{name}_{unit}", n_steps, lower=0.0, upper=0.0)
        assembly.put(same, column, -1.0)
        assembly.put(same[step], part[member], 1.0)
    changes = assembly.rows(f"plateau_change_{unit}", n_steps, lower=0.0, upper=0.0)
    counted = ~held & ((arcs.first > 0) | bool(units.has_past[unit]))
    assembly.put(changes, change, -1.0)
    assembly.put(changes[arcs.first[counted]], arc[:, counted], 1.0)


def keep_past(
    assembly: Assembly, name: str, past: float, load: Integers, used: Integers, built: int
) -> None:
    """Add (5): on the plateaus that go on from before, a unit that is built keeps its load.

    Parameters
    ----------
    assembly : Assembly
    name : str
        Of the rows.
    past : float
        Load before the horizon, in multiples of the scale of heat.
    load, used : ndarray of int (A,)
        Columns of the loads on these plateaus, and of their use.
    built : int
        Column, or `ALWAYS`; then each plateau has a row of its own, which is tighter.
    """
    if built == ALWAYS:
        kept = assembly.rows(name, load.size, lower=0.0)
    else:
        kept = assembly.rows(name, (), lower=-past)
        assembly.put(kept, built, -past)
    assembly.put(kept, load, 1.0)
    assembly.put(kept, used, -past)
