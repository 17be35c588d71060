"""``milpcore sensitivity`` from parsed arguments: JSON, text, files, faults."""

from __future__ import annotations

import argparse
import io
import json
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest
from helpers_cli import Run, files_in
from helpers_fixed_levels import ELECTRICITY, EMISSION, INVESTMENT

import milpcore
from milpcore import InputError
from milpcore.cli import sensitivity as command
from milpcore.cli import sensitivity_study
from milpcore.cli.parser import add_streams
from milpcore.cli.sensitivity_arguments import fill, percent
from milpcore.site.sensitivity_map_results import SensitivityMap
from milpcore.site.sensitivity_results import SensitivityStudy

sensitivity = import_module("milpcore.site.sensitivity")
sensitivity_map = import_module("milpcore.site.sensitivity_map")

LEVELS = "15,35,80,134,214,285,1600"
PAPER_KEYS = f"{ELECTRICITY},{INVESTMENT},{EMISSION}"


def _run(capsys: pytest.CaptureFixture[str], *argv: str) -> Run:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    add_streams(parser, default="site_400")
    fill(parser)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    capsys.readouterr()
    code = command.run(arguments)
    return Run(code, *capsys.readouterr())


def test_json_lists_points_and_tipping_points(capsys: pytest.CaptureFixture[str]) -> None:
    done = _run(capsys, "--existing", LEVELS, "--vary", PAPER_KEYS, "--json")
    content = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert content["levels_C"] == [15, 35, 80, 134, 214, 285, 1600]
    found = [one["tipping_points"][0]["percent"] for one in content["parameters"]]
    assert found == pytest.approx([-16.294, -45.937, -45.559], abs=1e-3)
    assert [len(one["points"]) for one in content["parameters"]] == [41] * 3


def test_range_steps_objective_and_pumps_are_passed_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    argv = ["--existing", LEVELS, "--vary", "gas_price_EUR_per_MWh", "--json"]
    argv += ["--from", "-20", "--to", "10.5", "--steps", "3", "--objective", "co2", "--no-pumps"]
    content = json.loads(_run(capsys, *argv).out)
    assert content["objective"] == "co2"
    (one,) = content["parameters"]
    assert [point["percent"] for point in one["points"]] == [-20.0, -4.75, 10.5]
    assert all(point["heat_pumps"] == [] for point in one["points"])


def test_text_says_where_the_heat_pumps_change(capsys: pytest.CaptureFixture[str]) -> None:
    done = _run(capsys, "--existing", LEVELS, "--vary", f"{ELECTRICITY},co2_price_EUR_per_t")
    lines = done.out.splitlines()
    assert lines[0].startswith("site_400: 400 streams")
    assert "least TAC at 15, 35, 80, 134, 214, 285, 1600 °C, 41 values from -50 to 50 %" in lines
    (tip,) = [line for line in lines if "35→80, 80→134" in line]
    assert tip.split()[:4] == ["electricity", "price", "-16.294", "71.1501"]
    (range_line,) = [line for line in lines if line.startswith("CO2 price")]
    assert range_line.split()[2:6] == ["EUR/t", "80", "40", "120"]
    assert lines[-1] == "figures and tables: add --out DIR"


def test_text_without_tipping_points_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    done = _run(capsys, "--existing", LEVELS, "--vary", "co2_price_EUR_per_t", "--no-pumps")
    assert "no tipping point: the set of heat pumps is the same" in done.out
    assert ", no heat pumps, 41 values" in done.out


def test_a_map_as_text_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["--existing", LEVELS, "--vary", f"{ELECTRICITY},carnot_efficiency", "--map"]
    argv += ["--steps", "5"]
    text = _run(capsys, *argv).out
    assert "electricity price 42.5 to 127.5 EUR/MWh by carnot efficiency 0.325 to 0.975: 25" in text
    content = json.loads(_run(capsys, *argv, "--json").out)
    counts = {len(one["heat_pumps"]): one["n_points"] for one in content["sets"]}
    assert sum(counts.values()) == 25
    words = [line.split() for line in text.splitlines()]
    for count in counts.values():
        assert any([str(count), f"{4.0 * count:.1f}"] == line[-4:-2] for line in words)


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ([], ["heat_pumps", "points", "tipping_points"]),
        (["--map"], ["borders", "points", "sets"]),
    ],
)
def test_out_holds_tables_figure_inputs_and_record(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, more: list[str], names: list[str]
) -> None:
    pytest.importorskip("matplotlib")
    out = tmp_path / "out"
    argv = ["--existing", LEVELS, "--vary", f"{ELECTRICITY},{INVESTMENT}", "--steps", "5", *more]
    done = _run(capsys, *argv, "--out", str(out))
    figure = "sensitivity_map" if more else "sensitivity"
    assert files_in(out) == sorted(
        [
            *(f"{name}.csv" for name in names),
            f"{figure}.png",
            f"{figure}.svg",
            "inputs/economics.toml",
            "inputs/streams.csv",
            "run.json",
        ]
    )
    assert done.out.endswith(f"figures and tables: {out}\n")
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert record["command"] == "sensitivity"
    assert record["vary"] == [ELECTRICITY, INVESTMENT]
    assert (record["map"], record["steps"], record["from_percent"]) == (bool(more), 5, -50.0)
    assert len(pd.read_csv(out / "points.csv")) == (25 if more else 10)


def test_economics_are_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "dear.toml"
    file.write_text("[site]\nelectricity_price_EUR_per_MWh = 100\n", encoding="utf-8")
    argv = ["--existing", LEVELS, "--vary", ELECTRICITY, "--json", "--economics", str(file)]
    (one,) = json.loads(_run(capsys, *argv).out)["parameters"]
    assert one["base"] == 100.0
    assert one["tipping_points"][0]["value"] == pytest.approx(71.1501, abs=1e-3)


def _interrupting(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, after: int
) -> None:
    """Let a function of a module answer so often, and then be interrupted."""
    whole = getattr(module, name)
    left = iter(range(after))

    def answer(*args: Any, **options: Any) -> Any:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return whole(*args, **options)

    monkeypatch.setattr(module, name, answer)


def test_ctrl_c_keeps_the_parameters_that_are_finished(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    argv = ["--existing", LEVELS, "--vary", PAPER_KEYS, "--steps", "5"]
    whole = json.loads(_run(capsys, *argv, "--json").out)
    assert (whole["status"], whole["unfinished"]) == ("finished", [])
    _interrupting(monkeypatch, sensitivity, "operation_tips", 2)
    done = _run(capsys, *argv, "--json")
    content = json.loads(done.out)
    assert done.code == 130
    assert done.err == "milpcore: interrupted; not finished: electricity emission\n"
    assert (content["status"], content["unfinished"]) == ("interrupted", [EMISSION])
    assert content["levels_C"] == whole["levels_C"]
    assert content["parameters"] == whole["parameters"][:2]
    monkeypatch.undo()
    _interrupting(monkeypatch, sensitivity, "operation_tips", 2)
    out = tmp_path / "out"
    text = _run(capsys, *argv, "--out", str(out))
    assert "interrupted; not finished: electricity emission\n" in text.out
    assert any(line.startswith("heat pump investment") for line in text.out.splitlines())
    assert len(pd.read_csv(out / "points.csv")) == 10
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert record["unfinished"] == [EMISSION]


@pytest.mark.parametrize("more", [(), ("--map",)])
def test_ctrl_c_after_the_last_result_is_none(
    more: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    module, name = sensitivity_study, "sensitivity_map" if more else "sensitivity"
    whole = getattr(module, name)

    def interrupted(*args: Any, **options: Any) -> None:
        whole(*args, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, name, interrupted)
    argv = ["--existing", LEVELS, "--vary", f"{ELECTRICITY},{INVESTMENT}", "--steps", "3", *more]
    done = _run(capsys, *argv, "--json")
    assert (done.code, done.err) == (0, "")
    content = json.loads(done.out)
    assert (content["status"], content["unfinished"]) == ("finished", [])


def test_ctrl_c_before_a_parameter_is_finished_leaves_older_results(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    argv = ["--existing", LEVELS, "--vary", ELECTRICITY, "--steps", "5", "--out", str(out)]
    assert _run(capsys, *argv).code == 0
    older = {name: (out / name).read_bytes() for name in files_in(out)}
    for module, name in ((sensitivity, "operation_tips"), (sensitivity, "FixedLevels")):
        with monkeypatch.context() as patch:
            _interrupting(patch, module, name, 0)
            done = _run(capsys, *argv, "--json")
        assert done.code == 130
        assert done.err.endswith(f"nothing was finished, and nothing was written: {out}\n")
        content = json.loads(done.out)
        assert (content["parameters"], content["unfinished"]) == ([], [ELECTRICITY])
    assert {name: (out / name).read_bytes() for name in files_in(out)} == older


def test_ctrl_c_keeps_the_rows_of_a_map(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    argv = ["--existing", LEVELS, "--vary", f"{ELECTRICITY},{INVESTMENT}", "--map", "--steps", "5"]
    out = tmp_path / "out"
    whole = json.loads(_run(capsys, *argv, "--json", "--out", str(out)).out)
    assert (whole["status"], whole["unfinished"]) == ("finished", [])
    older = {name: (out / name).read_bytes() for name in files_in(out)}

    def interrupted(after: int, *more: str) -> Run:
        with monkeypatch.context() as patch:
            _interrupting(patch, sensitivity_map, "operation_tips", after)
            done = _run(capsys, *argv, *more)
        assert done.code == 130
        return done

    done = interrupted(3, "--json", "--out", str(out))
    content = json.loads(done.out)
    assert done.err == (
        "milpcore: interrupted; not finished: 2 of 5 rows\n"
        f"milpcore: nothing was finished, and nothing was written: {out}\n"
    )
    assert (content["status"], content["unfinished"]) == ("interrupted", [106.25, 127.5])
    assert content["tac_EUR_per_a"] == whole["tac_EUR_per_a"][:3]
    assert content["parameters"][0]["values"] == whole["parameters"][0]["values"][:3]
    assert {name: (out / name).read_bytes() for name in files_in(out)} == older
    text = interrupted(2, "--out", str(tmp_path / "new")).out
    assert "interrupted; not finished: electricity price from 85 to 127.5 EUR/MWh\n" in text
    assert len(pd.read_csv(tmp_path / "new" / "points.csv")) == 10
    none = interrupted(0, "--json", "--out", str(tmp_path / "none"))
    assert json.loads(none.out)["set_index"] == []
    assert "not finished: electricity price from 42.5 to 127.5" in interrupted(0).out
    assert not (tmp_path / "none").exists()


def test_empty_tables_have_the_columns_of_full_ones() -> None:
    streams = milpcore.load_case("dairy_8")
    keys = [ELECTRICITY, INVESTMENT]
    full = sensitivity.sensitivity(streams, levels_C=[5.0, 40.0, 85.0, 205.0], vary=keys)
    empty = SensitivityStudy.of(full.levels_C, full.objective, full.economics, keys, [])
    for name in ("points", "heat_pumps", "tipping_points"):
        pd.testing.assert_series_equal(getattr(empty, name).dtypes, getattr(full, name).dtypes)
    found = sensitivity_map.sensitivity_map(streams, levels_C=full.levels_C, vary=keys, n_steps=3)
    none = SensitivityMap.of(full.levels_C, full.objective, full.economics, found.axes, [])
    for name in ("points", "sets", "borders"):
        pd.testing.assert_series_equal(getattr(none, name).dtypes, getattr(found, name).dtypes)
    assert none.unfinished == tuple(found.axes[0].values)


def test_faults_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match="did you mean 'lifetime_a'"):
        _run(capsys, "--existing", LEVELS, "--vary", "lifetime")
    with pytest.raises(InputError, match="must name two parameters"):
        _run(capsys, "--existing", LEVELS, "--vary", ELECTRICITY, "--map")
    with pytest.raises(InputError, match="n_steps = 1: must be a whole number from 2"):
        _run(capsys, "--existing", LEVELS, "--vary", ELECTRICITY, "--steps", "1")
    with pytest.raises(SystemExit):
        _run(capsys, "--existing", LEVELS, "--vary", ELECTRICITY, "--from", "low")
    assert "argument --from: 'low' must be a number (%)" in capsys.readouterr().err
    with pytest.raises(argparse.ArgumentTypeError, match="'inf' must be a number"):
        percent("inf")


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("more", "told"), [([], "electricity price  0."), (["--map"], "3 of 3 rows  0.")]
)
def test_progress_is_shown_on_a_terminal(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    more: list[str],
    told: str,
) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    argv = ["--existing", LEVELS, "--vary", f"{ELECTRICITY},{INVESTMENT}", "--steps", "3", *more]
    _run(capsys, *argv)
    assert told in terminal.getvalue()
    quiet = Terminal()
    monkeypatch.setattr("sys.stderr", quiet)
    _run(capsys, *argv, "--quiet")
    assert quiet.getvalue() == ""
