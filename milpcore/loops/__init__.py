"""Model C: utility loops between plants, heat exchanger networks with circulating fluids.

Data: a stream table whose zones are the plants, with parameters (`read_case`, `LoopCase`,
`LoopParameters`, `read_parameters`); `load_case` has bundled ones. Cost laws stand in
`milpcore.loops.cost_laws`.

Examples
--------
>>> from milpcore import loops
>>> case = loops.load_case("loop_two_plants")
>>> case.parameters.dt_min_K, case.parameters.fluid.name
(10.0, 'hot water')
"""

from milpcore.loops.case import LoopCase, case_names, load_case, read_case
from milpcore.loops.equipment import FLUIDS, ExchangerCost, Fluid, PipeCost, PumpCost, Utility
from milpcore.loops.limits import Limits, Match
from milpcore.loops.parameter_files import read_parameters, write_parameters
from milpcore.loops.parameters import Distance, LoopParameters

__all__ = [
    "FLUIDS",
    "Distance",
    "ExchangerCost",
    "Fluid",
    "Limits",
    "LoopCase",
    "LoopParameters",
    "Match",
    "PipeCost",
    "PumpCost",
    "Utility",
    "case_names",
    "load_case",
    "read_case",
    "read_parameters",
    "write_parameters",
]
