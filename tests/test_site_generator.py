"""Random sites: the same everywhere, in their bands, in the style of the bundled site."""

from __future__ import annotations

import math
import zlib

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import milpcore
from milpcore.faults import InputError
from milpcore.site import DutyShape, TemperatureBand, greenfield, prepare, random_site
from milpcore.site.generator import (
    CHEMICAL_BANDS,
    EVEN_BANDS,
    LONGEST_SPAN_K,
    LOW_TEMPERATURE_BANDS,
    LOWEST_SUPPLY_C,
    MOST_TIMES_MEDIAN,
    PLATEAU_BANDS,
    SHORTEST_SPAN_K,
)

ALL_BANDS = {
    "chemical": CHEMICAL_BANDS,
    "even": EVEN_BANDS,
    "low temperature": LOW_TEMPERATURE_BANDS,
    "plateaus": PLATEAU_BANDS,
}


def test_a_seed_gives_the_same_table_on_every_platform() -> None:
    table = random_site(400, seed=1).table
    assert table.iloc[:2, :6].to_numpy().tolist() == [
        ["site", "H0001", "hot", 117.0, 74.0, 743.0],
        ["site", "H0002", "hot", 63.0, 26.0, 1898.0],
    ]
    assert zlib.crc32(table.to_csv(index=False, lineterminator="\n").encode()) == 3981365281


@pytest.mark.parametrize("shape", DutyShape)
def test_no_duty_is_so_close_to_a_half_that_rounding_could_depend_on_the_platform(
    shape: DutyShape,
) -> None:
    streams = random_site(4000, seed=5, duty_shape=shape)
    again = random_site(4000, seed=5, duty_shape=shape, duty_spread=1.1 * (1.0 + 1e-15))
    assert streams == again


def test_another_seed_gives_another_site() -> None:
    assert random_site(50, seed=1) != random_site(50, seed=2)


def test_the_first_streams_of_a_kind_do_not_depend_on_how_many_follow() -> None:
    few, many = random_site(20, seed=3), random_site(60, seed=3)
    for kind in (True, False):
        few_rows = few.table[few.is_hot == kind].reset_index(drop=True)
        many_rows = many.table[many.is_hot == kind].head(10).reset_index(drop=True)
        assert few_rows.equals(many_rows)


def test_the_default_has_the_statistics_of_the_bundled_site() -> None:
    ours, bundled = random_site(20_000, seed=7), milpcore.load_case("site_400")
    for kind in (True, False):
        own, reference = ours.is_hot == kind, bundled.is_hot == kind
        own_C, reference_C = ours.t_target_C[own], bundled.t_target_C[reference]
        for edge_C in (60.0, 90.0, 120.0, 160.0, 200.0, 290.0):
            assert np.mean(own_C < edge_C) == pytest.approx(np.mean(reference_C < edge_C), abs=0.06)
        own_kW, reference_kW = ours.duty_kW[own], bundled.duty_kW[reference]
        assert np.median(own_kW) == pytest.approx(np.median(reference_kW), rel=0.2)
        assert np.log(own_kW).std() == pytest.approx(np.log(reference_kW).std(), rel=0.1)
        assert own_kW.mean() == pytest.approx(reference_kW.mean(), rel=0.25)


@pytest.mark.parametrize("bands", ALL_BANDS.values(), ids=ALL_BANDS)
def test_every_target_lies_on_the_grid_of_a_band_with_its_kind(
    bands: tuple[TemperatureBand, ...],
) -> None:
    streams = random_site(500, seed=11, bands=bands)
    for kind in (True, False):
        possible_C = np.concatenate(
            [
                np.arange(band.low_C, band.high_C + 1e-9, band.step_K)
                for band in bands
                if (band.hot_weight if kind else band.cold_weight) > 0.0
            ]
        )
        assert np.isin(streams.t_target_C[streams.is_hot == kind], possible_C).all()


@given(
    n_streams=st.integers(1, 60),
    seed=st.integers(0, 2**70),
    hot_share=st.floats(0.0, 1.0),
    bands=st.sampled_from(list(ALL_BANDS.values())),
    shape=st.sampled_from(DutyShape),
)
def test_every_site_is_valid_and_can_be_prepared(
    n_streams: int,
    seed: int,
    hot_share: float,
    bands: tuple[TemperatureBand, ...],
    shape: DutyShape,
) -> None:
    streams = random_site(
        n_streams, seed=seed, bands=bands, hot_share=hot_share, duty_shape=shape, dt_cont_K=3.0
    )
    assert streams.n_streams == n_streams
    assert streams.is_hot.sum() == min(n_streams, math.floor(hot_share * n_streams + 0.5))
    assert (np.diff(streams.is_hot.astype(int)) <= 0).all(), "hot streams come first"
    assert (streams.dt_cont_K == 3.0).all()
    assert (streams.duty_kW == np.round(streams.duty_kW)).all()
    most_kW = MOST_TIMES_MEDIAN * max(max(band[4:6]) for band in bands)
    assert ((streams.duty_kW >= 1.0) & (streams.duty_kW <= most_kW)).all()
    span_K = np.where(streams.is_hot, 1.0, -1.0) * (streams.t_supply_C - streams.t_target_C)
    assert ((span_K >= SHORTEST_SPAN_K) & (span_K <= LONGEST_SPAN_K)).all()
    inputs = prepare(streams)
    assert inputs.stream_kink.min() >= 0


def test_cold_streams_do_not_start_in_the_cold_unless_they_must() -> None:
    band = TemperatureBand(7, 30, 0.0, 1.0)
    streams = random_site(200, seed=2, bands=[band], hot_share=0.0)
    lowest_C = np.minimum(LOWEST_SUPPLY_C, streams.t_target_C - SHORTEST_SPAN_K)
    assert (streams.t_supply_C >= lowest_C).all()
    assert streams.t_supply_C.min() == 2.0


@pytest.mark.parametrize("shape", DutyShape)
def test_every_shape_has_the_median_of_its_band(shape: DutyShape) -> None:
    band = TemperatureBand(50, 90, 1.0, 1.0, 600.0, 2400.0)
    streams = random_site(8000, seed=4, bands=[band], duty_shape=shape)
    for kind, median_kW in ((True, 600.0), (False, 2400.0)):
        duty_kW = streams.duty_kW[streams.is_hot == kind]
        assert np.median(duty_kW) == pytest.approx(median_kW, rel=0.08)


def test_shapes_differ_in_how_much_the_largest_streams_hold() -> None:
    held = {}
    for shape in DutyShape:
        duty_kW = np.sort(random_site(2000, seed=6, bands=EVEN_BANDS, duty_shape=shape).duty_kW)
        held[shape] = duty_kW[-200:].sum() / duty_kW.sum()
    assert held[DutyShape.UNIFORM] < 0.25 < held[DutyShape.LOGNORMAL] < 0.55
    assert held[DutyShape.LOGNORMAL] + 0.1 < held[DutyShape.PARETO]


def test_the_spread_is_the_deviation_of_the_logarithm() -> None:
    band = TemperatureBand(50, 90, 1.0, 1.0, 1e5, 1e5)
    for spread in (0.0, 0.5):
        streams = random_site(4000, seed=8, bands=[band], duty_spread=spread)
        assert np.log(streams.duty_kW).std() == pytest.approx(spread, abs=0.02)


def test_a_drawn_site_can_be_solved() -> None:
    result = greenfield(random_site(30, seed=1), n_levels=3)
    assert result.status.value == "optimal"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_streams": 0}, "n_streams = 0: must be a whole number from 1; choose one"),
        ({"n_streams": 2.5}, "n_streams = 2.5: must be a whole number from 1; choose one"),
        ({"n_streams": True}, "n_streams = True: must be a whole number from 1; choose one"),
        ({"seed": -1}, "seed = -1: must be a whole number from 0; choose one"),
        ({"hot_share": 1.5}, "hot_share = 1.5: must be from 0 to 1; 0.5 for as many cold ones"),
        ({"hot_share": math.nan}, "hot_share = nan: must be from 0 to 1"),
        ({"duty_spread": -0.1}, "duty_spread = -0.1: must be finite and from 0; default 1.1"),
        ({"duty_spread": math.inf}, "duty_spread = inf: must be finite and from 0; default 1.1"),
        (
            {"bands": [TemperatureBand(9, 8, 1, 1)]},
            "must have finite numbers, low_C <= high_C and step_K > 0; mend the band",
        ),
        (
            {"bands": [TemperatureBand(7, 8, 1, 1, step_K=0.0)]},
            "must have finite numbers, low_C <= high_C and step_K > 0; mend the band",
        ),
        (
            {"bands": [TemperatureBand(7, 8, 1, 1, math.nan)]},
            "must have finite numbers, low_C <= high_C and step_K > 0; mend the band",
        ),
        (
            {"bands": [TemperatureBand(7, 8, 2, -1)]},
            "must have weights from 0 and medians above 0; mend the band",
        ),
        (
            {"bands": [TemperatureBand(7, 8, 1, 1, 0.0)]},
            "must have weights from 0 and medians above 0; mend the band",
        ),
        (
            {"bands": []},
            "must hold hot streams; give a band a hot_weight, or change hot_share",
        ),
        (
            {"bands": [TemperatureBand(7, 8, 1, 0)]},
            "must hold cold streams; give a band a cold_weight, or change hot_share",
        ),
        ({"dt_cont_K": -1.0}, "dt_cont = -1"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        random_site(**{"n_streams": 10, "seed": 1, **arguments})  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_all_wrong_arguments_are_listed_at_once() -> None:
    with pytest.raises(InputError) as caught:
        random_site(-3, seed=-1, hot_share=2.0, duty_spread=-1.0)
    assert [fault.field for fault in caught.value.faults] == [
        "n_streams",
        "seed",
        "hot_share",
        "duty_spread",
    ]
