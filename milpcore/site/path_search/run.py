"""One configuration being solved: what its searches share, from clock to observer."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from milpcore.site.model import Observer, Progress
from milpcore.site.path_search.network import LevelNetwork
from milpcore.site.path_search.relaxation import LinearSolver
from milpcore.site.path_search.search import Search, SearchState
from milpcore.site.path_search.start import Start


@dataclass(frozen=True)
class Run:
    """What the searches of one configuration share.

    Attributes
    ----------
    solver : LinearSolver
    n_levels : int
        From 1 to the number of candidates.
    mip_rel_gap : float
        Gap asked for.
    time_limit_s : float or None
        Of all searches together.
    observer : Observer or None
    start_s : float
        Value of `time.perf_counter` at the start.
    """

    solver: LinearSolver
    n_levels: int
    mip_rel_gap: float
    time_limit_s: float | None
    observer: Observer | None
    start_s: float = field(default_factory=time.perf_counter)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self.start_s

    def search(
        self,
        network: LevelNetwork,
        start: Start,
        mip_rel_gap: float,
        known: Callable[[SearchState], tuple[float, float, int]],
    ) -> SearchState:
        """Search a network until the gap is proven, the time is up or the observer stops it.

        Parameters
        ----------
        network : LevelNetwork
        start : Start
        mip_rel_gap : float
        known : callable
            Incumbent and bound (EUR/a or t/a) and nodes of the configuration, to tell the observer.

        Returns
        -------
        SearchState
        """

        def should_stop(state: SearchState) -> bool:
            if self.observer is None:
                return False
            return self.observer(Progress(self.elapsed_s, *known(state)))

        limit_s = math.inf if self.time_limit_s is None else self.time_limit_s
        search = Search(
            network,
            self.solver,
            n_levels=self.n_levels,
            levels=start.levels,
            price=start.price,
            mip_rel_gap=mip_rel_gap,
            deadline_s=self.start_s + limit_s,
            should_stop=should_stop,
        )
        return search.run()
