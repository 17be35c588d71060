"""Model B: sizes of heat pumps, boilers and thermal stores under fluctuating heat demand.

Data: profiles (`read_profile`, `HeatProfile`, made up by `random_profile`,
`step_profile`, `seasonal_profile`, described by `profile_statistics`) and parameters
(`read_parameters`, `SizingParameters` with `Plant`, `HeatPump`, `Boiler`, `ElectricBoiler`, `Store`
and `Chiller`).
`load_case` has a bundled pair of both. `size_plant` finds sizes and operation of least total annual
cost; step by step that is `prepare`, `build` of a `SizingModel`, `search`, `check`.
Source of the model: Hochhaus et al. (2025), Systems and Control Transactions 4:1994-1999
(LAPSE:2025.0473).

Examples
--------
>>> from milpcore import sizing
>>> profile, parameters = sizing.load_case("base_48h")
>>> pump, boiler = parameters.heat_units
>>> [f"{parameters.heat_cost_EUR_per_kWh(unit, profile)[0]:.4f}" for unit in (pump, boiler)]
['0.0961', '0.0812']
"""

from milpcore.sizing.big_m import BigM
from milpcore.sizing.caps import Caps, caps
from milpcore.sizing.cases import (
    SizingCase,
    benchmark_scenario,
    case_names,
    case_source,
    load_case,
    scenario_names,
)
from milpcore.sizing.check import check, checked
from milpcore.sizing.chiller import Chiller
from milpcore.sizing.comparison import compare
from milpcore.sizing.design import SizingDesign
from milpcore.sizing.generated import (
    BASE_SPIKES,
    BENCHMARK_SPIKES,
    SpikeTrain,
    random_profile,
    seasonal_profile,
    step_profile,
)
from milpcore.sizing.inputs import SizingInputs, prepare
from milpcore.sizing.model import EveryStep, SizingModel, WhereNeeded, build
from milpcore.sizing.parameter_files import read_parameters, write_parameters
from milpcore.sizing.parameters import SizingParameters
from milpcore.sizing.plant import InitialState, Plant
from milpcore.sizing.plateau_path import PlateauPath
from milpcore.sizing.profile import HeatProfile
from milpcore.sizing.profile_readers import read_profile, write_profile
from milpcore.sizing.progress import SizingObserver, SizingProgress
from milpcore.sizing.range_table import SizeRanges
from milpcore.sizing.results import SizingResult
from milpcore.sizing.simulate import Simulation, simulate
from milpcore.sizing.size_plant import size_plant
from milpcore.sizing.size_ranges import RangesObserver, RangesProgress, size_ranges
from milpcore.sizing.solve import SizingOutcome, search
from milpcore.sizing.statistics import profile_statistics
from milpcore.sizing.three_binary import ThreeBinary
from milpcore.sizing.units import (
    Boiler,
    ElectricBoiler,
    HeatPump,
    HeatUnit,
    Store,
    Unit,
    is_existing,
    size_limits,
    steps_of,
)
from milpcore.sizing.violations import CheckError, Violation

COMMITMENTS = (BigM(), ThreeBinary(), PlateauPath())
"""All formulations of commitment."""

MODELS = (
    SizingModel(),
    SizingModel(exclusivity=EveryStep()),
    SizingModel(size_cuts=False),
    SizingModel(window_limits=False),
    SizingModel(exclusivity=EveryStep(), size_cuts=False, window_limits=False),
    SizingModel(commitment=ThreeBinary()),
    SizingModel(commitment=ThreeBinary(), exclusivity=EveryStep()),
    SizingModel(commitment=PlateauPath()),
    SizingModel(commitment=PlateauPath(), exclusivity=EveryStep()),
)
"""Formulations that tables compare; the first is the default."""

__all__ = [
    "BASE_SPIKES",
    "BENCHMARK_SPIKES",
    "COMMITMENTS",
    "MODELS",
    "BigM",
    "Boiler",
    "Caps",
    "CheckError",
    "Chiller",
    "ElectricBoiler",
    "EveryStep",
    "HeatProfile",
    "HeatPump",
    "HeatUnit",
    "InitialState",
    "Plant",
    "PlateauPath",
    "RangesObserver",
    "RangesProgress",
    "Simulation",
    "SizeRanges",
    "SizingCase",
    "SizingDesign",
    "SizingInputs",
    "SizingModel",
    "SizingObserver",
    "SizingOutcome",
    "SizingParameters",
    "SizingProgress",
    "SizingResult",
    "SpikeTrain",
    "Store",
    "ThreeBinary",
    "Unit",
    "Violation",
    "WhereNeeded",
    "benchmark_scenario",
    "build",
    "caps",
    "case_names",
    "case_source",
    "check",
    "checked",
    "compare",
    "is_existing",
    "load_case",
    "prepare",
    "profile_statistics",
    "random_profile",
    "read_parameters",
    "read_profile",
    "scenario_names",
    "search",
    "seasonal_profile",
    "simulate",
    "size_limits",
    "size_plant",
    "size_ranges",
    "step_profile",
    "steps_of",
    "write_parameters",
    "write_profile",
]
