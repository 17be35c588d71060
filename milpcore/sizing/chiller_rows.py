r"""Chillers in model B: another way for waste heat to go.

With the heat :math:`h_c(t)` that chiller ``c`` of size :math:`N_c` removes, the row of the waste
heat (2) of `milpcore.sizing.model` becomes

.. math::

   \sum_i r_i(t) q_i(t) + \sum_c h_c(t) \le w(t), \qquad 0 \le h_c(t) \le N_c \tag{1}

and the cost has :math:`f_c N_c` and, per kWh removed, the chiller's electricity with its CO2 less
the cooling water saved: that of cooling all waste heat is a constant there. Cooling water is what
(1) leaves.

The columns are continuous and meet all others in (1) alone, in which none removed is always
allowed. So whatever is said of loads, states, sizes and stores holds with chillers as without: the
caps ``w / r`` (`milpcore.sizing.caps`), the size cuts and limits over plateaus, which know the
demand only, the plateau hull, whose copies keep to (1) without chillers, a relaxation, and starts,
whose linear program chooses :math:`h` beside the loads. Which bounds hold for cost comes from
linear programs that have these columns.
"""

from __future__ import annotations

import numpy as np

from milpcore.core import Assembly
from milpcore.sizing.caps import Caps
from milpcore.sizing.inputs import Integers, SizingInputs
from milpcore.sizing.size_columns import add_sizes


def add_chillers(
    assembly: Assembly, inputs: SizingInputs, caps: Caps, waste_heat: Integers
) -> None:
    """Add the columns ``chiller`` (C,) and ``chilled`` (C, T), their cost, and (1).

    Parameters
    ----------
    assembly : Assembly
        In multiples of ``inputs.heat_scale_kW``.
    inputs : SizingInputs
    caps : Caps
    waste_heat : ndarray of int (T,)
        Rows of the waste heat.
    """
    chillers, scale = inputs.chillers, inputs.heat_scale_kW
    size, _ = add_sizes(
        assembly,
        "chiller",
        chillers.least_kW / scale,
        chillers.smallest_kW / scale,
        caps.chiller_kW / scale,
        chillers.may_be_absent & (chillers.smallest_kW > 0.0),
    )
    most = np.minimum(inputs.waste_kW, caps.chiller_kW[:, None])
    chilled = assembly.columns("chilled", most.shape, upper=most / scale)
    cost_scale = scale / inputs.cost_scale_EUR_per_a
    assembly.cost(size, chillers.size_cost_EUR_per_kW_a * cost_scale)
    assembly.cost(chilled, inputs.hours_per_a * chillers.cost_EUR_per_kWh * cost_scale)
    assembly.put(waste_heat, chilled, 1.0)  # (1)
    below = assembly.rows("chilled_below_size", chilled.shape, upper=0.0)
    assembly.put(below, chilled, 1.0)
    assembly.put(below, size[:, None], -1.0)
