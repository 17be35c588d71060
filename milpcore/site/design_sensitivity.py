"""Sensitivity of designs whose levels may change: the best one is found again at every value.

`greenfield_sensitivity` chooses among all sets of levels, `retrofit_sensitivity` among the moves of
existing ones. Both are exact searches, so a tipping point, a value where levels or heat pumps of
the best design change, is one of the site and not of the method; see `milpcore.site.design_tips`
for what can be missed between two values.

Source of the problem: Hochhaus, Grünewald, Riese (2026), *Optimization of Site-wide Heat-Integrated
Utility Systems with Heat Pumps using MILP*, Systems and Control Transactions.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from milpcore.economics import Measure, SiteEconomics
from milpcore.faults import FaultList
from milpcore.site.design_sensitivity_results import DesignsAlong, DesignSensitivityStudy
from milpcore.site.design_tips import DesignState, DesignTip, design_tips
from milpcore.site.greenfield import greenfield
from milpcore.site.inputs import Floats
from milpcore.site.results import SiteResult
from milpcore.site.retrofit import retrofit
from milpcore.site.sensitivity_request import checked_request
from milpcore.streams import Streams

_log = logging.getLogger(__name__)
TOLERANCE = 1e-4
"""Width to which a tipping point is narrowed down, relative to the base value."""

Vary = str | Sequence[str] | Mapping[str, Sequence[float]]


class DesignProgress(NamedTuple):
    """How far a study is.

    Attributes
    ----------
    elapsed_s : float
        Since the study began.
    parameter : str
        The one that is varied.
    n_done, n_values : int
        Values of it whose design is found, and all of them.
    n_between : int
        Designs found between values, to narrow down where they change.
    """

    elapsed_s: float
    parameter: str
    n_done: int
    n_values: int
    n_between: int


DesignObserver = Callable[[DesignProgress], bool]
"""Called now and then with `DesignProgress`; returning True stops the study."""


class _Asked(NamedTuple):
    """What is varied, and how."""

    objective: Measure | str
    base: SiteEconomics
    vary: Vary
    from_percent: float
    to_percent: float
    n_steps: int
    tolerance: float
    observer: DesignObserver | None
    on_parameter: Callable[[DesignsAlong], object] | None


_Design = Callable[[SiteEconomics, Callable[[], bool]], SiteResult]
"""The best design at some prices; asks now and then whether to stop."""


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
    observer: DesignObserver | None = None,
    on_parameter: Callable[[DesignsAlong], object] | None = None,
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
    observer : callable, optional
        Called now and then with `DesignProgress`; returning True stops the study, which then
        holds what is finished and names what is not.
    on_parameter : callable, optional
        Called with the `DesignsAlong` each parameter as soon as all of it is found.

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

    def design(here: SiteEconomics, should_stop: Callable[[], bool]) -> SiteResult:
        return greenfield(
            streams,
            n_levels=n_levels,
            economics=here,
            objective=objective,
            candidates_C=candidates_C,
            mip_rel_gap=mip_rel_gap,
            observer=lambda _: should_stop(),
        )

    asked = _Asked(
        objective,
        SiteEconomics() if economics is None else economics,
        vary,
        from_percent,
        to_percent,
        n_steps,
        tolerance,
        observer,
        on_parameter,
    )
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
    observer: DesignObserver | None = None,
    on_parameter: Callable[[DesignsAlong], object] | None = None,
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
    observer : callable, optional
        Called now and then with `DesignProgress`; returning True stops the study, which then
        holds what is finished and names what is not.
    on_parameter : callable, optional
        Called with the `DesignsAlong` each parameter as soon as all of it is found.

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

    def design(here: SiteEconomics, should_stop: Callable[[], bool]) -> SiteResult:
        study = retrofit(
            streams,
            existing_C=existing_C,
            move=move,
            range_K=range_K,
            movable_C=movable_C,
            heat_pumps=heat_pumps,
            economics=here,
            objective=objective,
            observer=lambda _: should_stop(),
        )
        return study.without_moves if study.best is None else study.best.result

    asked = _Asked(
        objective,
        SiteEconomics() if economics is None else economics,
        vary,
        from_percent,
        to_percent,
        n_steps,
        tolerance,
        observer,
        on_parameter,
    )
    return _study(asked, design)


class _Stopped(Exception):  # noqa: N818
    """The observer wants the study to stop."""


@dataclass
class _Search:
    """The designs along one parameter while they are looked for."""

    asked: _Asked
    design: _Design
    key: str
    values: Floats
    start_s: float
    states: list[DesignState] = field(default_factory=list)
    n_between: int = 0
    is_stopped: bool = False

    def run(self) -> DesignsAlong:
        """Find the designs at all values, then the changes between them."""
        tips: tuple[DesignTip, ...] = ()
        try:
            for value in self.values.tolist():
                self.states.append(self.find(value))
            base = self.asked.base
            scale = abs(getattr(base, self.key)) or float(np.ptp(self.values))
            found = design_tips(
                self.key,
                self.values.tolist(),
                self.states,
                self.find_between,
                base=base,
                tolerance=self.asked.tolerance * scale,
            )
            tips = tuple(found)
        except _Stopped:
            pass
        done = self.values[: len(self.states)]
        return DesignsAlong(self.key, done, tuple(self.states), tips, not self.is_stopped)

    def find(self, value: float) -> DesignState:
        """Best design at a value."""
        if not self.should_stop():
            here = replace(self.asked.base, **{self.key: value})
            result = self.design(here, self.should_stop)
            if not self.is_stopped:
                return DesignState.of(result)
        raise _Stopped

    def find_between(self, value: float) -> DesignState:
        """Best design at a value between those asked for."""
        state = self.find(value)
        self.n_between += 1
        return state

    def should_stop(self) -> bool:
        """Ask the observer, but not again after a yes."""
        observer = self.asked.observer
        if observer is not None and not self.is_stopped:
            elapsed_s = time.perf_counter() - self.start_s
            done = (len(self.states), len(self.values), self.n_between)
            self.is_stopped = bool(observer(DesignProgress(elapsed_s, self.key, *done)))
        return self.is_stopped


def _study(asked: _Asked, design: _Design) -> DesignSensitivityStudy:
    """Find the design at every value of every parameter, and where it changes."""
    start_s = time.perf_counter()
    base = asked.base
    request = checked_request(base, asked.vary, asked.from_percent, asked.to_percent, asked.n_steps)
    _refuse_tolerance(asked.tolerance)
    parts = []
    for key, values in request.items():
        _log.info("sensitivity of designs to %s begins: %d values", key, len(values))
        part = _Search(asked, design, key, values, start_s).run()
        told = (len(part.states), len(part.tips), time.perf_counter() - start_s)
        ends = "ends" if part.is_complete else "was stopped"
        _log.info(
            "%s %s: %d values, %d tipping points, %.3f s since the study began", key, ends, *told
        )
        if part.states:
            parts.append(part)
        if not part.is_complete:
            break
        if asked.on_parameter is not None:
            asked.on_parameter(part)
    measure = parts[0].states[0].result.objective if parts else Measure(asked.objective)
    return DesignSensitivityStudy.of(measure, base, list(request), parts)


def _refuse_tolerance(tolerance: float) -> None:
    faults = FaultList()
    if not 1e-9 <= tolerance < 1.0:
        rule = "must be from 1e-9 to below 1"
        faults.add("", "tolerance", tolerance, rule, "such as 1e-4 of the base value")
    faults.raise_if_any("sensitivity")
