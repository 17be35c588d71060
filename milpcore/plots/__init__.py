"""Figures (extra "plot"): they take results and return Matplotlib figures, never a global state."""

from milpcore.plots.alternatives import alternatives_chart
from milpcore.plots.design_sensitivity import designs_over_parameters
from milpcore.plots.glide import gliding_levels
from milpcore.plots.greenfield import cost_over_levels, heat_pump_use, levels_and_streams
from milpcore.plots.loop_network import loop_network
from milpcore.plots.loop_tightness import loop_root_gaps
from milpcore.plots.loops import loop_composite_curves, loop_costs
from milpcore.plots.pareto import pareto_front
from milpcore.plots.pareto_along import designs_along_front, marginal_cost
from milpcore.plots.periods import period_operation
from milpcore.plots.pinch import composite_curves, grand_composite_curve, total_site_profiles
from milpcore.plots.retrofit import retrofit_savings
from milpcore.plots.sensitivity import cost_over_parameters, heat_pump_map
from milpcore.plots.sizing import draw_profile
from milpcore.plots.sizing_case1 import (
    draw_cooling_water,
    draw_flexibility,
    draw_load_changes,
    draw_store_levels,
)
from milpcore.plots.sizing_case2 import draw_investment, draw_rules
from milpcore.plots.sizing_case3 import draw_deviations, draw_shapes
from milpcore.plots.sizing_costs import draw_costs
from milpcore.plots.sizing_operation import around_peak, draw_operation
from milpcore.plots.sizing_tightness import sizing_root_gaps
from milpcore.plots.stream_steps import cost_of_steps
from milpcore.plots.style import save_figure
from milpcore.plots.sweep import heat_pump_shares, tac_distribution
from milpcore.plots.tightness import root_gaps

__all__ = [
    "alternatives_chart",
    "around_peak",
    "composite_curves",
    "cost_of_steps",
    "cost_over_levels",
    "cost_over_parameters",
    "designs_along_front",
    "designs_over_parameters",
    "draw_cooling_water",
    "draw_costs",
    "draw_deviations",
    "draw_flexibility",
    "draw_investment",
    "draw_load_changes",
    "draw_operation",
    "draw_profile",
    "draw_rules",
    "draw_shapes",
    "draw_store_levels",
    "gliding_levels",
    "grand_composite_curve",
    "heat_pump_map",
    "heat_pump_shares",
    "heat_pump_use",
    "levels_and_streams",
    "loop_composite_curves",
    "loop_costs",
    "loop_network",
    "loop_root_gaps",
    "marginal_cost",
    "pareto_front",
    "period_operation",
    "retrofit_savings",
    "root_gaps",
    "save_figure",
    "sizing_root_gaps",
    "tac_distribution",
    "total_site_profiles",
]
