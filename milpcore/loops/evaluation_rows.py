"""Rows of an evaluation: areas and costs of every part from the simulated temperatures."""

from __future__ import annotations

import math
from typing import NamedTuple

from milpcore.exchangers import exchanger_area_m2, mean_difference_K
from milpcore.loops.case import LoopCase
from milpcore.loops.cost_laws import (
    exchanger_cost_per_a,
    pipe_cost_per_a,
    pipe_diameter_m,
    pump_cost_per_a,
)
from milpcore.loops.equipment import Utility
from milpcore.loops.evaluation import (
    ExchangerRow,
    HeaderRow,
    LoopRow,
    PipeRow,
    StreamRow,
    UtilityRow,
)
from milpcore.loops.network import Exchanger, Loop, Pipe
from milpcore.loops.simulate import LoopRun, StreamRun, outlet_C


def exchanger_row(
    case: LoopCase,
    row: int,
    number: int,
    exchanger: Exchanger,
    ends: tuple[float, float],
    run: LoopRun,
    heat_sign: dict[str, float],
) -> ExchangerRow:
    """Evaluate an exchanger between a stream and a loop, counter-current."""
    stream_in_C, stream_out_C = ends
    loop_in_C = run.header_C[exchanger.source]
    loop_out_C = outlet_C(exchanger, run.header_C, heat_sign)
    sign = heat_sign[exchanger.stream]
    supply_end_K = sign * (stream_in_C - loop_out_C)
    target_end_K = sign * (stream_out_C - loop_in_C)
    film = float(case.htc_kW_per_m2_K[row])
    loop_film = case.parameters.fluid.htc_kW_per_m2_K
    size = _sized(case, exchanger.load_kW, supply_end_K, target_end_K, film, loop_film)
    return ExchangerRow(
        loop=number,
        plant=str(case.streams.table["zone"].iloc[row]),
        stream=exchanger.stream,
        kind=str(case.streams.table["kind"].iloc[row]),
        position=exchanger.position,
        source=exchanger.source,
        target=exchanger.target,
        flow_kW_per_K=exchanger.flow_kW_per_K,
        load_kW=exchanger.load_kW,
        stream_in_C=stream_in_C,
        stream_out_C=stream_out_C,
        loop_in_C=loop_in_C,
        loop_out_C=loop_out_C,
        supply_end_K=supply_end_K,
        target_end_K=target_end_K,
        mean_difference_K=size.mean_K,
        area_m2=size.area_m2,
        cost_per_a=size.cost_per_a,
    )


class _Size(NamedTuple):
    """Mean difference, area and cost of an exchanger; NaN where temperatures cross."""

    mean_K: float
    area_m2: float
    cost_per_a: float


def _sized(
    case: LoopCase,
    load_kW: float,
    supply_end_K: float,
    target_end_K: float,
    film: float,
    other_film: float,
) -> _Size:
    if not (supply_end_K > 0.0 and target_end_K > 0.0):
        return _Size(math.nan, math.nan, math.nan)
    parameters = case.parameters
    area_m2 = exchanger_area_m2(load_kW, supply_end_K, target_end_K, film, other_film)
    cost = exchanger_cost_per_a(area_m2, parameters.exchanger, parameters.annual_factor_per_a)
    mean_K = mean_difference_K(supply_end_K, target_end_K)
    return _Size(float(mean_K), float(area_m2), float(cost))


def utility_row(case: LoopCase, row: int, run: StreamRun, tolerance: float) -> UtilityRow | None:
    """Evaluate the heater or cooler behind the last exchanger; None where none is needed."""
    streams = case.streams
    if run.rest_kW <= tolerance * float(streams.duty_kW[row]):
        return None
    is_hot = bool(streams.is_hot[row])
    utility: Utility = case.parameters.cold_utility if is_hot else case.parameters.hot_utility
    target_C = float(streams.t_target_C[row])
    supply_end_K = target_end_K = math.nan
    size = _Size(math.nan, math.nan, math.nan)
    if utility.supply_C is not None and utility.target_C is not None:
        sign = 1.0 if is_hot else -1.0
        supply_end_K = sign * (run.last_C - utility.target_C)
        target_end_K = sign * (target_C - utility.supply_C)
        film = float(case.htc_kW_per_m2_K[row])
        other = utility.htc_kW_per_m2_K or math.nan
        size = _sized(case, run.rest_kW, supply_end_K, target_end_K, film, other)
    return UtilityRow(
        plant=str(streams.table["zone"].iloc[row]),
        stream=str(streams.label[row]),
        kind="cooler" if is_hot else "heater",
        load_kW=run.rest_kW,
        utility_cost_per_a=utility.price_per_kW_a * run.rest_kW,
        stream_in_C=run.last_C,
        stream_out_C=target_C,
        utility_in_C=math.nan if utility.supply_C is None else utility.supply_C,
        utility_out_C=math.nan if utility.target_C is None else utility.target_C,
        supply_end_K=supply_end_K,
        target_end_K=target_end_K,
        mean_difference_K=size.mean_K,
        area_m2=size.area_m2,
        cost_per_a=size.cost_per_a,
    )


def stream_row(case: LoopCase, row: int, run: StreamRun) -> StreamRow:
    """Say who serves a stream."""
    streams = case.streams
    duty_kW = float(streams.duty_kW[row])
    return StreamRow(
        plant=str(streams.table["zone"].iloc[row]),
        stream=str(streams.label[row]),
        kind=str(streams.table["kind"].iloc[row]),
        supply_C=float(streams.t_supply_C[row]),
        target_C=float(streams.t_target_C[row]),
        duty_kW=duty_kW,
        loop_kW=duty_kW - run.rest_kW,
        utility_kW=run.rest_kW,
        n_units=len(run.ends),
    )


def pipe_row(case: LoopCase, number: int, loop: Loop, pipe: Pipe, run: LoopRun) -> PipeRow:
    """Evaluate a pipe with its pump."""
    plant = loop.plant_of_header
    parameters = case.parameters
    length_m = parameters.distance_m(plant[pipe.source], plant[pipe.target])
    flow = pipe.flow_kW_per_K
    return PipeRow(
        loop=number,
        from_plant=plant[pipe.source],
        to_plant=plant[pipe.target],
        source=pipe.source,
        target=pipe.target,
        flow_kW_per_K=flow,
        temperature_C=run.header_C[pipe.source],
        length_m=length_m,
        diameter_m=float(pipe_diameter_m(flow, parameters.fluid)),
        pipe_cost_per_a=float(pipe_cost_per_a(flow, length_m, parameters)),
        pump_cost_per_a=float(pump_cost_per_a(flow, length_m, parameters)),
    )


def header_rows(number: int, loop: Loop, run: LoopRun) -> list[HeaderRow]:
    """List the headers of a loop."""
    return [
        HeaderRow(
            loop=number,
            plant=header.plant,
            header=header.name,
            flow_kW_per_K=run.header_flow_kW_per_K[header.name],
            temperature_C=run.header_C[header.name],
            stated_C=math.nan if header.temperature_C is None else header.temperature_C,
        )
        for header in loop.headers
    ]


def loop_row(number: int, loop: Loop, run: LoopRun, heat_sign: dict[str, float]) -> LoopRow:
    """Sum up a loop."""
    given_kW = math.fsum(e.load_kW for e in loop.exchangers if heat_sign[e.stream] > 0.0)
    taken_kW = math.fsum(e.load_kW for e in loop.exchangers if heat_sign[e.stream] < 0.0)
    legs_C = run.leg_C(loop)
    return LoopRow(
        loop=number,
        flow_kW_per_K=run.header_flow_kW_per_K[loop.start],
        supply_C=max(legs_C.values(), default=math.nan),
        return_C=min(legs_C.values(), default=math.nan),
        closing_C=run.closing_C,
        given_kW=given_kW,
        taken_kW=taken_kW,
        n_units=len(loop.exchangers),
        plants=loop.visits(),
    )
