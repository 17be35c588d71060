"""Utility levels and heat pumps for chemical sites by sparse mixed-integer programming, with proof.

From a table of process streams `milpcore.site` finds the utility levels, connections and heat pumps
of least cost or emissions, proven optimal within a stated gap. `milpcore.core` is the engine
underneath: problems assembled from integer arrays, solved by HiGHS through scipy.

Examples
--------
>>> import milpcore
>>> from milpcore import site
>>> streams = milpcore.load_case("two_streams")
>>> result = site.greenfield(streams, n_levels=2)
>>> result.status, len(result.connections)
(<Status.OPTIMAL: 'optimal'>, 2)
"""

from milpcore.compare import compare
from milpcore.core import Assembly, Problem, Solution, Status, solve, solve_lp
from milpcore.economics import Measure, SiteEconomics, read_economics, write_economics
from milpcore.extras import MissingExtraError
from milpcore.faults import Fault, InputError
from milpcore.streams import Streams, case_names, load_case, read_streams, write_streams
from milpcore.targets import Targets, targets

__version__ = "0.1.0"

__all__ = [
    "Assembly",
    "Fault",
    "InputError",
    "Measure",
    "MissingExtraError",
    "Problem",
    "SiteEconomics",
    "Solution",
    "Status",
    "Streams",
    "Targets",
    "__version__",
    "case_names",
    "compare",
    "load_case",
    "read_economics",
    "read_streams",
    "solve",
    "solve_lp",
    "targets",
    "write_economics",
    "write_streams",
]
