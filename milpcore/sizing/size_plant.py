"""Size a plant: prepare, build, solve, check in one call."""

from __future__ import annotations

import time

from milpcore.faults import FaultList
from milpcore.sizing.call_faults import note_kind, note_number, note_observer
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
        If an argument has the wrong type or is out of range, or profile and parameters do not fit
        together.
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
    note_kind("profile", profile, HeatProfile, faults)
    note_kind("parameters", parameters, SizingParameters, faults, is_optional=True)
    note_kind("model", model, SizingModel, faults, is_optional=True)
    rule = "must be from 0 to below 1"
    note_number(
        "mip_rel_gap", mip_rel_gap, lambda gap: 0.0 <= gap < 1.0, rule, "such as 1e-3", faults
    )
    if time_limit_s is not None:
        rule = "must be above 0"
        note_number("time_limit_s", time_limit_s, lambda s: s > 0.0, rule, "such as 60", faults)
    note_observer(observer, faults)
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
