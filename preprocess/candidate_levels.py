"""Candidate temperatures of utility levels.

Between two neighbouring limit temperatures of the streams the set of feasible matches does not
change. So without heat pumps the distinct limit temperatures (the kinks) are the only levels worth
considering, when external heat gets no cheaper and cooling no dearer with rising temperature. With
heat pumps a level between kinks may pay where pumps form a chain. Existing levels are added as they
are.
"""

import numpy as np
import numpy.typing as npt

from preprocess.arguments import Arguments, FloatArray

LEVEL_DECIMALS = 6


def candidate_levels(limit_temperature_C: npt.ArrayLike, extra_C: npt.ArrayLike = ()) -> FloatArray:
    """Merge limit temperatures and further temperatures to rising, distinct levels.

    Temperatures are rounded to 1e-6 K first, so that limits which differ only by rounding are one
    level; `preprocess.kink_index` allows for that.

    Parameters
    ----------
    limit_temperature_C : array_like, shape (S,)
        Limit temperature of each stream: the level's own share and the stream's share of the
        temperature difference below the target of a hot and above that of a cold stream. °C.
    extra_C : array_like, shape (E,), optional
        Further temperatures, such as existing levels. °C.

    Returns
    -------
    ndarray, shape (L,)
        Levels, rising strictly. °C.

    Raises
    ------
    ValueError
        Values that are not finite or arrays that are not vectors; the message lists everything.

    References
    ----------
    Hochhaus, Grünewald, Riese (2026), Optimization of Site-wide Heat-Integrated Utility Systems
    with Heat Pumps using MILP, Systems and Control Transactions.

    Examples
    --------
    >>> candidate_levels([80.0, 25.0, 80.0 + 1e-9], extra_C=[13.0]).tolist()
    [13.0, 25.0, 80.0]
    """
    arguments = Arguments("candidate_levels")
    limit_C = arguments.vector("limit_temperature_C", limit_temperature_C)
    further_C = arguments.vector("extra_C", extra_C)
    arguments.raise_if_any()
    rounded_C = np.round(np.concatenate((limit_C, further_C)), LEVEL_DECIMALS)
    return np.unique(rounded_C + 0.0)  # the sum turns -0.0 into 0.0
