"""The README's two commands are what CI runs, and a failing step fails CI."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import milpcore
from milpcore import site, sizing

ROOT = Path(__file__).resolve().parents[1]
CI_RUN = ROOT / ".ci" / "run"
BASH = shutil.which("bash")
COMMANDS = (
    'python -m pip install ".[plot]" && milpcore greenfield',
    'python -m pip install ".[test]" && python -m pytest',
)
STEPS = (
    "python -m pip install .[plot]",
    "milpcore greenfield",
    "python -m pip install .[test]",
    "python -m pytest",
    "python -m pip install .[lint,notebooks,benchmarks,dask]",
    "python -m ruff format --check .",
    "python -m ruff check .",
    "python -m mypy",
    "NUMBA_DISABLE_JIT=1 python -m pytest",
    "python -m pytest -m slow --durations=10",
)
# Stands for python3, python and milpcore: makes a "virtual environment" of itself, notes its
# command line, and fails at the one that it is told to fail at.
STAND_IN = """#!/bin/sh
name=$(basename "$0")
if [ "$name $1 $2" = "python3 -m venv" ]; then
    mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && cp "$0" "$3/bin/milpcore"
    exit
fi
line="${NUMBA_DISABLE_JIT:+NUMBA_DISABLE_JIT=$NUMBA_DISABLE_JIT }$name $*"
printf '%s\\n' "$line" >>"$LOG"
if [ "$line" = "$FAIL_AT" ]; then exit 3; fi
printf 'ran %s\\n' "$line"
"""


SCENARIOS = """\
[study]
run = "fixed_levels"
streams = "site.csv"
levels_C = [5, 45, 85, 210]
[cases]
method = "grid"
[cases.values]
electricity_price_EUR_per_MWh = [40, 85, 130]
"""


def _readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", _readme(), flags=re.DOTALL | re.MULTILINE)


def test_the_readme_starts_with_exactly_two_commands() -> None:
    assert tuple(_blocks("bash")[0].splitlines()) == COMMANDS


def test_ci_runs_exactly_these_lines_in_this_order() -> None:
    lines = [line.strip() for line in CI_RUN.read_text(encoding="utf-8").splitlines()]
    assert [line for line in lines if line in COMMANDS] == list(COMMANDS)
    for command in _blocks("bash")[0].splitlines():
        assert lines.count(command) == 1


def test_the_extras_of_the_commands_exist() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = re.findall(r"\.\[([^\]]+)\]", _readme() + CI_RUN.read_text(encoding="utf-8"))
    extras = {extra for names in named for extra in names.split(",")}
    assert {"plot", "test"} <= extras <= set(project["optional-dependencies"])


def test_ci_is_executable_and_strict() -> None:
    assert CI_RUN.stat().st_mode & stat.S_IXUSR
    text = CI_RUN.read_text(encoding="utf-8")
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "\nset -euo pipefail\n" in text
    assert "|| true" not in text


def _run_ci(folder: Path, fail_at: str) -> tuple[int, list[str], str]:
    """Run a copy of .ci/run with stand-ins: exit code, command lines, standard output."""
    checkout, tools = folder / "checkout", folder / "tools"
    (checkout / ".ci").mkdir(parents=True)
    tools.mkdir()
    shutil.copy(CI_RUN, checkout / ".ci" / "run")
    stand_in = tools / "python3"
    stand_in.write_text(STAND_IN, encoding="utf-8")
    stand_in.chmod(0o755)
    log = folder / "log"
    log.touch()
    scratch = folder / "scratch"
    scratch.mkdir()
    environment = {
        "PATH": f"{tools}{os.pathsep}{os.defpath}",
        "LOG": str(log),
        "FAIL_AT": fail_at,
        "TMPDIR": str(scratch),
    }
    command = [str(BASH), str(checkout / ".ci" / "run")]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, cwd=folder, timeout=60
    )
    assert list(scratch.iterdir()) == [], "the virtual environment is left behind"
    lines = [line for line in log.read_text().splitlines() if line != "python --version"]
    return done.returncode, lines, done.stdout


needs_bash = pytest.mark.skipif(
    BASH is None or sys.platform == "win32", reason="needs bash and executable scripts"
)


@needs_bash
def test_ci_passes_when_every_step_does_and_closes_with_the_tests_last_line(tmp_path: Path) -> None:
    code, lines, output = _run_ci(tmp_path, fail_at="nothing")
    assert code == 0
    assert lines == list(STEPS)
    assert output.splitlines()[-1] == f"ran {STEPS[-1]}"
    assert re.search(r"^=== slow tests \(\d+ min \d\d s\)$", output, flags=re.MULTILINE)


@needs_bash
@pytest.mark.parametrize("step", STEPS)
def test_ci_fails_when_one_step_fails(step: str, tmp_path: Path) -> None:
    code, lines, _ = _run_ci(tmp_path, fail_at=step)
    assert code == 3
    assert lines == list(STEPS[: STEPS.index(step) + 1])


def test_pictures_and_files_of_the_readme_exist() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", _readme())
    local = [target for target in targets if not target.startswith(("http:", "https:"))]
    assert local
    assert [target for target in local if not (ROOT / target).exists()] == []


@pytest.fixture
def own_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the README speaks of."""
    milpcore.write_streams(milpcore.load_case("dairy_8"), tmp_path / "site.csv")
    (tmp_path / "prices.toml").write_text(_blocks("toml")[0], encoding="utf-8")
    (tmp_path / "scenarios.toml").write_text(SCENARIOS, encoding="utf-8")
    profile, parameters = sizing.load_case("base_48h")
    sizing.write_profile(profile.part(0, 16), tmp_path / "profile.csv")
    sizing.write_parameters(parameters, tmp_path / "plant.toml")
    shutil.copy(ROOT / "docs" / "networks" / "two_plants_printed.json", tmp_path / "network.json")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_python_in_the_readme_runs(own_site: Path) -> None:
    names: dict[str, Any] = {}
    for block in _blocks("python"):
        exec(compile(block, "README.md", "exec"), names)
    assert names["result"].status is milpcore.Status.OPTIMAL
    assert names["solution"].status is milpcore.Status.OPTIMAL
    assert (own_site / "six_levels.mps").stat().st_size > 1000
    assert names["study"].best.saving_percent >= 0.0
    assert set(names["table"]["status"]) == {"optimal"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", re.findall(r"^\$ (milpcore .*)$", _readme(), flags=re.MULTILINE), ids=lambda x: x
)
def test_command_lines_of_the_readme_run(line: str, own_site: Path) -> None:
    command = [sys.executable, "-m", *line.split()]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout
    (folder,) = re.findall(r"--out (\w+)", line)
    kinds = {file.suffix for file in (own_site / folder).iterdir()}
    assert {".csv", ".png"} <= kinds


def test_prices_in_the_readme_are_the_defaults(own_site: Path) -> None:
    shown = tomllib.loads(_blocks("toml")[0])["site"]
    assert list(shown) == milpcore.SiteEconomics().table()["parameter"].tolist()
    assert milpcore.read_economics(own_site / "prices.toml") == milpcore.SiteEconomics()


def test_columns_in_the_readme_are_those_of_the_table() -> None:
    section = _readme().partition("The stream table is")[2].partition("Prices and limits")[0]
    named = set(re.findall(r"`([a-z_]+)`", "\n".join(re.findall(r"^\|.*", section, re.MULTILINE))))
    table = milpcore.load_case("loop_two_plants").table
    assert named - {"hot", "cold"} == set(table.columns)


def test_formulations_in_the_readme_are_those_there_are() -> None:
    section = _readme().partition("## Formulations")[2].partition("\n## ")[0]
    named = re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)
    assert sorted(named) == sorted(formulation.name for formulation in site.FORMULATIONS)


def test_version_is_the_same_everywhere() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {milpcore.__version__}\n" in citation
    assert "\ncff-version: 1.2.0\n" in f"\n{citation}"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["dynamic"] == ["version"]
