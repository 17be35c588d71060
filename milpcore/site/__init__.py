"""Model A: the utility levels, connections and heat pumps of a chemical site.

`greenfield` goes from a stream table to a checked result in one call, `retrofit` from levels of
today. Step by step: `prepare` turns
streams and prices into arrays, a formulation solves them, `check` verifies the result from its
tables alone; `build` gives the mixed-integer program itself. Source of the model: Hochhaus,
Grünewald, Riese (2026), *Optimization of Site-wide Heat-Integrated Utility Systems with Heat Pumps
using MILP*, Systems and Control Transactions.
"""

from milpcore.site.alternatives import alternatives, retrofit_alternatives
from milpcore.site.alternatives_results import Alternatives
from milpcore.site.assignment import AssignmentStrong, AssignmentWeak
from milpcore.site.build import build
from milpcore.site.candidates import (
    Candidates,
    Grid,
    Kinks,
    KinksAndGaps,
    KinksAndGrid,
    ListedLevels,
    Refined,
    candidates_from_text,
)
from milpcore.site.check import CheckError, Violation, check
from milpcore.site.design_sensitivity import (
    DesignProgress,
    greenfield_sensitivity,
    retrofit_sensitivity,
)
from milpcore.site.design_sensitivity_results import DesignSensitivityStudy
from milpcore.site.fixed_levels import FixedLevels
from milpcore.site.formulations import FORMULATIONS, find_formulation
from milpcore.site.front_search.search import FrontProgress
from milpcore.site.generator import DutyShape, TemperatureBand, random_site
from milpcore.site.glide import gliding
from milpcore.site.glide_inputs import kink_pairs
from milpcore.site.glide_results import GlideResult
from milpcore.site.greenfield import greenfield, greenfield_study
from milpcore.site.inputs import SiteInputs, UnitCosts, prepare
from milpcore.site.kink_assignment import KinkAssignment
from milpcore.site.layered_path import ArcPath, LayeredPath
from milpcore.site.level_path import LevelPath
from milpcore.site.model import Design, Formulation, MilpFormulation, Outcome, Progress
from milpcore.site.option_search import SetSearch
from milpcore.site.pareto import pareto
from milpcore.site.pareto_check import check_front
from milpcore.site.pareto_results import ParetoPoint, ParetoSegment, ParetoStudy
from milpcore.site.path_search import PathSearch
from milpcore.site.results import GreenfieldStudy, SiteResult
from milpcore.site.retrofit import RetrofitProgress, retrofit
from milpcore.site.retrofit_results import RetrofitResult, RetrofitStudy
from milpcore.site.sensitivity import sensitivity
from milpcore.site.sensitivity_map import sensitivity_map
from milpcore.site.sensitivity_map_results import SensitivityMap
from milpcore.site.sensitivity_results import SensitivityStudy
from milpcore.site.stream_steps import StepwiseResult, cut_streams, stepwise
from milpcore.site.stream_steps_bound import StepwiseBound, stepwise_bound

__all__ = [
    "FORMULATIONS",
    "Alternatives",
    "ArcPath",
    "AssignmentStrong",
    "AssignmentWeak",
    "Candidates",
    "CheckError",
    "Design",
    "DesignProgress",
    "DesignSensitivityStudy",
    "DutyShape",
    "FixedLevels",
    "Formulation",
    "FrontProgress",
    "GlideResult",
    "GreenfieldStudy",
    "Grid",
    "KinkAssignment",
    "Kinks",
    "KinksAndGaps",
    "KinksAndGrid",
    "LayeredPath",
    "LevelPath",
    "ListedLevels",
    "MilpFormulation",
    "Outcome",
    "ParetoPoint",
    "ParetoSegment",
    "ParetoStudy",
    "PathSearch",
    "Progress",
    "Refined",
    "RetrofitProgress",
    "RetrofitResult",
    "RetrofitStudy",
    "SensitivityMap",
    "SensitivityStudy",
    "SetSearch",
    "SiteInputs",
    "SiteResult",
    "StepwiseBound",
    "StepwiseResult",
    "TemperatureBand",
    "UnitCosts",
    "Violation",
    "alternatives",
    "build",
    "candidates_from_text",
    "check",
    "check_front",
    "cut_streams",
    "find_formulation",
    "gliding",
    "greenfield",
    "greenfield_sensitivity",
    "greenfield_study",
    "kink_pairs",
    "pareto",
    "prepare",
    "random_site",
    "retrofit",
    "retrofit_alternatives",
    "retrofit_sensitivity",
    "sensitivity",
    "sensitivity_map",
    "stepwise",
    "stepwise_bound",
]
