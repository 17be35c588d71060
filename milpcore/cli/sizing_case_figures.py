"""The figures of ``milpcore sizing --study``, drawn one by one."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from milpcore.cli.output import Drawn
from milpcore.sizing.studies.case1 import WITH, WITHOUT
from milpcore.sizing.studies.evidence import solved
from milpcore.sizing.studies.run import DESIGN, result_of_row

FIGURES = {
    "case1": (
        "operation",
        "operation_without_pump",
        "flexibility",
        "load_changes",
        "store_level",
        "cooling_water",
    ),
    "case2": ("investment", "rules"),
    "case3": ("deviations", "shapes"),
}
"""Names of the figures of each study."""
OUR_PARAMETERS = "parameters are ours, not the paper's"


def figures_of(study: str, rows: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> Iterator[Drawn]:
    """Draw the figures of a study.

    Parameters
    ----------
    study : str
        Its name.
    rows : DataFrame
        Of the sweep.
    tables : dict of str to DataFrame
        Of the study.

    Yields
    ------
    Drawn
        In the order of `FIGURES`; without those whose points have no plant.
    """
    from milpcore import plots

    if study == "case1":
        yield from _operations(rows)
        yield Drawn("flexibility", plots.draw_flexibility(tables["flexible"]))
        yield Drawn("load_changes", plots.draw_load_changes(tables["load_changes"]))
        results = [
            result_of_row({str(key): value for key, value in row.items()})
            for row in solved(rows, "store_level").to_dict("records")
        ]
        yield Drawn("store_level", plots.draw_store_levels(results))
        yield Drawn("cooling_water", plots.draw_cooling_water(tables["cooling_water"]))
    elif study == "case2":
        yield Drawn("investment", plots.draw_investment(tables["investment"]))
        yield Drawn("rules", plots.draw_rules(tables["rules"]))
    else:
        yield Drawn("deviations", plots.draw_deviations(tables["deviations"], tables["points"]))
        yield Drawn("shapes", plots.draw_shapes(tables["deviations"]))


def _operations(rows: pd.DataFrame) -> Iterator[Drawn]:
    """Draw the operation with and without a heat pump."""
    from milpcore import plots

    names = {WITH: "operation", WITHOUT: "operation_without_pump"}
    for row in solved(rows, "flexible").to_dict("records"):
        if isinstance(row.get(DESIGN), str):
            result = result_of_row({str(key): value for key, value in row.items()})
            title = f"Case study 1, {row['label']} ({OUR_PARAMETERS})"
            yield Drawn(names[row["label"]], plots.draw_operation(result, title=title))
