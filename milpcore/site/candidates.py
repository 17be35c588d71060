"""Which temperatures a level may have: interchangeable sets of candidates.

A set of candidates is a frozen object with `levels_C` and a `name`, handed to `prepare`,
`greenfield`, `greenfield_study` or `retrofit` as ``candidates_C``. Any object of that shape does.

==================  ========================  =====================================================
object              text (command line)       candidates
==================  ========================  =====================================================
`Kinks`             ``kinks``                 limit temperatures of the streams; the default
`KinksAndGrid`      ``kinks+grid:5``          these, and multiples of a step where pumps may reach
`Grid`              ``grid:5``                multiples of a step alone
`ListedLevels`      ``15,35,80``              what the user lists
`KinksAndGaps`      ``kinks+gaps``,           kinks, and levels between those that lie further apart
                    ``kinks+gaps:20``         than the lift limit, or than so many kelvin
`Refined`           ``refined``,              kinks, then finer and finer around the levels of the
                    ``refined:0.5``           best design (`milpcore.site.refine`)
==================  ========================  =====================================================

When the kinks are enough, and what they may lose where they are not: `milpcore.site.kink_theorem`.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from milpcore.economics import SiteEconomics
from milpcore.faults import FaultList
from milpcore.number_kinds import is_number

Floats = npt.NDArray[np.float64]

MOST_CANDIDATES = 5000
"""A grid with more levels than that is refused: its step is a slip of units."""
LEAST_STEP_K = 0.01
FORMS = "kinks, kinks+grid:5, grid:5, kinks+gaps, kinks+gaps:20, refined, refined:0.5 or 15,35,80"
"""What a text may look like; numbers are K, and °C in a list."""


@runtime_checkable
class Candidates(Protocol):
    """A set of candidate levels, made for each site."""

    @property
    def name(self) -> str:
        """How tables and records call it; the text that `candidates_from_text` reads."""

    def levels_C(self, limit_C: Floats, economics: SiteEconomics) -> Floats:
        """Candidate levels (L,) in any order, from the limit temperatures of the streams (S,)."""


@dataclass(frozen=True)
class Kinks:
    """The distinct limit temperatures of the streams.

    Examples
    --------
    >>> Kinks().levels_C(np.array([80.0, 25.0, 80.0]), SiteEconomics())
    array([25., 80.])
    """

    @property
    def name(self) -> str:
        """How tables and records call it."""
        return "kinks"

    def levels_C(self, limit_C: Floats, economics: SiteEconomics) -> Floats:  # noqa: ARG002
        """Candidate levels (L,)."""
        return np.unique(limit_C)


@dataclass(frozen=True)
class Grid:
    """The multiples of a step from below the lowest to above the highest limit temperature.

    Parameters
    ----------
    step_K : float
        At least `LEAST_STEP_K`.

    Examples
    --------
    >>> Grid(20.0).levels_C(np.array([25.0, 81.0]), SiteEconomics())
    array([ 20.,  40.,  60.,  80., 100.])
    """

    step_K: float

    def __post_init__(self) -> None:
        _checked_step(self, "step_K")

    @property
    def name(self) -> str:
        """How tables and records call it."""
        return f"grid:{self.step_K:g}"

    def levels_C(self, limit_C: Floats, economics: SiteEconomics) -> Floats:  # noqa: ARG002
        """Candidate levels (L,)."""
        return _multiples(self.step_K, float(limit_C.min()), float(limit_C.max()), outside=True)


@dataclass(frozen=True)
class KinksAndGrid:
    """The kinks, and the multiples of a step between the lowest kink and the sink limit.

    Above the sink limit of heat pumps, and beyond the outermost kinks, no other level than a kink
    is of any use unless electricity is cheaper than heat (Theorem 2 of
    `milpcore.site.kink_theorem`), so that the grid leaves these parts out.

    Parameters
    ----------
    step_K : float
        At least `LEAST_STEP_K`.

    Examples
    --------
    >>> KinksAndGrid(20.0).levels_C(np.array([25.0, 81.0]), SiteEconomics())
    array([25., 40., 60., 80., 81.])
    """

    step_K: float

    def __post_init__(self) -> None:
        _checked_step(self, "step_K")

    @property
    def name(self) -> str:
        """How tables and records call it."""
        return f"kinks+grid:{self.step_K:g}"

    def levels_C(self, limit_C: Floats, economics: SiteEconomics) -> Floats:
        """Candidate levels (L,)."""
        highest_C = min(float(limit_C.max()), economics.max_sink_C)
        grid = _multiples(self.step_K, float(limit_C.min()), highest_C)
        return np.union1d(limit_C, grid)


@dataclass(frozen=True)
class ListedLevels:
    """Temperatures that the user lists.

    Parameters
    ----------
    temperature_C : tuple of float
        At least one, each above absolute zero; `prepare` checks that they serve every stream.

    Examples
    --------
    >>> ListedLevels((15.0, 80.0)).name
    '15,80'
    """

    temperature_C: tuple[float, ...]

    @property
    def name(self) -> str:
        """How tables and records call it."""
        return ",".join(f"{value:.10g}" for value in self.temperature_C)

    def levels_C(self, limit_C: Floats, economics: SiteEconomics) -> Floats:  # noqa: ARG002
        """Candidate levels (L,)."""
        return np.array(self.temperature_C, dtype=np.float64)


@dataclass(frozen=True)
class KinksAndGaps:
    """The kinks, and evenly spaced levels in gaps between them that are too wide.

    A chain of heat pumps over a gap wider than the lift limit needs a level inside. Only gaps
    below the sink limit count.

    Parameters
    ----------
    most_K : float, optional
        Widest gap that stays as it is, at least `LEAST_STEP_K`; the lift limit if not given.

    Examples
    --------
    >>> KinksAndGaps().levels_C(np.array([25.0, 145.0, 190.0]), SiteEconomics())
    array([ 25.,  85., 145., 190.])
    """

    most_K: float | None = None

    def __post_init__(self) -> None:
        if self.most_K is not None:
            _checked_step(self, "most_K")

    @property
    def name(self) -> str:
        """How tables and records call it."""
        return "kinks+gaps" if self.most_K is None else f"kinks+gaps:{self.most_K:g}"

    def levels_C(self, limit_C: Floats, economics: SiteEconomics) -> Floats:
        """Candidate levels (L,)."""
        kink_C = np.unique(limit_C)
        most_K = economics.max_lift_K if self.most_K is None else self.most_K
        parts = [kink_C]
        for low_C, high_C in pairwise(kink_C.tolist()):
            within_C = min(high_C, economics.max_sink_C) - low_C
            if within_C > most_K > 0.0:
                n_parts = math.ceil((high_C - low_C) / most_K - 1e-9)
                inner_C = low_C + (high_C - low_C) * np.arange(1, n_parts) / n_parts
                parts.append(inner_C[inner_C <= economics.max_sink_C])
        return np.unique(np.concatenate(parts))


@dataclass(frozen=True)
class Refined:
    """A first set, then finer and finer levels around those of the best design.

    Each round adds, around every level of the best design that a heat pump can reach, a few levels
    on either side, and those at just the lift limit from it, and solves again; the distance is
    halved when that saves nothing, down to `step_K`. Bounds hold for the candidates of the last
    round, not for all temperatures.

    Parameters
    ----------
    step_K : float
        Finest distance, at least `LEAST_STEP_K`.
    first : Candidates
        Candidates of the first round, part of every other.
    first_step_K : float
        Distance in the second round.
    reach : int
        Levels added on either side, from 1.
    most_rounds : int
        Rounds after which it ends in any case, from 1.

    Examples
    --------
    >>> Refined(0.5).name
    'refined:0.5'
    """

    step_K: float = 1.0
    first: Candidates = field(default_factory=Kinks)
    first_step_K: float = 4.0
    reach: int = 3
    most_rounds: int = 20

    def __post_init__(self) -> None:
        _checked_step(self, "step_K")
        _checked_step(self, "first_step_K")
        faults = FaultList()
        for name in ("reach", "most_rounds"):
            value = getattr(self, name)
            if not (isinstance(value, numbers.Integral) and int(value) >= 1):
                faults.add("", name, repr(value), "must be a whole number from 1", "correct it")
        faults.raise_if_any("candidate levels")

    @property
    def name(self) -> str:
        """How tables and records call it."""
        return f"refined:{self.step_K:g}"

    def levels_C(self, limit_C: Floats, economics: SiteEconomics) -> Floats:
        """Candidate levels (L,) of the first round."""
        return self.first.levels_C(limit_C, economics)

    def around_C(self, open_C: Floats, step_K: float, economics: SiteEconomics) -> Floats:
        """Levels to add around those of a design, within what heat pumps can reach."""
        offset_K = step_K * np.arange(-self.reach, self.reach + 1)
        lift_K = np.array([-economics.max_lift_K, economics.max_lift_K])
        reached_C = open_C[open_C <= economics.max_sink_C + economics.max_lift_K]
        all_C = (reached_C[:, None] + np.concatenate((offset_K, lift_K))).ravel()
        within = (all_C >= open_C.min()) & (all_C <= min(open_C.max(), economics.max_sink_C))
        return np.unique(np.round(all_C[within], 6))


def candidates_from_text(text: str) -> Candidates:
    """Read a set of candidates as the command line and study files name it.

    Parameters
    ----------
    text : str
        One of `FORMS`.

    Returns
    -------
    Candidates

    Raises
    ------
    InputError
        For anything else; the message lists the forms.

    Examples
    --------
    >>> candidates_from_text("kinks+grid:5")
    KinksAndGrid(step_K=5.0)
    >>> candidates_from_text("15, 35, 80")
    ListedLevels(temperature_C=(15.0, 35.0, 80.0))
    """
    kind, colon, number = text.strip().partition(":")
    plain: dict[str, Candidates] = {
        "kinks": Kinks(),
        "kinks+gaps": KinksAndGaps(),
        "refined": Refined(),
    }
    stepped: dict[str, Callable[[float], Candidates]] = {
        "grid": Grid,
        "kinks+grid": KinksAndGrid,
        "kinks+gaps": KinksAndGaps,
        "refined": Refined,
    }
    if not colon:
        if kind in plain:
            return plain[kind]
        listed = [_number(part) for part in kind.split(",")]
        if all(math.isfinite(value) for value in listed):
            return ListedLevels(tuple(listed))
    if colon and kind in stepped and math.isfinite(_number(number)):
        return stepped[kind](_number(number))
    faults = FaultList()
    faults.add("", "candidates", repr(text), f"must be {FORMS}", "numbers are K, a list is °C")
    faults.raise_if_any("candidate levels")
    raise AssertionError("unreachable")


def candidates_name(candidates_C: Candidates | Sequence[float] | None) -> str:
    """How records call what was given as candidates.

    Examples
    --------
    >>> candidates_name(None), candidates_name([15.0, 35.0])
    ('kinks', '15,35')
    """
    if candidates_C is None:
        return Kinks().name
    if isinstance(candidates_C, Candidates):
        return candidates_C.name
    return ListedLevels(tuple(candidates_C)).name


def _number(text: str) -> float:
    """Read a number; nan for anything else."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _checked_step(candidates: object, name: str) -> None:
    """Refuse a distance between levels that makes no sense."""
    value = getattr(candidates, name)
    if is_number(value) and LEAST_STEP_K <= value < math.inf:
        return
    faults = FaultList()
    rule = f"must be a number from {LEAST_STEP_K:g} (K)"
    faults.add("", name, repr(value), rule, "5 is usual")
    faults.raise_if_any("candidate levels")


def _multiples(step_K: float, low_C: float, high_C: float, *, outside: bool = False) -> Floats:
    """Multiples of a step within a range, or with the next ones outside it."""
    low, high = low_C / step_K, high_C / step_K
    slack = 1e-9
    first = math.floor(low + slack) if outside else math.ceil(low - slack)
    last = math.ceil(high - slack) if outside else math.floor(high + slack)
    count = last - first + 1
    if count > MOST_CANDIDATES:
        faults = FaultList()
        rule = f"makes {count} candidate levels, more than {MOST_CANDIDATES}"
        faults.add("", "step_K", f"{step_K:g}", rule, "take a larger step")
        faults.raise_if_any("candidate levels")
    return np.round(step_K * np.arange(first, last + 1, dtype=np.float64), 6)
