"""Studies of model B: the paper's three case studies, and what goes beyond them.

A study is a list of points (`Point`), each a problem of its own that `StudyRun` solves; so it is a
sweep (`milpcore.sweeps`), resumable and in any number of processes. Its tables say for every point
the cost, the proven bound and the gap, and a table of findings judges each statement by what is
proven: differences within the gaps are "not decided".

Source of the statements: Hochhaus et al. (2025), Systems and Control Transactions 4:1994-1999
(LAPSE:2025.0473), whose prices and profiles are not published: trends are compared, not digits.

Examples
--------
>>> import milpcore
>>> from milpcore.sizing import studies
>>> study = studies.study_named("case2")
>>> points = study.points(n_steps=8, investments_EUR_per_kW=(100, 1500), peak_shares=())[:2]
>>> run = studies.StudyRun(mip_rel_gap=1e-2, time_limit_s=10, ranges_s=2)
>>> rows = milpcore.sweep(run, studies.table_of_points(points))
>>> study.tables(rows)["investment"]["status"].tolist()
['optimal', 'optimal']
"""

from milpcore.sizing.studies.evidence import Finding, extra_cost, proven_range
from milpcore.sizing.studies.points import Point, point_of, problem, table_of_points
from milpcore.sizing.studies.profiles import Shortage, shaped_profile, waste_shortage
from milpcore.sizing.studies.rules import (
    break_even_hours_h_per_a,
    size_by_duration_kW,
    size_by_peak_kW,
)
from milpcore.sizing.studies.run import StudyRun, result_of_row
from milpcore.sizing.studies.study import STUDIES, Study, study_named

__all__ = [
    "STUDIES",
    "Finding",
    "Point",
    "Shortage",
    "Study",
    "StudyRun",
    "break_even_hours_h_per_a",
    "extra_cost",
    "point_of",
    "problem",
    "proven_range",
    "result_of_row",
    "shaped_profile",
    "size_by_duration_kW",
    "size_by_peak_kW",
    "study_named",
    "table_of_points",
    "waste_shortage",
]
