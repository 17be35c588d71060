"""Variants of the site model to compare for tightness: a new one is one entry here.

A variant is a formulation with its options; those that are *reduced* leave out what no design at
least as good as a known one can use (`milpcore.site.survivors`). Each family of cuts stands beside
the same formulation without it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from milpcore.faults import FaultList
from milpcore.naming import suggestion
from milpcore.site.assignment import AssignmentStrong, AssignmentWeak
from milpcore.site.cascade_limits import Cascade
from milpcore.site.coverage_rows import CoverageRows
from milpcore.site.kink_assignment import KinkAssignment
from milpcore.site.layered_path import ArcPath, CutFamily, LayeredPath
from milpcore.site.level_path import IntegerColumns, LevelPath
from milpcore.site.model import MilpFormulation
from milpcore.site.pairing_cuts import PairingCuts

REFERENCE = "level_path"
"""Variant that the share of the gap closed is measured against."""


class Cuts(NamedTuple):
    """Families of cuts of a variant."""

    pairing: bool = False
    coverage: bool = False

    def names(self) -> list[str]:
        """Names of the families, for tables."""
        return [family for family in ("coverage", "pairing") if getattr(self, family)]

    def families(self, upper_bound: float) -> tuple[CutFamily, ...]:
        """Return the families, given the objective of a known design."""
        coverage: tuple[CutFamily, ...] = (CoverageRows(upper_bound),) if self.coverage else ()
        pairing: tuple[CutFamily, ...] = (PairingCuts(),) if self.pairing else ()
        return coverage + pairing


_NO_CUTS = Cuts()


@dataclass(frozen=True)
class Variant:
    """One line of a tightness table for each number of levels.

    Attributes
    ----------
    name : str
        Name in tables.
    make : callable
        Makes the formulation from the largest number of levels and the objective of a known
        design.
    reduced : bool
        Whether it leaves out what no design at least as good as the known one can use.
    cuts : str
        Families of cuts, for tables.
    n_intervals : int
        Intervals of the external heat, one linear program each; 0 for the relaxation itself.
    """

    name: str
    make: Callable[[int, float], MilpFormulation]
    reduced: bool = False
    cuts: str = ""
    n_intervals: int = 0


@dataclass(frozen=True)
class _Whole:
    """Makes a formulation without a known design."""

    formulation: Callable[[int], MilpFormulation]

    def __call__(self, n_levels: int, upper_bound: float) -> MilpFormulation:
        del upper_bound
        return self.formulation(n_levels)


@dataclass(frozen=True)
class _Levels:
    """Makes `LevelPath` with options."""

    integer: IntegerColumns = IntegerColumns.COUNTS
    dominance_rows: bool | None = None

    def __call__(self, n_levels: int, upper_bound: float) -> MilpFormulation:
        del upper_bound
        return LevelPath(n_levels, integer=self.integer, dominance_rows=self.dominance_rows)


@dataclass(frozen=True)
class _Path:
    """Makes `ArcPath` or `LayeredPath` with options."""

    formulation: type[ArcPath] | type[LayeredPath]
    cascade: Cascade
    reduced: bool = True
    integer: IntegerColumns = IntegerColumns.COUNTS
    cuts: Cuts = _NO_CUTS

    def __call__(self, n_levels: int, upper_bound: float) -> MilpFormulation:
        return self.formulation(
            n_levels,
            cascade=self.cascade,
            integer=self.integer,
            upper_bound=upper_bound if self.reduced else None,
            cuts=self.cuts.families(upper_bound),
        )


_LAYERED_TIGHT = _Path(LayeredPath, Cascade.TIGHT)
_PAIRING, _COVERAGE, _BOTH = Cuts(pairing=True), Cuts(coverage=True), Cuts(True, True)


def _reduced(name: str, make: _Path, *, n_intervals: int = 0) -> Variant:
    """Make a reduced variant, named after its cuts."""
    cuts = [f"{n_intervals}_intervals"] if n_intervals else make.cuts.names()
    return Variant("+".join([f"reduced:{name}", *cuts]), make, True, "+".join(cuts), n_intervals)


VARIANTS: tuple[Variant, ...] = (
    Variant("assignment_weak", _Whole(AssignmentWeak)),
    Variant("assignment_strong", _Whole(AssignmentStrong)),
    Variant("kink_assignment", _Whole(KinkAssignment)),
    Variant("level_path", _Levels()),
    Variant("level_path:levels", _Levels(IntegerColumns.LEVELS)),
    Variant("level_path:arcs", _Levels(IntegerColumns.ARCS)),
    Variant("level_path:no_dominance", _Levels(dominance_rows=False)),
    Variant("arc_path:loose", _Path(ArcPath, Cascade.LOOSE, reduced=False)),
    Variant("arc_path:tight", _Path(ArcPath, Cascade.TIGHT, reduced=False)),
    Variant("layered_path:chain", _Path(LayeredPath, Cascade.CHAIN, reduced=False)),
    Variant("layered_path:loose", _Path(LayeredPath, Cascade.LOOSE, reduced=False)),
    Variant("layered_path:tight", _Path(LayeredPath, Cascade.TIGHT, reduced=False)),
    _reduced("level_path", _Path(ArcPath, Cascade.CHAIN)),
    _reduced("arc_path:loose", _Path(ArcPath, Cascade.LOOSE)),
    _reduced("arc_path:tight", _Path(ArcPath, Cascade.TIGHT)),
    _reduced("layered_path:chain", _Path(LayeredPath, Cascade.CHAIN)),
    _reduced("layered_path:loose", _Path(LayeredPath, Cascade.LOOSE)),
    _reduced("layered_path:tight", _LAYERED_TIGHT),
    _reduced("layered_path:tight:levels", replace(_LAYERED_TIGHT, integer=IntegerColumns.LEVELS)),
    _reduced("layered_path:tight:arcs", replace(_LAYERED_TIGHT, integer=IntegerColumns.ARCS)),
    _reduced("level_path", _Path(ArcPath, Cascade.CHAIN, cuts=_PAIRING)),
    _reduced("arc_path:tight", _Path(ArcPath, Cascade.TIGHT, cuts=_PAIRING)),
    _reduced("layered_path:tight", replace(_LAYERED_TIGHT, cuts=_PAIRING)),
    _reduced("level_path", _Path(ArcPath, Cascade.CHAIN, cuts=_COVERAGE)),
    _reduced("level_path", _Path(ArcPath, Cascade.CHAIN, cuts=_BOTH)),
    _reduced("layered_path:tight", replace(_LAYERED_TIGHT, cuts=_COVERAGE)),
    _reduced("layered_path:tight", replace(_LAYERED_TIGHT, cuts=_BOTH)),
    _reduced("level_path", _Path(ArcPath, Cascade.CHAIN), n_intervals=4),
    _reduced("level_path", _Path(ArcPath, Cascade.CHAIN), n_intervals=16),
    _reduced("layered_path:tight", _LAYERED_TIGHT, n_intervals=4),
)
"""All variants, from the published model to the tightest."""


def find_variants(names: Sequence[str] | None) -> tuple[Variant, ...]:
    """Select variants by their names, or by parts of their names.

    Parameters
    ----------
    names : sequence of str, optional
        The name of a variant, or a part such as ``layered_path`` or ``+pairing`` for all that have
        it. All variants if not given.

    Returns
    -------
    tuple of Variant
        In the order of `VARIANTS`.

    Raises
    ------
    InputError
        If a name fits nothing; the message names the nearest one.

    Examples
    --------
    >>> [variant.name for variant in find_variants(["level_path", "+pairing"])][:2]
    ['level_path', 'reduced:level_path+pairing']
    """
    if names is None:
        return VARIANTS
    faults = FaultList()
    every = [variant.name for variant in VARIANTS]
    chosen: set[str] = set()
    for name in names:
        fitting = [name] if name in every else [other for other in every if name and name in other]
        if not fitting:
            faults.add("", "formulation", name, "unknown", suggestion(name, every))
        chosen.update(fitting)
    faults.raise_if_any("formulation")
    return tuple(variant for variant in VARIANTS if variant.name in chosen)
