"""Heat recovery inside zones first: balances, what remains, total site profiles, the command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from helpers_cli import files_in, run
from helpers_sites import streams_of
from hypothesis import given, settings

import milpcore
from milpcore import InputError, Streams, site
from milpcore.site.inputs import without_heat_pumps
from milpcore.site.study import SolveSettings, chosen_formulation, solved
from milpcore.total_site import LEAST_SHARE


@st.composite
def zoned_streams(draw: st.DrawFn, *, max_streams: int = 8) -> Streams:
    """Draw streams of up to three zones, each stream with its own share, some isothermal."""
    rows = []
    for number in range(draw(st.integers(1, max_streams))):
        supply_C = draw(st.integers(2, 30)) * 7.0
        change_K = draw(st.sampled_from([-90.0, -35.0, -7.0, 0.0, 7.0, 35.0, 90.0]))
        rows.append(
            {
                "zone": draw(st.sampled_from(["A", "B", "C"])),
                "name": f"S{number}",
                "kind": "hot" if change_K < 0.0 or (change_K == 0.0 and number % 2) else "cold",
                "t_supply": supply_C,
                "t_target": supply_C + change_K,
                "heat_flow": draw(st.integers(1, 400)) * 3.0,
                "dt_cont": draw(st.sampled_from([0.0, 2.5, 5.0, 7.5])),
            }
        )
    return Streams(pd.DataFrame(rows))


def _tolerance(streams: Streams) -> float:
    return 1e-7 * float(streams.duty_kW.sum())


def _same(first: Streams | None, second: Streams | None) -> None:
    """Equal up to rounding, zone by zone."""
    assert (first is None) == (second is None)
    if first is None or second is None:
        return
    names = ["zone", "name"]
    tables = [one.table.sort_values(names).reset_index(drop=True) for one in (first, second)]
    pd.testing.assert_frame_equal(*tables, rtol=1e-9, atol=1e-6)


@given(zoned_streams())
@settings(deadline=None)
def test_heat_balances_of_every_zone_and_of_the_site(streams: Streams) -> None:
    found = milpcore.total_site(streams)
    close = _tolerance(streams)
    for zone in found.zones:
        is_hot, duty_kW = zone.streams.is_hot, zone.streams.duty_kW
        hot_kW, cold_kW = duty_kW[is_hot].sum(), duty_kW[~is_hot].sum()
        assert hot_kW + zone.targets.hot_utility_kW == pytest.approx(
            cold_kW + zone.targets.cold_utility_kW, abs=close
        )
        assert zone.recovered_kW == pytest.approx(cold_kW - zone.targets.hot_utility_kW, abs=close)
        assert zone.sinks.heat_kW.sum() == pytest.approx(zone.targets.hot_utility_kW, abs=close)
        assert zone.sources.heat_kW.sum() == pytest.approx(zone.targets.cold_utility_kW, abs=close)
    given_kW, needed_kW = found.zone_cold_utility_kW, found.zone_hot_utility_kW
    assert given_kW + found.hot_utility_kW == pytest.approx(
        needed_kW + found.cold_utility_kW, abs=close
    )
    assert found.recovered_kW == pytest.approx(given_kW - found.cold_utility_kW, abs=close)


@given(zoned_streams())
@settings(deadline=None)
def test_the_targets_of_what_remains_of_a_zone_are_the_zones_own(streams: Streams) -> None:
    found = milpcore.total_site(streams)
    close = _tolerance(streams)
    left = found.residual_streams
    for zone in found.zones:
        own = None if left is None else left.table[left.table["zone"] == zone.name]
        if own is None or own.empty:
            assert zone.targets.hot_utility_kW + zone.targets.cold_utility_kW <= close
            continue
        again = milpcore.targets(Streams(own))
        assert again.hot_utility_kW == pytest.approx(zone.targets.hot_utility_kW, abs=close)
        assert again.cold_utility_kW == pytest.approx(zone.targets.cold_utility_kW, abs=close)
        _same(milpcore.zone_residuals(Streams(own)), Streams(own))


@given(zoned_streams())
@settings(deadline=None)
def test_direct_exchange_is_best_and_zones_by_themselves_worst(streams: Streams) -> None:
    found, direct = milpcore.total_site(streams), milpcore.targets(streams)
    close = _tolerance(streams)
    assert direct.hot_utility_kW <= found.hot_utility_kW + close
    assert found.hot_utility_kW <= found.zone_hot_utility_kW + close
    closer = milpcore.total_site(streams, level_dt_cont_K=0.0)
    assert direct.hot_utility_kW <= closer.hot_utility_kW + close
    assert closer.hot_utility_kW <= found.hot_utility_kW + close


@given(zoned_streams(), st.data())
@settings(deadline=None)
def test_order_and_splitting_change_nothing(streams: Streams, data: st.DataObject) -> None:
    found = milpcore.total_site(streams)
    table = streams.table
    order = data.draw(st.permutations(range(len(table))))
    _same(milpcore.total_site(streams.select(order)).residual_streams, found.residual_streams)
    place = data.draw(st.integers(0, len(table) - 1))
    share = data.draw(st.sampled_from([0.25, 0.5]))
    first, second = table.iloc[[place]].copy(), table.iloc[[place]].copy()
    middle_C = (1.0 - share) * first["t_supply"] + share * first["t_target"]
    first["t_target"], second["t_supply"] = middle_C, middle_C
    first["heat_flow"], second["heat_flow"] = (
        share * table["heat_flow"].iloc[place],
        (1.0 - share) * table["heat_flow"].iloc[place],
    )
    second["name"] = "second part"
    rest = table.drop(index=place)
    split = Streams(pd.concat((rest, first, second), ignore_index=True))
    _same(milpcore.total_site(split).residual_streams, found.residual_streams)


@given(zoned_streams(max_streams=6), st.integers(2, 5))
@settings(deadline=None, max_examples=30)
def test_no_design_on_what_remains_needs_less_heat_than_the_site_target(
    streams: Streams, n_levels: int
) -> None:
    """Levels between zones, without heat pumps, cannot beat the site composite."""
    found = milpcore.total_site(streams)
    if found.residual_streams is None:
        return
    inputs = without_heat_pumps(site.prepare(found.residual_streams))
    settings_ = SolveSettings(0.0, None, None)
    _, outcome = next(solved(inputs, chosen_formulation(inputs, None), [n_levels], settings_))
    if outcome.design is not None:
        bought_kW = float(outcome.design.external_heat_kW.sum())
        assert bought_kW >= found.hot_utility_kW - _tolerance(streams)


def test_a_level_serves_what_remains_where_it_serves_the_streams_behind() -> None:
    streams = streams_of((100.0, 60.0, 80.0, 3.0), (20.0, 50.0, 90.0, 7.0))
    table = streams.table.assign(zone=["A", "B"])
    behind, left = Streams(table), milpcore.zone_residuals(Streams(table))
    assert left.table["dt_cont"].tolist() == [0.0, 0.0]
    assert left.table["t_target"].tolist() == [57.0, 57.0]
    limits = [sorted(site.prepare(one).stream_limit_C.tolist()) for one in (behind, left)]
    assert limits[0] == limits[1] == [52.0, 62.0]


def test_zones_that_need_nothing_leave_nothing() -> None:
    streams = streams_of((100.0, 60.0, 80.0, 5.0), (50.0, 90.0, 80.0, 5.0))
    found = milpcore.total_site(streams)
    assert found.residual_streams is None
    assert found.to_json_dict()["residual_streams"] == []
    assert found.source_profile.heat_kW.size == found.sink_profile.heat_kW.size == 0
    with pytest.raises(InputError, match="nothing is left: every zone heats and cools itself"):
        milpcore.zone_residuals(streams)


def test_a_remainder_too_small_for_a_site_is_left_out() -> None:
    table = streams_of(
        (100.0, 60.0, 1e6, 5.0), (20.0, 40.0, 0.5 * LEAST_SHARE * 1e6, 5.0)
    ).table.assign(zone=["A", "B"])
    left = milpcore.zone_residuals(Streams(table))
    assert left.table["zone"].tolist() == ["A"]
    site.prepare(left)


@pytest.mark.parametrize("share", [-1.0, float("nan"), 300.0, "5", True])
def test_a_share_that_is_no_difference_is_refused(share: object) -> None:
    with pytest.raises(InputError, match=r"level_dt_cont_K = .*: must be from 0 to 273.15 \(K\)"):
        milpcore.total_site(
            milpcore.load_case("dairy_8"),
            level_dt_cont_K=share,  # type: ignore[arg-type]
        )


def test_the_profiles_of_four_plants() -> None:
    found = milpcore.total_site(milpcore.load_case("loop_four_plants"))
    profiles = found.total_site_profiles
    ends = profiles.groupby("side")["heat_kW"].max()
    assert ends["sink"] == pytest.approx(found.zone_hot_utility_kW)
    assert ends["source"] == pytest.approx(found.zone_cold_utility_kW)
    for _, side in profiles.groupby("side"):
        assert (np.diff(side["heat_kW"]) >= 0.0).all()
        assert (np.diff(side["shifted_temperature_C"]) >= 0.0).all()


def test_the_command_shows_zones_and_writes_what_remains(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    folder = tmp_path / "zones"
    done = run(capsys, "targets", "dairy_8", "--zones", "--out", str(folder))
    assert (done.code, done.err) == (0, "")
    assert "sum of zones        8  2880.00  3660.00     397.09  3262.91  2482.91" in done.out
    assert "recovered between zones     366.89 kW" in done.out
    found = milpcore.total_site(milpcore.load_case("dairy_8"))
    names = files_in(folder)
    for name in ("zones.csv", "residual_streams.csv", "total_site_profiles.png"):
        assert name in names
    assert milpcore.read_streams(folder / "residual_streams.csv") == found.residual_streams
    written = pd.read_csv(folder / "total_site_profiles.csv")
    pd.testing.assert_frame_equal(written, found.total_site_profiles, check_dtype=False)
    zones = pd.read_csv(folder / "zones.csv", dtype={"pinch_C": str})
    pd.testing.assert_frame_equal(zones, found.zone_table, check_dtype=False)
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert record["targets"]["total_site"] == found.to_json_dict()["total_site"]
    plain = run(capsys, "targets", "dairy_8", "--json")
    with_zones = run(capsys, "targets", "dairy_8", "--zones", "--json")
    content = json.loads(with_zones.out)
    assert {key: content[key] for key in json.loads(plain.out)} == json.loads(plain.out)
    assert content["residual_streams"] == found.to_json_dict()["residual_streams"]


def test_the_command_takes_the_share_of_levels_for_zones_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    done = run(capsys, "targets", "dairy_8", "--zones", "--level-dt-cont", "0", "--json")
    closer = milpcore.total_site(milpcore.load_case("dairy_8"), level_dt_cont_K=0.0)
    assert json.loads(done.out)["total_site"] == closer.to_json_dict()["total_site"]
    done = run(capsys, "targets", "dairy_8", "--level-dt-cont", "0")
    assert (done.code, done.out) == (2, "")
    assert "--level-dt-cont = 0: is for --zones only; add --zones" in done.err


def test_the_figure_names_both_profiles_with_units() -> None:
    pytest.importorskip("matplotlib")
    import matplotlib.text

    from milpcore.plots import total_site_profiles

    found = milpcore.total_site(milpcore.load_case("loop_four_plants"))
    figure = total_site_profiles(found)
    figure.draw_without_rendering()
    texts = [text.get_text() for text in figure.findobj(matplotlib.text.Text)]
    for text in (
        "net sources, 181.8 MW",
        "net sinks, 162.4 MW",
        "recovered by levels at best, 68.8 MW",
        "hot utility 93.7 MW",
        "shifted temperature, °C",
    ):
        assert text in texts
    nothing = replace(found, source_profile=found.source_profile._replace(heat_kW=np.empty(0)))
    nothing = replace(nothing, sink_profile=found.sink_profile._replace(heat_kW=np.empty(0)))
    texts = [text.get_text() for text in total_site_profiles(nothing).findobj(matplotlib.text.Text)]
    assert "Every zone heats and cools itself: nothing is left." in texts
