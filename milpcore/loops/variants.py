"""Formulations of model C by name, as tables of tightness have them.

Two questions, each with its own optimum: ``energy``, the least cost of utilities with one pooled
loop of at most some flow, asked of the residual-energy model and, on the same levels, of the
transport model; and ``cost``, the transport model's estimate of the total annual cost on cells of
one width. A name is the question, the model or the width of its cells, and what is different from
the model as it stands (``plain``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from milpcore.comparing import fitting_names
from milpcore.loops.residual_form import ResidualForm
from milpcore.loops.transport_form import SegmentProduct, TransportForm, WholeProduct

ENERGY, COST = "energy", "cost"
PLAIN = "plain"
CELLS_K = (16.0, 8.0, 4.0)
"""Widths of cells in the question of cost."""

_RESIDUAL = {
    PLAIN: ResidualForm(),
    "one_big_m": ResidualForm(big_m_by_level=False),
    "summed": ResidualForm(use_by_stream=False),
    "any_order": ResidualForm(is_monotone=False),
    "one_big_m+summed+any_order": ResidualForm(False, False, False),
    "starts": ResidualForm(has_starts=True),
}
_TARGET = {
    PLAIN: TransportForm(),
    "limits+links": TransportForm(product=SegmentProduct(), has_links=True),
}
_TRANSPORT = {
    PLAIN: TransportForm(),
    "summed": TransportForm(joins_by_cell=False),
    "loose": TransportForm(product=WholeProduct(is_loose=True)),
    "links": TransportForm(has_links=True),
    "segments": TransportForm(product=SegmentProduct(has_heat_limits=False)),
    "limits": TransportForm(product=SegmentProduct()),
    "limits+links": TransportForm(product=SegmentProduct(), has_links=True),
}


@dataclass(frozen=True)
class LoopVariant:
    """A formulation in a table.

    Attributes
    ----------
    question : str
        `ENERGY` or `COST`.
    model : str
        ``residual``, ``transport``, or the width of the cells.
    rows : str
        What is different, `PLAIN` for nothing.
    form : ResidualForm or TransportForm
    cells_K : float
        Width of the cells of streams and loop; NaN where they are given by the streams' ends.
    """

    question: str
    model: str
    rows: str
    form: ResidualForm | TransportForm
    cells_K: float = math.nan

    @property
    def name(self) -> str:
        """Question, model and rows with colons between them."""
        return f"{self.question}:{self.model}:{self.rows}"


VARIANTS = (
    *(LoopVariant(ENERGY, "residual", rows, form) for rows, form in _RESIDUAL.items()),
    *(LoopVariant(ENERGY, "transport", rows, form) for rows, form in _TARGET.items()),
    *(
        LoopVariant(COST, f"{cells_K:g}K", rows, form, cells_K)
        for cells_K in CELLS_K
        for rows, form in _TRANSPORT.items()
    ),
)
"""All that `compare` knows, the first of each question and width as it stands."""


def reference_of(variant: LoopVariant) -> LoopVariant:
    """Return the variant that ``gap_closed`` is relative to: the first with the same optimum.

    Examples
    --------
    >>> reference_of(VARIANTS[-1]).name, reference_of(VARIANTS[7]).name
    ('cost:4K:plain', 'energy:residual:plain')
    """
    return next(one for one in VARIANTS if _optimum_of(one) == _optimum_of(variant))


def _optimum_of(variant: LoopVariant) -> str:
    return variant.question if variant.question == ENERGY else variant.model


def find_variants(names: Sequence[str] | None) -> tuple[LoopVariant, ...]:
    """Find variants by parts of their names.

    Parameters
    ----------
    names : sequence of str or None
        Names, or parts of them; all if None.

    Returns
    -------
    tuple of LoopVariant
        In the order of `VARIANTS`.

    Raises
    ------
    InputError
        For a name that is part of none.

    Examples
    --------
    >>> [variant.name for variant in find_variants(["16K:l", "starts"])][:3]
    ['energy:residual:starts', 'cost:16K:loose', 'cost:16K:links']
    """
    chosen = fitting_names(names, [one.name for one in VARIANTS])
    return tuple(one for one in VARIANTS if one.name in chosen)
