"""Two parameters at once: the best heat pumps of fixed levels over a grid of both.

Every point is checked like those of `milpcore.site.sensitivity`. The borders between the sets of
heat pumps are exact on all lines of the grid, at each value of either parameter, to 1e-6 of the
other one's base value, with the exception that `milpcore.site.operation_tips` names for keys that
change the balances. Between these lines they are straight, as `milpcore.site.map_cells` says.

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
from milpcore.site.inputs import Floats
from milpcore.site.map_cells import Pieces
from milpcore.site.map_search import MapRow, MapSearch
from milpcore.site.operation_tips import operation_states, operation_tips
from milpcore.site.sensitivity_map_results import (
    Axis,
    Border,
    RowTables,
    SensitivityMap,
    border_rows,
    map_rows,
)
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
    on_result: Callable[[RowTables], object] | None = None,
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
    on_result : callable, optional
        Called with the `RowTables` of each value of the first parameter as soon as they are whole,
        so that they are not lost with what comes after; `SensitivityMap.of` joins them.

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
    axes = map_axes(base, request)
    (first, first_values), (second, second_values) = request.items()
    system = FixedLevels(
        streams,
        levels_C,
        objective=objective,
        heat_pumps=heat_pumps,
        level_dt_cont_K=base.level_dt_cont_K,
    )
    start_s = time.perf_counter()
    sizes = (len(first_values), len(second_values))
    _log.info("sensitivity map begins: %s by %s, %d by %d values", first, second, *sizes)
    search = MapSearch(system, base, axes)
    rows: list[RowTables] = []
    before: MapRow | None = None
    for row, value in enumerate(first_values.tolist()):
        here = replace(base, **{first: value})
        cases = values_of(here, second, second_values)
        names = [
            f"{first} = {value:.10g}, {second} = {other:.10g}" for other in second_values.tolist()
        ]
        operations = system.operate(cases, names=names)
        tips = operation_tips(system, here, second, second_values, operations)
        borders, pieces = [Border(1, value, tip) for tip in tips], Pieces()
        after = MapRow(value, operation_states(operations), tips)
        if before is not None:
            across, pieces = search.between(before, after)
            borders += across
        before = after
        points = map_rows(axes, row, operations)
        rows.append(RowTables(points, border_rows(axes, borders), pieces))
        _log.debug("%s = %.10g: %d borders", first, value, len(borders))
        if on_result is not None:
            on_result(rows[-1])
        if on_row is not None:
            on_row(row + 1, len(first_values))
    _log.info("sensitivity map ends: %.3f s", time.perf_counter() - start_s)
    return SensitivityMap.of(tuple(system.level_C.tolist()), system.objective, base, axes, rows)


def map_axes(base: SiteEconomics, request: Mapping[str, Floats]) -> tuple[Axis, Axis]:
    """Return the two axes of a map.

    Parameters
    ----------
    base : SiteEconomics
        Base values.
    request : mapping of two str to ndarray (P,)
        From `checked_request`.

    Returns
    -------
    tuple of two Axis

    Raises
    ------
    InputError
        If there are other than two parameters.
    """
    _refuse_other_than_two(list(request))
    first, second = (
        Axis(key, float(getattr(base, key)), values) for key, values in request.items()
    )
    return first, second


def _refuse_other_than_two(keys: list[str]) -> None:
    faults = FaultList()
    if len(keys) != 2:
        value = ", ".join(map(shown, keys))
        faults.add("", "vary", value, "must name two parameters", "choose two")
    faults.raise_if_any("sensitivity map")
