"""Utility levels and heat pumps for chemical sites by sparse mixed-integer programming, with proof.

From a table of process streams `milpcore.site` finds the utility levels, connections and heat pumps
of least cost or emissions, proven optimal within a stated gap. `milpcore.core` is the engine
underneath: problems assembled from integer arrays, solved by HiGHS through scipy.

Every name is imported when it is first used, so that ``import milpcore`` itself waits for nothing.

Nothing is printed. What studies do is logged to the logger ``milpcore`` and those below it, which
show nothing until an application sets them up: start and end of studies and configurations as
INFO, rounds of searches as DEBUG.

Examples
--------
>>> import milpcore
>>> from milpcore import site
>>> streams = milpcore.load_case("two_streams")
>>> result = site.greenfield(streams, n_levels=2)
>>> result.status, len(result.connections)
(<Status.OPTIMAL: 'optimal'>, 2)
"""

from __future__ import annotations

import logging
import sys
from importlib import import_module
from types import ModuleType

__version__ = "0.1.0"

__all__ = [
    "Assembly",
    "Fault",
    "InputError",
    "Measure",
    "MissingExtraError",
    "Problem",
    "SiteEconomics",
    "SiteOptions",
    "Solution",
    "Status",
    "Streams",
    "Targets",
    "TotalSite",
    "__version__",
    "case_names",
    "compare",
    "load_case",
    "read_economics",
    "read_streams",
    "solve",
    "solve_lp",
    "sweep",
    "targets",
    "total_site",
    "write_economics",
    "write_streams",
    "zone_residuals",
]

_HOME = {
    "Assembly": "milpcore.core",
    "Fault": "milpcore.faults",
    "InputError": "milpcore.faults",
    "Measure": "milpcore.economics",
    "MissingExtraError": "milpcore.extras",
    "Problem": "milpcore.core",
    "SiteEconomics": "milpcore.economics",
    "SiteOptions": "milpcore.site_options",
    "Solution": "milpcore.core",
    "Status": "milpcore.core",
    "Streams": "milpcore.streams",
    "Targets": "milpcore.targets",
    "TotalSite": "milpcore.total_site",
    "case_names": "milpcore.streams",
    "compare": "milpcore.compare",
    "load_case": "milpcore.streams",
    "read_economics": "milpcore.economics",
    "read_streams": "milpcore.streams",
    "solve": "milpcore.core",
    "solve_lp": "milpcore.core",
    "sweep": "milpcore.sweeps",
    "targets": "milpcore.targets",
    "total_site": "milpcore.total_site",
    "write_economics": "milpcore.economics",
    "write_streams": "milpcore.streams",
    "zone_residuals": "milpcore.total_site",
}
"""Module that each public name comes from."""
_PARTS = ("core", "plots", "site", "sizing", "sweeps")
"""Packages that are imported like names."""
logging.getLogger(__name__).addHandler(logging.NullHandler())
TYPE_CHECKING = False
"""Type checkers take it for true; importing `typing` takes longer than all the rest."""

if TYPE_CHECKING:
    from milpcore.compare import compare
    from milpcore.core import Assembly, Problem, Solution, Status, solve, solve_lp
    from milpcore.economics import Measure, SiteEconomics, read_economics, write_economics
    from milpcore.extras import MissingExtraError
    from milpcore.faults import Fault, InputError
    from milpcore.site_options import SiteOptions
    from milpcore.streams import Streams, case_names, load_case, read_streams, write_streams
    from milpcore.sweeps import sweep
    from milpcore.targets import Targets, targets
    from milpcore.total_site import TotalSite, total_site, zone_residuals
else:

    def __getattr__(name: str) -> object:
        """Import a public name when it is first used."""
        if name in _PARTS:
            return import_module(f"{__name__}.{name}")
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_HOME[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted({*globals(), *__all__, *_PARTS})


def _keep_functions(package: ModuleType, name: str, value: object) -> None:
    """Set an attribute of the package; a function stays when a module of its name is imported.

    The import of the module `milpcore.compare` ends with ``milpcore.compare = module``.
    """
    is_home = isinstance(value, ModuleType) and _HOME.get(name) == value.__name__
    ModuleType.__setattr__(package, name, getattr(value, name) if is_home else value)


sys.modules[__name__].__class__ = type("Package", (ModuleType,), {"__setattr__": _keep_functions})
