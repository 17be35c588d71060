"""Arguments of the command line: what is understood, and every message about the rest."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from helpers_cli import run
from hypothesis import given
from hypothesis import strategies as st

import milpcore
from milpcore.cli.arguments import (
    FORMULATION_NAMES,
    LOOPS_PARTS,
    SIZING_PARTS,
    VARIANT_PARTS,
    gap,
    levels,
    positive_seconds,
)
from milpcore.cli.greenfield_text import runs
from milpcore.loops import variants as loop_variants
from milpcore.site import FORMULATIONS
from milpcore.site.variants import find_variants
from milpcore.sizing import variants


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("6", (6,)),
        ("2-5", (2, 3, 4, 5)),
        ("4,6,8", (4, 6, 8)),
        ("8,4-6,5", (4, 5, 6, 8)),
        (" 3 , 5 - 6 ", (3, 5, 6)),
        ("7-7", (7,)),
        ("1-1000", tuple(range(1, 1001))),
    ],
)
def test_levels_are_numbers_and_ranges(text: str, numbers: tuple[int, ...]) -> None:
    assert levels(text) == numbers


RULE = "must be like 2-15, 6 or 4,6,8 (largest numbers of levels, each from 1)"


@pytest.mark.parametrize(
    "text", ["", "x", "0", "0-3", "-3", "2-", "2,,3", "2..5", "2.5", "1e1", "２", "9" * 30, "2-3-4"]
)
def test_other_levels_are_refused_with_the_rule(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError) as caught:
        levels(text)
    assert str(caught.value) == f"{text!r} {RULE}"


def test_a_falling_range_is_named() -> None:
    with pytest.raises(argparse.ArgumentTypeError) as caught:
        levels("2,8-5")
    assert str(caught.value) == "'2,8-5' has a range that falls: 8-5"


@pytest.mark.parametrize("text", ["1-1001", "1-999999999999", "1-600,601-1200"])
def test_too_many_configurations_are_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError) as caught:
        levels(text)
    assert str(caught.value) == f"{text!r} asks for more than 1000 configurations"


@given(st.sets(st.integers(1, 60), min_size=1))
def test_numbers_written_with_ranges_read_as_the_same(numbers: set[int]) -> None:
    assert levels(runs(sorted(numbers))) == tuple(sorted(numbers))


@pytest.mark.parametrize("text", ["-1e-9", "1", "nan", "inf", "x", ""])
def test_a_gap_is_from_0_to_below_1(text: str) -> None:
    assert (gap("0"), gap("1e-4"), gap("0.5")) == (0.0, 1e-4, 0.5)
    with pytest.raises(argparse.ArgumentTypeError) as caught:
        gap(text)
    assert str(caught.value) == f"{text!r} must be a number from 0 to below 1"


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "x", ""])
def test_a_time_limit_is_positive(text: str) -> None:
    assert positive_seconds("0.5") == 0.5
    with pytest.raises(argparse.ArgumentTypeError) as caught:
        positive_seconds(text)
    assert str(caught.value) == f"{text!r} must be a positive number (s)"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ((), "milpcore: error: the following arguments are required: COMMAND"),
        (("greenfeld",), "argument COMMAND: invalid choice: 'greenfeld' (choose from"),
        (("targets",), "milpcore targets: error: the following arguments are required: STREAMS"),
        (("greenfield", "--levels", "0"), f"argument --levels: '0' {RULE}"),
        (("greenfield", "--gap", "2"), "argument --gap: '2' must be a number from 0 to below 1"),
        (
            ("greenfield", "--time-limit", "0"),
            "argument --time-limit: '0' must be a positive number (s)",
        ),
        (("greenfield", "--objective", "npv"), "argument --objective: invalid choice: 'npv'"),
        (("greenfield", "--level", "3"), "unrecognized arguments: --level"),
        (("greenfield", "a", "b"), "unrecognized arguments: b"),
    ],
)
def test_bad_arguments_exit_with_2_and_say_why(
    argv: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(capsys, *argv)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("usage: milpcore")
    assert message in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("command", [(), ("targets",), ("greenfield",)])
def test_help_has_examples_units_and_exit_codes(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(capsys, *command, "--help")
    assert (done.code, done.err) == (0, "")
    assert "examples:\n  milpcore " in done.out
    assert "exit codes:\n  0 " in done.out
    for code in ("1 ", "2 ", "70 ", "74 ", "130 "):
        assert f"\n  {code}" in done.out
    assert max(map(len, done.out.splitlines())) <= 100
    if command == ("greenfield",):
        text = " ".join(done.out.split())
        assert "default: 2-15" in text
        assert "default: site_400" in text
        assert "EUR/a, CO2 t/a, heat kW, temperatures °C" in text
    if command:
        assert ", ".join(milpcore.case_names()) in " ".join(done.out.split())


@pytest.mark.parametrize("command", ["retrofit", "sensitivity", "pareto"])
def test_help_says_what_moves_are_not_allowed(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = " ".join(run(capsys, command, "--help").out.split())
    assert "levels may not pass each other, and count as one where they meet" in text


@pytest.mark.parametrize(
    ("command", "finished"),
    [
        ("greenfield", "a number of levels is proven to --gap."),
        ("retrofit", "a combination is finished."),
        ("sensitivity", "a parameter is finished, or the whole map."),
        ("pareto", "both ends are proven."),
        ("tightness", "a row has a bound."),
    ],
)
def test_help_says_when_older_results_are_replaced(
    command: str, finished: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = " ".join(run(capsys, command, "--help").out.split())
    assert f"--out replaces older results once {finished}" in text
    assert "one to overwrite that was changed since is refused at the start" in text
    drawn = "levels_NN but for the best only PNG" if command == "greenfield" else "(PNG, SVG)"
    assert drawn in text


def test_help_lists_the_formulations_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert tuple(one.name for one in FORMULATIONS) == FORMULATION_NAMES
    text = " ".join(run(capsys, "greenfield", "--help").out.split())
    assert f"how to solve: {', '.join(FORMULATION_NAMES)} (default: the fastest" in text


def test_help_lists_parts_of_the_variants_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    names = [variant.name for variant in find_variants(None)]
    for part in VARIANT_PARTS:
        assert find_variants([part])
    assert all(any(part in name for part in VARIANT_PARTS) for name in names)
    text = " ".join(run(capsys, "tightness", "--help").out.split())
    assert f"commas between them: {', '.join(VARIANT_PARTS)}; with --model sizing " in text
    told = f"with --model loops {', '.join(LOOPS_PARTS)} (default: all)"
    assert f"with --model sizing {', '.join(SIZING_PARTS)}; {told}" in text
    for known, parts in ((variants, SIZING_PARTS), (loop_variants, LOOPS_PARTS)):
        every = {part for one in known.VARIANTS for part in re.split("[:+]", one.name)}
        assert every == set(parts)


def test_the_version_is_the_package_s(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--version") == (0, f"milpcore {milpcore.__version__}\n", "")


def test_the_console_script_is_main(project_root: Path) -> None:
    text = (project_root / "pyproject.toml").read_text(encoding="utf-8")
    assert '\n[project.scripts]\nmilpcore = "milpcore.cli:main"\n' in text
    for script in entry_points(group="console_scripts", name="milpcore"):
        assert script.value == "milpcore.cli:main"


def test_help_loads_neither_models_nor_figures_nor_numbers() -> None:
    heavy = ("milpcore.site", "milpcore.core", "numpy", "scipy", "numba", "pandas", "matplotlib")
    code = (
        "import sys; from milpcore.cli import main; main(['greenfield', '--help']); "
        f"sys.exit(any(name in sys.modules for name in {heavy}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert done.returncode == 0
