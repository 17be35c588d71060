"""``milpcore greenfield --periods``: text, JSON, files, refusals, interruption."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers_cli import Channel, files_in, in_this_process, interrupted_at_once, run

import milpcore
from milpcore import plots
from milpcore.cli import by_levels
from milpcore.core import ChildInterrupted
from milpcore.faults import InputError
from milpcore.site.candidates import Refined
from milpcore.site.model import Progress
from milpcore.site.periods import (
    Periods,
    greenfield_periods,
    prepare_periods,
    read_periods,
    write_periods,
)
from milpcore.site.periods.tables import SCHEMAS

DAIRY = milpcore.load_case("dairy_8")
DUTY_kW = np.asarray(DAIRY.duty_kW)
SEASONS = Periods(
    ("summer", "winter"), np.array([3500.0, 4500.0]), np.array([0.6 * DUTY_kW, 1.3 * DUTY_kW])
)


@pytest.fixture(autouse=True)
def _no_child_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_levels, "run_in_child", in_this_process)


@pytest.fixture
def table(tmp_path: Path) -> str:
    """The table of two seasons."""
    path = tmp_path / "seasons.csv"
    write_periods(SEASONS, DAIRY, path)
    return str(path)


def test_a_written_table_is_read_as_it_was(table: str) -> None:
    again = read_periods(table, DAIRY)
    assert again.names == SEASONS.names
    assert (again.hours_h_per_a == SEASONS.hours_h_per_a).all()
    assert (again.duty_kW == SEASONS.duty_kW).all()


def test_json_is_what_python_finds(capsys: pytest.CaptureFixture[str], table: str) -> None:
    done = run(capsys, *("greenfield", "dairy_8", "--levels", "4,5", "--periods", table, "--json"))
    assert (done.code, done.err) == (0, "")
    four, five = json.loads(done.out)["configurations"]
    expected = greenfield_periods(DAIRY, SEASONS, n_levels=5).to_json_dict()
    for one in (five, expected):
        del one["solve_s"]
    assert five == expected
    assert five["tac_EUR_per_a"] < four["tac_EUR_per_a"]
    assert [one["period"] for one in five["periods"]] == ["summer", "winter"]
    largest_kW = [
        max(period["heat_pumps"][number]["heat_kW"] for period in five["periods"])
        for number in range(len(five["heat_pumps"]))
    ]
    assert [one["size_kW"] for one in five["heat_pumps"]] == pytest.approx(largest_kW)
    winter = five["periods"][1]
    bought_kW = sum(level["external_heat_kW"] for level in winter["levels"])
    assert bought_kW == pytest.approx(winter["external_heat_kW"])


def test_text_shows_the_design_and_its_periods(
    capsys: pytest.CaptureFixture[str], table: str
) -> None:
    argv = ("greenfield", "dairy_8", "--levels", "3-5", "--periods", table, "--time-limit", "60")
    done = run(capsys, *argv)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "dairy_8: 8 streams"
    assert lines[2] == (
        "2 periods, 8000 h/a, least TAC, gap 0.0001, 8 candidate levels, at most 60 s each"
    )
    (title,) = [line for line in lines if line.startswith("Best: ")]
    assert title.startswith("Best: at most 5 levels, TAC ")
    assert title.endswith(" k€/a; the same in all periods:")
    rows = {line.split()[0]: line.split() for line in lines if line[:6] in ("summer", "winter")}
    assert rows["summer"][1] == "3500"
    assert float(rows["winter"][2]) > float(rows["summer"][2])
    assert lines[-1] == "figures and tables: add --out DIR"


def test_another_objective_is_minimised_shown_and_recorded(
    capsys: pytest.CaptureFixture[str], table: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    argv = ("greenfield", "dairy_8", "--levels", "3,4", "--periods", table, "--objective", "co2")
    done = run(capsys, *argv, "--out", str(out))
    assert (done.code, done.err) == (0, "")
    assert "8000 h/a, least CO2, gap 0.0001" in done.out
    assert "Best: at most 4 levels, CO2 " in done.out
    row = pd.read_csv(out / "summary.csv").iloc[1]
    assert (row["objective"], row["unit"]) == ("co2", "t/a")
    assert row["objective_value"] == row["co2_t_per_a"]
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["objective"] == "co2"
    usual = greenfield_periods(DAIRY, SEASONS, n_levels=4)
    assert row["co2_t_per_a"] < usual.summary["co2_t_per_a"].iloc[0]
    assert row["tac_EUR_per_a"] > usual.summary["tac_EUR_per_a"].iloc[0]


def test_options_of_the_file_of_prices_are_kept_and_copied(
    capsys: pytest.CaptureFixture[str], table: str, tmp_path: Path
) -> None:
    prices, out = tmp_path / "prices.toml", tmp_path / "out"
    text = """
    [levels]
    investment_EUR = 1e5
    forced_C = [60.0]
    [[external_heat.sources]]
    name = "waste"
    price_EUR_per_MWh = 5.0
    max_level_C = 100.0
    [[external_heat.sources]]
    name = "boiler"
    price_EUR_per_MWh = 45.0
    [site]
    """
    prices.write_text(text, encoding="utf-8")
    argv = ("greenfield", "dairy_8", "--levels", "4", "--periods", table)
    done = run(capsys, *argv, "--economics", str(prices), "--out", str(out), "--json")
    assert (done.code, done.err) == (0, "")
    (found,) = json.loads(done.out)["configurations"]
    assert 60.0 in found["levels_C"]
    sources = pd.read_csv(out / "heat_sources.csv")
    assert set(sources["source"]) == {"waste", "boiler"}
    assert set(sources["period"]) == {"summer", "winter"}
    winter = found["periods"][1]
    bought_kW = sum(one["heat_kW"] for one in winter["heat_sources"])
    assert bought_kW == pytest.approx(winter["external_heat_kW"])
    copied = (out / "inputs" / "economics.toml").read_text(encoding="utf-8")
    assert "forced_C = [60.0]" in copied


def test_types_and_sizes_of_heat_pumps_are_shown(
    capsys: pytest.CaptureFixture[str], table: str, tmp_path: Path
) -> None:
    prices = tmp_path / "prices.toml"
    text = """
    [heat_pumps]
    max_number = 1
    [[heat_pumps.types]]
    name = "usual"
    min_size_kW = 5000.0
    [[heat_pumps.types]]
    name = "poor"
    carnot_efficiency = 0.3
    [site]
    """
    prices.write_text(text, encoding="utf-8")
    argv = ("greenfield", "dairy_8", "--levels", "4", "--periods", table)
    done = run(capsys, *argv, "--economics", str(prices))
    assert (done.code, done.err) == (0, "")
    (line,) = [line for line in done.out.splitlines() if line.endswith(("usual", "poor"))]
    found = json.loads(run(capsys, *argv, "--economics", str(prices), "--json").out)
    (pump,) = found["configurations"][0]["heat_pumps"]
    assert line.split()[-1] == pump["type"]


def test_files_are_written_and_a_run_can_be_repeated(
    capsys: pytest.CaptureFixture[str], table: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = run(
        capsys,
        *("greenfield", "dairy_8", "--levels", "1,4,5", "--periods", table),
        *("--candidates", "kinks+grid:20", "--out", str(out)),
    )
    assert done.code == 1
    assert "N = 1: hot stream milk/pasteuriser cooling needs a level at or below 10.5" in done.out
    copies = {f"inputs/{name}" for name in ("streams.csv", "economics.toml", "periods.csv")}
    figures = {"periods_04.png", "periods_05.png", "periods_05.svg"}
    written = [name for name in SCHEMAS if name != "heat_sources"]
    tables = {f"{name}.csv" for name in (*written, "notes")}
    assert set(files_in(out)) == {"run.json", *copies, *figures, *tables}
    operation = pd.read_csv(out / "operation.csv")
    assert set(operation["max_levels"]) == {4, 5}
    assert list(operation.columns) == ["max_levels", *SCHEMAS["operation"]]
    assert pd.read_csv(out / "summary.csv")["status"].tolist() == [
        "infeasible",
        "optimal",
        "optimal",
    ]
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert (record["model"], record["candidates"]) == ("periods", "kinks+grid:20")
    again = run(
        capsys,
        *("greenfield", str(out / "inputs/streams.csv"), "--levels", "4,5"),
        *("--periods", str(out / "inputs/periods.csv"), "--out", str(out)),
    )
    assert again.code == 2
    assert "its file inputs/streams.csv is an input of this run" in again.err


def test_everything_wrong_is_told_at_once(
    capsys: pytest.CaptureFixture[str], table: str, tmp_path: Path
) -> None:
    prices = tmp_path / "prices.toml"
    prices.write_text("[connections]\narea_investment_EUR = 5.0\n", encoding="utf-8")
    done = run(
        capsys,
        *("greenfield", "two_streams", "--periods", table, "--economics", str(prices)),
        *("--formulation", "level_path", "--no-cascade"),
        *("--alternatives", "2", "--within", "1", "--candidates", "refined:2"),
    )
    assert (done.code, done.out) == (2, "")
    for refused in (
        "--formulation = level_path: does not go with --periods: not modelled for operating ",
        "--no-cascade: does not go with --periods",
        "--alternatives = 2: does not go with --periods",
        "--within = 1.0: does not go with --periods",
        "--candidates = refined:2: does not go with --periods, which needs a fixed set",
        "--economics: [connections]: options do not go with --periods",
        "seasons.csv: site/H1: has no value in summer, winter",
    ):
        assert refused in done.err
    with pytest.raises(InputError, match="candidates_C = refined:1: is not for periods"):
        prepare_periods(DAIRY, SEASONS, candidates_C=Refined())


def test_one_faulty_file_is_told_as_everywhere(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    done = run(capsys, "greenfield", "dairy_8", "--periods", str(tmp_path / "none.csv"))
    assert done.code == 2
    assert "none.csv: 1 fault\n" in done.err
    assert "does not exist" in done.err


def test_ctrl_c_shows_the_design_that_the_search_has_told_of(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    def killed(
        function: Callable[..., Any],
        *args: Any,
        on_message: Callable[[Any], object],
        grace_s: float,
    ) -> None:
        """End the child in the middle of the second search, once it has a design."""
        del grace_s
        finished = 0

        def hear(message: Any) -> None:
            nonlocal finished
            on_message(message)
            finished += hasattr(message, "summary")
            if finished == 1 and isinstance(message, Progress) and message.levels:
                raise ChildInterrupted("interrupted")

        function(Channel(hear), *args)

    monkeypatch.setattr(by_levels, "run_in_child", killed)
    argv = ("greenfield", "dairy_8", "--levels", "3,4,5", "--periods", table)
    done = run(capsys, *argv, "--json")
    assert done.code == 130
    assert "interrupted; not finished: N = 4; not started: N = 5" in done.err
    three, four, five = json.loads(done.out)["configurations"]
    assert [one["status"] for one in (three, four, five)] == ["optimal", *["interrupted"] * 2]
    assert four["levels_C"]
    assert four["bound"] <= four["tac_EUR_per_a"]
    assert four["periods"][1]["external_heat_kW"] > 0.0
    assert five["tac_EUR_per_a"] is None
    text = run(capsys, *argv)
    assert "N = 5: Not started: the study was interrupted." in text.out


def test_ctrl_c_before_anything_writes_nothing(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    table: str,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(by_levels, "run_in_child", interrupted_at_once)
    out = tmp_path / "out"
    argv = ("greenfield", "dairy_8", "--levels", "4", "--periods", table, "--out", str(out))
    done = run(capsys, *argv)
    assert done.code == 130
    assert "interrupted; not started: N = 4" in done.err
    assert "nothing was finished, and nothing was written" in done.err
    assert not out.exists()


def test_a_search_that_fails_does_not_lose_the_others(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    from milpcore.cli import periods

    def fails_at_four(request: periods.Request, max_levels: int, channel: Any) -> Any:
        if max_levels == 4:
            raise RuntimeError("no luck")
        return solve(request, max_levels, channel)

    solve = periods._solve
    monkeypatch.setattr(periods, "_solve", fails_at_four)
    done = run(capsys, "greenfield", "dairy_8", "--levels", "4,5", "--periods", table)
    assert done.code == 1
    assert "N = 4: RuntimeError: no luck" in done.out
    assert "Best: at most 5 levels" in done.out


def test_the_stack_of_the_figure_is_the_duty_of_the_cold_streams() -> None:
    result = greenfield_periods(DAIRY, SEASONS, n_levels=5)
    figure = plots.period_operation(result, name="dairy")
    left, right = figure.axes
    tops: dict[float, float] = {}
    for bar in left.patches:
        place = round(bar.get_x(), 6)
        tops[place] = max(tops.get(place, 0.0), bar.get_y() + bar.get_height())
    cold_kW = SEASONS.duty_kW[:, ~np.asarray(DAIRY.is_hot)].sum(axis=1)
    assert sorted(tops.values()) == pytest.approx(sorted(cold_kW))
    sizes = [bar.get_width() for bar in right.patches]
    assert sorted(sizes) == pytest.approx(sorted(result.heat_pumps["size_kW"]))
    assert left.get_ylabel() == "supply of the cold streams, kW"
    assert right.get_xlabel() == "heat delivered, kW"
    none = plots.period_operation(greenfield_periods(DAIRY, SEASONS, n_levels=1))
    assert [text.get_text() for text in none.axes[0].texts] == ["no design"]
