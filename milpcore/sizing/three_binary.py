r"""Commitment with three binaries a step and the product of size and state.

The product :math:`n(t) = N u(t)` is a column of its own, between its McCormick envelopes, and a
load rises only by a start or a change while on, and falls only by a stop or such a change:

.. math::

   n(t) \le \hat N u(t), \quad n(t) \le N, \quad &n(t) \ge N - \hat N (1 - u(t)) \tag{1} \\
   \varphi\, n(t) \le q(t) \le n(t), \quad &q(t) \le \hat q(t)\, u(t) \tag{2} \\
   q(t) - q(t-1) &\le \hat q(t)\, (y(t) - sd(t)) \tag{3} \\
   q(t-1) - q(t) &\le \hat q(t-1)\, (y(t) - su(t)) \tag{4}

with the rows of `milpcore.sizing.commitment_rows`; with a given initial state (3) and (4) hold at
the first step as (2) of `milpcore.sizing.big_m` does. (1) and (2) imply the load range of
`milpcore.sizing.big_m`, (3) and (4) its load changes. Binaries: 4 U T (starts and stops, too).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from milpcore.core import Assembly
from milpcore.sizing.big_m import add_load_changes
from milpcore.sizing.caps import Caps
from milpcore.sizing.commitment_rows import add_spacing, add_states
from milpcore.sizing.inputs import Integers, SizingInputs


@dataclass(frozen=True)
class ThreeBinary:
    """State, start and stop as binaries, with the McCormick envelopes of size times state.

    Parameters
    ----------
    name : str
        In tables.
    """

    name: str = "three_binary"

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
        """Add ``is_on``, ``change``, ``start``, ``stop``, ``size_on`` and rows (1) to (4)."""
        states = add_states(assembly, inputs, integer_starts=True)
        is_on, change, start, stop = states
        scale = inputs.heat_scale_kW
        largest = caps.size_kW[:, None] / scale
        size_on = assembly.columns("size_on", heat.shape, upper=largest)
        size_of = size[:, None]
        for name, lower_side, upper_side, of_size, of_state in (  # (1)
            ("size_on_if_on", -np.inf, 0.0, 0.0, -largest),
            ("size_on_at_most", -np.inf, 0.0, -1.0, 0.0),
            ("size_on_at_least", -largest, np.inf, -1.0, -largest),
        ):
            row = assembly.rows(name, heat.shape, lower=lower_side, upper=upper_side)
            assembly.put(row, size_on, 1.0)
            assembly.put(row, size_of, of_size)
            assembly.put(row, is_on, of_state)
        minimum = inputs.units.minimum_load[:, None]
        for name, of_heat, other, share in (  # (2)
            ("minimum_load", -1.0, size_on, minimum),
            ("below_size", 1.0, size_on, -1.0),
            ("off_without_heat", 1.0, is_on, -caps.load_kW / scale),
        ):
            row = assembly.rows(name, heat.shape, upper=0.0)
            assembly.put(row, heat, of_heat)
            assembly.put(row, other, share)
        rise = [(change, 1.0), (stop, -1.0)]
        fall = [(change, 1.0), (start, -1.0)]
        add_load_changes(assembly, inputs, caps, heat, built, rise, fall)  # (3), (4)
        add_spacing(assembly, inputs, states)
