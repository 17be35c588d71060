"""Notebooks run from top to bottom, and are committed without outputs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

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
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def _cells(path: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return cells


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


@pytest.mark.slow
@pytest.mark.skipif(
    find_spec("nbclient") is None or find_spec("ipykernel") is None,
    reason="needs the extra notebooks",
)
@each_notebook
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
