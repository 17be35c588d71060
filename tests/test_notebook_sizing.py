"""What the notebook from a heat pump to its size says in words is what its code finds."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

NOTEBOOK = Path(__file__).resolve().parents[1] / "notebooks" / "03_from_heat_pump_to_sizes.ipynb"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("matplotlib") is None, reason="needs the extra plot"),
]


@cache
def _names() -> dict[str, Any]:
    """Names of all code cells after they have run."""
    import matplotlib as mpl

    mpl.use("Agg")
    names: dict[str, Any] = {}
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            source = "".join(line for line in cell["source"] if not line.startswith("%"))
            exec(source, names)
    return names


def test_the_pump_takes_all_waste_heat_of_its_level_and_heat_is_bought_besides() -> None:
    levels = _names()["result"].levels.set_index("temperature_C")
    assert levels.loc[54.5, "heat_pump_source_kW"] == pytest.approx(
        levels.loc[54.5, "hot_streams_kW"]
    )
    assert levels.loc[83.5, "external_heat_kW"] > 0.0
    assert levels.loc[83.5, "cold_streams_kW"] == pytest.approx(2320.0)


def test_the_steady_state_is_the_site_s() -> None:
    names = _names()
    assert names["steady"].sizes.loc[0, "size"] == pytest.approx(names["heat_kW"])


def test_the_pump_is_smaller_and_the_store_as_large_as_its_rate_wants() -> None:
    names = _names()
    design = names["sized"].design
    assert names["sized"].gap <= 5e-3
    assert design.size_kW[0] < names["heat_kW"]
    assert design.level_kWh.max() < 0.6 * design.capacity_kWh[0]
    busiest_kW = float(np.max(design.charge_kW + design.discharge_kW))
    assert busiest_kW == pytest.approx(0.3 * design.capacity_kWh[0], rel=1e-3)


def test_fluctuation_makes_heat_dearer_and_load_changes_decide_on_the_pump() -> None:
    names = _names()
    steady_kW, steady_EUR = names["heat_kW"], names["steady"].tac_EUR_per_a
    by_changes = dict(list(names["table"].groupby("load_changes")))
    for table in by_changes.values():
        assert table["store_kWh"].is_monotonic_increasing
        assert (np.diff([steady_EUR, *table["tac_EUR_per_a"]]) > 0.0).all()
    limited, free = by_changes["one an hour"], by_changes["any"]
    assert (np.diff([steady_kW, *limited["heat_pump_kW"]]) < 0.0).all()
    assert (np.diff([steady_kW, *free["heat_pump_kW"]]) > 0.0).all()
    assert limited["gas_MWh_per_a"].is_monotonic_increasing
