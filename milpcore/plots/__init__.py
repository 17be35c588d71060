"""Figures (extra "plot"): they take results and return Matplotlib figures, never a global state."""

from milpcore.plots.greenfield import cost_over_levels, heat_pump_use, levels_and_streams
from milpcore.plots.pinch import composite_curves, grand_composite_curve
from milpcore.plots.retrofit import retrofit_savings
from milpcore.plots.sensitivity import cost_over_parameters, heat_pump_map
from milpcore.plots.style import save_figure
from milpcore.plots.sweep import heat_pump_shares, tac_distribution
from milpcore.plots.tightness import root_gaps

__all__ = [
    "composite_curves",
    "cost_over_levels",
    "cost_over_parameters",
    "grand_composite_curve",
    "heat_pump_map",
    "heat_pump_shares",
    "heat_pump_use",
    "levels_and_streams",
    "retrofit_savings",
    "root_gaps",
    "save_figure",
    "tac_distribution",
]
