"""Model C: utility loops between plants, heat exchanger networks with circulating fluids.

Data: a stream table whose zones are the plants, with parameters (`read_case`, `LoopCase`,
`LoopParameters`, `read_parameters`); `load_case` has bundled ones. A network is a `LoopNetwork`
(`read_network`, `write_network`), which `evaluate` simulates, costs and checks, whoever made it.
Cost laws stand in `milpcore.loops.cost_laws`. `compare` puts formulations side by side.

Examples
--------
>>> from milpcore import loops
>>> case = loops.load_case("loop_two_plants")
>>> case.parameters.dt_min_K, case.parameters.fluid.name
(10.0, 'hot water')
"""

from milpcore.loops.case import LoopCase, case_names, load_case, read_case
from milpcore.loops.comparison import compare
from milpcore.loops.design import design
from milpcore.loops.design_result import DesignProgress, LoopResult
from milpcore.loops.equipment import FLUIDS, ExchangerCost, Fluid, PipeCost, PumpCost, Utility
from milpcore.loops.evaluate import evaluate
from milpcore.loops.evaluation import Costs, Evaluation
from milpcore.loops.limits import Limits, Match
from milpcore.loops.network import Exchanger, Header, Link, Loop, LoopNetwork, Pipe
from milpcore.loops.network_files import (
    network_document,
    network_of,
    read_network,
    write_network,
)
from milpcore.loops.parameter_files import read_parameters, write_parameters
from milpcore.loops.parameters import Distance, LoopParameters
from milpcore.loops.violations import NetworkError, Rule, Violation

__all__ = [
    "FLUIDS",
    "Costs",
    "DesignProgress",
    "Distance",
    "Evaluation",
    "Exchanger",
    "ExchangerCost",
    "Fluid",
    "Header",
    "Limits",
    "Link",
    "Loop",
    "LoopCase",
    "LoopNetwork",
    "LoopParameters",
    "LoopResult",
    "Match",
    "NetworkError",
    "Pipe",
    "PipeCost",
    "PumpCost",
    "Rule",
    "Utility",
    "Violation",
    "case_names",
    "compare",
    "design",
    "evaluate",
    "load_case",
    "network_document",
    "network_of",
    "read_case",
    "read_network",
    "read_parameters",
    "write_network",
    "write_parameters",
]
