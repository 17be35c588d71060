r"""The evaluator: every temperature, area and cost of a network, and what is wrong with it.

It takes streams, flows, loads and the return temperature of each loop, follows streams and loops
forward (`milpcore.loops.simulate`) and recomputes the rest. It shares no code with any optimiser,
but for the case and its cost laws, which hit printed figures. The rules that it checks:

1. *header mass balance*: what flows into a header flows out of it.
2. *flow from the start*: every header is reached from `start`, and none feeds itself otherwise.
3. *stated flow*: what passes `start` is the flow of the loop.
4. *load above stream duty*: exchangers of a stream carry at most its duty.
5. *temperature cross*, *least temperature difference*: ``dt_min_K`` at both ends of every exchanger
   between a stream and a loop; heaters and coolers must only not cross.
6. *loop heat balance*: what hot streams give to a loop, cold streams take.
7. *loop closing*: a loop comes back to its start with the temperature it began with.
8. *stated temperature*: supply and return are those of the hottest and the coldest leg, headers
   have the temperature stated.
9. *plants of a loop*: it has pipes between at least two plants, *each plant once a round*
   (`milpcore.loops.rounds`), and its legs follow the order of plants if the parameters give one.
10. Limits of flow, number of units and duty of a unit, forbidden and forced matches.
11. *stated cost*: the cost stated for the network.

The *tolerance* is a share, 1e-6 if not given: of the loop's flow for flows (1, 3), of the heat of
all exchangers for heat (4, 6, limits of duty), of the cost (11), and of 100 K for temperatures (5,
7, 8).
A stream needs no heater or cooler for less than that share of its duty.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from milpcore.faults import FaultList
from milpcore.loops.case import LoopCase
from milpcore.loops.evaluation import (
    Evaluation,
    ExchangerRow,
    HeaderRow,
    LoopRow,
    PipeRow,
    StreamRow,
    UtilityRow,
)
from milpcore.loops.evaluation_checks import check_limits, check_loop, check_units
from milpcore.loops.evaluation_rows import (
    exchanger_row,
    header_rows,
    loop_row,
    pipe_row,
    stream_row,
    utility_row,
)
from milpcore.loops.network import LoopNetwork, arc_name
from milpcore.loops.simulate import (
    LoopRun,
    exchangers_by_stream,
    simulate_loop,
    simulate_stream,
)
from milpcore.loops.violations import Margin, Margins, Report, Rule
from milpcore.naming import shown, suggestion

TOLERANCE = 1e-6
SCALE_K = 100.0
"""Temperature difference that the tolerance is a share of."""
MOST_TOLERANCE = 0.1


def evaluate(case: LoopCase, network: LoopNetwork, *, tolerance: float = TOLERANCE) -> Evaluation:
    """Evaluate a network.

    Parameters
    ----------
    case : LoopCase
        Streams and parameters.
    network : LoopNetwork
        Loops with flows and loads.
    tolerance : float
        Share by which the network may miss a rule, above 0 and at most 0.1; 1e-3 suits figures
        printed with four digits.

    Returns
    -------
    Evaluation
        Tables of all parts, costs both with and without heaters and coolers, and the violations
        found. A network without loops is that of utilities alone.

    Raises
    ------
    InputError
        Listing streams and plants of the network that the case does not have, exchangers that are
        not in the plant of their stream, and a tolerance out of range.

    Examples
    --------
    >>> from milpcore.loops import load_case
    >>> case = load_case("loop_two_plants")
    >>> found = evaluate(case, LoopNetwork())
    >>> print(f"{found.tac_per_a:.0f} $/a, hot utility {found.hot_utility_kW:.1f} kW")
    2712934 $/a, hot utility 78492.6 kW
    """
    _check_arguments(case, network, tolerance)
    table = case.streams
    signs = np.where(table.is_hot, 1.0, -1.0)
    heat_sign = dict(zip(map(str, table.label), map(float, signs), strict=True))
    all_kW = math.fsum(e.load_kW for loop in network.loops for e in loop.exchangers)
    margins = Margins(tolerance, Margin(tolerance * all_kW, "kW"), Margin(tolerance * SCALE_K, "K"))
    report = Report()
    runs = [simulate_loop(loop, heat_sign) for loop in network.loops]
    streams = _stream_parts(report, case, network, runs, heat_sign, margins)
    check_units(report, case, streams.exchangers, streams.utilities, margins.temperature)
    pipes: list[PipeRow] = []
    headers: list[HeaderRow] = []
    loops: list[LoopRow] = []
    for number, (loop, run) in enumerate(zip(network.loops, runs, strict=True), start=1):
        check_loop(report, case, number, loop, run, heat_sign, margins)
        pipes += [pipe_row(case, number, loop, pipe, run) for pipe in loop.pipes]
        headers += header_rows(number, loop, run)
        loops.append(loop_row(number, loop, run, heat_sign))
    check_limits(report, case, network, margins)
    found = Evaluation(
        case=case,
        network=network,
        tolerance=tolerance,
        exchanger_rows=tuple(streams.exchangers),
        utility_rows=tuple(streams.utilities),
        stream_rows=tuple(streams.streams),
        header_rows=tuple(headers),
        pipe_rows=tuple(pipes),
        loop_rows=tuple(loops),
        violations=(),
    )
    if network.tac_per_a is not None:
        cost = found.tac_per_a
        margin = Margin(tolerance * abs(cost), f"{case.parameters.currency}/a")
        report.near(Rule.COST, "network", network.tac_per_a, cost, margin)
    return found.with_violations(tuple(report.violations))


class _StreamParts(NamedTuple):
    """Rows of all that a stream passes, in the order of the stream table."""

    exchangers: list[ExchangerRow]
    utilities: list[UtilityRow]
    streams: list[StreamRow]


def _stream_parts(
    report: Report,
    case: LoopCase,
    network: LoopNetwork,
    runs: list[LoopRun],
    heat_sign: dict[str, float],
    margins: Margins,
) -> _StreamParts:
    """Follow every stream through exchangers, heaters and coolers; rule 4."""
    parts = _StreamParts([], [], [])
    of_stream = exchangers_by_stream(network)
    for row, label in enumerate(map(str, case.streams.label)):
        pairs = of_stream.get(label, [])
        run = simulate_stream(case, row, [exchanger.load_kW for _, exchanger in pairs])
        for (number, exchanger), ends in zip(pairs, run.ends, strict=True):
            loop_run = runs[number - 1]
            unit = exchanger_row(case, row, number, exchanger, ends, loop_run, heat_sign)
            parts.exchangers.append(unit)
        duty_kW = float(case.streams.duty_kW[row])
        given_kW = math.fsum(exchanger.load_kW for _, exchanger in pairs)
        report.at_most(Rule.STREAM_HEAT, f"stream {label}", given_kW, duty_kW, margins.heat)
        utility = utility_row(case, row, run, margins.share)
        parts.utilities.extend([] if utility is None else [utility])
        parts.streams.append(stream_row(case, row, run))
    return parts


def _check_arguments(case: LoopCase, network: LoopNetwork, tolerance: float) -> None:
    """Refuse what does not fit together."""
    faults = FaultList()
    if not 0.0 < tolerance <= MOST_TOLERANCE:
        rule = f"must be above 0 and at most {MOST_TOLERANCE:g}"
        faults.add("", "tolerance", shown(tolerance), rule, "give a share, such as 1e-6")
    labels = [str(label) for label in case.streams.label]
    plant_of = dict(zip(labels, map(str, case.streams.table["zone"]), strict=True))
    for number, loop in enumerate(network.loops, start=1):
        for header in loop.headers:
            if header.plant not in case.plants:
                place = f"loop {number}, header {shown(header.name)}"
                remedy = suggestion(header.plant, case.plants)
                faults.add(place, "plant", shown(header.plant), "no such plant", remedy)
        for exchanger in loop.exchangers:
            place = f"loop {number}, {arc_name(exchanger)}"
            plant = loop.plant_of_header[exchanger.source]
            if exchanger.stream not in plant_of:
                remedy = suggestion(exchanger.stream, labels)
                faults.add(place, "stream", shown(exchanger.stream), "no such stream", remedy)
            elif plant_of[exchanger.stream] != plant:
                rule = f"belongs to plant {plant_of[exchanger.stream]!r}"
                remedy = f"its headers are in {plant!r}: name others"
                faults.add(place, "stream", shown(exchanger.stream), rule, remedy)
    faults.raise_if_any("evaluate")
