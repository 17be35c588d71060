"""Small cases of loops for tests: two or three plants with a few streams."""

from __future__ import annotations

import numpy as np
import pandas as pd

from milpcore.loops import Distance, Limits, LoopCase, LoopParameters, Utility
from milpcore.streams import Streams


def case_of(
    rows: list[tuple[str, str, float, float, float, float]],
    *,
    distance_m: float | dict[tuple[str, str], float] = 500.0,
    limits: Limits | None = None,
    has_utility_data: bool = False,
) -> LoopCase:
    """Case from (plant, name, supply °C, target °C, heat kW, film kW/(m² K))."""
    table = pd.DataFrame(rows, columns=["zone", "name", "t_supply", "t_target", "heat_flow", "htc"])
    table["dt_cont"] = 5.0
    plants = list(dict.fromkeys(table["zone"]))
    pairs = [(a, b) for n, a in enumerate(plants) for b in plants[n + 1 :]]
    lengths = distance_m if isinstance(distance_m, dict) else dict.fromkeys(pairs, distance_m)
    data = {"htc_kW_per_m2_K": 1.0} if has_utility_data else {}
    hot = Utility(
        price_per_kW_a=20.0, **data, **({"supply_C": 300.0, "target_C": 300.0} if data else {})
    )
    cold = Utility(
        price_per_kW_a=8.0, **data, **({"supply_C": 10.0, "target_C": 15.0} if data else {})
    )
    parameters = LoopParameters(
        distances=[Distance(pair, lengths[pair]) for pair in pairs],
        limits=limits or Limits(),
        hot_utility=hot,
        cold_utility=cold,
    )
    return LoopCase(streams=Streams(table), parameters=parameters)


def two_streams(**options: object) -> LoopCase:
    """One hot stream east, one cold stream west."""
    rows = [
        ("east", "H1", 160.0, 80.0, 16000.0, 1.5),
        ("west", "C1", 50.0, 110.0, 12000.0, 1.2),
    ]
    return case_of(rows, **options)  # type: ignore[arg-type]


def random_case(seed: int, *, n_hot: int = 2, n_cold: int = 2, n_plants: int = 2) -> LoopCase:
    """Random streams; with two plants hot ones are east and cold ones west."""
    rng = np.random.default_rng(seed)
    names = ["east", "west", "north", "south"][:n_plants]
    rows = []
    for number in range(n_hot + n_cold):
        is_hot = number < n_hot
        low, span = float(rng.uniform(30, 90)), float(rng.uniform(15, 70))
        if is_hot:
            low += 40.0
        ends = (low + span, low) if is_hot else (low, low + span)
        plant = names[not is_hot] if n_plants == 2 else names[number % n_plants]
        kind = f"{'H' if is_hot else 'C'}{number + 1}"
        heat, film = float(rng.uniform(2000, 15000)), float(rng.uniform(0.5, 2.0))
        rows.append((plant, kind, *ends, heat, film))
    return case_of(rows, distance_m=float(rng.uniform(50, 800)))
