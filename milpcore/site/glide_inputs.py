r"""Gliding utility levels: pairs of supply and return temperature, and who can use them.

A *gliding level* is a loop of water (or oil): hot streams heat it from the return temperature ``R``
to the supply temperature ``S``, and it cools from ``S`` to ``R`` where it heats cold streams. Every
user takes water over the whole range, in counter-current. A level of model A, such as steam, is one
with ``S = R``.

**Ends suffice.** Let a stream give or take its duty evenly between its ends, as model A has it, and
water likewise. Then a hot stream with the temperature difference ``d = dt_cont + level_dt_cont_K``
can heat the level exactly if

.. math:: S \le t_{supply} - d, \qquad R \le t_{target} - d, \tag{1}

and a level can heat a cold stream exactly if

.. math:: S \ge t_{target} + d, \qquad R \ge t_{supply} + d. \tag{2}

Proof. With the share ``z`` of the duty exchanged, counted from the cold end of the exchanger, both
temperatures are linear in ``z``, and so is their difference: it is at least ``d`` for all ``z``
from 0 to 1 exactly if it is at ``z = 0`` and ``z = 1``. These are the two inequalities.

**Mass flow.** A user of the duty ``Q`` takes the water ``m = Q / (c_p (S - R))``, whatever it is:
stream, heater, cooler, heat pump or another level. So what enters the hot header balances what
leaves it exactly if the heat of the level balances; the mass flow is no equation of its own.

**Cascade.** Level ``a`` can heat level ``b`` by (1), (2) with a difference of zero, which is how
heat falls between the levels of model A: if ``S_a >= S_b`` and ``R_a >= R_b``. This orders levels
only in part. The order is transitive, so that heat may fall through places of levels that are
closed.

**Heat pumps.** A pump from ``i`` to ``j`` cools the water of ``i`` to ``R_i`` and heats that of
``j`` to ``S_j``. With one temperature of evaporation and one of condensation its COP is that of
model A from ``R_i`` to ``S_j``, and lift and sink limit are measured there; machines whose
refrigerant glides do better and are not modelled.

**Candidates.** The *kinks* are all right-hand sides of (1) and (2). Theorem: without heat pumps,
and with prices that are the same at every level, every design has one of equal cost whose supplies
and returns are kinks. Proof: replace every temperature by the highest kink at or below it, or by
the lowest kink where there is none. The map does not fall, so ``S >= R`` and the order of levels
stay. (2) stays because its right-hand sides are kinks, (1) because temperatures fall; a temperature
below all kinks that rises to the lowest one is still at most every right-hand side. Levels that
become equal merge. With heat pumps kinks are a choice of candidates, as in
`milpcore.site.kink_theorem`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from milpcore.economics import Measure, SiteEconomics
from milpcore.faults import FaultList
from milpcore.site.door_checks import LEAST_SHARE
from milpcore.site.inputs import NO_NEGATIVE_COST, Booleans, Floats, Integers
from milpcore.streams import Streams
from preprocess.heat_pumps import LIMIT_TOLERANCE_K, carnot_cop

MOST_PAIRS = 600
"""More pairs than that are refused: the model is one of moderate size."""
SAME_TEMPERATURE_K = 1e-6
_DECIMALS = 6


@dataclass(frozen=True)
class GlideInputs:
    """Everything the model of gliding levels needs, as arrays.

    Attributes
    ----------
    streams : Streams
        The stream table.
    economics : SiteEconomics
        Prices and limits.
    objective : Measure
        What is minimised: TAC, OPEX or CO2.
    supply_C, return_C : ndarray (P,)
        Candidate pairs, rising by supply, then return.
    is_match : ndarray of bool (S, P)
        Whether a stream can use a pair, (1) and (2).
    is_above : ndarray of bool (P, P)
        Whether heat can fall from the first pair to the second.
    pump_source, pump_sink : ndarray of int (K,)
        Pairs joined by each heat pump.
    pump_cop : ndarray (K,)
    """

    streams: Streams
    economics: SiteEconomics
    objective: Measure
    supply_C: Floats
    return_C: Floats
    is_match: Booleans
    is_above: Booleans
    pump_source: Integers
    pump_sink: Integers
    pump_cop: Floats

    @property
    def n_pairs(self) -> int:
        """Number of candidate pairs P."""
        return self.supply_C.size

    @property
    def pump_source_share(self) -> Floats:
        """Source heat per sink heat of each pump (K,)."""
        return 1.0 - 1.0 / self.pump_cop

    def at_pairs(self, chosen: Integers) -> tuple[GlideInputs, Integers]:
        """Return the same with some pairs alone (rising), and which pumps are between these."""
        place = np.full(self.n_pairs, -1, dtype=np.int64)
        place[chosen] = np.arange(chosen.size)
        kept = np.flatnonzero((place[self.pump_source] >= 0) & (place[self.pump_sink] >= 0))
        part = replace(
            self,
            supply_C=self.supply_C[chosen],
            return_C=self.return_C[chosen],
            is_match=self.is_match[:, chosen],
            is_above=self.is_above[np.ix_(chosen, chosen)],
            pump_source=place[self.pump_source[kept]],
            pump_sink=place[self.pump_sink[kept]],
            pump_cop=self.pump_cop[kept],
        )
        return part, kept

    def pump_price(self, measure: Measure) -> Floats:
        """Cost of a kW of sink heat of each pump (K,), EUR/(kW a) or t/(kW a)."""
        economics = self.economics
        electricity = economics.electricity_price(measure) / self.pump_cop
        return electricity + economics.heat_pump_investment(measure)


def kink_pairs(
    streams: Streams,
    *,
    level_dt_cont_K: float | None = None,
    least_glide_K: float = 0.0,
    most_glide_K: float | None = None,
) -> list[tuple[float, float]]:
    """List all pairs of kinks as (supply, return), rising.

    Parameters
    ----------
    streams : Streams
        The stream table.
    level_dt_cont_K : float, optional
        Share of a level in the minimum temperature difference; that of the bundled site if not
        given.
    least_glide_K, most_glide_K : float
        Range of the difference of supply and return; pairs without glide are always listed.

    Returns
    -------
    list of tuple of float
        Supply and return, °C.

    Examples
    --------
    >>> import milpcore
    >>> kink_pairs(milpcore.load_case("two_streams"), most_glide_K=60.0)[:4]
    [(50.0, 50.0), (130.0, 130.0), (140.0, 130.0), (140.0, 140.0)]
    """
    share_K = SiteEconomics().level_dt_cont_K if level_dt_cont_K is None else level_dt_cont_K
    supply_limit_C, return_limit_C = limits_C(streams, share_K)
    kink_C = np.unique(np.concatenate((supply_limit_C, return_limit_C))).tolist()
    most_K = np.inf if most_glide_K is None else most_glide_K + SAME_TEMPERATURE_K
    least_K = least_glide_K - SAME_TEMPERATURE_K
    return [
        (supply, back)
        for supply in kink_C
        for back in kink_C
        if supply == back or (back < supply and least_K <= supply - back <= most_K)
    ]


def limits_C(streams: Streams, level_dt_cont_K: float) -> tuple[Floats, Floats]:
    """Right-hand sides of (1) and (2): limits of supply and return (S,), °C."""
    is_hot = np.asarray(streams.is_hot)
    margin_K = np.asarray(streams.dt_cont_K) + level_dt_cont_K
    shift_K = np.where(is_hot, -margin_K, margin_K)
    ends_C = np.array([streams.t_supply_C, streams.t_target_C]) + shift_K
    ends_C = np.round(ends_C, _DECIMALS)
    return ends_C.max(axis=0), ends_C.min(axis=0)


def prepare_glide(
    streams: Streams,
    *,
    pairs_C: Sequence[tuple[float, float]] | None = None,
    most_glide_K: float | None = None,
    economics: SiteEconomics | None = None,
    objective: Measure | str = Measure.TAC,
    heat_pumps: bool = True,
) -> GlideInputs:
    """Turn a stream table, prices and pairs of temperatures into the arrays of the model.

    Parameters
    ----------
    streams : Streams
        The stream table.
    pairs_C : sequence of tuple of float, optional
        Candidate levels as (supply, return), °C; all pairs of kinks if not given.
    most_glide_K : float, optional
        Widest glide of the pairs of kinks.
    economics : SiteEconomics, optional
        Prices and limits; the defaults of the bundled site if not given.
    objective : Measure or str
        ``"tac"``, ``"opex"`` or ``"co2"``.
    heat_pumps : bool
        Whether heat pumps are allowed.

    Returns
    -------
    GlideInputs

    Raises
    ------
    InputError
        Listing pairs that are none, a stream that no pair serves, costs below zero, an objective
        or a number of pairs that is not modelled.

    Examples
    --------
    >>> import milpcore
    >>> inputs = prepare_glide(milpcore.load_case("two_streams"))
    >>> inputs.n_pairs, inputs.is_match.sum(axis=1).tolist()
    (6, [3, 5])
    """
    economics = SiteEconomics() if economics is None else economics
    measure = Measure(objective)
    if pairs_C is None:
        pairs_C = kink_pairs(
            streams, level_dt_cont_K=economics.level_dt_cont_K, most_glide_K=most_glide_K
        )
    supply_C, return_C = _checked_pairs(pairs_C)
    supply_limit_C, return_limit_C = limits_C(streams, economics.level_dt_cont_K)
    sign = np.where(streams.is_hot, -1.0, 1.0)[:, None]
    is_match = (sign * (supply_C - supply_limit_C[:, None]) >= -SAME_TEMPERATURE_K) & (
        sign * (return_C - return_limit_C[:, None]) >= -SAME_TEMPERATURE_K
    )
    _refuse_wrong(streams, economics, measure, is_match)
    is_above = (supply_C[:, None] >= supply_C) & (return_C[:, None] >= return_C)
    np.fill_diagonal(is_above, val=False)
    source, sink, cop = _pumps(supply_C, return_C, is_above, economics)
    kept = slice(None) if heat_pumps else slice(0)
    inputs = GlideInputs(
        streams=streams,
        economics=economics,
        objective=measure,
        supply_C=supply_C,
        return_C=return_C,
        is_match=is_match,
        is_above=is_above,
        pump_source=source[kept],
        pump_sink=sink[kept],
        pump_cop=cop[kept],
    )
    _refuse_negative_costs(inputs)
    return inputs


def _pumps(
    supply_C: Floats, return_C: Floats, is_above: Booleans, economics: SiteEconomics
) -> tuple[Integers, Integers, Floats]:
    """Heat pumps between pairs of which the first cannot simply heat the second."""
    lift_K = supply_C[None, :] - return_C[:, None]
    allowed = (
        ~is_above
        & (lift_K > 0.0)
        & (lift_K <= economics.max_lift_K + LIMIT_TOLERANCE_K)
        & (supply_C[None, :] <= economics.max_sink_C + LIMIT_TOLERANCE_K)
    )
    np.fill_diagonal(allowed, val=False)
    source, sink = np.nonzero(allowed)
    cop = carnot_cop(
        return_C[source],
        supply_C[sink],
        economics.carnot_efficiency,
        economics.heat_pump_dt_source_K,
        economics.heat_pump_dt_sink_K,
    )
    kept = np.isfinite(cop) & (cop > 1.0)
    return source[kept].astype(np.int64), sink[kept].astype(np.int64), cop[kept]


def _checked_pairs(pairs_C: Sequence[tuple[float, float]]) -> tuple[Floats, Floats]:
    """Distinct pairs as supply and return (P,), rising."""
    faults = FaultList()
    try:
        pair_C = np.asarray(list(pairs_C), dtype=np.float64)
        is_table = pair_C.ndim == 2 and pair_C.shape[1] == 2
    except (TypeError, ValueError):
        is_table = False
    if not is_table:
        rule = "must be one or more pairs (supply, return) of numbers (°C)"
        faults.add("", "pairs_C", "", rule, "such as [(90, 60), (150, 150)]")
        faults.raise_if_any("gliding levels")
    for place, (supply, back) in enumerate(pair_C.tolist(), start=1):
        if not (np.isfinite(supply) and -273.15 <= back <= supply):
            rule = "must have a return from -273.15 °C up to the supply, both finite"
            value = f"({supply:g}, {back:g})"
            faults.add(f"pair {place}", "pairs_C", value, rule, "give (supply, return)")
    if len(pair_C) > MOST_PAIRS:
        rule = f"are more than {MOST_PAIRS}: the model is one of moderate size"
        faults.add("", "pairs_C", len(pair_C), rule, "give most_glide_K, or fewer pairs")
    faults.raise_if_any("gliding levels")
    distinct = np.unique(np.round(pair_C, _DECIMALS) + 0.0, axis=0)
    return distinct[:, 0].copy(), distinct[:, 1].copy()


def _refuse_wrong(
    streams: Streams, economics: SiteEconomics, measure: Measure, is_match: Booleans
) -> None:
    faults = FaultList()
    if measure is Measure.CAPEX:
        remedy = "minimise tac, opex or co2"
        faults.add("", "objective", "capex", "is not modelled: least CAPEX is none", remedy)
    total_kW = float(streams.duty_kW.sum())
    for stream in np.flatnonzero(~is_match.any(axis=1)):
        margin_K = streams.dt_cont_K[stream] + economics.level_dt_cont_K
        rule = f"no pair serves it with {margin_K:g} K at both ends"
        faults.add(f"stream {streams.label[stream]}", "pairs_C", "", rule, "add such a pair")
    for stream in np.flatnonzero(streams.duty_kW < LEAST_SHARE * total_kW):
        rule = f"is less than {LEAST_SHARE:g} of all duties: too little"
        value = f"{streams.duty_kW[stream]:g} kW"
        where = f"stream {streams.label[stream]}"
        faults.add(where, "heat_flow", value, rule, "check its unit, or leave the stream out")
    faults.raise_if_any("gliding levels")


def _refuse_negative_costs(inputs: GlideInputs) -> None:
    faults = FaultList()
    economics, measure = inputs.economics, inputs.objective
    prices = {
        "external heat": economics.external_heat_price(measure),
        "cooling": economics.cooling_price(measure),
        "heat pump heat": float(inputs.pump_price(measure).min(initial=0.0)),
    }
    for name, price in prices.items():
        if price < 0.0:
            value = f"{price:g} per kW and year"
            field = f"cost of {name}"
            faults.add(measure.value, field, value, NO_NEGATIVE_COST, "raise the price behind it")
    faults.raise_if_any("economics")
