"""Model B: sizes of heat pumps, boilers and thermal stores under fluctuating heat demand.

So far the data: profiles (`read_profile`, `HeatProfile`, made up by `random_profile`,
`step_profile`, `seasonal_profile`, described by `profile_statistics`) and parameters
(`read_parameters`, `SizingParameters` with `Plant`, `HeatPump`, `Boiler`, `ElectricBoiler` and
`Store`). `load_case` has a bundled pair of both. Source of the model: Hochhaus et al. (2025),
Systems and Control Transactions 4:1994-1999 (LAPSE:2025.0473).

Examples
--------
>>> from milpcore import sizing
>>> profile, parameters = sizing.load_case("base_48h")
>>> pump, boiler = parameters.heat_units
>>> [f"{parameters.heat_cost_EUR_per_kWh(unit, profile)[0]:.4f}" for unit in (pump, boiler)]
['0.0961', '0.0812']
"""

from milpcore.sizing.cases import (
    SizingCase,
    benchmark_scenario,
    case_names,
    case_source,
    load_case,
    scenario_names,
)
from milpcore.sizing.generated import (
    BASE_SPIKES,
    BENCHMARK_SPIKES,
    SpikeTrain,
    random_profile,
    seasonal_profile,
    step_profile,
)
from milpcore.sizing.parameter_files import read_parameters, write_parameters
from milpcore.sizing.parameters import SizingParameters
from milpcore.sizing.plant import InitialState, Plant
from milpcore.sizing.profile import HeatProfile
from milpcore.sizing.profile_readers import read_profile, write_profile
from milpcore.sizing.statistics import profile_statistics
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

__all__ = [
    "BASE_SPIKES",
    "BENCHMARK_SPIKES",
    "Boiler",
    "ElectricBoiler",
    "HeatProfile",
    "HeatPump",
    "HeatUnit",
    "InitialState",
    "Plant",
    "SizingCase",
    "SizingParameters",
    "SpikeTrain",
    "Store",
    "Unit",
    "benchmark_scenario",
    "case_names",
    "case_source",
    "is_existing",
    "load_case",
    "profile_statistics",
    "random_profile",
    "read_parameters",
    "read_profile",
    "scenario_names",
    "seasonal_profile",
    "size_limits",
    "step_profile",
    "steps_of",
    "write_parameters",
    "write_profile",
]
