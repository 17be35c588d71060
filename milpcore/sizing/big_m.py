r"""Commitment with big-M rows: the plain statement.

With on/off states :math:`u`, load changes :math:`y`, minimum loads :math:`\varphi`, caps
:math:`\hat q` and :math:`\hat N` (`milpcore.sizing.caps`),

.. math::

   q(t) \le \hat q(t)\, u(t), \quad q(t) &\le N, \quad
     q(t) \ge \varphi N - \varphi \hat N (1 - u(t)) \tag{1} \\
   q(t) - q(t - 1) \le \hat q(t)\, y(t), &\quad
     q(t - 1) - q(t) \le \hat q(t - 1)\, y(t) \tag{2}

and the rows of `milpcore.sizing.commitment_rows`. Binaries: 2 U T. With a given initial state (2)
holds at the first step with the load before it. Where that load must be kept by a unit that is
built, and the unit need not be (:math:`b`, ``has_size``), the fall from it is

.. math:: q(-1)\, b - q(0) \le q(-1)\, y(0). \tag{3}

It is :math:`b \le 1` times (2) for a unit that is built, and no limit for one that is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from milpcore.core import Assembly
from milpcore.sizing.caps import Caps
from milpcore.sizing.commitment_rows import States, add_spacing, add_states
from milpcore.sizing.inputs import ALWAYS, Floats, Integers, SizingInputs

Allowed: TypeAlias = Sequence[tuple[Integers, float]]


@dataclass(frozen=True)
class BigM:
    """States and load changes as binaries, linked to loads by big-M rows.

    Parameters
    ----------
    name : str
        In tables.
    """

    name: str = "big_m"

    def refusal(self, inputs: SizingInputs) -> str | None:
        """Return None: it is exact for every input."""
        del inputs
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
        """Add ``is_on``, ``change``, ``start``, ``stop`` (U, T) and rows (1) and (2)."""
        add_big_m(assembly, inputs, caps, size, heat, built)


def add_big_m(
    assembly: Assembly,
    inputs: SizingInputs,
    caps: Caps,
    size: Integers,
    heat: Integers,
    built: Integers,
) -> States:
    """Add states and rows (1) and (2) of all units, with starts, least times and spacing.

    Parameters
    ----------
    assembly : Assembly
        In multiples of ``inputs.heat_scale_kW``.
    inputs : SizingInputs
    caps : Caps
    size : ndarray of int (U,)
    heat : ndarray of int (U, T)
    built : ndarray of int (U,)
        Columns; `ALWAYS` where nothing depends on whether the unit is built.

    Returns
    -------
    States
    """
    states = add_states(assembly, inputs)
    allowed = [(states.change, 1.0)]
    add_load_range(assembly, inputs, caps, size, heat, states.is_on)
    add_load_changes(assembly, inputs, caps, heat, built, allowed, allowed)
    add_spacing(assembly, inputs, states)
    return states


def add_load_range(
    assembly: Assembly,
    inputs: SizingInputs,
    caps: Caps,
    size: Integers,
    heat: Integers,
    is_on: Integers,
) -> None:
    """Add rows (1).

    Parameters
    ----------
    assembly : Assembly
        In multiples of ``inputs.heat_scale_kW``.
    inputs : SizingInputs
    caps : Caps
    size : ndarray of int (U,)
    heat, is_on : ndarray of int (U, T)
        Columns.
    """
    scale = inputs.heat_scale_kW
    off = assembly.rows("off_without_heat", heat.shape, upper=0.0)  # (1)
    assembly.put(off, heat, 1.0)
    assembly.put(off, is_on, -caps.load_kW / scale)
    below = assembly.rows("below_size", heat.shape, upper=0.0)
    assembly.put(below, heat, 1.0)
    assembly.put(below, size[:, None], -1.0)
    minimum = inputs.units.minimum_load[:, None]
    most = minimum * caps.size_kW[:, None] / scale
    least = assembly.rows("minimum_load", heat.shape, lower=-most)
    assembly.put(least, heat, 1.0)
    assembly.put(least, size[:, None], -minimum)
    assembly.put(least, is_on, -most)


def add_load_changes(
    assembly: Assembly,
    inputs: SizingInputs,
    caps: Caps,
    heat: Integers,
    built: Integers,
    rise: Allowed,
    fall: Allowed,
) -> None:
    """Add rows (2), at the first step (3), for the units whose load changes are limited.

    Parameters
    ----------
    assembly : Assembly
        In multiples of ``inputs.heat_scale_kW``.
    inputs : SizingInputs
    caps : Caps
    heat : ndarray of int (U, T)
    built : ndarray of int (U,)
        Columns; `ALWAYS` where nothing depends on whether the unit is built.
    rise, fall : sequence of (ndarray of int (U, T), float)
        Columns with factors; the load may rise (fall) where their sum is 1.
    """
    units, n_steps = inputs.units, inputs.n_steps
    cap = caps.load_kW / inputs.heat_scale_kW
    past = np.where(units.has_past, units.past_load_kW, 0.0) / inputs.heat_scale_kW
    for name, sign, allowed in (("rise", 1.0, rise), ("fall", -1.0, fall)):
        for unit in np.flatnonzero(units.is_limited):
            right: Floats = np.zeros(n_steps)
            right[0] = sign * past[unit] if units.has_past[unit] else np.inf
            may_lack = sign < 0.0 and built[unit] != ALWAYS
            right[0] += past[unit] if may_lack else 0.0
            most = cap[unit] if sign > 0.0 else np.append(past[unit], cap[unit, :-1])
            row = assembly.rows(f"{name}_{unit}", n_steps, upper=right)
            assembly.put(row, heat[unit], sign)
            assembly.put(row[1:], heat[unit, :-1], -sign)
            if may_lack:
                assembly.put(row[0], built[unit], past[unit])  # (3)
            for columns, factor in allowed:
                assembly.put(row, columns[unit], -factor * most)
