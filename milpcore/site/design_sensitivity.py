"""Sensitivity of designs whose levels may change: the best one is found again at every value.

`greenfield_sensitivity` chooses among all sets of levels, `retrofit_sensitivity` among the moves of
existing ones. Both are exact searches, so a tipping point, a value where levels or heat pumps of
the best design change, is one of the site and not of the method; see `milpcore.site.design_tips`
for what can be missed between two values.

Source of the problem: Hochhaus, Grünewald, Riese (2026), *Optimization of Site-wide Heat-Integrated
Utility Systems with Heat Pumps using MILP*, Systems and Control Transactions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from milpcore.economics import Measure, SiteEconomics
from milpcore.faults import FaultList
from milpcore.site.design_sensitivity_results import DesignSensitivityStudy, design_rows
from milpcore.site.design_tips import DesignState, design_tips
from milpcore.site.greenfield import greenfield
from milpcore.site.results import SiteResult
from milpcore.site.retrofit import retrofit
from milpcore.site.sensitivity_request import checked_request
from milpcore.streams import Streams

TOLERANCE = 1e-4
"""Width to which a tipping point is narrowed down, relative to the base value."""

Vary = str | Sequence[str] | Mapping[str, Sequence[float]]


class DesignProgress(NamedTuple):
    """How far a study is: designs found for the values of a parameter, and how many there are."""

    parameter: str
    n_done: int
    n_values: int


class _Asked(NamedTuple):
    """What is varied, and how."""

    base: SiteEconomics
    vary: Vary
    from_percent: float
    to_percent: float
    n_steps: int
    tolerance: float
    on_progress: Callable[[DesignProgress], object] | None


def greenfield_sensitivity(
    streams: Streams,
    *,
    n_levels: int,
    vary: Vary,
    from_percent: float = -50.0,
    to_percent: float = 50.0,
    n_steps: int = 21,
    economics: SiteEconomics | None = None,
    objective: Measure | str = Measure.TAC,
    candidates_C: Sequence[float] | None = None,
    mip_rel_gap: float = 0.0,
    tolerance: float = TOLERANCE,
    on_progress: Callable[[DesignProgress], object] | None = None,
) -> DesignSensitivityStudy:
    """Vary parameters one at a time and find the best levels again at every value.

    Parameters
    ----------
    streams : Streams
        The stream table.
    n_levels : int
        Largest number of levels.
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
    candidates_C : sequence of float, optional
        Candidate levels, °C; default the limit temperatures of the streams.
    mip_rel_gap : float
        Relative gap of each search. Above 0, tipping points are those of the designs found, and
        designs that are better by less than the gap may be missed.
    tolerance : float
        Width to which a tipping point is narrowed down, relative to the base value.
    on_progress : callable, optional
        Called with `DesignProgress` after each value.

    Returns
    -------
    DesignSensitivityStudy
        Every design checked. Along prices, emission factors, operating hours, investment,
        interest, lifetime and the boiler's efficiency no change of the design is missed. Along
        all other keys a design that comes and goes again between two values is missed.

    Raises
    ------
    InputError
        Listing what is wrong with the input.
    CheckError
        If a design contradicts its streams or prices, which is an error of this package.

    References
    ----------
    Hochhaus, Grünewald, Riese (2026), Optimization of Site-wide Heat-Integrated Utility Systems
    with Heat Pumps using MILP, Systems and Control Transactions.

    Examples
    --------
    >>> import milpcore
    >>> study = greenfield_sensitivity(
    ...     milpcore.load_case("dairy_8"),
    ...     n_levels=5,
    ...     vary="electricity_price_EUR_per_MWh",
    ...     n_steps=5,
    ... )
    >>> study.points["status"].unique().tolist()
    ['optimal']
    """

    def design(here: SiteEconomics) -> SiteResult:
        return greenfield(
            streams,
            n_levels=n_levels,
            economics=here,
            objective=objective,
            candidates_C=candidates_C,
            mip_rel_gap=mip_rel_gap,
        )

    base = SiteEconomics() if economics is None else economics
    asked = _Asked(base, vary, from_percent, to_percent, n_steps, tolerance, on_progress)
    return _study(asked, design)


def retrofit_sensitivity(
    streams: Streams,
    *,
    existing_C: Sequence[float],
    vary: Vary,
    move: int = 1,
    range_K: float = 10.0,
    movable_C: Sequence[float] | None = None,
    heat_pumps: bool = True,
    from_percent: float = -50.0,
    to_percent: float = 50.0,
    n_steps: int = 21,
    economics: SiteEconomics | None = None,
    objective: Measure | str = Measure.TAC,
    tolerance: float = TOLERANCE,
    on_progress: Callable[[DesignProgress], object] | None = None,
) -> DesignSensitivityStudy:
    """Vary parameters one at a time and find the best retrofit again at every value.

    Parameters
    ----------
    streams : Streams
        The stream table.
    existing_C : sequence of float
        Levels of today, °C.
    vary : str, sequence of str, or mapping of str to sequence of float
        Keys of `SiteEconomics`; a mapping gives the values of each, in the key's own unit.
    move : int
        Levels that may move at a time; the best combination counts.
    range_K : float
        How far each may move.
    movable_C : sequence of float, optional
        Existing levels that may move at all; default all of them.
    heat_pumps : bool
        Whether heat pumps are allowed.
    from_percent, to_percent : float
        Range relative to the base value, where `vary` gives no values.
    n_steps : int
        Values in that range, from 2.
    economics : SiteEconomics, optional
        Base values; the defaults of the bundled site if not given.
    objective : Measure or str
        ``"tac"``, ``"opex"``, ``"capex"`` or ``"co2"``; TAC decides between equals.
    tolerance : float
        Width to which a tipping point is narrowed down, relative to the base value.
    on_progress : callable, optional
        Called with `DesignProgress` after each value.

    Returns
    -------
    DesignSensitivityStudy
        Every design checked; what can be missed is said at `greenfield_sensitivity`.

    Raises
    ------
    InputError
        Listing what is wrong with the input.
    CheckError
        If a design contradicts its streams or prices, which is an error of this package.

    References
    ----------
    Hochhaus, Grünewald, Riese (2026), Optimization of Site-wide Heat-Integrated Utility Systems
    with Heat Pumps using MILP, Systems and Control Transactions.

    Examples
    --------
    >>> import milpcore
    >>> study = retrofit_sensitivity(
    ...     milpcore.load_case("two_streams"),
    ...     existing_C=[45.0, 140.0],
    ...     vary="gas_price_EUR_per_MWh",
    ...     n_steps=3,
    ... )
    >>> study.points["levels_C"].tolist()
    ['45, 140', '45, 140', '45, 140']
    """

    def design(here: SiteEconomics) -> SiteResult:
        study = retrofit(
            streams,
            existing_C=existing_C,
            move=move,
            range_K=range_K,
            movable_C=movable_C,
            heat_pumps=heat_pumps,
            economics=here,
            objective=objective,
        )
        return study.without_moves if study.best is None else study.best.result

    base = SiteEconomics() if economics is None else economics
    asked = _Asked(base, vary, from_percent, to_percent, n_steps, tolerance, on_progress)
    return _study(asked, design)


def _study(asked: _Asked, design: Callable[[SiteEconomics], SiteResult]) -> DesignSensitivityStudy:
    """Find the design at every value of every parameter, and where it changes."""
    base = asked.base
    request = checked_request(base, asked.vary, asked.from_percent, asked.to_percent, asked.n_steps)
    _refuse_tolerance(asked.tolerance)
    rows, tips = [], []
    results: dict[str, tuple[SiteResult, ...]] = {}
    for key, values in request.items():

        def find(value: float, key: str = key) -> DesignState:
            return DesignState.of(design(replace(base, **{key: value})))

        states: list[DesignState] = []
        for value in values.tolist():
            states.append(find(value))
            if asked.on_progress is not None:
                asked.on_progress(DesignProgress(key, len(states), len(values)))
        scale = abs(getattr(base, key)) or float(np.ptp(values))
        tolerance = asked.tolerance * scale
        found = design_tips(key, values.tolist(), states, find, base=base, tolerance=tolerance)
        results[key] = tuple(state.result for state in states)
        rows.append(design_rows(key, getattr(base, key), values, states))
        tips += [(key, tip) for tip in found]
    return DesignSensitivityStudy.of(base, rows, tips, results)


def _refuse_tolerance(tolerance: float) -> None:
    faults = FaultList()
    if not 1e-9 <= tolerance < 1.0:
        rule = "must be from 1e-9 to below 1"
        faults.add("", "tolerance", tolerance, rule, "such as 1e-4 of the base value")
    faults.raise_if_any("sensitivity")
