"""Tables of a site with periods, and the check that reads nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers_periods import small_period_sites
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import milpcore
from milpcore.core import Status
from milpcore.site.check import CheckError
from milpcore.site.periods import (
    PeriodInputs,
    PeriodResult,
    Periods,
    check_periods,
    greenfield_periods,
)
from milpcore.site.periods.tables import SCHEMAS

GENERAL = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def result() -> PeriodResult:
    """A dairy in three periods with one heat pump or more."""
    streams = milpcore.load_case("dairy_8")
    factor = np.linspace(0.5, 1.5, 3)[:, None] * np.linspace(0.8, 1.2, streams.n_streams)
    periods = Periods(("a", "b", "c"), np.array([3e3, 3e3, 2e3]), factor * streams.duty_kW)
    found = greenfield_periods(streams, periods, n_levels=4)
    assert len(found.heat_pumps) > 0
    return found


def checked(result: PeriodResult) -> None:
    check_periods(result, result.streams, result.asked, result.economics)


@GENERAL
@given(small_period_sites(), st.integers(1, 4))
def test_every_result_passes_its_check(inputs: PeriodInputs, n_levels: int) -> None:
    found = greenfield_periods(
        inputs.site.streams,
        inputs.periods,
        n_levels=n_levels,
        economics=inputs.site.economics,
        candidates_C=inputs.site.level_C.tolist(),
        objective=inputs.site.objective,
    )
    assert found.has_design is (found.status is Status.OPTIMAL)
    for name, schema in SCHEMAS.items():
        assert list(getattr(found, name).columns) == list(schema)
    if not found.has_design:
        assert found.status is Status.INFEASIBLE
        assert "needs a level" in found.notes[0]


def test_tables_are_written_whole(result: PeriodResult, tmp_path: Path) -> None:
    paths = result.write(tmp_path)
    assert [path.stem for path in paths] == list(result.schemas)
    assert set(SCHEMAS) - set(result.schemas) == {"heat_sources"}
    assert len(pd.read_csv(tmp_path / "operation.csv")) == 3 * len(result.levels)


TAMPERED: list[tuple[str, str, Any, str]] = [
    ("heat_pumps", "size_kW", lambda x: 1.1 * x, "size_kW"),
    ("heat_pumps", "size_kW", lambda x: 0.9 * x, "heat_kW"),
    ("heat_pumps", "cop", lambda x: 1.01 * x, "cop"),
    ("heat_pumps", "investment_EUR", lambda x: 0.9 * x, "investment_EUR"),
    ("heat_pumps", "full_load_h_per_a", lambda x: x + 1.0, "full_load_h_per_a"),
    ("heat_pumps", "lift_K", lambda x: x + 1.0, "lift_K"),
    ("connections", "level_C", lambda x: x + 1.0, "the temperature of an open level"),
    ("connections", "kind", lambda x: x.iloc[::-1].to_numpy(), "kind"),
    ("connections", "dt_min_K", lambda x: x - 1.0, "dt_min_K"),
    ("levels", "n_hot_streams", lambda x: x + 1, "n_hot_streams"),
    ("operation", "external_heat_kW", lambda x: x + 5.0, "level balance"),
    ("operation", "hot_streams_kW", lambda x: x + 5.0, "hot_streams_kW"),
    ("operation", "cascade_in_kW", lambda x: x + 5.0, "cascade_in_kW"),
    ("operation", "cascade_out_kW", lambda x: x + 5.0, "cascade_out_kW"),
    ("operation", "cooling_kW", lambda x: -x - 1.0, "not negative"),
    ("operation", "period", lambda x: x.iloc[::-1].to_numpy(), "period"),
    ("operation", "heat_pump_sink_kW", lambda x: x + 5.0, "heat_pump_sink_kW"),
    ("pump_operation", "power_kW", lambda x: 1.1 * x, "power_kW times COP"),
    ("pump_operation", "source_heat_kW", lambda x: 1.1 * x, "source_heat_kW + power_kW"),
    ("pump_operation", "heat_kW", lambda x: 1.1 * x, "at most"),
    ("periods", "hours_h_per_a", lambda x: 1.1 * x, "hours_h_per_a"),
    ("periods", "opex_EUR_per_a", lambda x: 0.9 * x, "opex_EUR_per_a"),
    ("periods", "co2_t_per_a", lambda x: 0.9 * x, "co2_t_per_a"),
    ("periods", "period", lambda x: x + "x", "period"),
    ("summary", "tac_EUR_per_a", lambda x: 0.9 * x, "tac_EUR_per_a"),
    ("summary", "capex_EUR_per_a", lambda x: 0.9 * x, "capex_EUR_per_a"),
    ("summary", "bound", lambda x: 1.1 * x, "bound"),
    ("summary", "objective", lambda x: x.map({"tac": "opex"}), "objective"),
    ("summary", "objective_value", lambda x: 0.9 * x, "objective_value"),
    ("summary", "unit", lambda _: "t/a", "unit"),
    ("summary", "gap", lambda x: x + 0.1, "gap"),
    ("summary", "n_levels", lambda x: x + 1, "n_levels"),
    ("summary", "electricity_MWh_per_a", lambda x: x + 1.0, "electricity_MWh_per_a"),
]


@pytest.mark.parametrize(("name", "column", "change", "words"), TAMPERED)
def test_the_check_finds_what_was_tampered_with(
    result: PeriodResult, name: str, column: str, change: Any, words: str
) -> None:
    checked(result)
    frame = getattr(result, name)
    spoiled = replace(result, **{name: frame.assign(**{column: change(frame[column])})})
    with pytest.raises(CheckError) as error:
        checked(spoiled)
    assert words in str(error.value)


def test_the_check_finds_missing_rows_and_columns(result: PeriodResult) -> None:
    with pytest.raises(CheckError, match="operation: number of rows"):
        checked(replace(result, operation=result.operation.iloc[1:]))
    with pytest.raises(CheckError, match="levels: columns"):
        checked(replace(result, levels=result.levels.iloc[:, 1:]))
    with pytest.raises(CheckError, match="heat_pumps: number of rows"):
        checked(replace(result, levels=result.levels.iloc[:0]))
    with pytest.raises(CheckError, match="number of levels"):
        checked(replace(result, max_levels=1))
