"""``milpcore loops --evaluate``: numbers, text, files, and every way to go wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from helpers_cli import files_in, run
from helpers_loop_cases import two_streams
from helpers_loops import PRINTED, made, with_exchanger

import milpcore
from milpcore.cli import loops_arguments
from milpcore.cli.loops_evaluate import network_writes
from milpcore.loops import (
    LoopNetwork,
    LoopParameters,
    Utility,
    evaluate,
    load_case,
    read_network,
    read_parameters,
    write_network,
    write_parameters,
)
from milpcore.loops.evaluate import TOLERANCE

PRINTED_DIGITS = ("--tolerance", "1e-3")
JSON_KEYS = [
    "tac_per_a",
    "tac_with_utility_exchangers_per_a",
    "currency",
    "costs",
    "loops",
    "hot_utility_kW",
    "cold_utility_kW",
    "n_units",
    "status",
    "tolerance",
    "violations",
]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Streams, parameters and a network with two loops."""
    case, network = made(1)
    milpcore.write_streams(case.streams, tmp_path / "plants.csv")
    write_parameters(case.parameters, tmp_path / "mine.toml")
    write_network(network, tmp_path / "mine.json")
    return tmp_path


def test_defaults_are_those_of_the_library() -> None:
    assert loops_arguments.DEFAULT_TOLERANCE == TOLERANCE
    assert loops_arguments.DEFAULT_STREAMS in milpcore.case_names()


def test_json_is_one_object_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "loops", "--evaluate", str(PRINTED), *PRINTED_DIGITS, "--json")
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert list(found) == JSON_KEYS
    assert (found["status"], found["violations"], found["n_units"]) == ("feasible", [], 15)
    assert found["currency"] == "$"
    costs = found["costs"]
    heaters = costs.pop("heaters_coolers")
    assert found["tac_per_a"] == pytest.approx(sum(costs.values()))
    assert found["tac_with_utility_exchangers_per_a"] == pytest.approx(
        heaters + sum(costs.values())
    )
    assert costs["pipes"] == pytest.approx(453_969.0, rel=2e-5)
    (loop,) = found["loops"]
    assert loop == pytest.approx(
        {"flow_kW_per_K": 1232.0, "supply_C": 122.617, "return_C": 65.404}, abs=1e-3
    )


def test_a_network_that_breaks_a_rule_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "loops", "--evaluate", str(PRINTED), "--json")
    assert done.code == 1
    found = json.loads(done.out)
    assert found["status"] == "refused"
    assert found["violations"][0] == {
        "rule": "least temperature difference",
        "where": "loop 1, exchanger plant 1/H1 (1), where the stream enters",
        "value": "9.9981802 K",
        "limit": "at least 10 K",
        "tolerance": "0.0001 K",
    }
    assert done.err.startswith(
        "milpcore: refused: 18 violations, the first: loop 1, exchanger plant 1/H1"
    )
    done = run(capsys, "loops", "--evaluate", str(PRINTED))
    assert (done.code, done.err) == (1, "")
    assert "\nrefused: 18 violations\n  - loop 1, exchanger plant 1/H1 (1), where" in done.out


def test_text_has_both_totals_and_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "loops", "--evaluate", str(PRINTED), *PRINTED_DIGITS)
    assert done.code == 0
    for line in (
        "loop_two_plants: 14 streams, 7 hot with 142.9 MW, 7 cold with 78.5 MW\n",
        "2 plants (plant 1, plant 2), hot water, at least 10 K to it\n",
        "evaluated within a share of 0.001\n",
        "plant 1/H1 (1)     1  1 mixed -> 1 hottest  311.9   9232.2  148.1 -> 118.5",
        "loop 1: 1232.0 kW/K, 122.62 / 65.40 °C, 70492.6 kW given, 70492.6 kW taken, 15 exch",
        "heater plant 2/C1   7504.0  113.3 -> 135.7",
        "TAC, exchangers between streams and loops only  1827865\n",
        "TAC with heaters and coolers                    1951460\n",
        "printed, reference (Chang et al. 2016): 1727858 $/a\n",
        "printed, the paper (Hong et al.): 1975861 $/a\nIt is not printed at which utility",
        "feasible: every rule is kept within a share of 0.001\n",
    ):
        assert line in done.out


def test_own_streams_and_parameters(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = (str(files / "plants.csv"), "--parameters", str(files / "mine.toml"))
    done = run(capsys, "loops", *given, "--evaluate", str(files / "mine.json"), "--json")
    assert (done.code, done.err) == (0, "")
    case, network = made(1)
    found = json.loads(done.out)
    assert found["tac_per_a"] == pytest.approx(evaluate(case, network).tac_per_a)
    assert len(found["loops"]) == 2
    done = run(capsys, "loops", *given, "--evaluate", str(files / "mine.json"))
    assert "printed" not in done.out
    refused = with_exchanger(network, 0, load_kW=network.loops[0].exchangers[0].load_kW * 1.01)
    write_network(refused, files / "mine.json")
    assert run(capsys, "loops", *given, "--evaluate", str(files / "mine.json")).code == 1


def test_utilities_without_temperatures(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bare = read_parameters(files / "mine.toml").replace(hot_utility=Utility(price_per_kW_a=3))
    write_parameters(bare, files / "mine.toml")
    given = (str(files / "plants.csv"), "--parameters", str(files / "mine.toml"))
    done = run(capsys, "loops", *given, "--evaluate", str(files / "mine.json"), "--json")
    found = json.loads(done.out)
    assert found["tac_with_utility_exchangers_per_a"] is None
    assert found["costs"]["heaters_coolers"] is None
    done = run(capsys, "loops", *given, "--evaluate", str(files / "mine.json"))
    assert "not costed: utilities without temperatures and films" in done.out


def test_a_network_without_loops(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_network(LoopNetwork(), files / "none.json")
    done = run(capsys, "loops", "--evaluate", str(files / "none.json"))
    assert done.code == 0
    assert "no exchanger between a stream and a loop\n" in done.out
    assert "TAC, exchangers between streams and loops only  2712934\n" in done.out


def test_out_has_tables_figures_and_inputs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    out = tmp_path / "out"
    done = run(
        capsys, "loops", "--evaluate", str(PRINTED), *PRINTED_DIGITS, "--json", "--out", str(out)
    )
    assert done.code == 0
    copies = ["inputs/parameters.toml", "inputs/streams.csv"]
    assert files_in(out) == sorted([*network_writes(), *copies, "run.json"])
    assert read_network(out / "network.json") == read_network(PRINTED)
    case = load_case("loop_two_plants")
    assert read_parameters(out / "inputs" / "parameters.toml") == case.parameters
    assert milpcore.read_streams(out / "inputs" / "streams.csv") == case.streams
    table = pd.read_csv(out / "exchangers.csv")
    assert table["area_m2"].round(0).tolist()[:6] == [1486.0, 788.0, 720.0, 1432.0, 666.0, 665.0]
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert (record["command"], record["streams"]) == ("loops", "loop_two_plants")
    assert (record["network"], record["violations"]) == (PRINTED.name, [])


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("loops", "--loops", "0"), "argument --loops: '0' must be a whole number from 1 to 100"),
        (
            ("loops", "dairy_8", "--evaluate", str(PRINTED)),
            "--parameters: is needed: these streams have no distances and prices of their own; "
            "name a TOML file; bundled cases with some: loop_four_plants, loop_two_plants",
        ),
        (
            ("loops", "nothing.csv", "--parameters", "nix.toml", "--evaluate", str(PRINTED)),
            "nothing.csv, nix.toml: 2 faults\n",
        ),
        (("loops", "--evaluate", "nothing.json"), "file = nothing.json: does not exist"),
        (
            ("loops", "loop_four_plants", "--evaluate", str(PRINTED)),
            "loop 1, header 1 in: plant = plant 1: no such plant; known: A, B, C, D",
        ),
        (
            ("loops", "--evaluate", str(PRINTED), "--tolerance", "0.2"),
            "argument --tolerance: '0.2' must be a share above 0 and at most 0.1",
        ),
    ],
)
def test_bad_input(argv: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, *argv)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_faults_of_streams_and_parameters_come_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_parameters(LoopParameters(), tmp_path / "mine.toml")
    done = run(
        capsys,
        "loops",
        "site_400",
        "--parameters",
        str(tmp_path / "mine.toml"),
        "--evaluate",
        str(PRINTED),
    )
    assert done.code == 2
    assert "streams: htc: missing column (kW/(m2 K))" in done.err


@pytest.mark.compiled
def test_design_as_json_and_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = two_streams(distance_m=60.0, has_utility_data=True)
    milpcore.write_streams(case.streams, tmp_path / "plants.csv")
    write_parameters(case.parameters, tmp_path / "mine.toml")
    given = (str(tmp_path / "plants.csv"), "--parameters", str(tmp_path / "mine.toml"))
    out = tmp_path / "out"
    done = run(
        capsys, "loops", *given, "--time-limit", "300", "--gap", "0.3", "--json", "--quiet",
        "--out", str(out),
    )  # fmt: skip
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert found["bound_per_a"] <= found["tac_per_a"]
    assert found["status"] == "optimal"
    assert found["tac_per_a"] == found["tac_without_utility_exchangers_per_a"]
    assert {"flow_kW_per_K", "supply_C", "return_C"} == set(found["loops"][0])
    evaluated = evaluate(case, read_network(out / "network.json")).checked()
    assert evaluated.tac_per_a == pytest.approx(found["tac_per_a"])
    assert {"exchangers.csv", "network.png", "costs.svg"} <= set(files_in(out))


@pytest.mark.compiled
def test_design_as_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = two_streams(distance_m=60_000.0)
    milpcore.write_streams(case.streams, tmp_path / "plants.csv")
    write_parameters(case.parameters, tmp_path / "mine.toml")
    given = (str(tmp_path / "plants.csv"), "--parameters", str(tmp_path / "mine.toml"))
    done = run(capsys, "loops", *given, "--time-limit", "4", "--quiet")
    assert done.code == 0
    assert "no network costs less than" in done.out
    assert (
        "least TAC without heaters and coolers, at most 1 loop, gap 0.01, at most 4 s" in done.out
    )
