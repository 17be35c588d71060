"""Published problems reproduce their published utilities.

The tables belong to other projects and are not part of this one. Tolerance: half a unit of the last
digit printed, and at most 0.005 kW.
"""

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from preprocess import problem_table

TARGETS = Path(__file__).resolve().parents[2] / "shared" / "data" / "targets"


def published_cases():
    if not (TARGETS / "expected.csv").is_file():
        reason = f"published tables not found in {TARGETS.parent.parent.name}/data/targets"
        return [pytest.param({}, marks=pytest.mark.skip(reason=reason), id="published tables")]
    with (TARGETS / "expected.csv").open(newline="", encoding="utf-8") as file:
        return [pytest.param(row, id=row["case"]) for row in csv.DictReader(file)]


def shifted_columns(path):
    """Hot streams lowered and cold streams raised by `dt_cont`, as six lists."""
    hot, cold = ([], [], []), ([], [], [])
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            supply_C, target_C = float(row["t_supply"]), float(row["t_target"])
            is_hot = supply_C > target_C if supply_C != target_C else row["kind"] == "hot"
            shift_K = -float(row["dt_cont"]) if is_hot else float(row["dt_cont"])
            side = hot if is_hot else cold
            side[0].append(min(supply_C, target_C) + shift_K)
            side[1].append(max(supply_C, target_C) + shift_K)
            side[2].append(float(row["heat_flow"]))
    return (*hot, *cold)


def assert_as_printed(computed_kW, printed):
    exponent = Decimal(printed).as_tuple().exponent
    tolerance_kW = min(0.5 * 10.0**exponent, 0.005)
    assert computed_kW == pytest.approx(float(printed), abs=tolerance_kW)


@pytest.mark.parametrize("row", published_cases())
def test_published_utilities(row):
    columns = shifted_columns(TARGETS / f"{row['case']}.csv")
    table = problem_table(*columns)
    assert_as_printed(table.hot_utility_kW, row["hot_utility_kW"])
    assert_as_printed(table.cold_utility_kW, row["cold_utility_kW"])
    is_threshold = float(row["hot_utility_kW"]) == 0 or float(row["cold_utility_kW"]) == 0
    assert (table.pinch_C.size == 0) == is_threshold
    assert table.hot_utility_kW + sum(columns[2]) == pytest.approx(
        table.cold_utility_kW + sum(columns[5]), rel=1e-12
    )
