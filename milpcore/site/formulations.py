"""The formulations of model A by name: a new one is one file and one entry here."""

from __future__ import annotations

from milpcore.faults import FaultList
from milpcore.naming import suggestion
from milpcore.site.assignment import AssignmentStrong, AssignmentWeak
from milpcore.site.connection_search import ConnectionSearch
from milpcore.site.kink_assignment import KinkAssignment
from milpcore.site.layered_path import ArcPath, LayeredPath
from milpcore.site.level_path import LevelPath
from milpcore.site.option_search import SetSearch
from milpcore.site.path_search import PathSearch

FormulationClass = (
    type[AssignmentWeak]
    | type[AssignmentStrong]
    | type[KinkAssignment]
    | type[LevelPath]
    | type[ArcPath]
    | type[LayeredPath]
    | type[PathSearch]
    | type[SetSearch]
    | type[ConnectionSearch]
)

FORMULATIONS: tuple[FormulationClass, ...] = (
    AssignmentWeak,
    AssignmentStrong,
    KinkAssignment,
    LevelPath,
    ArcPath,
    LayeredPath,
    PathSearch,
    SetSearch,
    ConnectionSearch,
)
"""All formulations, from the published one to the fastest; each takes ``n_levels``."""


def find_formulation(name: str) -> FormulationClass:
    """Find a formulation by its name on the command line and in tables.

    Parameters
    ----------
    name : str
        Name of a formulation.

    Returns
    -------
    type
        Its class; call it with ``n_levels``.

    Raises
    ------
    InputError
        If there is none of that name; the message names the nearest one.

    Examples
    --------
    >>> find_formulation("level_path")(n_levels=6).n_levels
    6
    """
    for formulation in FORMULATIONS:
        if formulation.name == name:
            return formulation
    faults = FaultList()
    remedy = suggestion(name, [formulation.name for formulation in FORMULATIONS])
    faults.add("", "formulation", name, "unknown", remedy)
    faults.raise_if_any("formulation")
    raise AssertionError("unreachable")
