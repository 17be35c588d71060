"""The page on studies of sizing has the verdicts of the tables beside it, and their figures."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from milpcore.cli.parser import parser
from milpcore.cli.sizing_case_figures import FIGURES
from milpcore.sizing.studies import STUDIES, Point, point_of
from milpcore.sizing.studies.findings1 import with_and_without

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "sizing_studies.md"
RESULTS = ROOT / "docs" / "images" / "sizing"


def text() -> str:
    return PAGE.read_text(encoding="utf-8")


def results(name: str, table: str) -> pd.DataFrame:
    return pd.read_csv(RESULTS / name / f"{table}.csv")


def section(number: int) -> str:
    return re.split(r"^## Case study \d", text(), flags=re.MULTILINE)[number]


def test_links_exist_and_every_figure_is_there() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", text())
    local = [target for target in targets if not target.startswith("http")]
    assert local
    assert [target for target in local if not (PAGE.parent / target).is_file()] == []
    assert "(docs/sizing_studies.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert text().count("\n") < 180


def test_every_study_has_its_command() -> None:
    lines = re.findall(r"^\$ milpcore (.*)$", text(), flags=re.MULTILINE)
    asked = [parser().parse_args(line.split()) for line in lines]
    assert [arguments.study for arguments in asked] == [study.name for study in STUDIES]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_verdicts_of_the_page_are_those_of_the_tables(number: int) -> None:
    findings = results(f"case{number}", "findings")
    known: dict[str, set[tuple[str, str]]] = {}
    for row in findings.to_dict("records"):
        known.setdefault(row["statement"], set()).add((row["source"], row["verdict"]))
    told = re.findall(r"^\| (.+?)(?: \(.*\))? \| (paper|ours) \| (.+?) \|$", section(number), re.M)
    assert told
    for statement, source, verdict in told:
        assert (source, verdict) in known[statement]


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_tables_are_of_the_points_that_the_study_has_now(study) -> None:  # type: ignore[no-untyped-def]
    table = results(study.name, "inputs/points")
    records = [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
    points: list[Point] = [point_of(record) for record in records]
    assert points == study.points()
    for figure in FIGURES[study.name]:
        assert (RESULTS / study.name / f"{figure}.png").is_file()


def test_numbers_of_the_flexible_pump() -> None:
    pair = with_and_without(results("case1", "flexible"))
    assert pair is not None
    has, lacks = pair
    least = lacks["bound_EUR_per_a"] - has["tac_EUR_per_a"]
    most = lacks["tac_EUR_per_a"] - has["bound_EUR_per_a"]
    page = section(1).replace("\n", " ")
    assert f"**{least:,.0f} to {most:,.0f} €/a more**" in page
    assert f"A pump of {has['heat_pump_kW']:.0f} kW" in page
    assert f"{lacks['store_kWh'] - has['store_kWh']:,.0f} kWh of store" in page


def test_numbers_of_the_rules() -> None:
    rules = results("case2", "rules").set_index("label")
    optimum = rules.loc["optimum"]
    page = section(2).replace("\n", " ")
    for label in ("duration curve", "60 % of peak"):
        least, most = (
            100.0 * rules.loc[label, f"regret_{end}_EUR_per_a"] / optimum["tac_EUR_per_a"]
            for end in ("least", "most")
        )
        assert f"{least:.2f} to {most:.2f} %" in page
