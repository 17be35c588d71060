"""Ranges of sizes as a table."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

COLUMNS = ("name", "unit", "proven_least", "found_least", "size", "found_most", "proven_most")


@dataclass(frozen=True, eq=False)
class SizeRanges:
    """How small and how large sizes may be in designs that cost hardly more than the best one.

    Attributes
    ----------
    table : DataFrame
        One row per unit and store: ``proven_least`` and ``proven_most`` that no design within the
        share exceeds, ``found_least`` and ``found_most`` that checked designs reach, ``size`` of
        the best design; all in ``unit``. Between found and proven nothing is known.
    within_share : float
        Share of TAC by which these designs may cost more than the best one known.
    """

    table: pd.DataFrame
    within_share: float

    def __repr__(self) -> str:
        """One line: what is proven of every size."""
        sizes = ", ".join(
            f"{row.name} {row.proven_least:.6g} to {row.proven_most:.6g} {row.unit}"
            for row in self.table.itertuples(index=False)
        )
        return f"SizeRanges({100.0 * self.within_share:g} % of TAC; {sizes})"
