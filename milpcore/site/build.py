"""One mixed-integer linear program of model A, to solve or to save by hand."""

from __future__ import annotations

from milpcore.core import Problem
from milpcore.faults import Fault, InputError
from milpcore.site.inputs import SiteInputs
from milpcore.site.model import MilpFormulation


def build(inputs: SiteInputs, formulation: MilpFormulation) -> Problem:
    """Assemble the problem of a formulation.

    Parameters
    ----------
    inputs : SiteInputs
        The site, from `milpcore.site.prepare`.
    formulation : MilpFormulation
        Such as ``LevelPath(n_levels=6)``.

    Returns
    -------
    Problem
        Heat in MW; costs divided by `SiteInputs.cost_scale` times 1000, so that TAC at usual
        prices is in million EUR/a.

    Raises
    ------
    InputError
        If the formulation would be wrong for the input, or is a search without such a program;
        the message names what to use.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore import site
    >>> inputs = site.prepare(milpcore.load_case("two_streams"))
    >>> problem = site.build(inputs, site.LevelPath(n_levels=2))
    >>> problem.column_blocks["is_open"].shape
    (2,)
    >>> milpcore.solve(problem, mip_rel_gap=0.0).status
    <Status.OPTIMAL: 'optimal'>
    """
    if not hasattr(formulation, "build"):
        rule = "is a search, not one mixed-integer program"
        fault = Fault("", "formulation", formulation.name, rule, "use level_path")
        raise InputError("build", (fault,))
    return formulation.build(inputs)
