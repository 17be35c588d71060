"""How the configurations of a study are chosen, run and compared; see `milpcore.site.greenfield`.

A formulation that can share work between configurations offers, beside `Formulation`,
a method ``solve_study(inputs, levels, *, mip_rel_gap, time_limit_s, observer)`` that yields
``(n_levels, Outcome)`` in the order of `levels`, which rise; its own ``n_levels`` is the first of
them. Without it the configurations are solved one at a time. No formulation is made for more levels
than there are candidates, which means the same.
"""

from __future__ import annotations

import dataclasses
import logging
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol, cast

from milpcore.core import Status
from milpcore.faults import FaultList, InputError
from milpcore.number_kinds import is_number, is_whole
from milpcore.site.conditions import CHOSEN_CONNECTIONS
from milpcore.site.formulations import find_formulation
from milpcore.site.inputs import SiteInputs
from milpcore.site.model import Formulation, Observer, Outcome, relative_gap
from milpcore.site.option_refusals import network_option_faults
from milpcore.site.scaling import in_own_size, observer_in_own_size, resized, size_factor

_log = logging.getLogger(__name__)
PREFERRED = (
    "path_search",
    "set_search",
    "connection_search",
    "level_path",
    "assignment_strong",
)
"""Used where no formulation is asked for: the first of these that is exact for the input."""

MakeFormulation = Callable[[int], Formulation]
"""From the largest number of levels to a formulation."""
FormulationChoice = str | type[Any] | Formulation
"""A name, a class taking ``n_levels``, or an object whose ``n_levels`` is replaced."""

MOST_LEVELS = 2**63 - 1
"""Largest number of levels that tables hold."""

SAME_COST = 1e-9
"""Relative difference in cost below which the design with fewer levels is kept."""

_STOPPED = (Status.TIME_LIMIT, Status.NODE_LIMIT, Status.INTERRUPTED)


class SolveSettings(NamedTuple):
    """How long and how exactly to search.

    Attributes
    ----------
    mip_rel_gap : float
        Relative gap at which a search ends.
    time_limit_s : float or None
        Wall-clock seconds for each configuration.
    observer : callable or None
        Called with `Progress`; returning True stops the search.
    """

    mip_rel_gap: float
    time_limit_s: float | None
    observer: Observer | None


class SolvesStudies(Protocol):
    """A formulation that shares work between the configurations of a study."""

    def solve_study(
        self,
        inputs: SiteInputs,
        levels: Sequence[int],
        *,
        mip_rel_gap: float,
        time_limit_s: float | None,
        observer: Observer | None,
    ) -> Iterator[tuple[int, Outcome]]:
        """Yield the largest number of levels and its outcome, in the order of `levels`."""


def checked_settings(
    settings: SolveSettings, *, levels: Sequence[object], formulation: object
) -> None:
    """Refuse levels, gap, time limit and formulation names that make no sense, all at once.

    Parameters
    ----------
    settings : SolveSettings
        Gap from 0 to below 1; time limit positive.
    levels : sequence
        Whole numbers from 1 to `MOST_LEVELS`, none twice, at least one.
    formulation : object
        A known name; anything that is no text is looked at by `chosen_formulation`.

    Raises
    ------
    InputError
        Listing every fault.

    Examples
    --------
    >>> checked_settings(SolveSettings(2.0, None, None), levels=[0], formulation=None)
    Traceback (most recent call last):
        ...
    milpcore.faults.InputError: greenfield: 2 faults
      - n_levels = 0: must be a whole number from 1; give the largest number of levels
      - mip_rel_gap = 2.0: must be from 0 to below 1; 1e-4 is usual
    """
    faults = FaultList()
    if not levels:
        faults.add("", "levels", "[]", "must hold at least one number", "such as 2, 3, 4")
    seen: set[object] = set()
    for value in levels:
        if not (is_whole(value) and value >= 1):
            rule = "must be a whole number from 1"
            faults.add("", "n_levels", repr(value), rule, "give the largest number of levels")
        elif value > MOST_LEVELS:
            rule = f"must be at most {MOST_LEVELS}"
            faults.add("", "n_levels", value, rule, "give the number of candidates for no limit")
        elif value in seen:
            faults.add("", "levels", value, "must not come twice", "remove the duplicate")
        else:
            seen.add(value)
    note_settings(settings, faults)
    if isinstance(formulation, str):
        try:
            find_formulation(formulation)
        except InputError as error:
            for fault in error.faults:
                faults.add(*fault)
    faults.raise_if_any("greenfield")


def note_settings(settings: SolveSettings, faults: FaultList) -> None:
    """Note a gap or a time limit that makes no sense."""
    gap, limit_s = settings.mip_rel_gap, settings.time_limit_s
    if not (is_number(gap) and 0.0 <= gap < 1.0):
        faults.add("", "mip_rel_gap", repr(gap), "must be from 0 to below 1", "1e-4 is usual")
    if limit_s is not None and not (is_number(limit_s) and limit_s > 0.0):
        rule = "must be positive (s)"
        faults.add("", "time_limit_s", repr(limit_s), rule, "leave it out for no limit")


def checked_levels(levels: Sequence[int]) -> list[int]:
    """Plain integers, rising."""
    return sorted(int(value) for value in levels)


def chosen_formulation(
    inputs: SiteInputs, formulation: FormulationChoice | None
) -> MakeFormulation:
    """Find how to make the formulation asked for, or the preferred one for the input.

    Parameters
    ----------
    inputs : SiteInputs
        The site.
    formulation : str, class, object or None
        See `FormulationChoice`; None takes the first of `PREFERRED` that is exact.

    Returns
    -------
    callable
        From ``n_levels`` to a formulation, for at most as many levels as there are candidates.

    Raises
    ------
    InputError
        If it would be wrong for the input, or is no formulation.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore.site.inputs import prepare
    >>> inputs = prepare(milpcore.load_case("two_streams"), cascade=False)
    >>> chosen_formulation(inputs, None)(3).name
    'assignment_strong'
    """
    if formulation is None:
        makers = [_maker(name) for name in PREFERRED]
        exact = (make for make in makers if make(1).refusal(inputs) is None)
        return _within_candidates(next(exact, makers[-1]), inputs)
    make = _maker(formulation)
    refusal = make(1).refusal(inputs)
    if refusal is not None:
        rule, _, remedy = refusal.partition("; ")
        faults = FaultList()
        faults.add("", "formulation", make(1).name, rule, remedy or "use another one")
        faults.raise_if_any("greenfield")
    return _within_candidates(make, inputs)


def choice_note(inputs: SiteInputs, formulation: FormulationChoice | None, name: str) -> str:
    """Tell why options made another formulation than the usual one necessary; empty if not."""
    faults = network_option_faults(inputs)
    if inputs.chooses_connections:
        faults.append(CHOSEN_CONNECTIONS)
    if formulation is not None or not faults:
        return ""
    return f"Solved with {name}: {PREFERRED[0]} does not know that {' and '.join(faults)}."


def outcomes(
    inputs: SiteInputs,
    make: MakeFormulation,
    levels: Sequence[int],
    settings: SolveSettings,
) -> Iterator[tuple[int, Outcome]]:
    """Solve configurations in rising order; failures become outcomes with status error.

    Parameters
    ----------
    inputs : SiteInputs
        The site.
    make : callable
        From ``n_levels`` to a formulation.
    levels : sequence of int
        Rising.
    settings : SolveSettings
        Passed on.

    Yields
    ------
    n_levels : int
        Largest number of levels.
    outcome : Outcome
        One for each of `levels`. After one that was interrupted the rest are not started.
    """
    waiting = list(levels)
    while waiting:
        source = solved(inputs, make, list(waiting), settings)
        try:
            for n_levels, outcome in source:
                if n_levels != waiting[0]:
                    raise RuntimeError(f"expected {waiting[0]} levels next, not {n_levels}")
                waiting.pop(0)
                yield n_levels, outcome
                if outcome.status is Status.INTERRUPTED:
                    for left in waiting:
                        yield left, _without_design(Status.INTERRUPTED, "not started")
                    return
                if not waiting:
                    return
            raise RuntimeError(f"nothing came for {waiting[0]} levels")
        except Exception as error:
            _log.exception("at most %d levels: failed", waiting[0])
            yield waiting.pop(0), failed(error)


def honest(inputs: SiteInputs, found: Outcome, mip_rel_gap: float) -> Outcome:
    """Withdraw the status optimal where the gap asked for is not reached.

    Parameters
    ----------
    inputs : SiteInputs
        The site.
    found : Outcome
        As a formulation returned it.
    mip_rel_gap : float
        Gap asked for.

    Returns
    -------
    Outcome
        With status error if a solver's absolute tolerances ended its search too soon, as they do
        on sites of a few watts. Rounding, 1e-6 of the cost of heating all streams, is forgiven.
    """
    if found.status is not Status.OPTIMAL or found.design is None:
        return found
    all_external = float(inputs.objective_costs.external_heat.max() * inputs.stream_duty_kW.sum())
    allowed = (mip_rel_gap + 1e-6) * abs(found.objective) + 1e-6 * all_external
    if found.objective - found.bound <= allowed:
        return found
    message = f"the solver stopped at a gap of {found.gap:.3g}, above the {mip_rel_gap:g} asked for"
    return dataclasses.replace(found, status=Status.ERROR, message=message)


def kept(
    best: Outcome | None, found: Outcome, mip_rel_gap: float, *, tac_decides: bool = False
) -> Outcome:
    """Keep a design with fewer levels where nothing better was found with more.

    Parameters
    ----------
    best : Outcome or None
        Best so far, with fewer levels.
    found : Outcome
        Of the configuration at hand; its bound stays, since it holds for every design.
    mip_rel_gap : float
        Gap that makes the status optimal.
    tac_decides : bool
        Whether TAC comes second: a design that costs the same then stays, as its TAC may be less.

    Returns
    -------
    Outcome
    """
    if best is None or best.design is None:
        return found
    nothing = found.design is None and found.status in _STOPPED
    worse = found.design is not None and found.objective > best.objective
    if found.design is not None and not tac_decides:
        needs_more = found.design.is_open.sum() > best.design.is_open.sum()
        worse |= bool(needs_more and found.objective >= (1.0 - SAME_COST) * best.objective)
    if not (nothing or worse):
        return found
    bound = found.bound if math.isfinite(found.bound) else 0.0
    gap = relative_gap(best.objective, bound)
    proven = found.status in _STOPPED and gap <= mip_rel_gap
    return dataclasses.replace(
        found,
        status=Status.OPTIMAL if proven else found.status,
        design=best.design,
        objective=best.objective,
        bound=bound,
        gap=gap,
    )


def failed(error: Exception) -> Outcome:
    """Outcome of a configuration that raised."""
    return _without_design(Status.ERROR, f"{type(error).__name__}: {error}")


def solved(
    inputs: SiteInputs,
    make: MakeFormulation,
    levels: Sequence[int],
    settings: SolveSettings,
) -> Iterator[tuple[int, Outcome]]:
    """Outcomes of a formulation that shares work, or of one configuration after another.

    The site is solved in a usual size, see `milpcore.site.scaling`.
    """
    factor = size_factor(inputs)
    settings = settings._replace(observer=observer_in_own_size(settings.observer, factor))
    for n_levels, outcome in _in_turn(resized(inputs, factor), make, levels, settings):
        yield n_levels, in_own_size(outcome, factor)


def _in_turn(
    inputs: SiteInputs,
    make: MakeFormulation,
    levels: Sequence[int],
    settings: SolveSettings,
) -> Iterator[tuple[int, Outcome]]:
    solver = make(levels[0])
    if hasattr(solver, "solve_study"):
        shares = cast(SolvesStudies, solver)
        yield from shares.solve_study(inputs, levels, **settings._asdict())
        return
    for n_levels in levels:
        yield n_levels, make(n_levels).solve(inputs, **settings._asdict())


def _maker(formulation: FormulationChoice) -> MakeFormulation:
    if isinstance(formulation, str):
        return cast(MakeFormulation, find_formulation(formulation))
    if isinstance(formulation, type):
        return cast(MakeFormulation, formulation)
    if dataclasses.is_dataclass(formulation) and hasattr(formulation, "n_levels"):
        template = cast(Any, formulation)
        return lambda n_levels: cast(Formulation, dataclasses.replace(template, n_levels=n_levels))
    faults = FaultList()
    rule = "must be a name, a formulation class, or a dataclass with n_levels"
    faults.add("", "formulation", repr(formulation), rule, "give a name such as level_path")
    faults.raise_if_any("greenfield")
    raise AssertionError("unreachable")


def _within_candidates(make: MakeFormulation, inputs: SiteInputs) -> MakeFormulation:
    """Make no formulation for more levels than there are candidates."""
    return lambda n_levels: make(min(n_levels, inputs.n_candidates))


def _without_design(status: Status, message: str) -> Outcome:
    return Outcome(status, None, math.nan, -math.inf, math.inf, 0, 0.0, message)
