"""Networks of loops that are feasible by construction, for tests of the evaluator."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import milpcore
from milpcore.loops import (
    Distance,
    Exchanger,
    Header,
    Link,
    Loop,
    LoopCase,
    LoopNetwork,
    LoopParameters,
    Pipe,
    Utility,
)

PRINTED = Path(__file__).resolve().parents[1] / "docs" / "networks" / "two_plants_printed.json"
DT_MIN_K = 10.0
HOT = Utility(price_per_kW_a=20, supply_C=900, target_C=900, htc_kW_per_m2_K=1)
COLD = Utility(price_per_kW_a=8, supply_C=-200, target_C=-190, htc_kW_per_m2_K=1)


class Made(NamedTuple):
    """A case with a network that fits it."""

    case: LoopCase
    network: LoopNetwork


@dataclass
class _Maker:
    """What is being made; streams are chosen so that every exchanger has its difference."""

    rng: np.random.Generator
    rows: list[dict[str, Any]] = field(default_factory=list)
    headers: list[Header] = field(default_factory=list)
    exchangers: list[Exchanger] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)

    def header(self, plant: str, temperature_C: float) -> str:
        """Add a header."""
        name = f"h{len(self.headers)}"
        self.headers.append(Header(name, plant, temperature_C))
        return name

    def exchanger(
        self, plant: str, source: str, target: str, flow: float, in_C: float, out_C: float
    ) -> None:
        """Add an exchanger with a stream of its own, sometimes two of them in series."""
        sign = 1.0 if out_C > in_C else -1.0  # of the stream: hot streams heat
        load_kW = flow * abs(out_C - in_C)
        extra_K = np.sort(self.rng.uniform(0.0, 15.0, 2))
        supply_C = out_C + sign * (DT_MIN_K + extra_K[1])
        leaving_C = in_C + sign * (DT_MIN_K + extra_K[0])
        rest_K = self.rng.choice([0.0, self.rng.uniform(1.0, 20.0)])
        name = f"S{len(self.rows)}"
        self.rows.append(
            {
                "zone": plant,
                "name": name,
                "t_supply": supply_C,
                "t_target": leaving_C - sign * rest_K,
                "heat_flow": load_kW * (1.0 + rest_K / abs(supply_C - leaving_C)),
                "dt_cont": 5.0,
                "htc": self.rng.uniform(0.2, 2.0),
            }
        )
        label = f"{plant}/{name}"
        if self.rng.random() < 0.7:
            self.exchangers.append(Exchanger(label, source, target, flow, load_kW))
            return
        middle_C = in_C + self.rng.uniform(0.2, 0.8) * (out_C - in_C)
        middle = self.header(plant, middle_C)
        first_kW, second_kW = flow * abs(middle_C - in_C), flow * abs(out_C - middle_C)
        self.exchangers.append(Exchanger(label, source, middle, flow, first_kW, 2))
        self.exchangers.append(Exchanger(label, middle, target, flow, second_kW, 1))

    def branches(self, plant: str, flow: float, in_C: float, out_C: float) -> tuple[str, str]:
        """Lead the flow through parallel branches, sometimes with a bypass; return both ends."""
        source, target = self.header(plant, in_C), self.header(plant, out_C)
        n_branches = int(self.rng.integers(1, 4))
        shares = self.rng.uniform(0.2, 1.0, n_branches)
        weights = self.rng.uniform(0.8, 1.2, n_branches)
        bypass = float(self.rng.choice([0.0, 0.1]))
        shares *= (1.0 - bypass) / shares.sum()
        change_K = weights * (out_C - in_C) / (shares * weights).sum()
        for share, change in zip(shares, change_K, strict=True):
            branch = float(share) * flow
            end_C = in_C + float(change)
            if self.rng.random() < 0.4:
                middle_C = in_C + 0.5 * (end_C - in_C)
                middle = self.header(plant, middle_C)
                self.exchanger(plant, source, middle, branch, in_C, middle_C)
                self.exchanger(plant, middle, target, branch, middle_C, end_C)
            else:
                self.exchanger(plant, source, target, branch, in_C, end_C)
        if bypass:
            self.links.append(Link(source, target, bypass * flow))
        return source, target


def made(seed: int, *, n_plants: int = 3, n_loops: int = 2) -> Made:
    """Make a case and a network at random.

    Parameters
    ----------
    seed : int
    n_plants, n_loops : int
        Every loop visits two or more plants, in which it is heated or cooled as it comes.
    """
    maker = _Maker(np.random.default_rng(seed))
    plants = [f"P{number}" for number in range(n_plants)]
    loops = []
    for _ in range(n_loops):
        count = int(maker.rng.integers(2, n_plants + 1))
        order = [str(plant) for plant in maker.rng.permutation(plants)[:count]]
        loops.append(_loop(maker, order))
    return _with_case(maker, plants, loops)


def ring(seed: int, order: list[str]) -> Made:
    """Make a case with one loop that leads through plants in an order, which may repeat some."""
    maker = _Maker(np.random.default_rng(seed))
    return _with_case(maker, list(dict.fromkeys(order)), [_loop(maker, order)])


def _with_case(maker: _Maker, plants: list[str], loops: list[Loop]) -> Made:
    """Make the case of loops."""
    lengths_m = maker.rng.uniform(100.0, 2000.0, len(plants) ** 2)
    pairs = zip(combinations(plants, 2), lengths_m, strict=False)
    parameters = LoopParameters(
        dt_min_K=DT_MIN_K,
        hot_utility=HOT,
        cold_utility=COLD,
        distances=[Distance(pair, float(length_m)) for pair, length_m in pairs],
    )
    for plant in plants:  # one more stream each, without any exchanger
        maker.rows.append(
            {
                "zone": plant,
                "name": "alone",
                "t_supply": 30.0,
                "t_target": 50.0,
                "heat_flow": 100.0,
                "dt_cont": 5.0,
                "htc": 1.0,
            }
        )
    case = LoopCase(streams=milpcore.read_streams(maker.rows), parameters=parameters)
    return Made(case, LoopNetwork(loops=loops))


def _loop(maker: _Maker, order: list[str]) -> Loop:
    """Lead a loop through plants: heated in the first, cooled back in the last."""
    flow = float(maker.rng.uniform(20.0, 2000.0))
    return_C = float(maker.rng.uniform(50.0, 80.0))
    level_C = [return_C, return_C + float(maker.rng.uniform(30.0, 60.0))]
    for _ in order[1:-1]:
        level_C.append(level_C[-1] + float(maker.rng.choice([-1.0, 1.0]) * maker.rng.uniform(3, 9)))
    level_C.append(return_C)
    maker.headers, maker.exchangers, maker.links = [], [], []
    ends = [
        maker.branches(plant, flow, in_C, out_C)
        for plant, in_C, out_C in zip(order, level_C[:-1], level_C[1:], strict=True)
    ]
    starts = [source for source, _ in ends]
    pipes = [
        Pipe(target, start, flow)
        for (_, target), start in zip(ends, [*starts[1:], starts[0]], strict=True)
    ]
    return Loop(
        flow_kW_per_K=flow,
        supply_C=max(level_C),
        return_C=return_C,
        start=starts[0],
        headers=maker.headers,
        exchangers=maker.exchangers,
        links=maker.links,
        pipes=pipes,
    )


def with_loop(network: LoopNetwork, place: int = 0, **changes: Any) -> LoopNetwork:
    """Change one loop of a network."""
    loops = list(network.loops)
    loops[place] = dataclasses.replace(loops[place], **changes)
    return dataclasses.replace(network, loops=loops)


def with_exchanger(network: LoopNetwork, place: int, loop: int = 0, **changes: Any) -> LoopNetwork:
    """Change one exchanger of a loop."""
    exchangers = list(network.loops[loop].exchangers)
    exchangers[place] = exchangers[place]._replace(**changes)
    return with_loop(network, loop, exchangers=exchangers)
