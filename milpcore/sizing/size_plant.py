"""Size a plant: prepare, build, solve, check in one call."""

from __future__ import annotations

import time

from milpcore.faults import FaultList
from milpcore.sizing.inputs import prepare
from milpcore.sizing.model import SizingModel
from milpcore.sizing.parameters import SizingParameters
from milpcore.sizing.profile import HeatProfile
from milpcore.sizing.progress import SizingObserver
from milpcore.sizing.results import SizingResult, result_of
from milpcore.sizing.solve import search

DEFAULT_GAP = 1e-3


def size_plant(
    profile: HeatProfile,
    parameters: SizingParameters | None = None,
    *,
    model: SizingModel | None = None,
    mip_rel_gap: float = DEFAULT_GAP,
    time_limit_s: float | None = None,
    observer: SizingObserver | None = None,
) -> SizingResult:
    """Find the sizes and the operation of least total annual cost.

    Parameters
    ----------
    profile : HeatProfile
        Heat demand and waste heat.
    parameters : SizingParameters, optional
        Prices and units; the base case if not given.
    model : SizingModel, optional
        The formulation; the default is the fastest one known.
    mip_rel_gap : float
        Relative gap between cost and proven bound at which the search ends.
    time_limit_s : float, optional
        After which the best design so far is returned with its gap.
    observer : callable, optional
        Called now and then with `SizingProgress`; once it returns True the best design so far is
        returned with its gap and the status INTERRUPTED. Without highspy it is asked between
        solves only, and one of them may take as long as the time limit.

    Returns
    -------
    SizingResult
        Checked by an independent simulation (`milpcore.sizing.check`).

    Raises
    ------
    InputError
        If profile and parameters do not fit together, or an option is out of range.
    CheckError
        If the result contradicts the simulation.

    References
    ----------
    Hochhaus et al. (2025), Systems and Control Transactions 4:1994-1999 (LAPSE:2025.0473).

    Examples
    --------
    >>> from milpcore import sizing
    >>> profile, parameters = sizing.load_case("base_48h")
    >>> result = sizing.size_plant(profile.part(0, 16), parameters)
    >>> result.status.value, result.gap <= 1e-3
    ('optimal', True)
    """
    faults = FaultList()
    if not 0.0 <= mip_rel_gap < 1.0:
        faults.add("", "mip_rel_gap", mip_rel_gap, "must be from 0 to below 1", "such as 1e-3")
    if time_limit_s is not None and not time_limit_s > 0.0:
        faults.add("", "time_limit_s", time_limit_s, "must be above 0", "such as 60")
    faults.raise_if_any("size_plant")
    parameters = SizingParameters() if parameters is None else parameters
    model = SizingModel() if model is None else model
    start_s = time.perf_counter()
    inputs = prepare(profile, parameters)
    outcome = search(
        inputs, model, mip_rel_gap=mip_rel_gap, time_limit_s=time_limit_s, observer=observer
    )
    return result_of(
        profile,
        parameters,
        outcome,
        model=model.name,
        solve_s=time.perf_counter() - start_s,
    )
