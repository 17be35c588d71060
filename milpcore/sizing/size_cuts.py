r"""Size cuts: what the demand's changes ask of stores and units, whatever the operation.

Let ``B`` be some of the units, each with limited load changes, and ``A`` all others. Between two
load changes in ``B`` the rest of the demand is met by stores and by ``A``:

.. math::

   \Bigl| d(t) - \sum_{i \in B} q_i - \sum_{i \in A} q_i(t) \Bigr| \le \sum_k \rho_k C_k,
   \qquad 0 \le q_i(t) \le N_i .

So on such a plateau the range of the demand is at most twice the stores' rate plus the sizes of
``A``, and with :math:`r(B)` the smallest largest range that any placing of the changes of ``B``
leaves (`preprocess.plateaus.least_range`),

.. math:: 2 \sum_k \rho_k C_k + \sum_{i \in A} N_i \ge r(B). \tag{1}

All ``B`` with one or two changes in a window are used. Where windows differ the shortest one counts
for all, which allows more changes and keeps the bound valid.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from milpcore.core import Assembly
from milpcore.sizing.inputs import Integers, SizingInputs
from preprocess.plateaus import least_range

MOST_CHANGES = 2
"""In a window, of all units held together."""
LEAST_RANGE = 1e-9
"""Share of the mean demand below which a cut says nothing."""


def add_size_cuts(
    assembly: Assembly, inputs: SizingInputs, size: Integers, capacity: Integers
) -> None:
    """Add rows (1).

    Parameters
    ----------
    assembly : Assembly
        In multiples of ``inputs.heat_scale_kW``.
    inputs : SizingInputs
        The problem.
    size, capacity : ndarray of int (U,), (K,)
        Columns of sizes and capacities.
    """
    found = ranges_kW(inputs)
    least = np.array([kW for _, kW in found]) / inputs.heat_scale_kW
    cut = assembly.rows("size_cut", len(found), lower=least)
    assembly.put(cut[:, None], capacity[None, :], 2.0 * inputs.stores.rate_per_h)
    for row, (held, _) in zip(cut, found, strict=True):
        assembly.put(row, np.delete(size, held), 1.0)


def ranges_kW(inputs: SizingInputs) -> list[tuple[list[int], float]]:
    """Find sets of units to hold at their loads, with the range of demand left to the others.

    Parameters
    ----------
    inputs : SizingInputs
        The problem.

    Returns
    -------
    list of (list of int, float)
        Units held, and r(B) in kW where it is not zero.

    Examples
    --------
    >>> from milpcore import sizing
    >>> inputs = sizing.prepare(*sizing.benchmark_scenario("C"))
    >>> [(held, round(kW)) for held, kW in ranges_kW(inputs)]
    [([0], 783), ([1], 783), ([0, 1], 383)]
    """
    units = inputs.units
    limited = np.flatnonzero(units.is_limited & (units.most_changes <= MOST_CHANGES))
    found = []
    for n_held in range(1, limited.size + 1):
        for held in combinations(limited.tolist(), n_held):
            changes = int(units.most_changes[list(held)].sum())
            window = int(units.window[list(held)].min())
            if changes <= MOST_CHANGES:
                kW = least_range(inputs.demand_kW, window, changes)
                if kW > LEAST_RANGE * float(inputs.demand_kW.mean()):
                    found.append((list(held), kW))
    return found
