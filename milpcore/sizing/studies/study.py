"""The three studies by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from milpcore.faults import FaultList
from milpcore.naming import shown, suggestion
from milpcore.sizing.studies import case1, case2, case3, findings1, findings2, findings3
from milpcore.sizing.studies.points import Point


@dataclass(frozen=True, kw_only=True)
class Study:
    """A study.

    Attributes
    ----------
    name : str
        Such as ``"case1"``.
    title : str
        What it is about.
    points : callable
        Lists its points; keyword arguments make it smaller.
    tables : callable
        From the rows of the sweep to tables by name; ``findings`` is one of them.
    time_limit_s : float
        For each point, unless another is asked for.
    """

    name: str
    title: str
    points: Callable[..., list[Point]]
    tables: Callable[[pd.DataFrame], dict[str, pd.DataFrame]]
    time_limit_s: float


STUDIES: Sequence[Study] = (
    Study(
        name="case1",
        title="operation, flexibility, load changes and cooling water",
        points=case1.points,
        tables=findings1.tables,
        time_limit_s=120.0,
    ),
    Study(
        name="case2",
        title="sizes over the investment of the heat pump, and rules of thumb",
        points=case2.points,
        tables=findings2.tables,
        time_limit_s=60.0,
    ),
    Study(
        name="case3",
        title="sizes over the spread of the demand",
        points=case3.points,
        tables=findings3.tables,
        time_limit_s=60.0,
    ),
)


def study_named(name: str) -> Study:
    """Return a study by its name.

    Parameters
    ----------
    name : str
        One of ``"case1"``, ``"case2"``, ``"case3"``.

    Returns
    -------
    Study

    Raises
    ------
    InputError
        If there is none.

    Examples
    --------
    >>> study_named("case3").title
    'sizes over the spread of the demand'
    """
    for study in STUDIES:
        if study.name == name:
            return study
    faults = FaultList()
    names = [study.name for study in STUDIES]
    faults.add("", "study", shown(name), "unknown study", suggestion(str(name), names))
    faults.raise_if_any("study_named")
    raise AssertionError
