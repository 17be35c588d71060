"""The figures of loops: what they show, nothing outside, nothing on top of another."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from typing import Any

import pytest
from helpers_loops import PRINTED, made

import milpcore
from milpcore.cli.loops_text import exchangers_text
from milpcore.loops import (
    Distance,
    Evaluation,
    Exchanger,
    Header,
    Loop,
    LoopCase,
    LoopNetwork,
    LoopParameters,
    Pipe,
    Utility,
    evaluate,
    load_case,
    read_network,
)
from milpcore.plots import loop_composite_curves, loop_costs, loop_network
from milpcore.plots.loop_layout import Node, layout_of

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def printed() -> Evaluation:
    return evaluate(load_case("loop_two_plants"), read_network(PRINTED), tolerance=1e-3)


def _texts(figure: Any) -> list[str]:
    import matplotlib.text

    return [text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_text()]


def _stays_inside(figure: Any) -> None:
    """Draw the figure: no text leaves the picture."""
    import matplotlib.text

    figure.draw_without_rendering()
    width, height = figure.get_size_inches() * figure.dpi
    ticks = {
        id(label)
        for axes in figure.axes
        for label in (*axes.get_xticklabels(), *axes.get_yticklabels())
        if not any(letter.isalpha() for letter in label.get_text())
    }
    for text in figure.findobj(matplotlib.text.Text):
        if text.get_text().strip() and text.get_visible() and id(text) not in ticks:
            box = text.get_window_extent()
            inside = box.x0 > -2 and box.y0 > -2 and box.x1 < width + 2 and box.y1 < height + 2
            assert inside, f"{text.get_text()!r} at {box}"


def test_the_diagram_shows_every_stream_load_and_header(printed: Evaluation) -> None:
    figure = loop_network(printed, title="the network")
    texts = _texts(figure)
    assert "the network" in texts
    for row in printed.stream_rows:
        assert row.stream in texts
        assert f"{row.supply_C:.1f}" in texts
    for number in range(1, printed.n_units + 1):
        assert texts.count(str(number)) == 2  # joined circles
    for row in printed.exchanger_rows:
        assert f"{row.load_kW / 1000.0:.1f}" in texts
        assert f"{row.flow_kW_per_K:.1f}" in texts
    for header in printed.header_rows:
        assert f"{header.temperature_C:.1f}" in texts
    assert (texts.count("H"), texts.count("C")) == (2, 6)
    assert "plant 2 → plant 1: 703.7 kW/K, 1000 m" in texts
    assert any("loads, MW, of loops flows, kW/K; all other numbers °C" in text for text in texts)
    _stays_inside(figure)


def test_hotter_stands_left() -> None:
    for seed in range(8):
        found = evaluate(*made(seed, n_plants=4, n_loops=2))
        layout = layout_of(found)
        assert len(layout.unit_x) == found.n_units
        for line in layout.lines:
            if line.unit is not None:
                x = layout.unit_x[line.unit]
                assert layout.node_x[line.left] < x < layout.node_x[line.right]
        for row in found.stream_rows:
            places = [n for n, r in enumerate(found.exchanger_rows) if r.stream == row.stream]
            along = [layout.unit_x[place] for place in places]  # in the order of positions
            assert along == sorted(along, reverse=row.kind == "cold")


def test_lines_of_a_row_do_not_overlap() -> None:
    for seed in range(8):
        layout = layout_of(evaluate(*made(seed, n_plants=4, n_loops=2)))
        spans: dict[tuple[str, int, int], list[tuple[float, float]]] = {}
        for line, row in zip(layout.lines, layout.line_row, strict=True):
            ends = sorted((layout.node_x[line.left], layout.node_x[line.right]))
            key = line.left.side, line.left.loop, row
            spans.setdefault(key, []).append((ends[0], ends[1]))
        for found in spans.values():
            for (_, end), (begin, _) in pairwise(sorted(found)):
                assert end <= begin


def test_a_header_with_hot_and_cold_streams_stands_on_both_sides() -> None:
    rows = [
        {"zone": "A", "name": "H", "t_supply": 150, "t_target": 60, "heat_flow": 9000},
        {"zone": "A", "name": "C", "t_supply": 40, "t_target": 90, "heat_flow": 5000},
        {"zone": "B", "name": "C", "t_supply": 30, "t_target": 90, "heat_flow": 6000},
    ]
    streams = milpcore.read_streams([{**row, "dt_cont": 5, "htc": 1} for row in rows])
    parameters = LoopParameters(distances=[Distance(("A", "B"), 500)])
    loop = Loop(
        flow_kW_per_K=100,
        supply_C=105.0,
        return_C=60.0,
        start="a",
        headers=[*(Header(name, "A") for name in "ame"), Header("b", "B"), Header("z", "B")],
        exchangers=[
            Exchanger("A/H", "a", "m", 100, 6500),
            Exchanger("A/C", "m", "e", 100, 2000),
            Exchanger("B/C", "b", "z", 100, 4500),
        ],
        pipes=[Pipe("e", "b", 100), Pipe("z", "a", 100)],
    )
    case = LoopCase(streams=streams, parameters=parameters)
    found = evaluate(case, LoopNetwork(loops=[loop])).checked()
    nodes = layout_of(found).node_x
    assert {Node("hot", 1, "m"), Node("cold", 1, "m")} <= set(nodes)
    assert Node("hot", 1, "e") not in nodes
    _stays_inside(loop_network(found))


def test_a_diagram_is_drawn_of_networks_that_are_refused(printed: Evaluation) -> None:
    loop = printed.network.loops[0]
    broken = dataclasses.replace(loop, exchangers=loop.exchangers[2:])
    found = evaluate(printed.case, LoopNetwork(loops=[broken]))
    assert not found.is_feasible
    for draw in (loop_network, loop_composite_curves, loop_costs):
        draw(found).draw_without_rendering()


def test_composite_curves_have_the_loop_between(printed: Evaluation) -> None:
    figure = loop_composite_curves(printed, title="curves")
    (axes,) = figure.axes
    lines = {str(line.get_label()): line.get_data() for line in axes.lines}
    assert set(lines) == {"hot streams", "loop, heated", "cold streams", "loop, cooled"}
    for heat, _ in lines.values():
        assert heat[0] == pytest.approx(0.0)
        assert heat[-1] == pytest.approx(70.4926, abs=1e-3)
    hot, loop = lines["hot streams"][1], lines["loop, heated"][1]
    cooled, cold = lines["loop, cooled"][1], lines["cold streams"][1]
    assert hot[-1] > loop[-1] >= cooled[-1] - 0.1 > cold[-1]
    assert (axes.get_xlabel(), axes.get_ylabel()) == (
        "heat through the loops, MW",
        "temperature, °C",
    )
    texts = _texts(figure)
    assert "loop 1: 1232.0 kW/K, 122.6 / 65.4 °C" in texts
    assert "outside the loops: 8.0 MW of hot utility, 72.4 MW of cold utility" in texts
    _stays_inside(figure)


def test_several_loops_stand_side_by_side() -> None:
    found = evaluate(*made(2, n_plants=3, n_loops=3))
    figure = loop_composite_curves(found)
    (axes,) = figure.axes
    shown = [line for line in axes.lines if not str(line.get_label()).startswith("_")]
    assert len(shown) == 4
    assert sum(text.startswith("loop ") for text in _texts(figure)) == 3
    _stays_inside(figure)
    _stays_inside(loop_network(found))


def test_without_a_loop_there_is_a_sentence() -> None:
    found = evaluate(load_case("loop_two_plants"), LoopNetwork())
    assert "There is no loop." in _texts(loop_composite_curves(found))
    _stays_inside(loop_network(found))


def test_costs_are_bars_that_add_up(printed: Evaluation) -> None:
    figure = loop_costs(printed, title="costs")
    (axes,) = figure.axes
    widths = [bar.get_width() for bar in axes.patches]
    assert widths == pytest.approx([value / 1000.0 for value in printed.costs])
    assert sum(widths[:5]) == pytest.approx(printed.tac_per_a / 1000.0)
    texts = _texts(figure)
    assert r"costs: 1827.9 k\$/a" in texts
    assert r"with heaters and coolers: 1951.5 k\$/a" in texts
    assert [label.get_text() for label in axes.get_yticklabels()][-1] == "heaters and coolers"
    _stays_inside(figure)


def test_costs_without_utility_temperatures(printed: Evaluation) -> None:
    bare = printed.case.parameters.replace(hot_utility=Utility(price_per_kW_a=20))
    case = LoopCase(streams=printed.case.streams, parameters=bare)
    found = evaluate(case, printed.network, tolerance=1e-3)
    figure = loop_costs(found)
    assert len(figure.axes[0].patches) == 5
    assert "heaters and coolers are not costed" in _texts(figure)


def test_exchangers_have_the_same_numbers_everywhere(printed: Evaluation) -> None:
    numbers = list(range(1, 16))
    assert printed.exchangers["number"].tolist() == numbers
    assert list(printed.exchangers.columns[:3]) == ["number", "loop", "plant"]
    lines = exchangers_text(printed).splitlines()
    first = next(
        place for place, line in enumerate(lines) if printed.exchanger_rows[0].stream in line
    )
    assert [int(line.split()[0]) for line in lines[first : first + 15]] == numbers
    figure = loop_network(printed)
    drawn = [text.get_text() for text in figure.axes[0].texts]
    assert all(drawn.count(str(number)) >= 2 for number in numbers)  # on its stream and its loop
