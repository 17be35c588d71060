"""Independent formulas and random streams for the tests of `preprocess`."""

from fractions import Fraction
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st


class Stream(NamedTuple):
    """One stream on the shifted scale."""

    is_hot: bool
    low_C: float
    high_C: float
    heat_kW: float


@st.composite
def stream_lists(draw, min_size=1, max_size=12):
    """Streams on a coarse temperature grid, so that ends coincide; some isothermal, some empty."""
    size = draw(st.integers(min_size, max_size))
    streams = []
    for _ in range(size):
        low_C = draw(st.integers(-40, 40)) * 5.5
        width_K = draw(st.sampled_from([0.0, 0.5, 5.5, 11.0, 60.5, 200.0]))
        heat_kW = draw(st.one_of(st.just(0.0), st.floats(0.01, 1e4)))
        streams.append(Stream(draw(st.booleans()), low_C, low_C + width_K, heat_kW))
    return streams


def columns(streams):
    """Return the six arguments of `problem_table`."""
    result = []
    for kind in (True, False):
        side = [stream for stream in streams if stream.is_hot is kind]
        result += [[s.low_C for s in side], [s.high_C for s in side], [s.heat_kW for s in side]]
    return [np.array(column) for column in result]


def duty_kW(streams, is_hot):
    return sum(stream.heat_kW for stream in streams if stream.is_hot is is_hot)


def exact_heat_below(streams, temperature_C, with_jump):
    """Exact heat of the streams below a temperature; at a jump without or with it."""
    at = Fraction(float(temperature_C))
    total = Fraction(0)
    for stream in streams:
        low, high = Fraction(stream.low_C), Fraction(stream.high_C)
        heat = Fraction(stream.heat_kW)
        if low == high:
            total += heat if low < at or (with_jump and low == at) else 0
        else:
            total += heat * min(max((at - low) / (high - low), Fraction(0)), Fraction(1))
    return total


def exact_utilities_kW(streams):
    """Minimum hot and cold utility by definition, in exact arithmetic.

    The hot utility is the largest excess of cold over hot heat above any temperature, the cold
    utility that of hot over cold heat below any temperature (or zero).
    """
    cold = [stream for stream in streams if not stream.is_hot]
    hot = [stream for stream in streams if stream.is_hot]
    surplus = Fraction(0)
    ends = {end for stream in streams for end in (stream.low_C, stream.high_C)}
    for end in ends:
        for with_jump in (False, True):
            surplus = max(
                surplus,
                exact_heat_below(hot, end, with_jump) - exact_heat_below(cold, end, with_jump),
            )
    total = sum(Fraction(s.heat_kW) * (-1 if s.is_hot else 1) for s in streams)
    return float(surplus + total), float(surplus)


def masked_problem_table(hot_low_C, hot_high_C, hot_kW, cold_low_C, cold_high_C, cold_kW):
    """Problem table by one boolean mask per interval; no isothermal streams."""
    ends_C = np.unique(np.concatenate((hot_low_C, hot_high_C, cold_low_C, cold_high_C)))
    demand_kW = np.zeros(ends_C.size)
    for i in range(ends_C.size - 1):
        hot = (hot_low_C <= ends_C[i]) & (hot_high_C >= ends_C[i + 1])
        cold = (cold_low_C <= ends_C[i]) & (cold_high_C >= ends_C[i + 1])
        slope = np.sum(cold_kW[cold] / (cold_high_C - cold_low_C)[cold])
        slope -= np.sum(hot_kW[hot] / (hot_high_C - hot_low_C)[hot])
        demand_kW[i + 1] = demand_kW[i] + slope * (ends_C[i + 1] - ends_C[i])
    return ends_C, demand_kW - demand_kW.min()
