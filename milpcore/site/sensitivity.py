"""Sensitivity of model A: fixed levels, one parameter after the other, with exact tipping points.

How do cost and heat pumps of a utility system whose levels stay where they are answer to a price?
Every numeric key of `milpcore.economics.SiteEconomics` can be varied. A tipping point is a value
where the set of heat pumps that run changes, exact to 1e-6 of the parameter's base value and never
read off the grid, see `milpcore.site.operation_tips`.

Source of the problem: Hochhaus, Grünewald, Riese (2026), *Optimization of Site-wide Heat-Integrated
Utility Systems with Heat Pumps using MILP*, Systems and Control Transactions.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from milpcore.economics import Measure, SiteEconomics
from milpcore.site.fixed_levels import FixedLevels
from milpcore.site.operation_tips import operation_tips
from milpcore.site.sensitivity_request import checked_request, values_of
from milpcore.site.sensitivity_results import (
    ParameterTables,
    SensitivityStudy,
    heat_pump_rows,
    point_rows,
    tipping_rows,
)
from milpcore.streams import Streams

_log = logging.getLogger(__name__)


def sensitivity(
    streams: Streams,
    *,
    levels_C: Sequence[float],
    vary: str | Sequence[str] | Mapping[str, Sequence[float]],
    from_percent: float = -50.0,
    to_percent: float = 50.0,
    n_steps: int = 41,
    economics: SiteEconomics | None = None,
    objective: Measure | str = Measure.TAC,
    heat_pumps: bool = True,
    on_parameter: Callable[[str], object] | None = None,
    on_result: Callable[[ParameterTables], object] | None = None,
) -> SensitivityStudy:
    """Vary parameters one at a time and find where the set of heat pumps changes.

    Parameters
    ----------
    streams : Streams
        The stream table.
    levels_C : sequence of float
        The levels, °C; every stream is connected to the nearest that serves it.
    vary : str, sequence of str, or mapping of str to sequence of float
        Keys of `SiteEconomics`; a mapping gives the values of each, in the key's own unit.
    from_percent, to_percent : float
        Range relative to the base value, where `vary` gives no values.
    n_steps : int
        Values in that range, from 2.
    economics : SiteEconomics, optional
        Base values; the defaults of the bundled site if not given.
    objective : Measure or str
        ``"tac"``, ``"opex"``, ``"capex"`` or ``"co2"``; TAC decides between equals.
    heat_pumps : bool
        Whether heat pumps are allowed.
    on_parameter : callable, optional
        Called with each key before its turn.
    on_result : callable, optional
        Called with the `ParameterTables` of each key as soon as they are whole, so that they are
        not lost with what comes after; `SensitivityStudy.of` joins them.

    Returns
    -------
    SensitivityStudy
        Every point checked against streams and prices, and proven optimal by heat prices.

    Raises
    ------
    InputError
        Listing what is wrong with levels, keys, range or the values that result.
    CheckError
        If an operation contradicts its streams or prices, which is an error of this package.

    References
    ----------
    Hochhaus, Grünewald, Riese (2026), Optimization of Site-wide Heat-Integrated Utility Systems
    with Heat Pumps using MILP, Systems and Control Transactions.

    Examples
    --------
    >>> import milpcore
    >>> study = sensitivity(
    ...     milpcore.load_case("site_400"),
    ...     levels_C=[15, 35, 80, 134, 214, 285, 1600],
    ...     vary="heat_pump_investment_EUR_per_kW",
    ... )
    >>> study.tipping_points["percent"].round(1).tolist()
    [-45.9]
    """
    base = SiteEconomics() if economics is None else economics
    request = checked_request(base, vary, from_percent, to_percent, n_steps)
    system = FixedLevels(
        streams,
        levels_C,
        objective=objective,
        heat_pumps=heat_pumps,
        level_dt_cont_K=base.level_dt_cont_K,
    )
    _log.info("sensitivity begins: %d levels, least %s", len(levels_C), system.objective.value)
    parts: list[ParameterTables] = []
    for key, values in request.items():
        if on_parameter is not None:
            on_parameter(key)
        start_s = time.perf_counter()
        cases = values_of(base, key, values)
        names = [f"{key} = {value:.10g}" for value in values.tolist()]
        operations = system.operate(cases, names=names)
        found = operation_tips(system, base, key, values, operations)
        there = values_of(base, key, np.array([tip.value for tip in found]))
        own = getattr(base, key)
        part = ParameterTables(
            key,
            point_rows(key, own, values, operations),
            heat_pump_rows(key, own, values, operations),
            tipping_rows(key, own, found, system.operate(there)),
        )
        parts.append(part)
        told = (key, len(values), len(found), time.perf_counter() - start_s)
        _log.info("%s: %d values, %d tipping points, %.3f s", *told)
        if on_result is not None:
            on_result(part)
    _log.info("sensitivity ends: %d parameters", len(request))
    levels = tuple(system.level_C.tolist())
    return SensitivityStudy.of(levels, system.objective, base, list(request), parts)
