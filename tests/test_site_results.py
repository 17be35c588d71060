"""Tables of model A: what a design fills them with, and what leaves them as JSON and CSV."""

from __future__ import annotations

import dataclasses
import json
import math
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers_results import EVERYTHING, PRICES, everything, streams_of

from milpcore import InputError, Measure, SiteEconomics, Status
from milpcore.site.greenfield import greenfield, greenfield_study
from milpcore.site.inputs import SiteInputs, prepare
from milpcore.site.model import Design, Outcome, nearest_levels, relative_gap
from milpcore.site.results import GreenfieldStudy, SiteResult, make_result
from milpcore.site.tables import COST_COLUMNS, SCHEMAS

STREAMS = streams_of(EVERYTHING)
TABLES = ("summary", "levels", "heat_pumps", "connections")


@pytest.fixture(scope="module")
def study() -> GreenfieldStudy:
    return greenfield_study(STREAMS, levels=[1, 2, 6], economics=PRICES, mip_rel_gap=0.0)


@pytest.fixture(scope="module")
def inputs() -> SiteInputs:
    return prepare(STREAMS, economics=PRICES)


def hand_made(inputs: SiteInputs, *level_C: float) -> Design:
    """Streams at the nearest of the levels, each level served by utilities alone."""
    is_open = np.isin(inputs.level_C, level_C)
    stream_level = nearest_levels(inputs, is_open)
    signed_kW = np.where(inputs.stream_is_hot, 1.0, -1.0) * inputs.stream_duty_kW
    net_kW = np.bincount(stream_level, weights=signed_kW, minlength=inputs.n_candidates)
    return Design(
        is_open=is_open,
        external_heat_kW=np.maximum(-net_kW, 0.0),
        cooling_kW=np.maximum(net_kW, 0.0),
        cascade_kW=np.zeros(inputs.n_candidates + 1),
        pump_heat_kW=np.zeros(inputs.n_pairs),
        stream_level=stream_level,
    )


def outcome_of(
    inputs: SiteInputs, design: Design | None, bound: float, status: Status = Status.OPTIMAL
) -> Outcome:
    value = math.nan
    if design is not None:
        flows = design.external_heat_kW, design.cooling_kW, design.pump_heat_kW
        value = inputs.evaluate(Measure.TAC, *flows)
    return Outcome(status, design, value, bound, relative_gap(value, bound), 3, 0.25, "why")


def made(inputs: SiteInputs, design: Design | None, bound: float, **options: Status) -> SiteResult:
    outcome = outcome_of(inputs, design, bound, **options)
    return make_result(inputs, outcome, max_levels=4, formulation_name="by hand")


def test_a_site_calculated_by_hand() -> None:
    """One heat pump 50 → 80 °C replaces all external heat of a hot and a cold stream."""
    streams = streams_of([("H1", 100.0, 60.0, 1000.0), ("C1", 20.0, 70.0, 600.0)])
    result = greenfield(streams, n_levels=3, mip_rel_gap=0.0)
    cop = 0.65 * (80.0 + 10.0 + 273.15) / 50.0
    power_kW = 600.0 / cop
    annuity = 0.07 / (1.0 - 1.07**-20)
    opex = 8.0 * (85.0 + 0.38 * 80.0) * power_kW
    row = result.summary.iloc[0]
    assert row["tac_EUR_per_a"] == pytest.approx(opex + annuity * 700.0 * 600.0, rel=1e-12)
    assert row["opex_EUR_per_a"] == pytest.approx(opex, rel=1e-12)
    assert row["capex_EUR_per_a"] == pytest.approx(annuity * 700.0 * 600.0, rel=1e-12)
    assert row["co2_t_per_a"] == pytest.approx(8.0 * 0.38 * power_kW, rel=1e-12)
    expected = {
        "max_levels": 3,
        "n_levels": 2,
        "status": "optimal",
        "objective": "tac",
        "unit": "EUR/a",
        "n_heat_pumps": 1,
        "formulation": row["formulation"],
    }
    assert {key: row[key] for key in expected} == expected
    amounts = ("external_heat_kW", "cooling_kW", "electricity_kW", "heat_pump_heat_kW")
    assert row[list(amounts)].tolist() == pytest.approx([0.0, 400.0 + power_kW, power_kW, 600.0])
    pump = [50.0, 80.0, 30.0, cop, 600.0, 600.0 - power_kW, power_kW, 420_000.0]
    assert result.heat_pumps.iloc[0].tolist() == pytest.approx(pump)
    cold = [80.0, 0, 1, 0.0, 600.0, 0.0, 0.0, 600.0, 0.0, 0.0, 0.0]
    hot = [50.0, 1, 0, 1000.0, 0.0, 0.0, 400.0 + power_kW, 0.0, 600.0 - power_kW, 0.0, 0.0]
    assert result.levels.iloc[1].tolist() == pytest.approx(cold)
    assert result.levels.iloc[0].tolist() == pytest.approx(hot)
    assert result.connections.iloc[0].tolist() == [
        "site", "H1", "hot", 100.0, 60.0, 50.0, 1000.0, 10.0,
    ]  # fmt: skip
    assert result.connections.iloc[1].tolist() == [
        "site", "C1", "cold", 20.0, 70.0, 80.0, 600.0, 10.0,
    ]  # fmt: skip


def test_heat_passes_levels_that_are_closed(inputs: SiteInputs) -> None:
    """External heat for 95 °C is bought at 200 °C and falls past the closed level at 120 °C."""
    assert inputs.level_C.tolist() == [10.0, 32.0, 55.0, 85.0, 95.0, 120.0, 200.0]
    design = hand_made(inputs, 10.0, 95.0, 200.0)
    assert design.external_heat_kW[4] == 1100.0
    design.external_heat_kW[[4, 6]] += [-1100.0, 1100.0]
    design.cascade_kW[[5, 6]] = 1100.0
    levels = made(inputs, design, 0.0).levels
    assert levels["temperature_C"].tolist() == [10.0, 95.0, 200.0]
    assert levels["cascade_in_kW"].tolist() == [0.0, 1100.0, 0.0]
    assert levels["cascade_out_kW"].tolist() == [0.0, 0.0, 1100.0]


def test_connections_keep_the_order_and_names_of_the_stream_table() -> None:
    connections = everything().connections
    assert connections["name"].tolist() == [row[0] for row in EVERYTHING]
    assert connections["duty_kW"].tolist() == [row[3] for row in EVERYTHING]


def test_levels_without_use_are_left_out(inputs: SiteInputs) -> None:
    design = hand_made(inputs, 10.0, 55.0, 200.0)
    idle = dataclasses.replace(design, is_open=design.is_open | (inputs.level_C == 85.0))
    idle.stream_level[4] = design.stream_level[4]
    assert np.count_nonzero(idle.is_open) == 4
    result = made(inputs, idle, 0.0)
    assert result.levels["temperature_C"].tolist() == [10.0, 55.0, 200.0]
    assert result.summary["n_levels"].tolist() == [3]


def test_tables_have_the_columns_of_the_schema(study: GreenfieldStudy) -> None:
    for result in study.results:
        for name in TABLES:
            table = getattr(result, name)
            assert {column: str(kind) for column, kind in table.dtypes.items()} == {
                column: kind if kind != "str" else str(table[column].dtype)
                for column, kind in SCHEMAS[name].items()
            }
            assert list(table.index) == list(range(len(table)))


def test_every_number_has_a_unit() -> None:
    units = ("_kW", "_C", "_K", "_EUR", "_EUR_per_a", "_t_per_a", "_s")
    plain = {"max_levels", "objective_value", "bound", "gap", "cop", "n_levels", "n_heat_pumps"}
    plain |= {"n_nodes", "n_hot_streams", "n_cold_streams"}
    for schema in SCHEMAS.values():
        for column, kind in schema.items():
            assert kind == "str" or column in plain or column.endswith(units), column


@pytest.mark.parametrize("measure", list(Measure))
def test_the_objective_is_the_pure_measure(measure: Measure) -> None:
    result = greenfield(
        STREAMS, n_levels=4, economics=PRICES, objective=measure.value, mip_rel_gap=0.0
    )
    row = result.summary.iloc[0]
    assert row["objective"] == measure.value
    assert row["unit"] == measure.unit
    assert row["objective_value"] == row[COST_COLUMNS[measure]]
    assert 0.0 <= row["bound"] <= row["objective_value"]
    assert row["bound"] == pytest.approx(row["objective_value"], rel=1e-5)
    assert row["gap"] == pytest.approx(
        (row["objective_value"] - row["bound"]) / max(row["objective_value"], 1e-12)
    )
    assert result.objective is measure
    if measure is Measure.CAPEX:
        assert row["objective_value"] == row["bound"] == row["gap"] == 0.0


def test_the_gap_is_that_of_value_and_bound(inputs: SiteInputs) -> None:
    design = hand_made(inputs, 10.0, 200.0)
    value = outcome_of(inputs, design, 0.0).objective
    row = made(inputs, design, 0.9 * value, status=Status.TIME_LIMIT).summary.iloc[0]
    assert row["gap"] == pytest.approx(0.1)
    assert row["status"] == "time_limit"
    assert (row["n_nodes"], row["solve_s"], row["formulation"]) == (3, 0.25, "by hand")


@pytest.mark.parametrize(
    ("factor", "shown"), [(1.0 + 1e-8, 1.0), (1.01, 1.01), (-1.0, 0.0), (math.nan, 0.0)]
)
def test_only_rounding_is_taken_off_a_bound(
    inputs: SiteInputs, factor: float, shown: float
) -> None:
    design = hand_made(inputs, 10.0, 200.0)
    value = outcome_of(inputs, design, 0.0).objective
    row = made(inputs, design, factor * value).summary.iloc[0]
    assert row["bound"] == pytest.approx(shown * value, rel=1e-12)
    assert row["bound"] <= value or factor == 1.01


@pytest.mark.parametrize(
    ("status", "bound", "shown_status", "shown_bound"),
    [
        (Status.INFEASIBLE, math.inf, "infeasible", None),
        (Status.TIME_LIMIT, 1000.0, "time_limit", 1000.0),
        (Status.TIME_LIMIT, -math.inf, "time_limit", None),
        (Status.UNBOUNDED, -math.inf, "error", None),
        (Status.ERROR, math.nan, "error", None),
    ],
)
def test_without_a_design_numbers_are_missing(
    inputs: SiteInputs, status: Status, bound: float, shown_status: str, shown_bound: float | None
) -> None:
    result = made(inputs, None, bound, status=status)
    assert not result.has_design
    row = result.summary.iloc[0]
    assert row["status"] == shown_status
    assert (row["n_levels"], row["n_heat_pumps"]) == (0, 0)
    numbers = ["objective_value", "gap", *COST_COLUMNS.values(), "external_heat_kW", "cooling_kW"]
    assert row[numbers].isna().all()
    shown = result.to_json_dict()
    assert shown["bound"] == shown_bound
    assert shown["tac_EUR_per_a"] is None
    assert shown["levels_C"] == shown["heat_pumps"] == []
    assert any("why" in note for note in result.notes)


def test_json_has_exactly_the_keys_asked_for() -> None:
    shown = everything().to_json_dict()
    assert list(shown) == [
        "max_levels", "levels_C", "heat_pumps", "tac_EUR_per_a", "opex_EUR_per_a",
        "capex_EUR_per_a", "co2_t_per_a", "external_heat_kW", "objective", "objective_value",
        "bound", "unit", "gap", "status", "solve_s",
    ]  # fmt: skip
    assert list(shown["heat_pumps"][0]) == ["source_C", "sink_C", "heat_kW", "power_kW", "cop"]
    assert len(shown["heat_pumps"]) == 2
    assert shown["levels_C"] == everything().levels["temperature_C"].tolist()
    assert shown["heat_pumps"][1]["source_C"] == 55.0
    assert (shown["max_levels"], shown["objective"], shown["unit"]) == (6, "tac", "EUR/a")


def test_json_holds_plain_python_values(study: GreenfieldStudy) -> None:
    shown = study.to_json_dict()
    assert list(shown) == ["configurations"]
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown
    for configuration in shown["configurations"]:
        for key, value in configuration.items():
            assert type(value) in (int, float, str, list, type(None)), key
        for number in (*configuration["levels_C"], configuration["solve_s"]):
            assert type(number) is float
    assert [one["max_levels"] for one in shown["configurations"]] == [1, 2, 6]


def test_results_survive_pickling(study: GreenfieldStudy) -> None:
    copy = pickle.loads(pickle.dumps(study))
    for name in (*TABLES, "notes"):
        pd.testing.assert_frame_equal(getattr(copy, name), getattr(study, name))
    assert copy.results[2].streams == STREAMS
    assert copy.results[2].economics == PRICES
    assert copy.results[2].status is Status.OPTIMAL


def test_results_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        everything().max_levels = 3  # type: ignore[misc]


def test_a_study_joins_its_tables(study: GreenfieldStudy) -> None:
    assert study.summary["max_levels"].tolist() == [1, 2, 6]
    for name in ("levels", "heat_pumps", "connections"):
        table = getattr(study, name)
        assert table.columns.tolist() == ["max_levels", *SCHEMAS[name]]
        assert table.dtypes["max_levels"] == np.int64
        part = table[table["max_levels"] == 6].drop(columns="max_levels").reset_index(drop=True)
        pd.testing.assert_frame_equal(part, getattr(study.results[2], name))
    assert study.levels["max_levels"].tolist() == [2] * 2 + [6] * 6
    assert study.notes["max_levels"].iloc[0] == 1
    assert study.notes["note"].iloc[0].startswith("No design with 1 level: hot stream site/H4")


def test_a_study_of_failures_keeps_its_dtypes() -> None:
    failed = greenfield_study(STREAMS, levels=[1], economics=PRICES)
    whole = greenfield_study(STREAMS, levels=[6], economics=PRICES)
    for name in TABLES:
        assert getattr(failed, name).dtypes.equals(getattr(whole, name).dtypes)
        assert getattr(GreenfieldStudy(()), name).dtypes.equals(getattr(whole, name).dtypes)
    assert GreenfieldStudy(()).notes.columns.tolist() == ["max_levels", "note"]
    assert GreenfieldStudy(()).to_json_dict() == {"configurations": []}


def test_a_study_is_written_as_csv(study: GreenfieldStudy, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    paths = study.write(folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in paths)
    for path in paths:
        written = pd.read_csv(path, dtype={"zone": "str", "name": "str"})
        expected = getattr(study, path.stem)
        pd.testing.assert_frame_equal(written, expected, check_dtype=False, check_exact=True)


def test_writing_again_replaces_the_tables(study: GreenfieldStudy, tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("mine")
    GreenfieldStudy(()).write(tmp_path)
    study.write(str(tmp_path))
    assert len(pd.read_csv(tmp_path / "summary.csv")) == 3
    assert (tmp_path / "kept.txt").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 6


def test_nothing_half_written_stays(
    study: GreenfieldStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    GreenfieldStudy(()).write(tmp_path)
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    write_csv = pd.DataFrame.to_csv

    def failing(self: pd.DataFrame, path: Path, **options: object) -> None:
        write_csv(self, path, **options)  # type: ignore[call-overload]
        if "connections" in path.name:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", failing)
    with pytest.raises(InputError, match="cannot be written: No space left on device"):
        study.write(tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before


def test_a_directory_that_cannot_be_made_is_refused(study: GreenfieldStudy, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError) as caught:
        study.write(tmp_path / "file")
    assert "directory" in str(caught.value)
    assert "cannot be made: File exists; name a folder that you can write to" in str(caught.value)


def test_investment_comes_from_the_specific_investment() -> None:
    prices = SiteEconomics(heat_pump_investment_EUR_per_kW=100.0, interest_rate=0.0)
    row = greenfield(STREAMS, n_levels=6, economics=prices, mip_rel_gap=0.0).summary.iloc[0]
    assert row["capex_EUR_per_a"] == pytest.approx(5.0 * row["heat_pump_heat_kW"])
