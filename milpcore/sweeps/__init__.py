"""Parameter studies at scale: many cases of one run, on any executor, with a checkpoint."""

from milpcore.sweeps.cases import grid, latin_hypercube
from milpcore.sweeps.runner import SweepProgress, sweep
from milpcore.sweeps.site_runs import FixedLevelsRun, GreenfieldRun, RetrofitRun
from milpcore.sweeps.summary import SweepSummary, summarize
from milpcore.sweeps.workers import WorkersLostError

__all__ = [
    "FixedLevelsRun",
    "GreenfieldRun",
    "RetrofitRun",
    "SweepProgress",
    "SweepSummary",
    "WorkersLostError",
    "grid",
    "latin_hypercube",
    "summarize",
    "sweep",
]
