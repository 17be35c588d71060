"""Pockets of a heat cascade: what remains is what utilities must supply, and as cold as can be."""

import numpy as np
import pytest
from helpers_preprocess import columns, stream_lists
from hypothesis import given

from preprocess import problem_table
from preprocess.pockets import Segments, closed_pockets


def heat_below(segments, temperature_C, side):
    """Heat of parts below a temperature; at a jump the lower (0) or upper (1) side."""
    total = 0.0
    for low_C, high_C, heat_kW in zip(*segments, strict=True):
        if low_C == high_C:
            total += heat_kW * (temperature_C > low_C or (temperature_C == low_C and side == 1))
        else:
            total += heat_kW * min(max((temperature_C - low_C) / (high_C - low_C), 0.0), 1.0)
    return total


def within(temperature_C, cascade_kW):
    """Points of the cascade and of the lines between, each with the side of a jump it is on."""
    points = []
    for place in range(temperature_C.size):
        is_upper = place > 0 and temperature_C[place - 1] == temperature_C[place]
        points.append((temperature_C[place], cascade_kW[place], int(is_upper)))
        if place + 1 < temperature_C.size and temperature_C[place + 1] > temperature_C[place]:
            for share in (0.25, 0.5, 0.8):
                ends = slice(place, place + 2)
                points.append(
                    (
                        float(np.dot([1.0 - share, share], temperature_C[ends])),
                        float(np.dot([1.0 - share, share], cascade_kW[ends])),
                        0,
                    )
                )
    return points


@given(stream_lists())
def test_what_remains_is_the_lowest_cascade_above_and_below(streams):
    table = problem_table(*columns(streams))
    scale_kW = sum(stream.heat_kW for stream in streams)
    sinks, sources = closed_pockets(*table[:2], scale_kW=scale_kW)
    tolerance_kW = 1e-9 * max(scale_kW, 1.0)
    points = within(*table[:2])
    given_away_kW = sources.heat_kW.sum()
    for place, (at_C, passing_kW, side) in enumerate(points):
        bought_kW = heat_below(sinks, at_C, side)
        removed_kW = given_away_kW - heat_below(sources, at_C, side)
        assert passing_kW - bought_kW - removed_kW >= -tolerance_kW  # (1)
        corners = [point[1] for point in points]
        assert bought_kW == pytest.approx(min(corners[place:]), abs=tolerance_kW)  # (2)
        assert removed_kW == pytest.approx(min(corners[: place + 1]), abs=tolerance_kW)


@given(stream_lists())
def test_sums_are_the_minimum_utilities_and_sinks_lie_above_sources(streams):
    table = problem_table(*columns(streams))
    scale_kW = sum(stream.heat_kW for stream in streams)
    sinks, sources = closed_pockets(*table[:2], scale_kW=scale_kW)
    tolerance_kW = 1e-8 * max(scale_kW, 1.0)
    assert sinks.heat_kW.sum() == pytest.approx(table.hot_utility_kW, abs=tolerance_kW)
    assert sources.heat_kW.sum() == pytest.approx(table.cold_utility_kW, abs=tolerance_kW)
    for segments in (sinks, sources):
        assert np.all(segments.heat_kW > 0.0)
        assert np.all(segments.low_C <= segments.high_C)
        assert np.all(segments.high_C[:-1] <= segments.low_C[1:])
    if sinks.low_C.size and sources.low_C.size:
        assert sources.high_C.max() <= sinks.low_C.min()


def test_points_on_one_line_leave_no_trace_but_jumps_stay():
    at_C = [0.0, 10.0, 30.0, 30.0, 40.0, 50.0]
    sinks, sources = closed_pockets(at_C, [0.0, 20.0, 60.0, 90.0, 110.0, 115.0])
    assert [part.tolist() for part in sinks] == [
        [0.0, 30.0, 30.0, 40.0],
        [30.0, 30.0, 40.0, 50.0],
        [60.0, 30.0, 20.0, 5.0],
    ]
    assert sources.heat_kW.size == 0


@pytest.mark.parametrize(("at_C", "passing_kW"), [([], []), ([50.0], [0.0]), ([1.0, 9.0], [0, 0])])
def test_no_cascade_leaves_nothing(at_C, passing_kW):
    for segments in closed_pockets(at_C, passing_kW):
        assert isinstance(segments, Segments)
        assert segments.heat_kW.size == 0


def test_wrong_arguments_are_listed():
    with pytest.raises(ValueError, match="cascade_kW") as caught:
        closed_pockets([1.0, np.nan], [1.0, -2.0, 3.0])
    assert "temperature_C" in str(caught.value)
