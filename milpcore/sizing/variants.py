"""Formulations of model B by name, as tables of tightness have them.

A variant is a choice of the swappable parts of a `SizingModel`: the commitment, where stores get a
direction, which cuts there are, all of them, all but one, or none; then whether sizes are limited
by all that is known (`milpcore.sizing.comparison`), and whether a unit is held. ``no_commitment``
is no formulation, but the relaxation that the plateau hull is added to in
`milpcore.sizing.hull_bound`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from milpcore.comparing import fitting_names
from milpcore.sizing.big_m import BigM
from milpcore.sizing.model import EveryStep, Exclusivity, SizingModel, WhereNeeded
from milpcore.sizing.no_commitment import NoCommitment
from milpcore.sizing.plateau_path import PlateauPath
from milpcore.sizing.three_binary import ThreeBinary

NO_CUTS, WIDE, HELD = "no_cuts", "wide_limits", "held"
DIRECTIONS: dict[str, Exclusivity] = {"where_needed": WhereNeeded(), "every_step": EveryStep()}
CUTS = tuple(one.name for one in fields(SizingModel) if isinstance(one.default, bool))
"""Parts of the model that may be left out."""


@dataclass(frozen=True)
class SizingVariant:
    """A formulation in a table.

    Attributes
    ----------
    name : str
        Commitment, direction, cuts, limits where they are wide, and `HELD` where a unit is held,
        with colons between them.
    model : SizingModel
        Without the unit that is held, which depends on the input.
    has_tight_limits : bool
        Whether sizes are limited by all that linear programs say.
    is_held : bool
        Whether the plateaus of the unit that makes most of the heat carry copies of all sizes.
    """

    name: str
    model: SizingModel
    has_tight_limits: bool = True
    is_held: bool = False


def _every_variant() -> tuple[SizingVariant, ...]:
    found = []
    cut_sets = [frozenset(CUTS), *(frozenset(CUTS) - {one} for one in CUTS), frozenset[str]()]
    for commitment in (BigM(), ThreeBinary(), PlateauPath()):
        for direction, exclusivity in DIRECTIONS.items():
            for cuts in dict.fromkeys(cut_sets):
                told = "+".join(one for one in CUTS if one in cuts) or NO_CUTS
                model = SizingModel(
                    commitment=commitment,
                    exclusivity=exclusivity,
                    size_cuts="size_cuts" in cuts,
                    window_limits="window_limits" in cuts,
                )
                found.append(SizingVariant(f"{commitment.name}:{direction}:{told}", model))
        widest = SizingModel(commitment=commitment)
        all_cuts = "+".join(CUTS)
        name = f"{commitment.name}:where_needed:{all_cuts}:{WIDE}"
        found.append(SizingVariant(name, widest, has_tight_limits=False))
        name = f"{commitment.name}:where_needed:{all_cuts}:{HELD}"
        found.append(SizingVariant(name, widest, is_held=True))
    energy = SizingModel(commitment=NoCommitment())
    name = f"{energy.commitment.name}:where_needed:{'+'.join(CUTS)}"
    found.append(SizingVariant(name, energy))
    found.append(SizingVariant(f"{name}:{HELD}", energy, is_held=True))
    return tuple(found)


VARIANTS = _every_variant()
"""All that `compare` knows."""
REFERENCE = f"{BigM().name}:where_needed:{NO_CUTS}"
"""The one that `gap_closed` is relative to."""


def find_variants(names: Sequence[str] | None) -> tuple[SizingVariant, ...]:
    """Find variants by parts of their names.

    Parameters
    ----------
    names : sequence of str or None
        Names, or parts of them; all if None.

    Returns
    -------
    tuple of SizingVariant
        In the order of `VARIANTS`.

    Raises
    ------
    InputError
        For a name that is part of none.

    Examples
    --------
    >>> [variant.name for variant in find_variants(["big_m:every_step:no"])]
    ['big_m:every_step:no_cuts']
    """
    chosen = fitting_names(names, [one.name for one in VARIANTS])
    return tuple(one for one in VARIANTS if one.name in chosen)
