"""What holds for studies inside other programs: silence, log, pickles, threads."""

from __future__ import annotations

import copy
import io
import json
import logging
import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers_cli import run
from helpers_studies import CASES, EXISTING_C, STUDIES

import milpcore
from milpcore import site
from milpcore.cli.log import log_shown
from milpcore.core import Channel, run_in_child
from milpcore.core.child_logs import levels_here
from milpcore.sweeps import FixedLevelsRun

TIMES = ("solve_s", "run_s", "build_s", "lp_s", "milp_s")
each_study = pytest.mark.parametrize("name", STUDIES)


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    """Every study, once."""
    streams = milpcore.load_case("dairy_8")
    return {name: study(streams) for name, study in STUDIES.items()}


def same(one: Any, other: Any) -> bool:
    """Whether two results hold the same, but for the time they took."""
    if type(one) is not type(other):
        return False
    if isinstance(one, pd.DataFrame):
        keep = [column for column in one.columns if column not in TIMES]
        return list(one.columns) == list(other.columns) and one[keep].equals(other[keep])
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    if is_dataclass(one) and not isinstance(one, type):
        names = [field.name for field in fields(one) if field.name not in TIMES]
        return all(same(getattr(one, name), getattr(other, name)) for name in names)
    return bool(one == other) or (one != one and other != other)


def test_same_tells_results_apart(results: dict[str, Any]) -> None:
    streams = milpcore.load_case("dairy_8")
    other = site.greenfield(streams, n_levels=4, economics=milpcore.SiteEconomics(lifetime_a=19.0))
    assert same(results["greenfield"], copy.deepcopy(results["greenfield"]))
    assert not same(results["greenfield"], other)
    assert not same(results["greenfield"].summary, results["greenfield"].levels)


@each_study
def test_results_survive_pickling(name: str, results: dict[str, Any]) -> None:
    assert same(pickle.loads(pickle.dumps(results[name])), results[name])


@pytest.mark.parametrize(
    "thing",
    [
        milpcore.load_case("dairy_8"),
        milpcore.SiteEconomics(lifetime_a=15.0),
        site.prepare(milpcore.load_case("dairy_8")),
        site.PathSearch(n_levels=3),
        site.LevelPath(n_levels=3),
        CASES,
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_inputs_survive_pickling(thing: Any) -> None:
    assert same(pickle.loads(pickle.dumps(thing)), thing)


def test_runs_survive_pickling_used_or_not() -> None:
    fresh = FixedLevelsRun(milpcore.load_case("dairy_8"), EXISTING_C)
    case = {"gas_price_EUR_per_MWh": 50.0}
    expected = fresh(case)
    assert pickle.loads(pickle.dumps(fresh))(case) == expected


@each_study
def test_nothing_is_printed(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    STUDIES[name](milpcore.load_case("dairy_8"))
    assert capfd.readouterr() == ("", "")


def test_errors_that_become_a_status_are_not_printed() -> None:
    """In a process of its own: pytest sets up logging, and then nothing falls back to stderr."""
    code = """if True:
        import milpcore, pathlib
        from milpcore import site
        from milpcore.site import greenfield
        def broken(*_, **__):
            raise RuntimeError("broken")
        greenfield.__globals__["check"] = broken
        study = site.greenfield_study(milpcore.load_case("two_streams"), levels=[2])
        assert study.results[0].status.value == "error", study.summary
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_package_has_a_handler_that_does_nothing() -> None:
    code = "import logging, milpcore; print(logging.getLogger('milpcore').handlers)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[<NullHandler (NOTSET)>]\n"


def test_no_module_sets_up_logging_or_prints(project_root: Path) -> None:
    allowed = {"milpcore/cli/log.py", "milpcore/core/child_logs.py"}
    for file in sorted((project_root / "milpcore").rglob("*.py")):
        name = file.relative_to(project_root).as_posix()
        text = file.read_text(encoding="utf-8")
        for word in ("basicConfig", "setLevel(", "StreamHandler"):
            assert word not in text or name in allowed, f"{name}: {word}"
        if "getLogger(" in text and name not in allowed:
            assert "getLogger(__name__)" in text, name


BEGIN_AND_END = {
    "greenfield": ("greenfield begins: 8 streams, 8 candidate levels", "at most 4 levels: optimal"),
    "greenfield_study": ("greenfield study begins", "greenfield study ends: 2 configurations"),
    "retrofit": (
        "retrofit begins: 8 streams, 12 candidate",
        "retrofit ends: 4 of 4 configurations",
    ),
    "sensitivity": ("sensitivity begins: 4 levels, least tac", "sensitivity ends: 2 parameters"),
    "sensitivity_map": ("sensitivity map begins", "sensitivity map ends"),
    "greenfield_sensitivity": (
        "sensitivity of designs to electricity_price_EUR_per_MWh begins: 3 values",
        "electricity_price_EUR_per_MWh ends: 3 values, ",
    ),
    "retrofit_sensitivity": (
        "sensitivity of designs to electricity_price_EUR_per_MWh begins: 3 values",
        "electricity_price_EUR_per_MWh ends: 3 values, ",
    ),
    "sweep_fixed_levels": ("sweep begins: 6 cases, 0 finished before", "sweep ends: 6 cases in"),
    "sweep_greenfield": ("sweep begins: 2 cases", "sweep ends: 2 cases"),
    "compare": ("comparison begins: 2 variants at [3] levels", "comparison ends"),
}


@pytest.mark.parametrize("name", BEGIN_AND_END)
def test_studies_log_how_they_begin_and_end(name: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="milpcore"):
        STUDIES[name](milpcore.load_case("dairy_8"))
    assert {record.levelname for record in caplog.records} == {"INFO"}
    assert {record.name.partition(".")[0] for record in caplog.records} == {"milpcore"}
    begins, ends = BEGIN_AND_END[name]
    assert caplog.messages[0].startswith(begins)
    assert caplog.messages[-1].startswith(ends)


def test_every_configuration_is_logged_with_cost_bound_gap_and_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, logger="milpcore.site"):
        study = site.greenfield_study(milpcore.load_case("dairy_8"), levels=[1, 4])
    _, first, second, _ = caplog.messages
    assert first.startswith("at most 1 levels: infeasible, tac_EUR_per_a nan")
    assert first.endswith("levels none, heat pumps none")
    row = study.summary.iloc[1]
    assert second == (
        f"at most 4 levels: optimal, tac_EUR_per_a {row['tac_EUR_per_a']:.10g}, "
        f"bound {row['bound']:.10g}, gap {row['gap']:.3g}, {row['n_nodes']} nodes, "
        f"{row['solve_s']:.3f} s, levels 10.5 54.5 83.5 202.5, heat pumps 54.5→83.5"
    )


def test_every_retrofit_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="milpcore"):
        study = site.retrofit(milpcore.load_case("dairy_8"), existing_C=EXISTING_C, range_K=15.0)
    lines = caplog.messages[1:-1]
    assert [line.partition(":")[0] for line in lines] == [
        f"{one.name} may move" for one in study.results
    ]
    assert lines[1].endswith("levels 5 54.5 85 205, heat pumps 54.5→85")


def test_rounds_of_searches_are_logged_for_debugging(caplog: pytest.LogCaptureFixture) -> None:
    streams = milpcore.load_case("dairy_8")
    with caplog.at_level(logging.DEBUG, logger="milpcore"):
        site.greenfield(streams, n_levels=4)
        site.greenfield(streams, n_levels=3, formulation="level_path")
        site.retrofit(streams, existing_C=EXISTING_C)
    told = {r.name: r.getMessage() for r in caplog.records if r.levelno == logging.DEBUG}
    assert told["milpcore.site.path_search.search"].startswith("node 1: gap ")
    assert " nodes, " in told["milpcore.site.solve_milp"]
    assert " sets of levels priced, " in told["milpcore.site.retrofit_search"]


def test_a_failure_that_becomes_a_status_is_logged_with_its_traceback(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setitem(site.greenfield_study.__globals__, "check", broken)
    study = site.greenfield_study(milpcore.load_case("two_streams"), levels=[2])
    assert study.results[0].status is milpcore.Status.ERROR
    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == ("ERROR", "at most 2 levels: failed")
    assert record.exc_info is not None


def log_in_child(_channel: Channel) -> None:
    logging.basicConfig(level=logging.DEBUG)  # as a script may do that the child imports, too
    for name in ("milpcore.site.some", "milpcore.site.loud"):
        logger = logging.getLogger(name)
        logger.info("%d plus %s", 1, "two")
        logger.debug("rounds")
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        logger.exception("failed")


def test_a_child_logs_to_its_parent(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    loud = caplog.at_level(logging.DEBUG, logger="milpcore.site.loud")
    with caplog.at_level(logging.INFO, logger="milpcore"), loud:
        assert levels_here() == {"milpcore": logging.INFO, "milpcore.site.loud": logging.DEBUG}
        run_in_child(log_in_child)
    assert [(record.name, record.levelname) for record in caplog.records] == [
        ("milpcore.site.some", "INFO"),
        ("milpcore.site.loud", "INFO"),
        ("milpcore.site.loud", "DEBUG"),
        ("milpcore.site.loud", "ERROR"),
    ]
    assert caplog.messages[0] == "1 plus two"
    assert "RuntimeError: broken" in caplog.messages[-1]
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def _as_before() -> Iterator[None]:
    logger = logging.getLogger("milpcore")
    before = (logger.level, list(logger.handlers))
    yield
    assert (logger.level, list(logger.handlers)) == before


SENSITIVITY = ("sensitivity", "dairy_8", "--existing", "5,40,85,205", "--vary", "lifetime_a")


@pytest.mark.usefixtures("_as_before")
@pytest.mark.parametrize(
    ("argv", "shows"),
    [
        (SENSITIVITY, set()),
        ((*SENSITIVITY, "-v"), {"INFO"}),
        (("greenfield", "dairy_8", "--levels", "3", "-vv"), {"INFO", "DEBUG"}),
    ],
)
def test_verbose_shows_the_log_on_standard_error(
    argv: tuple[str, ...], shows: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(capsys, *argv, "--json")
    assert done.code == 0
    assert {line.split()[1] for line in done.err.splitlines()} == shows
    if shows:
        assert re.match(r"\d\d:\d\d:\d\d INFO  milpcore\.site\.\w+: \w.* begins: ", done.err)
    assert json.loads(done.out)


def test_verbosity_has_two_steps() -> None:
    logger = logging.getLogger("milpcore")
    levels = []
    for verbosity in range(4):
        with log_shown(verbosity):
            levels.append(logger.level)
    assert levels == [logger.level, logging.INFO, logging.DEBUG, logging.DEBUG]


@pytest.mark.usefixtures("_as_before")
def test_verbose_takes_the_place_of_the_progress_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    written = []
    for flags in ([], ["-v"], ["-v", "--quiet"]):
        monkeypatch.setattr("sys.stderr", Terminal())
        assert milpcore.cli.main([*SENSITIVITY, *flags]) == 0  # type: ignore[attr-defined]
        written.append(sys.stderr.getvalue())  # type: ignore[attr-defined]
    assert "\r" in written[0]
    assert "INFO" not in written[0]
    for text in written[1:]:
        assert "\r" not in text
        assert "INFO  milpcore.site.sensitivity: sensitivity begins" in text


@pytest.mark.usefixtures("_as_before")
def test_the_log_is_put_away_after_an_error() -> None:
    with pytest.raises(RuntimeError), log_shown(2):
        raise RuntimeError


@each_study
def test_four_threads_find_the_same(name: str, results: dict[str, Any]) -> None:
    streams = milpcore.load_case("dairy_8")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(STUDIES[name], [streams] * 4))
    assert all(same(one, results[name]) for one in found)


def test_threads_may_share_what_was_prepared() -> None:
    """One run, one system, many threads at different prices."""
    shared = FixedLevelsRun(milpcore.load_case("dairy_8"), EXISTING_C)
    cases = [{"gas_price_EUR_per_MWh": 20.0 + price} for price in range(40)]
    alone = [FixedLevelsRun(milpcore.load_case("dairy_8"), EXISTING_C)(case) for case in cases]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(shared, cases)) == alone
        rows = milpcore.sweep(shared, cases, executor=pool, chunk_size=3)
    assert rows["tac_EUR_per_a"].tolist() == [one["tac_EUR_per_a"] for one in alone]
