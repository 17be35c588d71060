"""``milpcore targets``: numbers, text, files, and every way to go wrong."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from helpers_cli import files_in, run

import milpcore
from milpcore.cli import output, targets
from milpcore.cli.sources import open_source, source_of
from milpcore.faults import InputError

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "targets"
KEMP = """\
zone,name,t_supply,t_target,heat_flow,dt_cont
site,C1,20,135,230,5
site,H1,170,60,330,5
site,C2,80,140,240,5
site,H2,150,30,180,5
"""
"""Four streams of Kemp, Pinch Analysis and Process Integration, 2nd edition."""


@pytest.fixture
def kemp(tmp_path: Path) -> str:
    path = tmp_path / "kemp.csv"
    path.write_text(KEMP, encoding="utf-8")
    return str(path)


def test_json_is_one_object_and_nothing_else(kemp: str, capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "targets", kemp, "--json")
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert list(found) == ["hot_utility_kW", "cold_utility_kW", "pinch_C"]
    assert found["hot_utility_kW"] == pytest.approx(20.0, abs=1e-9)
    assert found["cold_utility_kW"] == pytest.approx(60.0, abs=1e-9)
    assert found["pinch_C"] == [85.0]


def test_a_threshold_problem_has_no_pinch(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "targets", "loop_two_plants", "--json")
    assert json.loads(done.out)["pinch_C"] == []
    assert (
        "pinch, shifted scale          none: a threshold problem\n"
        in run(capsys, "targets", "loop_two_plants").out
    )


def _published() -> list[tuple[str, float, float]]:
    if not SHARED.is_dir():
        return []
    with (SHARED / "expected.csv").open(encoding="utf-8") as file:
        return [
            (row["case"], float(row["hot_utility_kW"]), float(row["cold_utility_kW"]))
            for row in csv.DictReader(file)
        ]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the published tables are not here")
def test_published_targets_are_reproduced(capsys: pytest.CaptureFixture[str]) -> None:
    cases = _published()
    assert len(cases) == 12
    for case, hot_kW, cold_kW in cases:
        done = run(capsys, "targets", str(SHARED / f"{case}.csv"), "--json")
        found = json.loads(done.out)
        total = max(hot_kW, cold_kW)
        assert found["hot_utility_kW"] == pytest.approx(hot_kW, abs=1e-4 * total), case
        assert found["cold_utility_kW"] == pytest.approx(cold_kW, abs=1e-4 * total), case
        assert found["pinch_C"] == sorted(found["pinch_C"])


def test_text_reads_well(kemp: str, capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "targets", kemp)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "kemp.csv: 4 streams, 2 hot with 510.0 kW, 2 cold with 470.0 kW",
        "",
        "minimum hot utility          20.00 kW",
        "minimum cold utility         60.00 kW",
        "pinch, shifted scale         85.00 °C",
        "",
        "composite curves as figures and tables: add --out DIR",
    ]


def test_a_bundled_case_says_where_it_comes_from(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "targets", "site_400")
    assert done.out.splitlines()[0] == (
        "site_400: 400 streams, 200 hot with 257.8 MW, 200 cold with 431.7 MW"
    )
    assert done.out.splitlines()[1].startswith("fitted: synthetic site of 400 streams")


def test_out_writes_curves_as_figures_and_tables(
    kemp: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new" / "curves"
    done = run(capsys, "targets", kemp, "--out", str(folder))
    assert done.code == 0
    assert done.out.endswith(f"\nfigures and tables: {folder}\n")
    names = files_in(folder)
    assert names == [
        "composite_curves.csv",
        "composite_curves.png",
        "composite_curves.svg",
        "grand_composite_curve.csv",
        "grand_composite_curve.png",
        "grand_composite_curve.svg",
        "inputs/streams.csv",
        "run.json",
    ]
    streams = milpcore.read_streams(kemp)
    assert milpcore.read_streams(folder / "inputs" / "streams.csv") == streams
    found = milpcore.targets(streams)
    for name in ("composite_curves", "grand_composite_curve"):
        written = pd.read_csv(folder / f"{name}.csv")
        pd.testing.assert_frame_equal(written, getattr(found, name), check_dtype=False)
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert record["files"] == names
    assert record["command"] == "targets"
    assert record["targets"] == found.to_json_dict()
    assert record["milpcore"] == milpcore.__version__
    assert list(record["inputs_sha256"]) == ["inputs/streams.csv"]
    assert [path.name for path in folder.parent.iterdir()] == ["curves"]


def test_out_replaces_its_files_and_leaves_others(
    kemp: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "curves"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine", encoding="utf-8")
    assert run(capsys, "targets", "dairy_8", "--out", str(folder)).code == 0
    older = (folder / "composite_curves.csv").read_bytes()
    done = run(capsys, "targets", kemp, "--json", "--out", str(folder))
    assert json.loads(done.out)
    assert (folder / "composite_curves.csv").read_bytes() != older
    assert (folder / "mine.txt").read_text(encoding="utf-8") == "mine"
    assert json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert len(list(folder.iterdir())) == 9


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "name a folder"),
        ("kemp.csv", "is a file, not a folder; name a folder"),
        ("kemp.csv/deeper", "'kemp.csv' is a file, not a folder; name another folder"),
    ],
)
def test_an_impossible_out_is_refused_first(
    name: str,
    message: str,
    kemp: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(Path(kemp).parent)
    monkeypatch.setattr(targets, "source_of", lambda *_, **__: pytest.fail("read too early"))
    done = run(capsys, "targets", kemp, "--out", name)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("milpcore: --out: 1 fault\n  - DIR")
    assert done.err.endswith(f"{message}\n")


def test_a_folder_without_rights_is_refused(
    kemp: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output.os, "access", lambda *_: False)
    done = run(capsys, "targets", kemp, "--out", "anywhere")
    assert done.code == 2
    assert "cannot be written to; name a folder that you can write to" in done.err


def test_a_failing_figure_leaves_the_tables(
    kemp: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("one\ntwo")

    monkeypatch.setattr("milpcore.plots.grand_composite_curve", fail)
    monkeypatch.delenv("MILPCORE_TRACEBACK", raising=False)
    folder = tmp_path / "curves"
    done = run(capsys, "targets", kemp, "--out", str(folder))
    assert done.code == 70
    assert done.err == (
        "milpcore: internal error: ZeroDivisionError: one\n"
        "milpcore: --traceback, or MILPCORE_TRACEBACK=1, shows where; please report it\n"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["curves", "kemp.csv"]
    assert files_in(folder) == [
        "composite_curves.csv",
        "composite_curves.png",
        "composite_curves.svg",
        "grand_composite_curve.csv",
        "inputs/streams.csv",
        "run.json",
    ]


@pytest.mark.parametrize("how", ["argument", "variable"])
def test_a_traceback_can_be_had(
    how: str, kemp: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("why")

    monkeypatch.setattr(targets, "targets", fail)
    monkeypatch.setenv("MILPCORE_TRACEBACK", "1" if how == "variable" else "")
    flags = ["--traceback"] if how == "argument" else []
    done = run(capsys, "targets", kemp, *flags)
    assert done.code == 70
    assert done.err.startswith("Traceback (most recent call last):\n")
    assert done.err.endswith("milpcore: internal error: ZeroDivisionError: why\n")


def test_an_unknown_case_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "targets", "site_40")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "milpcore: streams: 1 fault\n"
        "  - STREAMS = site_40: neither a file nor a bundled case; did you mean 'site_400'?\n"
    )


def test_units_of_a_file_may_be_given(tmp_path: Path) -> None:
    path = tmp_path / "site.csv"
    path.write_text(
        "zone,name,t_supply,t_target,heat_flow,dt_cont\nsite,H1,423.15,333.15,0.9,5\n",
        encoding="utf-8",
    )
    streams = open_source(str(path), temperature_unit="K", heat_unit="MW").streams
    assert streams.table.iloc[0].tolist()[3:6] == [150.0, 60.0, 900.0]
    assert open_source(str(path)).streams.t_supply_C[0] == 423.15
    path.write_text(path.read_text(encoding="utf-8").replace("t_supply", "t_supply [°C]"), "utf-8")
    with pytest.raises(InputError, match=r"contradicts temperature_unit = K; correct the header"):
        open_source(str(path), temperature_unit="K")


def test_units_and_sheets_are_not_for_bundled_cases() -> None:
    rule = "is for files, bundled cases have units; leave it out"
    with pytest.raises(InputError) as caught:
        open_source("two_streams", temperature_unit="C", heat_unit="MW", sheet="site")
    assert [str(fault) for fault in caught.value.faults] == [
        f"--temperature-unit = C: {rule}",
        f"--heat-unit = MW: {rule}",
        "--sheet = site: is for files, bundled cases have no sheets; leave it out",
    ]


def test_the_sheet_of_a_workbook_can_be_chosen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "site.xlsx"
    rows = pd.read_csv(StringIO(KEMP))
    with pd.ExcelWriter(path) as book:
        rows.to_excel(book, sheet_name="today", index=False)
        rows.head(3).to_excel(book, sheet_name="later", index=False)
    done = run(capsys, "targets", str(path))
    assert (done.code, done.out) == (2, "")
    assert "sheet = today, later: the workbook has several sheets; call the sheet 'streams', " in (
        done.err
    )
    assert "or choose one with --sheet (in Python: sheet=...)\n" in done.err
    done = run(capsys, "targets", str(path), "--sheet", "later")
    assert (done.code, done.out.split(",")[0]) == (0, "site.xlsx: 3 streams")
    done = run(capsys, "greenfield", str(path), "--sheet", "latr")
    assert "sheet = latr: does not exist; sheets: today, later\n" in done.err
    path = tmp_path / "site.csv"
    path.write_text(KEMP, encoding="utf-8")
    done = run(capsys, "targets", str(path), "--sheet", "later")
    assert "sheet = later: is for workbooks only (.xlsx); leave the sheet out\n" in done.err


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "targets", str(tmp_path / "site.csv"))
    assert done.code == 2
    assert "site.csv: does not exist" in done.err
    assert "Traceback" not in done.err


def test_a_file_comes_before_a_case_of_the_same_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dairy_8").write_text(KEMP, encoding="utf-8")
    done = run(capsys, "targets", "dairy_8")
    assert "dairy_8" in (done.out + done.err)
    assert "8 streams" not in done.out


def test_all_faults_of_a_table_are_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(KEMP.replace("330", "-330").replace("240", "x"), encoding="utf-8")
    done = run(capsys, "targets", str(path), "--json")
    assert (done.code, done.out) == (2, "")
    assert "2 faults" in done.err
    assert "heat_flow = -330" in done.err
    assert "heat_flow = x" in done.err


def test_a_missing_extra_is_named_before_anything_is_read(
    kemp: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setattr(targets, "source_of", lambda *_, **__: pytest.fail("read too early"))
    done = run(capsys, "targets", kemp, "--out", str(tmp_path / "curves"))
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "milpcore: drawing the figures of --out needs the package matplotlib: "
        'python -m pip install ".[plot]" in a source checkout, otherwise "milpcore[plot]"\n'
    )
    monkeypatch.setattr(targets, "source_of", source_of)
    assert run(capsys, "targets", kemp).code == 0, "without --out no figure is drawn"


def test_an_output_without_degree_signs_gets_question_marks(kemp: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "milpcore", "targets", kemp]
    done = subprocess.run(command, env=environment, capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"85.00 ?C" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break otherwise there")
def test_a_reader_that_leaves_is_no_error(kemp: str) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "milpcore", "targets", kemp]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, timeout=60)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_threshold_problem_has_no_pinch_where_its_cascade_is_zero(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "threshold.csv"
    rows = ["A,H1,155,105,70,5", "A,C1,95,145,70,5", "A,H2,105,55,20,5"]
    path.write_text("\n".join([KEMP.splitlines()[0], *rows]), encoding="utf-8")
    done = run(capsys, "targets", str(path), "--json")
    record = json.loads(done.out)
    assert record == {"hot_utility_kW": 0.0, "cold_utility_kW": 20.0, "pinch_C": []}
    assert "none: a threshold problem" in run(capsys, "targets", str(path)).out


def test_a_shift_below_absolute_zero_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cold.csv"
    head = KEMP.splitlines()[0]
    path.write_text(f"{head}\nsite,H1,150,-270,10,5\nsite,C1,-270,90,10,5\n", encoding="utf-8")
    done = run(capsys, "targets", str(path))
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "milpcore: targets: 1 fault\n  - stream site/H1: dt_cont = 5.0: shifts it to -275 °C, "
        "below absolute zero; correct t_target or dt_cont\n"
    )


def test_duties_whose_sum_would_overflow_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "large.csv"
    path.write_text(KEMP.replace("330", "1e308").replace("180", "1e308"), encoding="utf-8")
    done = run(capsys, "targets", str(path), "--json")
    assert (done.code, done.out) == (2, "")
    assert "2 faults" in done.err
    assert "line 3 (site/H1): heat_flow = 1e308: must not be above 1e+12 kW; check" in done.err


@pytest.mark.skipif(sys.platform == "win32", reason="outputs are closed otherwise there")
@pytest.mark.parametrize("argv", ["targets two_streams", "targets two_streams --json", "--help"])
def test_a_closed_standard_output_is_named(argv: str) -> None:
    command = f"{sys.executable} -m milpcore {argv} >&-"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (74, "")
    assert done.stderr == (
        "milpcore: the output could not be written to standard output: it is closed\n"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="outputs are closed otherwise there")
@pytest.mark.parametrize(
    ("argv", "code", "start"),
    [
        ("targets two_streams --json 2>&-", 0, '{\n  "hot_utility_kW": 0.0'),
        ("greenfield two_streams --levels 2 --json 2>&-", 0, '{\n  "configurations"'),
        ("greenfield two_streams --levels 1,2 --json <&- 2>&-", 1, '{\n  "configurations"'),
        ("targets nothing 2>&-", 2, ""),
        ("targets two_streams >&- 2>&-", 74, ""),
    ],
)
def test_a_closed_standard_error_changes_nothing(argv: str, code: int, start: str) -> None:
    command = f"{sys.executable} -m milpcore {argv}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.startswith(start)
    assert bool(done.stdout) == bool(start)
