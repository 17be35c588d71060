"""Columns of sizes, with the binaries that say what is built where that needs them."""

from __future__ import annotations

import numpy as np

from milpcore.core import Assembly
from milpcore.sizing.inputs import ALWAYS, Integers


def add_sizes(
    assembly: Assembly,
    name: str,
    lower: np.ndarray,
    smallest: np.ndarray,
    largest: np.ndarray,
    is_chosen: np.ndarray,
) -> tuple[Integers, Integers]:
    """Columns of sizes, and binaries where a size is chosen to be 0, or not below a smallest one.

    The second array has the shape of the first one, with `ALWAYS` where there is no binary.
    """
    size = assembly.columns(name, smallest.shape, lower=lower, upper=np.maximum(largest, lower))
    gap = np.flatnonzero(is_chosen)
    is_some = (lower[gap] > 0.0).astype(float)
    is_built = assembly.columns(f"has_{name}", gap.size, lower=is_some, upper=1.0, integer=True)
    if np.all(np.isfinite(largest[gap])):  # without limits only relaxations are built
        most = assembly.rows(f"{name}_if_built", gap.size, upper=0.0)
        assembly.put(most, size[gap], 1.0)
        assembly.put(most, is_built, -np.maximum(largest, smallest)[gap])
    least = assembly.rows(f"{name}_at_least", gap.size, lower=0.0)
    assembly.put(least, size[gap], 1.0)
    assembly.put(least, is_built, -smallest[gap])
    built = np.full(smallest.size, ALWAYS)
    built[gap] = is_built
    return size, built
