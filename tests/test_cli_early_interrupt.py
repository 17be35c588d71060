"""Ctrl-C in the first second, while a command is imported."""

from __future__ import annotations

import json
import signal
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from pkgutil import resolve_name
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from helpers_cli import run

from milpcore.cli import output, program, targets

GAS = "gas_price_EUR_per_MWh"
BOTH = f"{GAS},lifetime_a"
DESIGNS = ("--designs", "greenfield", "--levels", "3")
COMMANDS = {
    "greenfield": ("greenfield", "dairy_8", "--levels", "2-4"),
    "retrofit": ("retrofit", "dairy_8", "--existing", "5,40,85,205"),
    "fixed": ("sensitivity", "dairy_8", "--existing", "5,205", "--vary", GAS),
    "map": ("sensitivity", "dairy_8", "--existing", "5,205", "--vary", BOTH, "--map"),
    "designs": ("sensitivity", "dairy_8", *DESIGNS, "--vary", GAS),
    "pareto": ("pareto", "dairy_8", "--levels", "3"),
    "tightness": ("tightness", "dairy_8"),
}


def _pressing(monkeypatch: pytest.MonkeyPatch, times: int = 1) -> None:
    """Press Ctrl-C while a command is imported."""

    def imported(name: str, package: str | None = None) -> ModuleType:
        for _ in range(times if name.startswith("milpcore.cli.") else 0):
            signal.raise_signal(signal.SIGINT)
        return import_module(name, package)

    monkeypatch.setattr(program.importlib, "import_module", imported)


def _started_nothing(content: dict[str, Any]) -> list[Any]:
    """What the object of each command says of work that was not begun."""
    return [
        *(one["status"] for one in content.get("configurations", [])),
        *([content["status"]] if "status" in content else []),
        content.get("n_not_started"),
        content.get("unproven_ends"),
        content.get("rows"),
        content.get("unfinished", []),
    ]


EXPECTED = {
    "greenfield": ["interrupted"] * 3 + [None, None, None, []],
    "retrofit": ["interrupted", 4, None, None, []],
    "fixed": ["interrupted", None, None, None, [GAS]],
    "map": ["interrupted", None, None, None, np.linspace(20.0, 60.0, 41).tolist()],
    "designs": ["interrupted", None, None, None, [GAS]],
    "pareto": ["interrupted", None, ["tac", "co2"], None, []],
    "tightness": [None, None, [], []],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_json_lists_what_was_asked_for(
    command: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("milpcore.core.child.SpawnProcess.start", lambda _: pytest.fail("started"))
    _pressing(monkeypatch)
    done = run(capsys, *COMMANDS[command], "--json", "--quiet", "--out", str(tmp_path / "out"))
    assert done.code == 130, done.err
    assert "milpcore: interrupted" in done.err
    assert _started_nothing(json.loads(done.out)) == EXPECTED[command]
    is_written = command == "retrofit"  # the levels of today
    assert (tmp_path / "out").exists() == is_written
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("place", ["require", "_can_be_written"])
def test_json_lists_it_too_while_the_output_is_checked(
    place: str,
    command: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Matplotlib is imported there."""
    monkeypatch.setattr("milpcore.core.child.SpawnProcess.start", lambda _: pytest.fail("started"))
    whole = getattr(output, place)
    left = iter([signal.raise_signal])

    def pressed(*args: Any) -> Any:
        for press in left:
            press(signal.SIGINT)
        return whole(*args)

    monkeypatch.setattr(output, place, pressed)
    done = run(capsys, *COMMANDS[command], "--json", "--quiet", "--out", str(tmp_path / "out"))
    assert done.code == 130, done.err
    assert _started_nothing(json.loads(done.out)) == EXPECTED[command]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


PREPARATIONS = {
    "greenfield": "study.prepare",
    "retrofit": "retrofit_study.plan_retrofit",
    "fixed": "sensitivity_study.sensitivity",
    "map": "sensitivity_study.sensitivity_map",
    "designs": "design_sensitivity_study.prepare",
    "pareto": "pareto_study.plan_pareto",
}
PREPARED = {"fixed": ("--vary", BOTH)}
"""The first of two parameters is finished, see `milpcore.cli.sensitivity_study`."""


@pytest.mark.parametrize("command", PREPARATIONS)
def test_ctrl_c_is_not_lost_while_compiled_functions_are_loaded(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is raised in a function that LLVM calls is dropped."""
    monkeypatch.setattr("milpcore.core.child.SpawnProcess.start", lambda _: pytest.fail("started"))
    place = f"milpcore.cli.{PREPARATIONS[command]}"
    whole = resolve_name(place)
    presses = iter([signal.raise_signal])

    def prepared(*args: Any, **options: Any) -> Any:
        for press in presses:
            with suppress(KeyboardInterrupt):
                press(signal.SIGINT)
        return whole(*args, **options)

    monkeypatch.setattr(place, prepared)
    done = run(capsys, *COMMANDS[command], *PREPARED.get(command, ()), "--json", "--quiet")
    assert done.code == 130, done.err
    assert "milpcore: interrupted" in done.err
    json.loads(done.out)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_is_not_lost_while_targets_are_found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(*_: Any) -> None:
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(targets, "targets", found)
    assert run(capsys, "targets", "dairy_8") == (130, "", "milpcore: interrupted\n")


def test_the_targets_have_nothing_to_list(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _pressing(monkeypatch)
    done = run(capsys, "targets", "dairy_8", "--json")
    assert done == (130, "", "milpcore: interrupted\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_text_does_not_wait(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _pressing(monkeypatch)
    done = run(capsys, *COMMANDS[command], "--quiet")
    assert done == (130, "", "milpcore: interrupted\n")


def test_a_second_ctrl_c_ends_at_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _pressing(monkeypatch, times=2)
    done = run(capsys, *COMMANDS["greenfield"], "--json")
    assert done == (130, "", "milpcore: interrupted\n")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_faults_are_told_all_the_same(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _pressing(monkeypatch)
    done = run(capsys, *COMMANDS["greenfield"], "--formulation", "level_pth", "--json")
    assert (done.code, done.out) == (2, "")
    assert "formulation = level_pth: unknown; did you mean" in done.err
