"""Gliding levels: against full enumeration, against model A, balances, kinks, refusals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, product

import hypothesis.strategies as st
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from helpers_sites import PRICES, stream_tables, streams_of
from hypothesis import given, settings
from scipy.optimize import linprog

import milpcore
from milpcore import InputError, Measure, SiteEconomics, Streams, site
from milpcore.site.glide import gliding
from milpcore.site.glide_check import check_glide
from milpcore.site.glide_inputs import MOST_PAIRS, kink_pairs, limits_C, prepare_glide
from milpcore.site.glide_results import GlideResult
from milpcore.site.violations import CheckError

Floats = npt.NDArray[np.float64]
Pair = tuple[float, float]
EXACT = {"mip_rel_gap": 0.0}


def serves(streams: Streams, stream: int, pair: Pair, economics: SiteEconomics) -> bool:
    """Whether the difference is kept all along the exchanger, sampled, not only at the ends."""
    least_K = streams.dt_cont_K[stream] + economics.level_dt_cont_K
    share = np.linspace(0.0, 1.0, 11)
    supply_C, target_C = streams.t_supply_C[stream], streams.t_target_C[stream]
    stream_C = supply_C + share * (target_C - supply_C)
    if streams.is_hot[stream]:
        level_C = pair[0] + share * (pair[1] - pair[0])
        return bool(np.all(stream_C - level_C >= least_K - 1e-6))
    level_C = pair[1] + share * (pair[0] - pair[1])
    return bool(np.all(level_C - stream_C >= least_K - 1e-6))


def flow_cost(
    streams: Streams, pairs: Sequence[Pair], duty_kW: Floats, economics: SiteEconomics, measure: str
) -> float:
    """Least cost at open levels with given shares of duties (S, L), kW; dense linear program."""
    of = Measure(measure)
    prices = [economics.external_heat_price(of), economics.cooling_price(of)]
    power, invest = economics.electricity_price(of), economics.heat_pump_investment(of)
    n = len(pairs)
    columns, costs = [], []
    for level in range(n):
        for sign, price in zip((1.0, -1.0), prices, strict=True):
            columns.append(sign * np.eye(n)[level])
            costs.append(price)
    for one, other in product(range(n), repeat=2):
        if one == other:
            continue
        above = pairs[one][0] >= pairs[other][0] and pairs[one][1] >= pairs[other][1]
        if above:
            columns.append(np.eye(n)[other] - np.eye(n)[one])
            costs.append(0.0)
            continue
        from_K = pairs[one][1] + 273.15 - economics.heat_pump_dt_source_K
        to_K = pairs[other][0] + 273.15 + economics.heat_pump_dt_sink_K
        lift_K = pairs[other][0] - pairs[one][1]
        allowed = lift_K <= economics.max_lift_K and pairs[other][0] <= economics.max_sink_C
        cop = economics.carnot_efficiency * to_K / (to_K - from_K) if to_K > from_K else 0.0
        if allowed and cop > 1.0:
            columns.append(np.eye(n)[other] - (1.0 - 1.0 / cop) * np.eye(n)[one])
            costs.append(power / cop + invest)
    sign = np.where(streams.is_hot, 1.0, -1.0)
    surplus_kW = sign @ duty_kW
    size_kW, scale = float(streams.duty_kW.sum()), max(costs) or 1.0
    found = linprog(np.array(costs) / scale, A_eq=np.array(columns).T, b_eq=-surplus_kW / size_kW)
    return float(found.fun) * scale * size_kW if found.status == 0 else np.inf


def assignments(
    streams: Streams, pairs: Sequence[Pair], economics: SiteEconomics
) -> Iterator[Floats]:
    """Yield every assignment of streams to levels that serve them, as duties (S, L), kW."""
    choices = [
        [level for level, pair in enumerate(pairs) if serves(streams, stream, pair, economics)]
        for stream in range(streams.n_streams)
    ]
    for choice in product(*choices):
        duty_kW = np.zeros((streams.n_streams, len(pairs)))
        duty_kW[np.arange(streams.n_streams), list(choice)] = streams.duty_kW
        yield duty_kW


def enumerated(
    streams: Streams,
    pairs: Sequence[Pair],
    n_levels: int,
    economics: SiteEconomics,
    measure: str = "tac",
) -> float:
    """Least cost over all sets of pairs and all assignments; inf if there is none."""
    return min(
        (
            flow_cost(streams, chosen, duty_kW, economics, measure)
            for size in range(1, n_levels + 1)
            for chosen in combinations(pairs, size)
            for duty_kW in assignments(streams, chosen, economics)
        ),
        default=np.inf,
    )


def _close(streams: Streams, economics: SiteEconomics, measure: str = "tac") -> float:
    return 2e-6 * economics.external_heat_price(Measure(measure)) * float(streams.duty_kW.sum())


@given(
    stream_tables(max_streams=3),
    st.sampled_from(sorted(PRICES)),
    st.sampled_from(["tac", "tac", "opex", "co2"]),
    st.integers(1, 3),
    st.data(),
)
@settings(deadline=None, max_examples=60)
def test_the_model_finds_what_enumeration_finds(
    streams: Streams, prices: str, measure: str, n_levels: int, data: st.DataObject
) -> None:
    """With prices on both sides of where loops of heat pumps pay."""
    economics = PRICES[prices]
    kinks = kink_pairs(streams)
    chosen = data.draw(st.lists(st.sampled_from(kinks), unique=True, max_size=4))
    extra = data.draw(st.lists(st.sampled_from([(90.0, 60.0), (130.0, 125.0)]), max_size=1))
    highest, lowest = limits_C(streams, economics.level_dt_cont_K)
    always = [(float(lowest.min()), float(lowest.min())), (float(highest.max()),) * 2]
    pairs = sorted({*chosen, *extra, *always})
    found = gliding(
        streams,
        n_levels=n_levels,
        pairs_C=pairs,
        economics=economics,
        objective=measure,
        **EXACT,
    )
    expected = enumerated(streams, pairs, n_levels, economics, measure)
    if not np.isfinite(expected):
        assert not found.has_design
        assert found.status is milpcore.Status.INFEASIBLE
        return
    close = _close(streams, economics, measure)
    assert found.objective_value == pytest.approx(expected, rel=1e-6, abs=close)


@given(stream_tables(max_streams=5), st.sampled_from(sorted(PRICES)), st.integers(1, 4))
@settings(deadline=None, max_examples=30)
def test_without_glide_it_is_model_a(streams: Streams, prices: str, n_levels: int) -> None:
    economics = PRICES[prices]
    level_C = site.prepare(streams, economics=economics).level_C
    pairs = [(value, value) for value in level_C.tolist()]
    one = site.greenfield(streams, n_levels=n_levels, economics=economics, **EXACT)
    found = gliding(streams, n_levels=n_levels, pairs_C=pairs, economics=economics, **EXACT)
    assert found.has_design == one.has_design
    if one.has_design:
        value = float(one.summary["objective_value"].iloc[0])
        close = _close(streams, economics)
        assert found.objective_value == pytest.approx(value, rel=1e-6, abs=close)


@given(stream_tables(max_streams=3), st.integers(1, 3), st.data())
@settings(deadline=None, max_examples=40)
def test_without_heat_pumps_kinks_are_enough(
    streams: Streams, n_levels: int, data: st.DataObject
) -> None:
    """Any pairs whatever, against the pairs of kinks."""
    temperature = st.integers(0, 52).map(lambda value: 5.0 * value + 0.5)
    drawn = data.draw(st.lists(st.tuples(temperature, temperature), min_size=1, max_size=4))
    anywhere = [(max(pair), min(pair)) for pair in drawn]
    highest, lowest = limits_C(streams, 5.0)
    anywhere += [(float(lowest.min()) - 1.0,) * 2, (float(highest.max()) + 1.0,) * 2]
    options = {"n_levels": n_levels, "heat_pumps": False, **EXACT}
    free = gliding(streams, pairs_C=anywhere, **options)  # type: ignore[arg-type]
    kinks = gliding(streams, **options)  # type: ignore[arg-type]
    if free.has_design:
        close = _close(streams, SiteEconomics())
        assert kinks.objective_value <= free.objective_value + close


@given(stream_tables(max_streams=4), st.sampled_from(sorted(PRICES)), st.integers(2, 4))
@settings(deadline=None, max_examples=30)
def test_energy_balances_and_what_more_freedom_does(
    streams: Streams, prices: str, n_levels: int
) -> None:
    economics = PRICES[prices]
    options = {"n_levels": n_levels, "economics": economics, **EXACT}
    plain = gliding(streams, most_glide_K=0.0, **options)  # type: ignore[arg-type]
    glide = gliding(streams, **options)  # type: ignore[arg-type]
    split = gliding(streams, branches=True, **options)  # type: ignore[arg-type]
    total_kW = float(streams.duty_kW.sum())
    hot_kW = float(streams.duty_kW[streams.is_hot].sum())
    cold_kW = total_kW - hot_kW
    for found in (plain, glide, split):
        row = found.summary.iloc[0]
        gained_kW = row["external_heat_kW"] + row["electricity_kW"]
        assert hot_kW + gained_kW == pytest.approx(cold_kW + row["cooling_kW"], abs=1e-6 * total_kW)
        served = found.connections.groupby("name")["duty_kW"].sum()
        for name, duty_kW in zip(streams.table["name"], streams.duty_kW, strict=True):
            assert served[name] == pytest.approx(duty_kW, abs=1e-9 * total_kW)
        glides = found.levels[found.levels["glide_K"] > 0.0]
        assert found.levels[found.levels["glide_K"] == 0.0]["water_kg_per_s"].isna().all()
        for level in glides.itertuples():
            own = found.connections[
                (found.connections["supply_C"] == level.supply_C)
                & (found.connections["return_C"] == level.return_C)
            ]
            heated = own[own["kind"] == "hot"]["water_kg_per_s"].sum()
            assert heated <= level.water_kg_per_s * (1.0 + 1e-6) + 1e-9
    close = _close(streams, economics)
    assert glide.objective_value <= plain.objective_value + close
    assert split.objective_value <= glide.objective_value + close


def test_one_loop_replaces_two_levels_and_all_bought_heat() -> None:
    streams = milpcore.load_case("two_streams")
    assert not gliding(streams, n_levels=1, most_glide_K=0.0).has_design
    found = gliding(streams, n_levels=1)
    level = found.levels.iloc[0]
    assert (level["external_heat_kW"], level["cooling_kW"]) == (0.0, 300.0)
    assert level["water_kg_per_s"] == pytest.approx(1200.0 / (4.19 * level["glide_K"]))
    assert found.connections[["dt_supply_end_K", "dt_target_end_K"]].min().min() >= 10.0 - 1e-6


def test_a_stream_in_branches_uses_two_levels() -> None:
    """80 kW of a hot stream are wanted at 60 °C and 80 kW at 40 °C, by levels not comparable."""
    streams = streams_of(
        (120.0, 60.0, 160.0, 5.0), (40.0, 80.0, 80.0, 5.0), (20.0, 100.0, 80.0, 5.0)
    )
    pairs = [(90.0, 50.0), (110.0, 30.0)]
    whole = gliding(streams, n_levels=2, pairs_C=pairs, heat_pumps=False, **EXACT)
    split = gliding(streams, n_levels=2, pairs_C=pairs, heat_pumps=False, branches=True, **EXACT)
    assert whole.external_heat_kW == pytest.approx(80.0)
    assert split.external_heat_kW == pytest.approx(0.0, abs=1e-6)
    assert len(split.connections) == 4


def test_the_limit_of_pumps_leaves_room_for_loops_that_pay() -> None:
    """Cheap electricity: a loop of a pump and the cascade makes more heat than is wanted."""
    streams = streams_of((70.0, 60.0, 1.0, 5.0), (50.0, 80.0, 1000.0, 5.0))
    economics = PRICES["good pumps, cheap electricity, cooling has a price"]
    pairs = [(50.0, 50.0), (90.0, 90.0), (110.0, 60.0)]
    found = gliding(streams, n_levels=3, pairs_C=pairs, economics=economics, **EXACT)
    expected = enumerated(streams, pairs, 3, economics)
    assert found.objective_value == pytest.approx(expected, rel=1e-7)


def _found() -> GlideResult:
    return gliding(milpcore.load_case("dairy_8"), n_levels=4)


@pytest.mark.parametrize(
    ("table", "column", "change", "message"),
    [
        ("levels", "external_heat_kW", 5.0, "balance (kW)"),
        ("levels", "supply_C", 5.0, "difference|cascade|balance|hot_streams_kW|glide"),
        ("connections", "duty_kW", 5.0, "duty (kW)"),
        ("connections", "return_C", 40.0, "difference at the"),
        ("heat_pumps", "cop", 0.1, "COP"),
        ("heat_pumps", "heat_kW", 9.0, "power (kW)"),
        ("heat_pumps", "sink_supply_C", 90.0, "lift (K)"),
        ("summary", "tac_EUR_per_a", 9.0, "tac_EUR_per_a"),
        ("summary", "bound", 1e9, "bound"),
        ("summary", "gap", 0.5, "gap"),
        ("summary", "objective_value", 9.0, "objective"),
    ],
)
def test_the_check_sees_what_was_changed(
    table: str, column: str, change: float, message: str
) -> None:
    found = _found()
    check_glide(found)
    changed: pd.DataFrame = getattr(found, table).copy()
    changed.loc[changed.index[0], column] += change
    with pytest.raises(CheckError) as caught:
        check_glide(replace(found, **{table: changed}))
    assert any(part in str(caught.value) for part in message.split("|"))


def test_the_check_sees_heat_that_rises_and_levels_too_many() -> None:
    streams = streams_of((120.0, 60.0, 160.0, 5.0), (20.0, 30.0, 80.0, 5.0))
    pairs = [(50.0, 50.0), (40.0, 30.0)]
    found = gliding(streams, n_levels=2, pairs_C=pairs, heat_pumps=False)
    check_glide(found)
    with pytest.raises(CheckError, match=r"levels: found 2, expected at most 0"):
        check_glide(replace(found, max_levels=0))
    cascade = pd.DataFrame(
        [(40.0, 30.0, 50.0, 50.0, 9.0)],
        columns=["from_supply_C", "from_return_C", "to_supply_C", "to_return_C", "heat_kW"],
    )
    with pytest.raises(CheckError, match="cascade at the supply"):
        check_glide(replace(found, cascade=cascade))


def test_pairs_of_kinks_keep_their_range_of_glide() -> None:
    streams = milpcore.load_case("dairy_8")
    pairs = kink_pairs(streams, least_glide_K=5.0, most_glide_K=20.0)
    glide_K = np.array([supply - back for supply, back in pairs])
    assert set(np.flatnonzero(glide_K == 0.0)) < set(range(len(pairs)))
    assert np.all((glide_K == 0.0) | ((glide_K >= 5.0) & (glide_K <= 20.0)))


def test_what_is_not_modelled_is_refused() -> None:
    streams = milpcore.load_case("two_streams")
    with pytest.raises(InputError) as caught:
        prepare_glide(streams, pairs_C=[(60.0, 90.0), (float("nan"), 20.0), (50.0, -300.0)])
    assert len(caught.value.faults) == 3
    assert "must have a return from -273.15 °C up to the supply, both finite" in str(caught.value)
    for wrong in ([], [1.0, 2.0], [("a", "b")]):
        with pytest.raises(InputError, match="must be one or more pairs"):
            prepare_glide(streams, pairs_C=wrong)  # type: ignore[arg-type]
    many = [(100.0 + number, 20.0) for number in range(MOST_PAIRS + 1)]
    with pytest.raises(InputError, match=f"601: are more than {MOST_PAIRS}"):
        prepare_glide(streams, pairs_C=many)
    with pytest.raises(InputError, match=r"stream site/C1: .*no pair serves it with 10 K at both"):
        prepare_glide(streams, pairs_C=[(50.0, 50.0)])
    with pytest.raises(InputError, match="capex: is not modelled: least CAPEX is none"):
        prepare_glide(streams, objective="capex")
    with pytest.raises(InputError, match="measure = cost: unknown"):
        prepare_glide(streams, objective="cost")
    earning = SiteEconomics(electricity_price_EUR_per_MWh=-500.0)
    with pytest.raises(InputError, match=r"cost of heat pump heat = .*: must not be negative"):
        prepare_glide(milpcore.load_case("dairy_8"), economics=earning)
    little = streams_of((150.0, 60.0, 1e-6, 5.0), (40.0, 120.0, 900.0, 5.0))
    with pytest.raises(InputError, match="is less than 1e-08 of all duties: too little"):
        prepare_glide(little)
    with pytest.raises(InputError, match="n_levels = 0: must be a whole number from 1"):
        gliding(streams, n_levels=0)
    with pytest.raises(InputError, match=r"mip_rel_gap = 1.5: must be from 0 to below 1"):
        gliding(streams, n_levels=2, mip_rel_gap=1.5)
    with pytest.raises(InputError, match=r"time_limit_s = 0: must be positive \(s\)"):
        gliding(streams, n_levels=2, time_limit_s=0)
