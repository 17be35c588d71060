"""``milpcore sensitivity`` from parsed arguments: JSON, text, files, faults."""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path

import pandas as pd
import pytest
from helpers_cli import Run, files_in
from helpers_fixed_levels import ELECTRICITY, EMISSION, INVESTMENT

from milpcore import InputError
from milpcore.cli import sensitivity as command
from milpcore.cli.parser import add_streams
from milpcore.cli.sensitivity_arguments import fill, percent

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
