"""Notebooks run from top to bottom, and are committed without outputs."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import milpcore

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
EXECUTE = """
import sys, nbclient, nbformat
source, target, folder = sys.argv[1:]
notebook = nbformat.read(source, as_version=4)
resources = {"metadata": {"path": folder}}
client = nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3", resources=resources)
client.execute()
nbformat.write(notebook, target)
"""
RUN_ELSEWHERE = ("03",)
"""All code of it runs in `test_notebook_sizing`."""
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def _cells(path: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return cells


def _text(path: Path) -> str:
    cells = [cell for cell in _cells(path) if cell["cell_type"] == "markdown"]
    return "\n\n".join("".join(cell["source"]) for cell in cells)


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@each_notebook
def test_outputs_are_stripped(path: Path) -> None:
    code = [cell for cell in _cells(path) if cell["cell_type"] == "code"]
    assert code
    assert [cell["id"] for cell in code if cell["outputs"] or cell["execution_count"]] == []
    metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
    assert set(metadata) <= {"kernelspec", "language_info"}


@each_notebook
def test_only_the_public_interface_is_used(path: Path) -> None:
    source = "".join("".join(cell["source"]) + "\n" for cell in _cells(path))
    assert "milpcore._" not in source
    assert "preprocess" not in source


def test_the_temperatures_of_the_first_notebook_are_those_of_both_ends() -> None:
    source = {cell["id"]: "".join(cell["source"]) for cell in _cells(NOTEBOOKS[0])}
    names: dict[str, Any] = {"milpcore": milpcore}
    exec(source["cell-04"], names)
    body = ast.parse(source["cell-06"]).body
    exec(compile(ast.Module(body[:-1], []), "cell-06", "exec"), names)
    table = eval(ast.unparse(body[-1]), names)
    streams = milpcore.load_case("site_400")
    for kind, of_kind in (("hot", streams.is_hot), ("cold", ~streams.is_hot)):
        ends_C = np.concatenate((streams.t_supply_C[of_kind], streams.t_target_C[of_kind]))
        assert table.loc[kind, "streams"] == of_kind.sum()
        assert table.loc[kind, "lowest_C"] == ends_C.min()
        assert table.loc[kind, "highest_C"] == ends_C.max()


def test_targets_are_said_to_hold_without_heat_pumps() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for text, number in ((readme, "least heat to buy"), (_text(NOTEBOOKS[0]), "`hot_utility_kW`")):
        (sentence,) = (part for part in " ".join(text.split()).split(". ") if number in part)
        assert "without heat pumps" in sentence


@pytest.mark.slow
@pytest.mark.skipif(
    find_spec("nbclient") is None or find_spec("ipykernel") is None,
    reason="needs the extra notebooks",
)
@pytest.mark.parametrize(
    "path",
    [path for path in NOTEBOOKS if not path.stem.startswith(RUN_ELSEWHERE)],
    ids=lambda path: path.stem,
)
def test_notebook_runs_from_top_to_bottom(path: Path, tmp_path: Path) -> None:
    executed = tmp_path / "executed.ipynb"
    before = set(path.parent.iterdir())
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",  # of the notebook machinery
    }
    done = subprocess.run(
        [sys.executable, "-c", EXECUTE, str(path), str(executed), str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    code = [cell for cell in _cells(executed) if cell["cell_type"] == "code"]
    assert all(cell["execution_count"] for cell in code)
    streams = [o for cell in code for o in cell["outputs"] if o["output_type"] == "stream"]
    assert [o["text"] for o in streams if o["name"] == "stderr"] == []
    assert any("image/png" in o.get("data", {}) for cell in code for o in cell["outputs"])
    assert set(path.parent.iterdir()) == before, "a notebook writes where it is run, not here"
