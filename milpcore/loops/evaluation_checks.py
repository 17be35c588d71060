"""The rules that a network must keep; `milpcore.loops.evaluate` numbers them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from milpcore.loops.case import LoopCase
from milpcore.loops.evaluation import ExchangerRow, UtilityRow
from milpcore.loops.network import Loop, LoopNetwork, Pipe, arc_name
from milpcore.loops.rounds import plants_against_rounds
from milpcore.loops.simulate import LoopRun
from milpcore.loops.violations import Margin, Margins, Report, Rule


def check_units(
    report: Report,
    case: LoopCase,
    exchangers: Sequence[ExchangerRow],
    utilities: Sequence[UtilityRow],
    margin: Margin,
) -> None:
    """Rule 5: temperature differences at both ends of everything."""
    dt_min_K = case.parameters.dt_min_K
    for unit in exchangers:
        where = f"loop {unit.loop}, exchanger {unit.stream} ({unit.position})"
        for end in ("supply_end_K", "target_end_K"):
            difference_K = getattr(unit, end)
            if math.isnan(difference_K):
                continue  # nothing arrives at its header, which rule 2 says
            place = f"{where}, {_END[end]}"
            if difference_K <= 0.0:
                limit = f"above 0, at least {dt_min_K:.8g} K"
                report.add(Rule.CROSS, place, f"{difference_K:.8g} K", limit)
            else:
                report.at_least(Rule.DIFFERENCE, place, difference_K, dt_min_K, margin)
    for utility in utilities:
        for end in ("supply_end_K", "target_end_K"):
            if getattr(utility, end) <= 0.0:
                place = f"{utility.kind} of {utility.stream}, {_END[end]}"
                report.add(Rule.CROSS, place, f"{getattr(utility, end):.8g} K", "above 0 K")


_END = {"supply_end_K": "where the stream enters", "target_end_K": "where the stream leaves"}


def check_loop(
    report: Report,
    case: LoopCase,
    number: int,
    loop: Loop,
    run: LoopRun,
    heat_sign: dict[str, float],
    margins: Margins,
) -> None:
    """Rules 1 to 3 and 6 to 9 of one loop."""
    where = f"loop {number}"
    flow = Margin(margins.share * loop.flow_kW_per_K, "kW/K")
    for header in loop.headers:
        leaving = math.fsum(a.flow_kW_per_K for a in loop.arcs if a.source == header.name)
        arriving = run.header_flow_kW_per_K[header.name]
        report.near(Rule.MASS, f"{where}, header {header.name}", arriving, leaving, flow)
    for name in run.circular:
        limit = f"a way from {loop.start} that does not come back to it"
        report.add(Rule.ORDER, f"{where}, header {name}", "none", limit)
    passing = run.header_flow_kW_per_K[loop.start]
    report.near(Rule.FLOW, f"{where}, start", passing, loop.flow_kW_per_K, flow)
    heat_kW = math.fsum(heat_sign[e.stream] * e.load_kW for e in loop.exchangers)
    report.near(Rule.LOOP_HEAT, where, heat_kW, 0.0, margins.heat)
    if not run.circular:
        _check_temperatures(report, where, loop, run, margins.temperature)
    _check_legs(report, case, where, loop)


def _check_temperatures(
    report: Report, where: str, loop: Loop, run: LoopRun, margin: Margin
) -> None:
    """Rules 7 and 8."""
    report.near(Rule.CLOSING, f"{where}, start", run.closing_C, loop.return_C, _level(margin))
    for header in loop.headers:
        if header.temperature_C is not None:
            place = f"{where}, header {header.name}"
            found = run.header_C[header.name]
            report.near(Rule.TEMPERATURE, place, header.temperature_C, found, _level(margin))
    legs_C = run.leg_C(loop)
    if legs_C:
        hottest, coldest = max(legs_C, key=legs_C.__getitem__), min(legs_C, key=legs_C.__getitem__)
        for leg, field in ((hottest, "supply_C"), (coldest, "return_C")):
            place = f"{where}, {field} (leg {leg[0]} -> {leg[1]})"
            stated = getattr(loop, field)
            report.near(Rule.TEMPERATURE, place, stated, legs_C[leg], _level(margin))


def _level(margin: Margin) -> Margin:
    """Return the margin of temperatures, °C, from that of differences."""
    return margin._replace(unit="°C")


def _check_legs(report: Report, case: LoopCase, where: str, loop: Loop) -> None:
    """Rule 9: pipes between plants, each visited once a round, in the order wanted."""
    visited = loop.visits()
    if len(visited) < 2:
        report.add(Rule.PLANTS, where, f"{len(visited)} plant(s) with pipes", "at least 2")
    for name, (found, right) in plants_against_rounds(loop).items():
        report.add(Rule.ROUNDS, f"{where}, plant {name}", found, right)
    order = case.parameters.visit_order
    if order is None:
        return
    places = [plant for plant in order if plant in visited]
    allowed = set(zip(places, [*places[1:], *places[:1]], strict=True))
    plant = loop.plant_of_header
    for pipe in loop.pipes:
        leg = plant[pipe.source], plant[pipe.target]
        if leg not in allowed:
            place = f"{where}, {arc_name(pipe)}"
            limit = f"a leg of {' -> '.join([*order, order[0]])}"
            report.add(Rule.VISITS, place, " -> ".join(leg), limit)


def check_limits(report: Report, case: LoopCase, network: LoopNetwork, margins: Margins) -> None:
    """Rule 10: limits of flows, units and matches."""
    limits = case.parameters.limits
    matched = set()
    for number, loop in enumerate(network.loops, start=1):
        flow = Margin(margins.share * loop.flow_kW_per_K, "kW/K")
        plant = loop.plant_of_header
        legs: dict[tuple[str, str], list[Pipe]] = {}
        for pipe in loop.pipes:
            legs.setdefault((plant[pipe.source], plant[pipe.target]), []).append(pipe)
        for (origin, target), pipes in legs.items():
            name = arc_name(pipes[0]) if len(pipes) == 1 else f"leg {origin} -> {target}"
            leg_flow = math.fsum(pipe.flow_kW_per_K for pipe in pipes)
            most = limits.max_flow_kW_per_K
            report.at_most(Rule.MAX_FLOW, f"loop {number}, {name}", leg_flow, most, flow)
        for exchanger in loop.exchangers:
            place = f"loop {number}, {arc_name(exchanger)}"
            least = limits.min_unit_duty_kW
            report.at_least(Rule.MIN_DUTY, place, exchanger.load_kW, least, margins.heat)
            matched |= {(exchanger.stream, number), (exchanger.stream, None)}
    if network.n_units > limits.max_units:
        limit = f"at most {limits.max_units:.0f}"
        report.add(Rule.MAX_UNITS, "network", f"{network.n_units}", limit)
    for match in limits.forbidden:
        if (match.stream, match.loop) in matched:
            report.add(Rule.FORBIDDEN, f"stream {match.stream}", _loop(match.loop), "no exchanger")
    for match in limits.forced:
        if (match.stream, match.loop) not in matched:
            limit = f"an exchanger with {_loop(match.loop)}"
            report.add(Rule.FORCED, f"stream {match.stream}", "none", limit)


def _loop(number: int | None) -> str:
    return "any loop" if number is None else f"loop {number}"
