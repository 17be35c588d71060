"""Two parameters at once: the best heat pumps of fixed levels over a grid of both.

Every point is checked like those of `milpcore.site.sensitivity`. Between the points of a row the
borders of the sets of heat pumps along the second parameter are exact, see
`milpcore.site.operation_tips`.

Source of the problem: Hochhaus, Grünewald, Riese (2026), *Optimization of Site-wide Heat-Integrated
Utility Systems with Heat Pumps using MILP*, Systems and Control Transactions.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from milpcore.economics import Measure, SiteEconomics
from milpcore.faults import FaultList
from milpcore.naming import shown
from milpcore.site.fixed_levels import FixedLevels
from milpcore.site.operation_tips import operation_tips
from milpcore.site.sensitivity_map_results import Axis, SensitivityMap, border_rows, map_rows
from milpcore.site.sensitivity_request import checked_request, values_of
from milpcore.streams import Streams

_log = logging.getLogger(__name__)


def sensitivity_map(
    streams: Streams,
    *,
    levels_C: Sequence[float],
    vary: Sequence[str] | Mapping[str, Sequence[float]],
    from_percent: float = -50.0,
    to_percent: float = 50.0,
    n_steps: int = 41,
    economics: SiteEconomics | None = None,
    objective: Measure | str = Measure.TAC,
    heat_pumps: bool = True,
    on_row: Callable[[int, int], object] | None = None,
) -> SensitivityMap:
    """Vary two parameters together and map the set of heat pumps that is best.

    Parameters
    ----------
    streams : Streams
        The stream table.
    levels_C : sequence of float
        The levels, °C; every stream is connected to the nearest that serves it.
    vary : sequence of two str, or mapping of two str to sequence of float
        Keys of `SiteEconomics`; a mapping gives the values of each, in the key's own unit.
    from_percent, to_percent : float
        Range of both relative to the base values, where `vary` gives no values.
    n_steps : int
        Values of each in that range, from 2.
    economics : SiteEconomics, optional
        Base values; the defaults of the bundled site if not given.
    objective : Measure or str
        ``"tac"``, ``"opex"``, ``"capex"`` or ``"co2"``; TAC decides between equals.
    heat_pumps : bool
        Whether heat pumps are allowed.
    on_row : callable, optional
        Called with the number of values of the first parameter that are done, and of all.

    Returns
    -------
    SensitivityMap
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
    >>> found = sensitivity_map(
    ...     milpcore.load_case("site_400"),
    ...     levels_C=[15, 35, 80, 134, 214, 285, 1600],
    ...     vary=("electricity_price_EUR_per_MWh", "co2_price_EUR_per_t"),
    ...     n_steps=5,
    ... )
    >>> found.sets[["heat_pumps", "n_points"]]
           heat_pumps  n_points
    0           35→80        15
    1  35→80, 80→134         10
    """
    base = SiteEconomics() if economics is None else economics
    request = checked_request(base, vary, from_percent, to_percent, n_steps)
    _refuse_other_than_two(list(request))
    (first, first_values), (second, second_values) = request.items()
    system = FixedLevels(
        streams,
        levels_C,
        objective=objective,
        heat_pumps=heat_pumps,
        level_dt_cont_K=base.level_dt_cont_K,
    )
    axes = (
        Axis(first, float(getattr(base, first)), first_values),
        Axis(second, float(getattr(base, second)), second_values),
    )
    start_s = time.perf_counter()
    sizes = (len(first_values), len(second_values))
    _log.info("sensitivity map begins: %s by %s, %d by %d values", first, second, *sizes)
    points, borders = [], []
    for row, value in enumerate(first_values.tolist()):
        here = replace(base, **{first: value})
        cases = values_of(here, second, second_values)
        names = [
            f"{first} = {value:.10g}, {second} = {other:.10g}" for other in second_values.tolist()
        ]
        operations = system.operate(cases, names=names)
        points.append(map_rows(axes, row, operations))
        tips = operation_tips(system, here, second, second_values, operations)
        borders.append(border_rows(axes, row, tips))
        _log.debug("%s = %.10g: %d borders", first, value, len(tips))
        if on_row is not None:
            on_row(row + 1, len(first_values))
    _log.info("sensitivity map ends: %.3f s", time.perf_counter() - start_s)
    return SensitivityMap.of(base, system, axes, points, borders)


def _refuse_other_than_two(keys: list[str]) -> None:
    faults = FaultList()
    if len(keys) != 2:
        faults.add("", "vary", shown(keys), "must name two parameters", "choose two")
    faults.raise_if_any("sensitivity map")
