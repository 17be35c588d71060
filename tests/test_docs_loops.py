"""The page on loops: its network is feasible, its figures are those of its command."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from helpers_cli import run
from helpers_loops import PRINTED

from milpcore.cli.parser import parser
from milpcore.loops import (
    Evaluation,
    evaluate,
    load_case,
    network_of,
    read_network,
    read_parameters,
)

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "loops.md"


def blocks(language: str) -> list[str]:
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)


def rows() -> dict[str, tuple[str, str]]:
    text = PAGE.read_text(encoding="utf-8")
    found = re.findall(r"^\| ([^|]*) \| ([^|]*) \| ?([^|]*?) ?\|$", text, flags=re.MULTILINE)
    return {name: (here, printed) for name, here, printed in found}


@pytest.fixture(scope="module")
def printed() -> Evaluation:
    return evaluate(load_case("loop_two_plants"), read_network(PRINTED), tolerance=1e-3)


def test_the_network_of_the_page_is_feasible(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (text,) = blocks("json")
    found = evaluate(load_case("loop_two_plants"), network_of(json.loads(text))).checked()
    assert found.n_units == 3
    (tmp_path / "network.json").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    line = blocks("console")[0].splitlines()[0].partition(" --out")[0]
    assert run(capsys, *line.split()[2:]).code == 0


def test_commands_of_the_page_are_understood() -> None:
    for block in blocks("console"):
        for line in block.splitlines():
            assert line.startswith("$ milpcore loops ")
            assert parser().parse_args(line.split()[2:]).command == "loops"


def test_the_parameters_of_the_page_are_read(tmp_path: Path) -> None:
    (text,) = blocks("toml")
    assert set(tomllib.loads(text)) == {"general", "fluid", "distance"}
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    parameters = read_parameters(tmp_path / "mine.toml")
    assert parameters.distance_m("plant 1", "plant 2") == 1000.0


def test_figures_of_the_page_are_those_of_the_evaluation(printed: Evaluation) -> None:
    costs = printed.costs
    areas = [row.area_m2 for row in printed.exchanger_rows if row.kind == "hot"]
    expected = {
        "areas of H1 to H6, m²": ", ".join(f"{area:.1f}" for area in areas),
        "hot utility, kW": f"{printed.hot_utility_kW:,.1f}",
        "cold utility, kW": f"{printed.cold_utility_kW:,.1f}",
        "pipes, $/a": f"{costs.pipes:,.0f}",
        "pumps, $/a": f"{costs.pumps:,.0f}",
        "exchangers between streams and loop, $/a": f"{costs.exchangers:,.0f}",
        "heaters and coolers at assumed utilities, $/a": f"{costs.heaters_coolers:,.0f}",
        "exchangers, $/a": f"{costs.exchangers + costs.heaters_coolers:,.0f}",
        "total, $/a": f"{printed.tac_with_utility_exchangers_per_a:,.0f}",
    }
    assert {name: rows()[name][0] for name in expected} == expected


def test_links_exist_and_the_readme_has_one() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE.read_text(encoding="utf-8")):
        assert (PAGE.parent / target).exists()
    assert "(docs/loops.md)" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_designed_network_costs_what_the_page_says() -> None:
    designed = read_network(PRINTED.parent / "two_plants_designed.json")
    found = evaluate(load_case("loop_two_plants"), designed).checked()
    assert f"gives {found.tac_per_a:,.0f} $/a" in " ".join(PAGE.read_text("utf-8").split())
    assert found.tac_per_a < 1_533_200.0  # the best known before
