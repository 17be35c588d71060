"""Headers, links and pipes for exchangers whose water temperatures are known.

In every plant of a loop the water that comes is mixed to the water that is wanted
(`milpcore.loops.network_units` says when that can be done). Equal temperatures share a header; a
linear program finds the flows of the links between headers, at every header with mass balance

(1) ``arriving links + water that comes = leaving links + water that is wanted``

and with heat balance against the header's temperature

(2) ``sum of arriving flow (its temperature - the header's) = 0``,

at the least sum of flow times difference. A link that would feed water back to where it came from
is left out: what follows from the start alone can be simulated and built.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from milpcore.core import Assembly, Status, solve_lp
from milpcore.loops.inputs import Floats, Ints, LoopInputs, Route
from milpcore.loops.network import Exchanger, Header, Link, Loop, LoopNetwork, Pipe
from milpcore.loops.network_design import UnitDesign

SAME_K = 1e-5
"""Temperatures this near share a header."""
LEAST_LINK = 1e-9
"""Share of the loop's flow below which there is no link."""
MOST_MISSING = 1e-8
"""Share of the plant's flow times 100 K by which (2) may be missed."""
PASSES = 20


@dataclass(frozen=True, eq=False)
class _Plant:
    """Headers of one plant on one loop; header 0 is where the water enters."""

    header_C: Floats
    unit_from: dict[int, int]
    unit_to: dict[int, int]
    leaves_at: int
    links: tuple[tuple[int, int, float], ...]


def lay_out(inputs: LoopInputs, design: UnitDesign, *, title: str = "") -> LoopNetwork | None:
    """Lay out the headers of a design.

    Parameters
    ----------
    inputs : LoopInputs
    design : UnitDesign
    title : str
        Of the network.

    Returns
    -------
    LoopNetwork or None
        None if the water would have to go round inside a plant.
    """
    loops = []
    for loop, route in enumerate(design.units.routes):
        plants = []
        for number, stage in enumerate(route.stages):
            laid = _lay_out_stage(inputs, design, loop, number, stage)
            if laid is None:
                return None
            plants.append(laid)
        loops.append(_loop(inputs, design, loop, route, plants))
    return LoopNetwork(loops=loops, title=title, tac_per_a=None)


def _lay_out_stage(
    inputs: LoopInputs, design: UnitDesign, loop: int, number: int, stage: tuple[int, int]
) -> _Plant | None:
    """Lay out one stage of a loop; None if that cannot be done."""
    units = design.units
    here = (units.loop == loop) & inputs.at_stage(stage)[units.stream]
    members = np.flatnonzero(here)
    enters_C, leaves_C = design.leg_C[loop][number - 1], design.leg_C[loop][number]
    flow = design.flow_kW_per_K[loop]
    unit_flow = unit_flows(design)[members]
    temperature = np.concatenate(
        [[enters_C, leaves_C], design.water_in_C[members], design.water_out_C[members]]
    )
    header = _headers(temperature, n_units=members.size)
    n_headers = int(header.max()) + 1
    header_C = np.array([temperature[header == h].mean() for h in range(n_headers)])
    header_C[0] = enters_C
    comes, wanted = np.zeros(n_headers), np.zeros(n_headers)
    comes[header[0]] += flow
    wanted[header[1]] += flow
    starts, ends = header[2 : 2 + members.size], header[2 + members.size :]
    np.add.at(wanted, starts, unit_flow)
    np.add.at(comes, ends, unit_flow)
    arcs = list(zip(starts.tolist(), ends.tolist(), strict=True))
    links = _links(header_C, comes - wanted, arcs, flow)
    if links is None:
        return None
    used_from = dict(zip(members.tolist(), starts.tolist(), strict=True))
    used_to = dict(zip(members.tolist(), ends.tolist(), strict=True))
    return _without_passages(_Plant(header_C, used_from, used_to, int(header[1]), links))


def _without_passages(plant: _Plant) -> _Plant:
    """Lead exchangers straight to where all water of their header goes on to."""
    while True:
        left = [a for a, _, _ in plant.links]
        kept = {0, plant.leaves_at, *plant.unit_from.values()}
        passages = {a: b for a, b, _ in plant.links if left.count(a) == 1 and a not in kept}
        if not passages:
            return plant
        passage, onward = next(iter(passages.items()))
        place = {h: h - (h > passage) for h in range(plant.header_C.size)}
        place[passage] = place[onward]
        plant = _Plant(
            np.delete(plant.header_C, passage),
            {unit: place[h] for unit, h in plant.unit_from.items()},
            {unit: place[h] for unit, h in plant.unit_to.items()},
            place[plant.leaves_at],
            tuple((place[a], place[b], flow) for a, b, flow in plant.links if a != passage),
        )


def unit_flows(design: UnitDesign) -> Floats:
    """Heat capacity flow of the water in every exchanger (U,), kW/K."""
    return np.asarray(design.load_kW / np.abs(design.water_out_C - design.water_in_C))


def _headers(temperature: Floats, *, n_units: int) -> Ints:
    """Header of each temperature: where water enters, leaves, units' inlets, units' outlets.

    Water that enters has a header that nothing else flows into.
    """
    order = np.argsort(temperature, kind="stable")
    group = np.concatenate([[0], np.cumsum(np.diff(temperature[order]) > SAME_K)])
    header = np.empty(temperature.size, dtype=np.int64)
    header[order] = group
    with_entry = np.flatnonzero(header == header[0])
    header += 1
    flows_in = with_entry[with_entry >= 2 + n_units]
    header[0] = 0
    if flows_in.size == 0:
        header[with_entry] = 0
    return np.unique(header, return_inverse=True)[1].astype(np.int64)


def _links(
    header_C: Floats, surplus: Floats, arcs: list[tuple[int, int]], flow: float
) -> tuple[tuple[int, int, float], ...] | None:
    """Flows of links between headers that need no water back; None if there are none."""
    n_headers = header_C.size
    onward = _reaches(n_headers, arcs)
    if onward.diagonal().any():
        return None
    forbidden = onward.T | np.eye(n_headers, dtype=bool)
    forbidden[:, 0] = True
    for _ in range(PASSES):
        source, target = np.nonzero(~forbidden)
        links = _flows(header_C, surplus, source, target, flow)
        if links is None:
            return None
        found = [(a, b) for a, b, _ in links]
        reached = _reaches(n_headers, arcs + found)
        circular = [(a, b) for a, b in found if reached[b, a]]
        if not circular:
            return links
        worst = max(circular, key=lambda pair: header_C[pair[0]] - header_C[pair[1]])
        forbidden[worst] = True
    return None


def _reaches(n_headers: int, arcs: list[tuple[int, int]]) -> npt.NDArray[np.bool_]:
    """Whether there is a way from each header to each other."""
    reached = np.zeros((n_headers, n_headers), dtype=bool)
    for source, target in arcs:
        reached[source, target] = True
    for middle in range(n_headers):
        reached |= reached[:, [middle]] & reached[[middle], :]
    return reached


def _flows(
    header_C: Floats, surplus: Floats, source: Ints, target: Ints, flow: float
) -> tuple[tuple[int, int, float], ...] | None:
    """Solve the linear program of (1) and (2)."""
    assembly = Assembly()
    n_headers = header_C.size
    link = assembly.columns("link", source.size)
    missing = assembly.columns("missing", (2, n_headers))
    mass = assembly.rows("mass", n_headers, lower=surplus / flow, upper=surplus / flow)
    heat = assembly.rows("heat", n_headers, lower=0.0, upper=0.0)
    assembly.put(mass[source], link, 1.0)
    assembly.put(mass[target], link, -1.0)
    difference = (header_C[source] - header_C[target]) / 100.0
    assembly.put(heat[target], link, difference)
    assembly.put(heat, missing[0], 1.0)
    assembly.put(heat, missing[1], -1.0)
    assembly.cost(link, np.abs(difference) + 1e-3)
    assembly.cost(missing, 1e3)
    solution = solve_lp(
        assembly.problem(), primal_feasibility_tolerance=1e-10, dual_feasibility_tolerance=1e-9
    )
    if solution.status is not Status.OPTIMAL or solution.values["missing"].max() > MOST_MISSING:
        return None
    found = solution.values["link"]
    return tuple(
        (int(a), int(b), float(f * flow))
        for a, b, f in zip(source, target, found, strict=True)
        if f > LEAST_LINK
    )


def _loop(
    inputs: LoopInputs, design: UnitDesign, loop: int, route: Route, plants: list[_Plant]
) -> Loop:
    """Name the headers of a loop and connect its plants."""
    names: list[list[str]] = []
    headers: list[Header] = []
    for stage, laid in enumerate(plants):
        plant = inputs.case.plants[route.plants[stage]]
        goes_on = stage > 0 and route.leg_m[stage - 1] == 0.0
        known = {header.name for header in headers}
        # from one stage to the next of the same plant the water stays in its header
        own = [names[-1][plants[stage - 1].leaves_at]] if goes_on else []
        inner_C = laid.header_C[len(own) :]
        for place, value in enumerate(inner_C, start=len(own)):
            name = f"{plant} {value:.2f}" if place else f"{plant} inlet"
            while name in known:
                name += "'"
            known.add(name)
            own.append(name)
        names.append(own)
        new = own[-inner_C.size :] if inner_C.size else []
        headers += [
            Header(name, plant, float(value)) for name, value in zip(new, inner_C, strict=True)
        ]
    exchangers = _exchangers(inputs, design, plants, names)
    flow = float(design.flow_kW_per_K[loop])
    following = [*range(1, route.n_legs), 0]
    ends = [
        (names[here][plants[here].leaves_at], names[there][0])
        for here, there in enumerate(following)
    ]
    is_pipe = np.array(route.leg_m) > 0.0
    pipes = [Pipe(*pair, flow) for pair, outside in zip(ends, is_pipe, strict=True) if outside]
    links = [
        Link(own[a], own[b], link)
        for laid, own in zip(plants, names, strict=True)
        for a, b, link in laid.links
    ]
    links += [
        Link(*pair, flow)
        for pair, outside in zip(ends, is_pipe, strict=True)
        if not outside and pair[0] != pair[1]
    ]
    legs_C = design.leg_C[loop]
    coldest = int(np.argmin(np.where(is_pipe, legs_C, np.inf)))
    return Loop(
        flow_kW_per_K=flow,
        supply_C=float(legs_C[is_pipe].max()),
        return_C=float(legs_C[coldest]),
        start=names[following[coldest]][0],
        headers=headers,
        exchangers=exchangers,
        pipes=pipes,
        links=links,
    )


def _exchangers(
    inputs: LoopInputs, design: UnitDesign, plants: list[_Plant], names: list[list[str]]
) -> list[Exchanger]:
    """List the exchangers of a loop."""
    labels, stream = list(inputs.case.streams.label), design.units.stream
    flows = unit_flows(design)
    found = []
    for laid, own in zip(plants, names, strict=True):
        for unit, start in laid.unit_from.items():
            found.append(
                Exchanger(
                    stream=str(labels[stream[unit]]),
                    source=own[start],
                    target=own[laid.unit_to[unit]],
                    flow_kW_per_K=float(flows[unit]),
                    load_kW=float(design.load_kW[unit]),
                    position=int(np.sum(stream[:unit] == stream[unit])) + 1,
                )
            )
    return found
