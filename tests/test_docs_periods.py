"""The page on periods: its code runs, and its table is what was measured."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from test_docs import ROOT, blocks, run_python, text_of

PAGE = ROOT / "docs" / "periods.md"
MEASURED = ROOT / "benchmarks" / "results" / "periods.csv"


def table_text(measured: pd.DataFrame) -> str:
    """Mean over seeds for each number of periods and levels, one line each."""
    head = (
        "| periods | N | cost, million EUR/a | levels of the mean year, % | root gap, % | "
        "to 1 %: processor s (clock) | to 0.1 %: processor s (clock), gap |"
    )
    lines = [head, "|---|---|---|---|---|---|---|"]
    for (n_periods, n_levels), rows in measured.groupby(["n_periods", "max_levels"]):
        best = rows.loc[rows.groupby("seed")["tac_EUR_per_a"].idxmin()]
        extra = 100.0 * (best["mean_levels_EUR_per_a"] / best["tac_EUR_per_a"] - 1.0)
        loose, tight = (rows[rows["asked_gap"] == gap] for gap in (1e-2, 1e-3))
        root = 100.0 * tight["root_gap"].mean()
        lines.append(
            f"| {n_periods} | {n_levels} | {best['tac_EUR_per_a'].mean() / 1e6:.2f} "
            f"| {round(extra.mean(), 2) + 0.0:.2f} | {'–' if pd.isna(root) else f'{root:.2f}'} "
            f"| {loose['cpu_s'].mean():.1f} ({loose['solve_s'].mean():.1f}) "
            f"| {tight['cpu_s'].mean():.1f} ({tight['solve_s'].mean():.1f}), "
            f"{100.0 * tight['gap'].max():.2f} % |"
        )
    return "\n".join(lines)


def test_the_readme_links_the_page() -> None:
    assert "(docs/periods.md)" in text_of(ROOT / "README.md")


def test_the_table_is_what_was_measured() -> None:
    shown = text_of(PAGE).partition("<!-- table -->")[2].partition("<!-- /table -->")[0]
    assert shown.strip() == table_text(pd.read_csv(MEASURED))


def test_every_case_reached_one_percent() -> None:
    measured = pd.read_csv(MEASURED)
    assert (measured["gap"] <= 1e-2).all()
    assert set(measured["n_periods"]) == {1, 4, 12}


def test_the_code_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (table,) = blocks(PAGE, "csv")
    (tmp_path / "periods.csv").write_text(table, encoding="utf-8")
    run_python(PAGE, {})
    assert (tmp_path / "results" / "operation.csv").exists()
