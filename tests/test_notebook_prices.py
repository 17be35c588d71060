"""What the notebook from prices to a decision says in words is what its code finds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

NOTEBOOK = Path(__file__).resolve().parents[1] / "notebooks" / "02_prices_to_decision.ipynb"


def sources(kind: str) -> list[str]:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == kind]


def test_what_is_assumed_is_called_so() -> None:
    text = " ".join("\n".join(sources("markdown")).split())
    assert "it is synthetic, fitted together with the default prices" in text
    assert "the price model with all its numbers is an assumption" in text
    assert "**5 M€ for each level that moves**, an assumption" in text
    assert "**assumed from end to end**" in text


def drawn_prices() -> tuple[dict[str, Any], dict[str, Any]]:
    (source,) = [text for text in sources("code") if "def draw_prices" in text]
    names: dict[str, Any] = {"np": np}
    exec(compile(source.partition("\nprices =")[0], NOTEBOOK.name, "exec"), names)
    return names, names["draw_prices"](4000, 20, seed=3)


def test_the_price_model_is_seeded_and_reverts() -> None:
    names, prices = drawn_prices()
    again = names["draw_prices"](4000, 20, seed=3)
    gas, electricity, co2 = (prices[names[key]] for key in ("GAS", "ELECTRICITY", "CO2"))
    assert all(np.array_equal(prices[key], again[key]) for key in prices)
    assert not np.array_equal(gas, names["draw_prices"](4000, 20, seed=4)[names["GAS"]])
    assert np.median(gas, axis=0) == pytest.approx(np.full(20, 40.0), rel=0.05)
    assert np.median(co2[:, 19]) == pytest.approx(80.0 * np.exp(0.57), rel=0.05)
    assert np.log(co2).std(axis=0)[19] == pytest.approx(0.12 * np.sqrt(20), rel=0.05)
    log_gas = np.log(gas / 40.0)
    kept = (log_gas[:, 11] * log_gas[:, 10]).mean() / (log_gas[:, 10] ** 2).mean()
    assert kept == pytest.approx(0.7, abs=0.05)
    assert 0.3 < np.corrcoef(np.log(gas[:, 10]), np.log(electricity[:, 10]))[0, 1] < 0.95
    assert all((values > 0.0).all() for values in prices.values())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive")
def test_the_words_are_those_of_the_numbers() -> None:
    plt = pytest.importorskip("matplotlib.pyplot")
    names: dict[str, Any] = {}
    for source in sources("code"):
        code = "\n".join(line for line in source.splitlines() if not line.startswith("%"))
        exec(compile(code, NOTEBOOK.name, "exec"), names)
    plt.close("all")
    plt.rcdefaults()
    names["pd"].reset_option("display.float_format")
    a, b, c, d = names["plants_C"]
    decision = names["decision"]
    assert set(names["found"].columns) >= {"moved_C", "saving_percent"}
    assert names["found"]["moved_C"].tolist()[2] == "25→35, 143→134"
    shares = names["summarize"](names["tables"][c]).pump_sets.set_index("heat_pumps")["share"]
    assert shares["35→80, 80→134"] == pytest.approx(0.5, abs=0.05)

    assert decision["expected value"].idxmax() == d
    assert names["difference"].mean() > 2.0 * names["error"]
    assert decision["largest regret"][d] < 0.5 * decision["largest regret"].drop(d).min()
    assert decision["share of futures with a loss"][d] == pytest.approx(1.0 / 11.0, abs=0.01)
    worst = decision["mean of worst 5 %"]
    assert worst.idxmax() == b
    assert worst[b] > worst[c] > worst[a] > 0.0 > worst[d]
    assert decision["expected value"][c] > 0.9 * decision["expected value"][d]
    assert decision.loc[a, "share of futures with a loss"] == 0.0
    assert decision.loc[a, "share of futures where best"] == 0.0

    for table, changes in ((names["expected"], {6.5: b}), (names["worst"], {4.4: b, 9.8: a})):
        winner = table.idxmax(axis="columns")
        found = winner[winner != winner.shift()].iloc[1:]
        assert found.index.to_numpy() == pytest.approx(list(changes), abs=0.05)
        assert found.tolist() == list(changes.values())
    heat, electricity, best = (names[name] for name in ("heat", "electricity", "best"))
    is_large = (best == d).to_numpy()
    ratio = heat / electricity
    border = np.quantile(ratio, 1.0 - is_large.mean())
    assert ((ratio > border) == is_large).mean() > 0.85
    others = ~is_large
    assert heat[others & (best == c).to_numpy()].mean() > 1.1 * heat[(best == b).to_numpy()].mean()
