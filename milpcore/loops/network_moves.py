"""Starts and neighbours of networks: exchangers are split, merged, dropped, added and moved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from milpcore.loops.inputs import Floats, Ints, LoopInputs
from milpcore.loops.network_design import UnitDesign, UnitSet
from milpcore.loops.network_units import LEAST_SPAN_K
from milpcore.loops.transport import LoopPlan

SMALL_SHARE = 0.004
"""Matches below this share of a stream's duty are left out of a start."""


@dataclass(frozen=True, eq=False)
class _Rows:
    """Exchangers as parallel arrays, in any order of streams."""

    stream: Ints
    loop: Ints
    load_kW: Floats
    water_in_C: Floats
    water_out_C: Floats

    def taken(self, places: Ints) -> _Rows:
        """Rows at places."""
        return _Rows(*(getattr(self, name)[places] for name in _NAMES))

    def with_row(self, place: int, *rows: tuple[float, ...]) -> _Rows:
        """Replace a row by others; an index after the last appends."""
        columns = []
        for name, values in zip(_NAMES, zip(*rows, strict=True), strict=True):
            column = getattr(self, name)
            new = np.array(values, dtype=column.dtype)
            columns.append(np.concatenate([column[:place], new, column[place + 1 :]]))
        return _Rows(*columns)

    def row(self, place: int) -> tuple[float, ...]:
        """One row."""
        return tuple(getattr(self, name)[place] for name in _NAMES)


_NAMES = ("stream", "loop", "load_kW", "water_in_C", "water_out_C")


def start_of_plans(inputs: LoopInputs, plans: tuple[LoopPlan, ...]) -> UnitDesign:
    """Lay out one exchanger for every match of the transport model.

    Its water spans the cells of the loop in which the match has most of its heat.

    Parameters
    ----------
    inputs : LoopInputs
    plans : tuple of LoopPlan
        At least one.

    Returns
    -------
    UnitDesign
        A start, which need not keep any rule; its cost is ``nan``.
    """
    rows = []
    for loop, plan in enumerate(plans):
        for stream in range(inputs.n_streams):
            heat = plan.heat_kW[stream]
            if heat.sum() < SMALL_SHARE * inputs.duty_kW[stream]:
                continue
            share = np.concatenate([[0.0], np.cumsum(heat) / heat.sum()])
            low, high = np.interp([0.02, 0.98], share, plan.loop_C)
            high = max(high, low + 10 * LEAST_SPAN_K)
            ends = (low, high) if inputs.is_hot[stream] else (high, low)
            rows.append((stream, loop, heat.sum(), *ends))
    rows.sort(key=lambda row: (row[0], -inputs.direction[row[0]] * max(row[3:])))
    streams, loops = (np.array([row[k] for row in rows], dtype=np.int64) for k in (0, 1))
    load_kW, water_in_C, water_out_C = (np.array([row[k] for row in rows]) for k in (2, 3, 4))
    legs = tuple(plan.leg_C for plan in plans)
    flows = np.array([plan.flow_kW_per_K for plan in plans])
    units = UnitSet(streams, loops, tuple(plan.route for plan in plans), _utilities(inputs, rows))
    return UnitDesign(units, load_kW, water_in_C, water_out_C, flows, legs, np.nan)


def _utilities(inputs: LoopInputs, rows: Sequence[tuple[float, ...]]) -> npt.NDArray[np.bool_]:
    """Streams that leave heat to a heater or cooler."""
    load_kW = np.zeros(inputs.n_streams)
    for row in rows:
        load_kW[int(row[0])] += row[2]
    return load_kW < inputs.duty_kW * 0.999


def neighbour(inputs: LoopInputs, design: UnitDesign, generator: np.random.Generator) -> UnitDesign:
    """Change a design at random: one to three moves, each fitted to its streams.

    Parameters
    ----------
    inputs : LoopInputs
    design : UnitDesign
    generator : numpy Generator

    Returns
    -------
    UnitDesign
        A start; its cost is ``nan``.
    """
    units = design.units
    rows = _Rows(units.stream, units.loop, design.load_kW, design.water_in_C, design.water_out_C)
    has_utility = units.has_utility.copy()
    moves: list[tuple[float, Callable[..., _Rows]]] = [
        (3.0, _split),
        (2.0, _drop_or_merge),
        (3.0, _move_end),
        (1.0, _add),
        (2.0, _shake),
    ]
    weights = np.array([weight for weight, _ in moves])
    for _ in range(int(generator.integers(1, 4))):
        move = moves[int(generator.choice(len(moves), p=weights / weights.sum()))][1]
        rows = move(inputs, design, rows, generator)
        if inputs.costs_utility_exchangers and generator.random() < 0.3:
            stream = int(generator.choice(rows.stream))
            has_utility[stream] = not has_utility[stream]
    order = np.argsort(rows.stream, kind="stable")
    rows = rows.taken(order)
    changed = replace(units, stream=rows.stream, loop=rows.loop, has_utility=has_utility)
    return UnitDesign(
        changed,
        rows.load_kW,
        rows.water_in_C,
        rows.water_out_C,
        design.flow_kW_per_K,
        design.leg_C,
        np.nan,
    )


def _split(
    _inputs: LoopInputs, _design: UnitDesign, rows: _Rows, generator: np.random.Generator
) -> _Rows:
    """Make two exchangers in series of one; together they do what it did."""
    place = int(generator.integers(rows.stream.size))
    stream, loop, load, enters, leaves = rows.row(place)
    share = float(generator.uniform(0.1, 0.9))
    middle = leaves + share * (enters - leaves)
    first = (stream, loop, share * load, middle, leaves)
    last = (stream, loop, (1.0 - share) * load, enters, middle)
    return rows.with_row(place, first, last)


def _drop_or_merge(
    inputs: LoopInputs, _design: UnitDesign, rows: _Rows, generator: np.random.Generator
) -> _Rows:
    """Drop an exchanger; another one of its stream and loop takes over, if there is one."""
    if rows.stream.size < 3:
        return rows
    place = int(generator.integers(rows.stream.size))
    same = (rows.stream == rows.stream[place]) & (rows.loop == rows.loop[place])
    same[place] = False
    if not same.any():
        if generator.random() < 0.7:
            return rows
        return rows.taken(np.delete(np.arange(rows.stream.size), place))
    other = int(np.flatnonzero(same)[0])
    stream, loop, load, enters, leaves = rows.row(other)
    _, _, more, more_enters, more_leaves = rows.row(place)
    least = min if inputs.is_hot[int(stream)] else max
    most = max if inputs.is_hot[int(stream)] else min
    ends = least(enters, more_enters), most(leaves, more_leaves)
    merged = rows.with_row(other, (stream, loop, load + more, *ends))
    return merged.taken(np.delete(np.arange(rows.stream.size), place))


def _move_end(
    inputs: LoopInputs, design: UnitDesign, rows: _Rows, generator: np.random.Generator
) -> _Rows:
    """Let the water of an exchanger begin or end where that of another does, or a leg."""
    place = int(generator.integers(rows.stream.size))
    stream, loop, load, enters, leaves = rows.row(place)
    same = rows.loop == int(loop)
    known = np.concatenate([rows.water_in_C[same], rows.water_out_C[same], design.leg_C[int(loop)]])
    target = float(generator.choice(known))
    ends = (target, leaves) if generator.random() < 0.5 else (enters, target)
    if inputs.direction[int(stream)] * (ends[1] - ends[0]) < 10 * LEAST_SPAN_K:
        return rows
    return rows.with_row(place, (stream, loop, load, *ends))


def _add(
    inputs: LoopInputs, design: UnitDesign, rows: _Rows, generator: np.random.Generator
) -> _Rows:
    """Add an exchanger to a stream that has none with some loop, if its plant is on the way."""
    open_matches = [
        (stream, loop)
        for loop, route in enumerate(design.units.routes)
        for stream in range(inputs.n_streams)
        if inputs.joins[loop, stream]
        and any(inputs.at_stage(stage)[stream] for stage in route.stages)
        and not np.any((rows.stream == stream) & (rows.loop == loop))
    ]
    if not open_matches:
        return rows
    stream, loop = open_matches[int(generator.integers(len(open_matches)))]
    legs = design.leg_C[loop]
    sign, least = inputs.direction[stream], inputs.dt_min_K
    limit = inputs.supply_C[stream] - sign * least
    hot_end = min(float(legs.max()), limit) if sign > 0 else float(legs.max())
    cold_end = float(legs.min()) if sign > 0 else max(float(legs.min()), limit)
    if hot_end - cold_end < 1.0:
        return rows
    ends = (cold_end, hot_end) if sign > 0 else (hot_end, cold_end)
    load = 0.2 * float(inputs.duty_kW[stream])
    return rows.with_row(rows.stream.size, (stream, loop, load, *ends))


def _shake(
    inputs: LoopInputs, _design: UnitDesign, rows: _Rows, generator: np.random.Generator
) -> _Rows:
    """Move all water temperatures a little."""
    width = float(generator.choice([0.5, 2.0, 5.0]))
    enters = rows.water_in_C + width * generator.standard_normal(rows.stream.size)
    leaves = rows.water_out_C + width * generator.standard_normal(rows.stream.size)
    sign = inputs.direction[rows.stream]
    leaves = enters + sign * np.maximum(sign * (leaves - enters), 10 * LEAST_SPAN_K)
    return replace(rows, water_in_C=enters, water_out_C=leaves)
