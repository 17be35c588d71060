"""Arrays in, arrays out: pinch analysis and demand profiles, which stand before every model.

=======================  ==============================================================
`composite_curve`        cumulated heat over temperature of the hot or the cold streams
`grand_composite_curve`  net heat over shifted temperature of all streams
`problem_table`          minimum utilities, pinches and the heat cascade
`candidate_levels`       temperatures at which a utility level is worth considering
`kink_index`             the nearest feasible level of each stream
`feasible_matches`       every feasible pair of stream and level
`kink_duties`            duties of the streams with the same nearest level
`carnot_cop`             coefficient of performance of heat pumps
`heat_pump_pairs`        every heat pump between levels, with its COP
`fluctuating_profile`    heat demand with noise and spikes
`stepped_profile`        heat demand in shifts or batches
`seasonal_profile`       heat demand over days and the year
`profile_statistics`     spread, memory, spikes and ramps of a profile
=======================  ==============================================================

The package needs numpy and numba only and knows nothing of tables, prices or solvers. Temperatures
are in °C, differences in K, heat in kW; levels rise in temperature. Every function checks its
arguments and raises one ``ValueError`` that lists everything wrong, then calls a compiled kernel.
"""

from preprocess.candidate_levels import candidate_levels
from preprocess.composite_curves import (
    ProblemTable,
    composite_curve,
    grand_composite_curve,
    problem_table,
)
from preprocess.heat_pumps import HeatPumpPairs, carnot_cop, heat_pump_pairs
from preprocess.jit import kernel, kernel_py
from preprocess.matches import feasible_matches, kink_duties, kink_index
from preprocess.profile_analysis import ProfileStatistics, profile_statistics
from preprocess.profiles import (
    DemandPair,
    Spikes,
    fluctuating_profile,
    seasonal_profile,
    stepped_profile,
)

__all__ = [
    "DemandPair",
    "HeatPumpPairs",
    "ProblemTable",
    "ProfileStatistics",
    "Spikes",
    "candidate_levels",
    "carnot_cop",
    "composite_curve",
    "feasible_matches",
    "fluctuating_profile",
    "grand_composite_curve",
    "heat_pump_pairs",
    "kernel",
    "kernel_py",
    "kink_duties",
    "kink_index",
    "problem_table",
    "profile_statistics",
    "seasonal_profile",
    "stepped_profile",
]
