"""``milpcore retrofit --periods``: text, JSON, files, refusals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers_cli import files_in, in_this_process, run

import milpcore
from milpcore.cli import retrofit as command
from milpcore.cli import retrofit_study
from milpcore.faults import InputError
from milpcore.site.periods import Periods, retrofit_periods, write_periods

DAIRY = milpcore.load_case("dairy_8")
DUTY_kW = np.asarray(DAIRY.duty_kW)
SEASONS = Periods(("summer", "winter"), [3500.0, 4500.0], [0.6 * DUTY_kW, 1.3 * DUTY_kW])
RETROFIT = ("retrofit", "dairy_8", "--existing", "5,40,85,205", "--range", "15")


@pytest.fixture(autouse=True)
def _no_child_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrofit_study, "run_in_child", in_this_process)


@pytest.fixture
def table(tmp_path: Path) -> str:
    """The table of two seasons."""
    path = tmp_path / "seasons.csv"
    write_periods(SEASONS, DAIRY, path)
    return str(path)


def test_json_is_what_python_finds(capsys: pytest.CaptureFixture[str], table: str) -> None:
    done = run(capsys, *RETROFIT, "--periods", table, "--json")
    assert (done.code, done.err) == (0, "")
    content = json.loads(done.out)
    study = retrofit_periods(DAIRY, SEASONS, existing_C=[5, 40, 85, 205], range_K=15.0)
    for shown, one in zip(content["results"], study.results, strict=True):
        assert shown["tac_EUR_per_a"] == float(one.result.summary["tac_EUR_per_a"].iloc[0])
        assert shown["saving_percent"] == one.saving_percent
        assert [period["period"] for period in shown["periods"]] == ["summer", "winter"]
    assert content["without_moves"]["saving_percent"] == study.without_moves_saving_percent


def test_text_has_the_savings_and_what_the_periods_do(
    capsys: pytest.CaptureFixture[str], table: str
) -> None:
    done = run(capsys, *RETROFIT, "--periods", table, "--objective", "co2")
    assert done.code == 0
    assert "2 periods, least CO2, 1 of 4 levels may move by 15 K" in done.out
    assert "CO2 " in done.out.split("existing levels 5, 40, 85, 205 °C: ")[1]
    best = done.out.split("Best: ")[1]
    assert "summer" in best
    assert "load" in best


def test_every_file_that_is_written_is_announced(
    capsys: pytest.CaptureFixture[str], table: str, tmp_path: Path
) -> None:
    out = tmp_path / "results"
    assert run(capsys, *RETROFIT, "--periods", table, "--out", str(out)).code == 0
    written = set(files_in(out))
    assert written - set(command._writes(with_periods=True)) == {
        "run.json",
        "inputs/periods.csv",
        *(name for name in written if name.startswith("inputs/")),
    }
    assert {"periods_best.png", "retrofit_savings.svg", "pump_operation.csv"} <= written
    operation = pd.read_csv(out / "operation.csv")
    assert set(operation["period"]) == {"summer", "winter"}
    assert operation.columns[0] == "configuration"
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert record["periods"] == ["summer", "winter"]


def test_alternatives_and_wrong_tables_are_refused_in_one_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("zone,name,day\n,hours_h_per_a,800\nmilk,nobody,5\n", encoding="utf-8")
    done = run(capsys, *RETROFIT, "--periods", str(path), "--alternatives", "3")
    assert done.code == 2
    assert "--alternatives, --within: do not go with --periods" in done.err
    assert "nobody" in done.err


def test_the_door_counts_choices_before_anything_is_solved(
    table: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("milpcore.site.periods.retrofit_search.MOST_CHOICES", 1)
    monkeypatch.setattr(retrofit_study, "run_in_child", pytest.fail)
    done = run(capsys, *RETROFIT, "--periods", table)
    assert done.code == 2
    assert "at most 1 choices of places" in done.err
    with pytest.raises(InputError):
        retrofit_periods(DAIRY, SEASONS, existing_C=[5, 40, 85, 205], range_K=15.0)
