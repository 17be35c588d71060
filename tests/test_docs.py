"""The pages in docs: their commands and code run, and they say what there is."""

from __future__ import annotations

import inspect
import json
import logging
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers_cli import run

import milpcore
from milpcore import site, sizing
from milpcore.loops import variants as loop_variants
from milpcore.site.variants import VARIANTS
from milpcore.sizing import variants as sizing_variants
from milpcore.sweeps.study_file import read_sweep

ROOT = Path(__file__).resolve().parents[1]
SWEEPS, EMBEDDING = ROOT / "docs" / "sweeps.md", ROOT / "docs" / "embedding.md"
PAGES = (SWEEPS, EMBEDDING)
SCHEDULER = "192.0.2.10"
PRINTED = {
    "electricity_price_EUR_per_MWh": "electricity price",
    "heat_pump_investment_EUR_per_kW": "heat pump investment",
    "electricity_emission_t_per_MWh": "electricity emission factor",
}


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    found: list[str] = re.findall(
        rf"^```{language}\n(.*?)^```$", text_of(page), flags=re.DOTALL | re.MULTILINE
    )
    return found


def commands(page: Path) -> list[str]:
    return [line[2:] for block in blocks(page, "console") for line in block.splitlines()]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the files that the pages speak of; logging as it was afterwards."""
    milpcore.write_streams(milpcore.load_case("dairy_8"), tmp_path / "site.csv")
    (study,) = blocks(SWEEPS, "toml")
    (tmp_path / "scenarios.toml").write_text(study, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    level = logging.getLogger("milpcore").level
    handlers = list(logging.getLogger().handlers)
    yield tmp_path
    logging.getLogger("milpcore").setLevel(level)
    logging.getLogger().handlers[:] = handlers


def run_python(page: Path, names: dict[str, Any]) -> dict[str, Any]:
    """Run all code of a page, one block after the other."""
    for block in blocks(page, "python"):
        exec(compile(block, page.name, "exec"), names)
    return names


def test_there_are_pages_and_the_readme_links_them() -> None:
    readme = text_of(ROOT / "README.md")
    for page in PAGES:
        assert f"(docs/{page.name})" in readme


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_of_pages_exist(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", text_of(page))
    local = [target for target in targets if not target.startswith(("http:", "https:"))]
    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_pages_are_short_and_their_blocks_known(page: Path) -> None:
    assert text_of(page).count("\n") < 150
    languages = set(re.findall(r"^```(\w+)$", text_of(page), flags=re.MULTILINE))
    assert languages <= {"bash", "console", "python", "toml"}
    for line in commands(page):
        assert line.startswith(("milpcore ", "dask "))
    for block in blocks(page, "console"):
        assert all(line.startswith("$ ") for line in block.splitlines())


def test_installation_names_extras_that_exist() -> None:
    (line,) = "".join(blocks(SWEEPS, "bash")).splitlines()
    assert line == 'python -m pip install ".[dask]"'
    assert "\ndask = [" in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_study_file_is_read_and_its_words_are_known(here: Path) -> None:
    study = read_sweep(here / "scenarios.toml")
    assert len(study.cases) == 2000
    assert study.economics.gas_price_EUR_per_MWh == 45.0
    (text,) = blocks(SWEEPS, "toml")
    for other in ("greenfield", "retrofit", "grid", "table"):
        assert f'"{other}"' in text


@pytest.mark.usefixtures("here")
def test_python_of_the_page_on_sweeps_runs() -> None:
    pytest.importorskip("distributed")
    names = run_python(SWEEPS, {"__name__": "docs"})  # the cluster needs "__main__", see below
    assert len(names["table"]) == 2000
    assert set(names["table"]["status"]) == {"optimal"}
    assert Path("prices.sqlite").is_file()


@pytest.mark.usefixtures("here")
def test_python_of_the_page_on_embedding_runs() -> None:
    names = run_python(EMBEDDING, {})
    assert names["result"].status is milpcore.Status.OPTIMAL
    assert len(names["study"].results) == 4
    assert not names["observe"](site.Progress(0.0, 100.0, 99.0, 1))
    assert names["observe"](site.Progress(0.0, 100.0, 99.95, 1))
    assert logging.getLogger("milpcore").level == logging.INFO


@pytest.mark.usefixtures("here")
def test_the_command_of_the_page_on_embedding_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = commands(EMBEDDING)
    done = run(capsys, *line.split()[1:])
    assert done.code == 0
    assert done.err.count("INFO  milpcore.site.greenfield: ") == 4


def callbacks_of(function: Any) -> set[str]:
    names = inspect.signature(function).parameters
    return {name for name in names if name == "observer" or name.startswith("on_")}


def test_every_callback_is_documented() -> None:
    functions = {
        **{f"site.{name}": getattr(site, name) for name in site.__all__},
        **{f"sizing.{name}": getattr(sizing, name) for name in sizing.__all__},
        "milpcore.sweep": milpcore.sweep,
    }
    there = {
        (name, callback)
        for name, function in functions.items()
        if inspect.isfunction(function)
        for callback in callbacks_of(function)
    }
    told: set[tuple[str, str]] = set()
    studies: list[str] = []
    for row in re.findall(r"^\| (.*) \|$", text_of(EMBEDDING), flags=re.MULTILINE)[1:]:
        study, callback, _, given, _ = (cell.strip() for cell in row.split("|"))
        studies = re.findall(r"`([\w.]+)`", study) or studies
        told |= {(name, callback.strip("`")) for name in studies}
        for model, name in re.findall(r"`(site|sizing)\.(\w+)`", given):
            assert name in {"site": site, "sizing": sizing}[model].__all__
    assert told == there


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.slow
def test_sweeps_of_the_page_run_here_and_on_a_cluster(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command of the page, with this machine in place of the scheduler's."""
    pytest.importorskip("distributed")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    address = f"127.0.0.1:{free_port()}"
    host, port = address.split(":")
    alone, scheduler, worker, there = (
        line.replace(f"{SCHEDULER}:8786", address)
        .replace(f"--host {SCHEDULER} --port 8786", f"--host {host} --port {port} --no-dashboard")
        .split()
        for line in commands(SWEEPS)
    )
    assert address.encode() not in text_of(SWEEPS).encode()
    started: list[subprocess.Popen[bytes]] = []
    try:
        for words in (scheduler, [*worker, "--no-dashboard"]):
            command = [sys.executable, "-m", "distributed.cli.dask_" + words[1], *words[2:]]
            quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            started.append(subprocess.Popen(command, **quiet))
            time.sleep(2.0)
        results = []
        for words in (alone, there):
            command = [sys.executable, "-m", *words]
            done = subprocess.run(command, capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, done.stderr
            results.append(columns_of(here / "scenarios" / "results.csv"))
            shutil.rmtree(here / "scenarios")
        assert results[0] == results[1]
        assert len(results[0]) == 2001
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(20.0)


def columns_of(file: Path) -> list[str]:
    """Lines of the results without the time, which stands last."""
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[0].endswith(",run_s")
    return [line.rpartition(",")[0] for line in lines]


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_the_local_cluster_of_the_page_runs() -> None:
    pytest.importorskip("distributed")
    code = "\n".join(blocks(SWEEPS, "python")) + "\nprint(len(table), set(table['status']))\n"
    guarded = code.replace("\nprint", "\nif __name__ == '__main__':\n    print")
    Path("script.py").write_text(guarded, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "script.py"], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.stdout == "2000 {'optimal'}\n", done.stderr


def test_the_page_beside_the_paper_has_the_figures_of_its_commands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = ROOT / "docs" / "paper.md"
    *retrofits, sensitivity = commands(page)
    rows = dict(re.findall(r"^\| ([^|]+) \| (-?\d[\d.]*) \|", text_of(page), flags=re.MULTILINE))
    found: dict[str, str] = {}
    for line in retrofits:
        study = json.loads(run(capsys, *line.split()[1:], "--json").out)
        found["nothing, heat pumps only"] = f"{study['without_moves']['saving_percent']:.3f}"
        for one in study["results"]:
            moved = ", ".join(f"{old}→{new:g}" for old, new in one["moved_C"].items())
            found[moved] = f"{one['saving_percent']:.3f}"
    study = json.loads(run(capsys, *sensitivity.split()[1:], "--json").out)
    for parameter in study["parameters"]:
        for tip in parameter["tipping_points"]:
            found[PRINTED[parameter["parameter"]]] = f"{tip['percent']:.3f}"
    assert {name: found[name] for name in rows} == rows
    assert len(rows) == 9


def test_the_page_on_tightness_lists_every_variant() -> None:
    pages = re.split(
        "# Sizing a plant|# Loops between plants", text_of(ROOT / "docs" / "tightness.md")
    )
    every = VARIANTS, sizing_variants.VARIANTS, loop_variants.VARIANTS
    commands = (
        "tightness site_400 --levels 4,8,11",
        "tightness --model sizing --optimum-time",
        "tightness --model loops --time-limit 60",
    )
    for page, variants, command in zip(pages, every, commands, strict=True):
        listed = re.findall(r"^\| `([^`]+)`", page, flags=re.MULTILINE)
        assert listed == list(dict.fromkeys(variant.name for variant in variants))
        assert f"milpcore {command}" in page
