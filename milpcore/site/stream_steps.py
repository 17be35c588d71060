r"""Streams that are cooled or heated in several steps by several levels.

Model A connects a stream to one level, which must be cold enough for the target of a hot stream, or
hot enough for that of a cold one. Served in steps, a stream passes one level after the other. What
does the simplification cost? The answer needs no new model: a stream cut into pieces is a site with
more kinks.

Notation. Stream ``s`` has the duty ``Q_s`` and gives or takes it evenly between ``t_supply`` and
``t_target`` (an isothermal one at one temperature); ``m_s = dt_cont + level_dt_cont_K``. Heat that
it gives or takes at the temperature ``t`` has the *limit*

.. math:: \theta_s(t) = t - m_s \;(\mathrm{hot}), \qquad \theta_s(t) = t + m_s \;(\mathrm{cold}).
   \tag{1}

*Stepwise service* hands every bit of heat, by its limit ``tau``, to an open level that can take or
give it there:

.. math:: T_l \le \tau \;(\mathrm{hot}), \qquad T_l \ge \tau \;(\mathrm{cold}), \tag{2}

also in shares, as branches in parallel would. Service by *one level a stream* asks for (2) at the
target, for all of the heat; (2) then holds at every other temperature of the stream, too. Balances,
heat pumps, cascade and cost are those of `milpcore.site.model`.

**Proposition 1** (relaxation). With the same candidates and number of levels, stepwise service
costs at most as much as one level a stream. Proof: a service by one level is a stepwise service.

**Proposition 2** (nearest level). With a free cascade some best stepwise service takes every bit of
hot heat to the highest open level at or below its limit, and gives every bit of cold duty from the
lowest open level at or above. Proof: that of `milpcore.site.conditions.nearest_level_faults`, with
a bit of heat in place of a stream; it asks for nothing but a free cascade.

**Proposition 3** (cells are exact). Let the candidates be ``c_1 < ... < c_L``. Cut every stream
where its limit is a candidate, and call the pieces streams: a hot piece with limits in ``[c_k,
c_k+1]``, a cold one in ``[c_k-1, c_k]``. With a free cascade the site of the pieces, with one level
a piece, has the same optimum as stepwise service of the streams, for the same candidates and any
number of levels. Proof: open any candidates. A hot piece has its target at its lowest limit. No
candidate lies strictly inside its range, so that all its bits (but one, without heat) have the same
candidates at or below them, those at or below its lowest limit, and the same nearest open level;
likewise cold ones. The service of Proposition 2 is therefore one level a piece, with the same flows
and cost; and one level a piece is a stepwise service. So at any open levels both cost the same.

Every formulation of model A, exact for the site of the pieces, is so an exact method for stepwise
service. Pieces of one kink and kind are alike, so the pieces make no formulation over kinks any
larger. A candidate set within another one costs at least as much, as always.

**Kinks are not enough** in general. Let one hot stream give 1 kW/K with limits from 50 to 150 °C,
and a cold one take 1 kW/K with limits in the same range. With the kinks 50 and 150 °C the hot
stream serves nothing and 100 kW are bought. One more level at ``T`` takes ``150 - T`` from the hot
stream, which gives ``T - 50`` to the cold one: what is bought is ``max(150 - T, T - 50)``, least at
``T = 100``, where no stream has an end. So the optimum over all temperatures may lie anywhere
within a stream. `milpcore.site.stream_steps_bound` bounds it; grids come as close as wanted.

Not in the model: branches of a stream that mix at different temperatures, what more exchangers
cost, and pieces of a stream that wait for one another.

A site takes no stream below 1e-8 of all duties. Cuts that would leave a piece below twice that are
left out and counted (`StepwiseResult.n_cuts_left_out`): levels, or ends and levels, so close (a
thousandth of a kelvin for a stream over 50 K with 0.1 % of all duties) are not told apart by this
stream. The piece goes to the level of its harder end; the result is feasible and its costs are
right, but with such a count above zero its bound is none on all stepwise services.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from milpcore.economics import Measure, SiteEconomics
from milpcore.faults import FaultList
from milpcore.site import door_checks
from milpcore.site.candidates import Candidates, Refined
from milpcore.site.greenfield import greenfield
from milpcore.site.inputs import Floats, Integers, prepare
from milpcore.site.model import Observer
from milpcore.site.results import SiteResult
from milpcore.site.study import FormulationChoice
from milpcore.streams import Streams

LEAST_SHARE = 2.0 * door_checks.LEAST_SHARE
"""Least duty of a piece, as a share of all duties."""
_SAME_TEMPERATURE_K = 1e-6


@dataclass(frozen=True, eq=False)
class StepwiseResult:
    """The best utility system found for streams that may be served in steps.

    Attributes
    ----------
    result : SiteResult
        Its levels, heat pumps, costs, bound and gap; its connections are those of the pieces.
    pieces : Streams
        The cut stream table, what `result` is about.
    origin : ndarray of int (P,)
        Stream that each piece is of.
    streams : Streams
        The streams as given.
    n_cuts_left_out : int
        Cuts that would have left pieces too small; while there are any, the bound of `result` is
        one for the pieces only.
    """

    result: SiteResult
    pieces: Streams
    origin: Integers
    streams: Streams
    n_cuts_left_out: int

    @property
    def steps(self) -> pd.DataFrame:
        """One row per step, each stream from supply to target: what one level does for it.

        Columns ``zone``, ``name``, ``kind``, ``t_from_C``, ``t_to_C``, ``level_C``, ``duty_kW`` and
        ``dt_min_K``, the least difference between stream and level. Empty without a design.
        """
        if not self.result.has_design:
            return pd.DataFrame(columns=list(_STEP_COLUMNS))
        level_C = self.result.connections["level_C"].to_numpy(dtype=np.float64)
        change = np.flatnonzero(
            np.concatenate(([True], (np.diff(self.origin) != 0) | (np.diff(level_C) != 0.0)))
        )
        last = np.append(change[1:], self.origin.size) - 1
        is_hot = np.asarray(self.pieces.is_hot)[change]
        to_C = np.asarray(self.pieces.t_target_C)[last]
        step_level_C = level_C[change]
        table = self.streams.table.iloc[self.origin[change]]
        columns = (
            table["zone"].to_numpy(),
            table["name"].to_numpy(),
            table["kind"].to_numpy(),
            np.asarray(self.pieces.t_supply_C)[change],
            to_C,
            step_level_C,
            np.add.reduceat(np.asarray(self.pieces.duty_kW), change),
            np.where(is_hot, to_C - step_level_C, step_level_C - to_C),
        )
        return pd.DataFrame(dict(zip(_STEP_COLUMNS, columns, strict=True)))

    @property
    def n_steps(self) -> int:
        """Number of steps; the number of streams if each is served by one level."""
        return len(self.steps)


_STEP_COLUMNS = (
    "zone",
    "name",
    "kind",
    "t_from_C",
    "t_to_C",
    "level_C",
    "duty_kW",
    "dt_min_K",
)


def stepwise(
    streams: Streams,
    *,
    n_levels: int,
    economics: SiteEconomics | None = None,
    objective: Measure | str = Measure.TAC,
    formulation: FormulationChoice | None = None,
    candidates_C: Candidates | Sequence[float] | None = None,
    mip_rel_gap: float = 1e-4,
    time_limit_s: float | None = None,
    observer: Observer | None = None,
) -> StepwiseResult:
    """Find the best utility system with at most `n_levels` levels for streams served in steps.

    Heat may cascade between levels; without that, steps have no nearest level and no cells.

    Parameters
    ----------
    streams : Streams
        The stream table, not cut.
    n_levels : int
        Largest number of levels, from 1.
    economics : SiteEconomics, optional
        Prices and limits; the defaults of the bundled site if not given.
    objective : Measure or str
        ``"tac"``, ``"opex"``, ``"capex"`` or ``"co2"``; TAC decides between equals.
    formulation : str, class or object, optional
        How to solve; see `milpcore.site.greenfield`.
    candidates_C : Candidates or sequence of float, optional
        Candidate levels, as of `milpcore.site.greenfield` for the streams that are not cut; default
        their limit temperatures. The result is exact for these.
    mip_rel_gap, time_limit_s, observer
        Of the search; see `milpcore.site.greenfield`.

    Returns
    -------
    StepwiseResult

    Raises
    ------
    InputError
        As `milpcore.site.greenfield`; and for `Refined` candidates, which would have to be cut
        again in every round.

    Examples
    --------
    >>> import milpcore
    >>> dairy = milpcore.load_case("dairy_8")
    >>> found = stepwise(dairy, n_levels=4)
    >>> one = milpcore.site.greenfield(dairy, n_levels=4)
    >>> bool(found.result.summary["tac_EUR_per_a"][0] < one.summary["tac_EUR_per_a"][0])
    True
    >>> found.n_steps
    15
    """
    _refuse_refined(candidates_C)
    whole = prepare(streams, economics=economics, candidates_C=candidates_C, objective=objective)
    pieces, origin, n_left_out = _cut(streams, whole.level_C, whole.economics.level_dt_cont_K)
    result = greenfield(
        pieces,
        n_levels=n_levels,
        economics=economics,
        objective=objective,
        formulation=formulation,
        candidates_C=whole.level_C.tolist(),
        mip_rel_gap=mip_rel_gap,
        time_limit_s=time_limit_s,
        observer=observer,
    )
    return StepwiseResult(result, pieces, origin, streams, n_left_out)


def cut_streams(
    streams: Streams, levels_C: Sequence[float], *, level_dt_cont_K: float | None = None
) -> Streams:
    """Cut every stream where its limit is one of the levels; Proposition 3.

    Parameters
    ----------
    streams : Streams
        The stream table.
    levels_C : sequence of float
        Where to cut, limits as of (1), °C.
    level_dt_cont_K : float, optional
        Share of a level in the minimum temperature difference; that of the bundled site if not
        given.

    Returns
    -------
    Streams
        Pieces in the order of the streams, each stream from supply to target. A piece of stream
        ``name`` is called ``name [1]``, ``name [2]``, …; a stream that is not cut keeps its name.

    Raises
    ------
    InputError
        If a level is no number, or the name of a piece is that of another stream.

    Examples
    --------
    >>> import milpcore
    >>> cut = cut_streams(milpcore.load_case("two_streams"), [50.0, 100.0])
    >>> cut.table[["name", "t_supply", "t_target", "heat_flow"]]
         name  t_supply  t_target    heat_flow
    0  H1 [1]     150.0     110.0   533.333333
    1  H1 [2]     110.0      60.0   666.666667
    2  C1 [1]      40.0      90.0   562.500000
    3  C1 [2]      90.0     120.0   337.500000
    """
    share_K = SiteEconomics().level_dt_cont_K if level_dt_cont_K is None else level_dt_cont_K
    level_C = np.unique(np.asarray(levels_C, dtype=np.float64))
    faults = FaultList()
    if not np.isfinite([*level_C, share_K]).all():
        faults.add("", "levels_C", levels_C, "must be finite numbers (°C)", "correct them")
    faults.raise_if_any("cut streams")
    return _cut(streams, level_C, share_K)[0]


def _cut(streams: Streams, level_C: Floats, share_K: float) -> tuple[Streams, Integers, int]:
    """Pieces of all streams, the stream that each is of, and the number of cuts left out."""
    supply_C, target_C = np.asarray(streams.t_supply_C), np.asarray(streams.t_target_C)
    margin_K = np.asarray(streams.dt_cont_K) + share_K
    shift_K = np.where(streams.is_hot, -margin_K, margin_K)
    duty_kW = np.asarray(streams.duty_kW)
    least_kW = LEAST_SHARE * float(duty_kW.sum())
    ends: list[Floats] = []
    n_left_out = 0
    for stream in range(streams.n_streams):
        inside_C = _inside(level_C - shift_K[stream], supply_C[stream], target_C[stream])
        least = least_kW / duty_kW[stream]
        span_C = supply_C[stream], target_C[stream]
        kept_C = _kept_cuts(inside_C, *span_C, least)
        n_left_out += len(inside_C) - len(kept_C)
        ends.append(np.array([span_C[0], *kept_C, span_C[1]]))
    counts = np.array([one.size - 1 for one in ends], dtype=np.int64)
    origin = np.repeat(np.arange(streams.n_streams), counts)
    from_C = np.concatenate([one[:-1] for one in ends])
    to_C = np.concatenate([one[1:] for one in ends])
    whole_K = np.abs(supply_C - target_C)[origin]
    share = np.divide(
        np.abs(from_C - to_C), whole_K, where=whole_K > 0.0, out=np.ones_like(whole_K)
    )
    table = streams.table.iloc[origin].reset_index(drop=True)
    place = np.arange(origin.size) - np.repeat(np.cumsum(counts) - counts, counts) + 1
    is_cut = counts[origin] > 1
    table["name"] = [
        f"{name} [{number}]" if cut else name
        for name, number, cut in zip(table["name"], place, is_cut, strict=True)
    ]
    table["t_supply"], table["t_target"] = from_C, to_C
    table["heat_flow"] = duty_kW[origin] * share
    return (Streams(table) if is_cut.any() else streams), origin, n_left_out


def _inside(cut_C: Floats, supply_C: float, target_C: float) -> list[float]:
    """Cuts strictly between the ends of a stream, from the target to the supply."""
    low_C, high_C = min(supply_C, target_C), max(supply_C, target_C)
    is_inside = (cut_C > low_C + _SAME_TEMPERATURE_K) & (cut_C < high_C - _SAME_TEMPERATURE_K)
    inside_C: list[float] = cut_C[is_inside].tolist()
    return inside_C if target_C <= supply_C else inside_C[::-1]


def _kept_cuts(
    inside_C: list[float], supply_C: float, target_C: float, least: float
) -> list[float]:
    """Cuts from supply to target that leave no piece with less than a share of the duty."""
    kept: list[float] = []
    span_K = abs(supply_C - target_C)
    before_C = target_C
    for cut_C in inside_C:
        if min(abs(cut_C - before_C), abs(supply_C - cut_C)) >= least * span_K:
            kept.append(cut_C)
            before_C = cut_C
    return kept[::-1]


def _refuse_refined(candidates_C: Candidates | Sequence[float] | None) -> None:
    if isinstance(candidates_C, Refined):
        faults = FaultList()
        rule = "is not for streams served in steps: every round would have to cut them again"
        faults.add("", "candidates_C", candidates_C.name, rule, "use kinks+grid:5 or finer")
        faults.raise_if_any("stepwise")
