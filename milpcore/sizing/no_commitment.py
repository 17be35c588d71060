r"""No commitment at all: loads may take any value up to the size, at any time.

.. math:: q_i(t) \le N_i. \tag{1}

A relaxation of every formulation, and one without big-M values: what its linear program says of
sizes and costs holds however large stores may become.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from milpcore.core import Assembly
from milpcore.sizing.caps import Caps
from milpcore.sizing.inputs import Integers, SizingInputs


@dataclass(frozen=True)
class NoCommitment:
    """Loads up to the size; only a relaxation, never a formulation.

    Parameters
    ----------
    name : str
        In tables.
    """

    name: str = "no_commitment"

    def refusal(self, inputs: SizingInputs) -> str | None:
        """Return None: it is a relaxation for every input."""
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
        """Add rows (1)."""
        del inputs, caps, built
        below = assembly.rows("below_size", heat.shape, upper=0.0)  # (1)
        assembly.put(below, heat, 1.0)
        assembly.put(below, size[:, None], -1.0)


def without_caps(inputs: SizingInputs) -> Caps:
    """Return the limits of sizes that are given, and none of loads."""
    shape = inputs.n_units, inputs.n_steps
    return Caps(
        least_size_kW=inputs.units.least_kW,
        size_kW=inputs.units.largest_kW,
        capacity_kWh=inputs.stores.largest_kWh,
        load_kW=np.full(shape, np.inf),
        chiller_kW=inputs.chillers.largest_kW,
    )
