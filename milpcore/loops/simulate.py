"""Every temperature of a network, forward: along streams from their supply, along loops from start.

A stream changes its temperature by load over heat capacity flow in one exchanger after the other. A
loop begins at its `start` with its return temperature; a header has the mean temperature of what
flows in, weighted by flow, and an exchanger changes that of its own flow by load over flow. Nothing
is solved for: a network that does not fit together does not come back to where it began.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import NamedTuple

from milpcore.loops.case import LoopCase
from milpcore.loops.network import Exchanger, Link, Loop, LoopNetwork, Pipe

Arc = Exchanger | Link | Pipe


class StreamEnds(NamedTuple):
    """Temperatures of a stream before and behind an exchanger, °C."""

    inlet_C: float
    outlet_C: float


class StreamRun(NamedTuple):
    """A stream on its way through its exchangers.

    Attributes
    ----------
    ends : tuple of StreamEnds
        In the order of their positions.
    last_C : float
        Temperature behind the last one, where a heater or cooler takes over.
    rest_kW : float
        Duty that is left for it.
    """

    ends: tuple[StreamEnds, ...]
    last_C: float
    rest_kW: float


class LoopRun(NamedTuple):
    """A loop once round.

    Attributes
    ----------
    header_C : dict of str to float
        Temperature of every header; NaN where nothing arrives.
    header_flow_kW_per_K : dict of str to float
        What flows into every header.
    closing_C : float
        Temperature in which what comes back to `start` is mixed.
    circular : tuple of str
        Headers that feed each other, or that nothing from `start` reaches.
    """

    header_C: dict[str, float]
    header_flow_kW_per_K: dict[str, float]
    closing_C: float
    circular: tuple[str, ...]

    def leg_C(self, loop: Loop) -> dict[tuple[str, str], float]:
        """Mean temperature of the pipes from one plant to another, weighted by flow, °C."""
        plant = loop.plant_of_header
        heat: dict[tuple[str, str], list[float]] = defaultdict(list)
        flow: dict[tuple[str, str], list[float]] = defaultdict(list)
        for pipe in loop.pipes:
            leg = plant[pipe.source], plant[pipe.target]
            heat[leg].append(pipe.flow_kW_per_K * self.header_C[pipe.source])
            flow[leg].append(pipe.flow_kW_per_K)
        return {leg: math.fsum(heat[leg]) / math.fsum(flow[leg]) for leg in heat}


def simulate_stream(case: LoopCase, row: int, loads_kW: list[float]) -> StreamRun:
    """Follow a stream through its exchangers.

    Parameters
    ----------
    case : LoopCase
        The streams.
    row : int
        Place of the stream in the table.
    loads_kW : list of float
        Loads in the order of the exchangers.

    Returns
    -------
    StreamRun
        An isothermal stream keeps its temperature.
    """
    streams = case.streams
    duty_kW = float(streams.duty_kW[row])
    supply_C, target_C = float(streams.t_supply_C[row]), float(streams.t_target_C[row])
    ends = []
    given_kW, inlet_C = 0.0, supply_C
    for load_kW in loads_kW:
        given_kW += load_kW
        outlet_C = supply_C + (target_C - supply_C) * given_kW / duty_kW
        ends.append(StreamEnds(inlet_C, outlet_C))
        inlet_C = outlet_C
    return StreamRun(tuple(ends), inlet_C, duty_kW - given_kW)


def simulate_loop(loop: Loop, heat_sign: dict[str, float]) -> LoopRun:
    """Follow a loop from its start once round.

    Parameters
    ----------
    loop : Loop
        Flows and loads.
    heat_sign : dict of str to float
        By stream: 1 for hot ones, which heat the loop, -1 for cold ones.

    Returns
    -------
    LoopRun
    """
    arriving: dict[str, list[Arc]] = defaultdict(list)
    leaving: dict[str, list[Arc]] = defaultdict(list)
    for arc in loop.arcs:
        arriving[arc.target].append(arc)
        leaving[arc.source].append(arc)
    header_C = {header.name: math.nan for header in loop.headers}
    header_C[loop.start] = loop.return_C
    waiting = {name: len(arriving[name]) for name in header_C}
    ready = [name for name in header_C if name == loop.start or waiting[name] == 0]
    done: set[str] = set()
    while ready:
        name = ready.pop()
        done.add(name)
        if name != loop.start and arriving[name]:
            header_C[name] = _mixed_C(arriving[name], header_C, heat_sign)
        for arc in leaving[name]:
            waiting[arc.target] -= 1
            if waiting[arc.target] == 0 and arc.target not in done:
                ready.append(arc.target)
    flows = {name: math.fsum(arc.flow_kW_per_K for arc in arriving[name]) for name in header_C}
    closing_C = _mixed_C(arriving[loop.start], header_C, heat_sign)
    circular = [n for n in header_C if n not in done or math.isnan(header_C[n])]
    return LoopRun(header_C, flows, closing_C, tuple(circular))


def outlet_C(arc: Arc, header_C: dict[str, float], heat_sign: dict[str, float]) -> float:
    """Temperature at the end of an exchanger, link or pipe, °C."""
    inlet_C = header_C[arc.source]
    if not isinstance(arc, Exchanger):
        return inlet_C
    return inlet_C + heat_sign[arc.stream] * arc.load_kW / arc.flow_kW_per_K


def _mixed_C(arcs: list[Arc], header_C: dict[str, float], heat_sign: dict[str, float]) -> float:
    """Mean temperature of flows, °C; NaN of none."""
    if not arcs:
        return math.nan
    flow = math.fsum(arc.flow_kW_per_K for arc in arcs)
    return math.fsum(arc.flow_kW_per_K * outlet_C(arc, header_C, heat_sign) for arc in arcs) / flow


def exchangers_by_stream(network: LoopNetwork) -> dict[str, list[tuple[int, Exchanger]]]:
    """Exchangers of each stream in the order of their positions, with their loop's number.

    Parameters
    ----------
    network : LoopNetwork

    Returns
    -------
    dict of str to list
        Pairs of loop number (from 1) and exchanger by stream label.
    """
    found: dict[str, list[tuple[int, Exchanger]]] = defaultdict(list)
    for number, loop in enumerate(network.loops, start=1):
        for exchanger in loop.exchangers:
            found[exchanger.stream].append((number, exchanger))
    return {
        stream: sorted(pairs, key=lambda pair: pair[1].position) for stream, pairs in found.items()
    }
