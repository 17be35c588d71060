"""Candidates refined around the levels of the best design, round by round.

Each round solves the site on its candidates, exactly. Around the levels of the best design finer
candidates are added (`milpcore.site.candidates.Refined`), and none is ever taken away, so that no
round ends dearer than the one before. A round that saves nothing halves the distance.

What it proves: bound and gap hold for the candidates of the last round. Temperatures that were
never candidates may allow less; `milpcore.site.kink_theorem` bounds by how much.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from milpcore.core import Status
from milpcore.economics import Measure, SiteEconomics
from milpcore.site.candidates import Refined
from milpcore.site.design_cost import objective_value
from milpcore.site.inputs import Floats, SiteInputs, prepare
from milpcore.site.model import Outcome, Progress, relative_gap
from milpcore.site.operate import operate_levels
from milpcore.site.study import (
    SAME_COST,
    FormulationChoice,
    SolveSettings,
    chosen_formulation,
    failed,
    honest,
    solved,
)
from milpcore.streams import Streams

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class RefinedSite:
    """A site whose candidates are still to be refined.

    Attributes
    ----------
    streams : Streams
    economics : SiteEconomics or None
    objective : Measure or str
    cascade : bool
    formulation : FormulationChoice or None
    candidates : Refined
    """

    streams: Streams
    economics: SiteEconomics | None
    objective: Measure | str
    cascade: bool
    formulation: FormulationChoice | None
    candidates: Refined

    def prepared(self, level_C: Floats | None = None) -> SiteInputs:
        """Prepare the site with some candidates, those of the first round if not given."""
        return prepare(
            self.streams,
            economics=self.economics,
            candidates_C=self.candidates if level_C is None else level_C.tolist(),
            cascade=self.cascade,
            objective=self.objective,
        )


@dataclass(frozen=True)
class Refinement:
    """One configuration after its last round.

    Attributes
    ----------
    n_levels : int
        Largest number of levels.
    inputs : SiteInputs
        With the candidates of the last round.
    outcome : Outcome
        Bound and gap hold for these candidates.
    n_rounds : int
    first_objective : float
        Of the first round, EUR/a or t/a.
    """

    n_levels: int
    inputs: SiteInputs
    outcome: Outcome
    n_rounds: int

    @property
    def note(self) -> str:
        """What the bound holds for, in words."""
        n_candidates = self.inputs.n_candidates
        text = f"Candidates refined in {self.n_rounds} rounds to {n_candidates}: the bound holds "
        return text + "for these, not for all temperatures."


def refinements(
    site: RefinedSite, levels: Sequence[int], settings: SolveSettings
) -> Iterator[Refinement]:
    """Solve configurations in rising order, each beginning with the candidates of the last.

    Parameters
    ----------
    site : RefinedSite
        The site.
    levels : sequence of int
        Largest numbers of levels, rising.
    settings : SolveSettings
        Gap of every round; time limit of all rounds of a configuration together.

    Yields
    ------
    Refinement
        One for each of `levels`. After one that was interrupted the rest are not started.
    """
    inputs = site.prepared()
    best: Outcome | None = None
    for place, n_levels in enumerate(levels):
        try:
            found = _refined(site, inputs, best, n_levels, settings)
        except Exception as error:
            _log.exception("at most %d levels: failed", n_levels)
            found = Refinement(n_levels, inputs, failed(error), 0)
        yield found
        inputs = found.inputs
        best = found.outcome if found.outcome.design is not None else best
        if found.outcome.status is Status.INTERRUPTED:
            for left in levels[place + 1 :]:
                yield Refinement(left, inputs, _not_started(), 0)
            return


def _not_started() -> Outcome:
    none = np.inf
    return Outcome(Status.INTERRUPTED, None, np.nan, -none, none, 0, 0.0, "not started")


def _refined(
    site: RefinedSite,
    inputs: SiteInputs,
    best: Outcome | None,
    n_levels: int,
    settings: SolveSettings,
) -> Refinement:
    """All rounds of one configuration, beginning with candidates that hold the best so far."""
    start_s = time.perf_counter()
    candidates, step_K = site.candidates, site.candidates.first_step_K
    n_rounds = n_nodes = 0
    while True:
        n_rounds += 1
        of_round = _of_round(settings, start_s, best, n_nodes)
        found = _no_dearer(best, _solved(site, inputs, n_levels, of_round), settings.mip_rel_gap)
        n_nodes += found.n_nodes
        told = (n_levels, n_rounds, inputs.n_candidates, found.objective)
        _log.debug("at most %d levels, round %d: %d candidates, %.10g", *told)
        if n_rounds > 1 and best is not None and _saves_nothing(best, found):
            step_K /= 2.0
        best = found if found.design is not None else best
        more = None
        if found.status is Status.OPTIMAL and n_rounds < candidates.most_rounds:
            more = _more(candidates, inputs, found, step_K)
        if more is None:
            break
        level_C, step_K = more
        inputs, best = _among_more(inputs, found, site.prepared(level_C))
    elapsed_s = time.perf_counter() - start_s
    outcome = replace(found, n_nodes=n_nodes, solve_s=elapsed_s)
    return Refinement(n_levels, inputs, outcome, n_rounds)


def _saves_nothing(best: Outcome, found: Outcome) -> bool:
    return not found.objective < (1.0 - SAME_COST) * best.objective


def _more(
    candidates: Refined, inputs: SiteInputs, found: Outcome, step_K: float
) -> tuple[Floats, float] | None:
    """Candidates of the next round and their distance; None where the finest are there already."""
    assert found.design is not None
    open_C = inputs.level_C[found.design.is_open]
    while step_K >= candidates.step_K * (1.0 - 1e-9):
        around_C = candidates.around_C(open_C, step_K, inputs.economics)
        level_C = np.union1d(inputs.level_C, around_C)
        if level_C.size > inputs.n_candidates:
            return level_C, step_K
        step_K /= 2.0
    return None


def _solved(
    site: RefinedSite, inputs: SiteInputs, n_levels: int, settings: SolveSettings
) -> Outcome:
    make = chosen_formulation(inputs, site.formulation)
    _, outcome = next(solved(inputs, make, [n_levels], settings))
    return honest(inputs, outcome, settings.mip_rel_gap)


def _of_round(
    settings: SolveSettings, start_s: float, best: Outcome | None, n_nodes: int
) -> SolveSettings:
    """Return the settings of a round: time left, and an observer that hears of all rounds."""
    elapsed_s = time.perf_counter() - start_s
    limit_s = settings.time_limit_s
    known = np.inf if best is None or best.design is None else best.objective
    observer = settings.observer

    def observe(progress: Progress) -> bool:
        assert observer is not None
        return observer(
            Progress(
                elapsed_s + progress.elapsed_s,
                min(known, progress.incumbent),
                progress.bound,
                n_nodes + progress.n_nodes,
            )
        )

    return SolveSettings(
        settings.mip_rel_gap,
        None if limit_s is None else max(limit_s - elapsed_s, 1e-3),
        None if observer is None else observe,
    )


def _no_dearer(best: Outcome | None, found: Outcome, mip_rel_gap: float) -> Outcome:
    """Keep the design known before where a round finds nothing better, with the new bound."""
    if best is None or best.design is None:
        return found
    if found.design is not None and found.objective <= best.objective:
        return found
    bound = min(found.bound, best.objective) if np.isfinite(found.bound) else 0.0
    gap = relative_gap(best.objective, bound)
    return replace(
        found,
        status=Status.OPTIMAL if gap <= mip_rel_gap else found.status,
        design=best.design,
        objective=best.objective,
        bound=bound,
        gap=gap,
    )


def _among_more(
    before: SiteInputs, found: Outcome, inputs: SiteInputs
) -> tuple[SiteInputs, Outcome]:
    """Operate the levels of a design again among more candidates."""
    assert found.design is not None
    levels = np.searchsorted(inputs.level_C, before.level_C[found.design.is_open])
    design = operate_levels(inputs, levels)
    assert design is not None
    return inputs, replace(found, design=design, objective=objective_value(inputs, design))
