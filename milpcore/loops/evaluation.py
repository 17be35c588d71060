"""What the evaluator finds of a network: rows of every part, costs both ways, tables of them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from milpcore.loops.case import LoopCase
from milpcore.loops.network import LoopNetwork
from milpcore.loops.violations import NetworkError, Violation


class ExchangerRow(NamedTuple):
    """An exchanger between a stream and a loop.

    ``supply_end_K`` and ``target_end_K`` are the temperature differences at the stream's inlet and
    outlet; where they are not positive, mean difference, area and cost are NaN.
    """

    loop: int
    plant: str
    stream: str
    kind: str
    position: int
    source: str
    target: str
    flow_kW_per_K: float
    load_kW: float
    stream_in_C: float
    stream_out_C: float
    loop_in_C: float
    loop_out_C: float
    supply_end_K: float
    target_end_K: float
    mean_difference_K: float
    area_m2: float
    cost_per_a: float


class UtilityRow(NamedTuple):
    """A heater or cooler; without utility temperatures area and cost are NaN."""

    plant: str
    stream: str
    kind: str
    load_kW: float
    utility_cost_per_a: float
    stream_in_C: float
    stream_out_C: float
    utility_in_C: float
    utility_out_C: float
    supply_end_K: float
    target_end_K: float
    mean_difference_K: float
    area_m2: float
    cost_per_a: float


class StreamRow(NamedTuple):
    """A stream: its duty, and who serves it."""

    plant: str
    stream: str
    kind: str
    supply_C: float
    target_C: float
    duty_kW: float
    loop_kW: float
    utility_kW: float
    n_units: int


class HeaderRow(NamedTuple):
    """A header: what flows into it, its simulated and its stated temperature."""

    loop: int
    plant: str
    header: str
    flow_kW_per_K: float
    temperature_C: float
    stated_C: float


class PipeRow(NamedTuple):
    """A pipe with its pump."""

    loop: int
    from_plant: str
    to_plant: str
    source: str
    target: str
    flow_kW_per_K: float
    temperature_C: float
    length_m: float
    diameter_m: float
    pipe_cost_per_a: float
    pump_cost_per_a: float


class LoopRow(NamedTuple):
    """A loop: heat given by hot streams and taken by cold ones, mean temperatures of its legs."""

    loop: int
    flow_kW_per_K: float
    supply_C: float
    return_C: float
    closing_C: float
    given_kW: float
    taken_kW: float
    n_units: int
    plants: tuple[str, ...]


class Costs(NamedTuple):
    """What a network costs, money a year.

    Attributes
    ----------
    hot_utility, cold_utility : float
        Heat bought and removed.
    exchangers : float
        Between streams and loops; NaN where temperatures cross.
    pipes, pumps : float
        Pumps with their electricity.
    heaters_coolers : float
        Exchangers of utilities; NaN without their temperatures and films.
    """

    hot_utility: float
    cold_utility: float
    exchangers: float
    pipes: float
    pumps: float
    heaters_coolers: float


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """A network evaluated, see `milpcore.loops.evaluate`.

    Attributes
    ----------
    case : LoopCase
    network : LoopNetwork
    tolerance : float
        Share by which rules may be missed.
    exchanger_rows, utility_rows, stream_rows, header_rows, pipe_rows, loop_rows : tuple
        What was found of every part.
    violations : tuple of Violation
        What is wrong; a network without any is feasible.
    """

    case: LoopCase
    network: LoopNetwork
    tolerance: float
    exchanger_rows: tuple[ExchangerRow, ...]
    utility_rows: tuple[UtilityRow, ...]
    stream_rows: tuple[StreamRow, ...]
    header_rows: tuple[HeaderRow, ...]
    pipe_rows: tuple[PipeRow, ...]
    loop_rows: tuple[LoopRow, ...]
    violations: tuple[Violation, ...]

    @property
    def is_feasible(self) -> bool:
        """Whether no rule is broken."""
        return not self.violations

    def checked(self) -> Evaluation:
        """Return itself.

        Raises
        ------
        NetworkError
            If a rule is broken; the message lists all violations.
        """
        if self.violations:
            raise NetworkError(self.violations)
        return self

    def with_violations(self, violations: tuple[Violation, ...]) -> Evaluation:
        """Return the same with other violations."""
        return dataclasses.replace(self, violations=violations)

    def to_json_dict(self) -> dict[str, Any]:
        """Return both totals, parts of the cost, loops, utilities; None for what is not known."""
        return {
            "tac_per_a": _known(self.tac_per_a),
            "tac_with_utility_exchangers_per_a": _known(self.tac_with_utility_exchangers_per_a),
            "currency": self.case.parameters.currency,
            "costs": {name: _known(value) for name, value in self.costs._asdict().items()},
            "loops": [
                {
                    "flow_kW_per_K": _known(row.flow_kW_per_K),
                    "supply_C": _known(row.supply_C),
                    "return_C": _known(row.return_C),
                }
                for row in self.loop_rows
            ],
            "hot_utility_kW": self.hot_utility_kW,
            "cold_utility_kW": self.cold_utility_kW,
            "n_units": self.n_units,
        }

    @property
    def hot_utility_kW(self) -> float:
        """Heat bought."""
        return math.fsum(row.load_kW for row in self.utility_rows if row.kind == "heater")

    @property
    def cold_utility_kW(self) -> float:
        """Heat removed."""
        return math.fsum(row.load_kW for row in self.utility_rows if row.kind == "cooler")

    @property
    def n_units(self) -> int:
        """Number of exchangers between streams and loops."""
        return len(self.exchanger_rows)

    @property
    def costs(self) -> Costs:
        """Every part of the cost, money a year."""
        heaters = [row for row in self.utility_rows if row.kind == "heater"]
        coolers = [row for row in self.utility_rows if row.kind == "cooler"]
        return Costs(
            hot_utility=math.fsum(row.utility_cost_per_a for row in heaters),
            cold_utility=math.fsum(row.utility_cost_per_a for row in coolers),
            exchangers=math.fsum(row.cost_per_a for row in self.exchanger_rows),
            pipes=math.fsum(row.pipe_cost_per_a for row in self.pipe_rows),
            pumps=math.fsum(row.pump_cost_per_a for row in self.pipe_rows),
            heaters_coolers=math.fsum(row.cost_per_a for row in self.utility_rows),
        )

    @property
    def tac_per_a(self) -> float:
        """Total annual cost with the exchangers between streams and loops only."""
        costs = self.costs
        return math.fsum(costs._replace(heaters_coolers=0.0))

    @property
    def tac_with_utility_exchangers_per_a(self) -> float:
        """Total annual cost with heaters and coolers; NaN where they are not costed."""
        return math.fsum(self.costs)

    @property
    def cost_table(self) -> pd.DataFrame:
        """Every part of the cost and both totals: ``part``, ``cost_per_a``."""
        totals = {
            "tac": self.tac_per_a,
            "tac_with_utility_exchangers": self.tac_with_utility_exchangers_per_a,
        }
        parts = {**self.costs._asdict(), **totals}
        return pd.DataFrame({"part": list(parts), "cost_per_a": list(parts.values())})

    @property
    def exchanger_numbers(self) -> tuple[int, ...]:
        """Number of each exchanger between a stream and a loop, in every table and figure."""
        return tuple(range(1, len(self.exchanger_rows) + 1))

    @property
    def exchangers(self) -> pd.DataFrame:
        """The exchangers between streams and loops by number, see `ExchangerRow`."""
        table = _frame(self.exchanger_rows, ExchangerRow)
        table.insert(0, "number", list(self.exchanger_numbers))
        return table

    @property
    def utilities(self) -> pd.DataFrame:
        """The heaters and coolers, see `UtilityRow`."""
        return _frame(self.utility_rows, UtilityRow)

    @property
    def streams(self) -> pd.DataFrame:
        """The streams, see `StreamRow`."""
        return _frame(self.stream_rows, StreamRow)

    @property
    def headers(self) -> pd.DataFrame:
        """The headers, see `HeaderRow`."""
        return _frame(self.header_rows, HeaderRow)

    @property
    def pipes(self) -> pd.DataFrame:
        """The pipes with their pumps, see `PipeRow`."""
        return _frame(self.pipe_rows, PipeRow)

    @property
    def loops(self) -> pd.DataFrame:
        """The loops, see `LoopRow`; plants with arrows between them."""
        table = _frame(self.loop_rows, LoopRow)
        table["plants"] = [" -> ".join(row.plants) for row in self.loop_rows]
        return table


def _frame(rows: Sequence[Any], kind: Any) -> pd.DataFrame:
    """Make a table of rows; with "from" and "to" in place of source and target."""
    names = {"source": "from_header", "target": "to_header"}
    return pd.DataFrame(list(rows), columns=list(kind._fields)).rename(columns=names)


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
