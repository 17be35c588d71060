"""The diagram of a network of loops, in the grid convention of heat exchanger networks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from milpcore.loops.evaluation import Evaluation, UtilityRow
from milpcore.plots.loop_layout import (
    SIDES,
    Layout,
    Node,
    layout_of,
    side_of_plants,
)
from milpcore.plots.style import (
    COLD,
    COOLING,
    EXTERNAL,
    FAINT,
    HOT,
    INK,
    PUMP,
    TITLE_SIZE,
    heat_label,
    new_figure,
)
from milpcore.scales import Kind, Scale, number, scale_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW_IN = 0.42
_SLOT_IN = 0.36
_MARGIN_IN = 3.4
_SMALL = 7.0
_NAME = 8.0
_CIRCLE = 11.0
_SAME_K = 0.05
"""Difference that one decimal does not show."""
_LOOP_COLOURS = (PUMP, "#CC79A7", "#9A5B00", "#56B4E9")
_STREAM_COLOURS = {"hot": HOT, "cold": COLD}
_PLAIN = {"boxstyle": "square,pad=0.08", "facecolor": "white", "edgecolor": "none"}


class _Rows(NamedTuple):
    """Heights in the diagram, downwards.

    Attributes
    ----------
    stream : dict of str to float
        By label.
    first : dict of (side, loop) to float
        First row of the lines of a loop on a side.
    pipe : dict of (loop, place) to float
    height : float
    """

    stream: dict[str, float]
    first: dict[tuple[str, int], float]
    pipe: dict[tuple[int, int], float]
    height: float


def loop_network(found: Evaluation, *, title: str = "Network") -> Figure:
    """Draw hot streams above, cold streams below, and the loops with their headers between.

    Parameters
    ----------
    found : Evaluation
        A network.
    title : str
        Title of the figure.

    Returns
    -------
    Figure
        From left (hot) to right (cold): hot streams flow to the right, cold ones to the left. An
        exchanger is two joined circles, one on its stream and one on the loop; heaters (H) and
        coolers (C) are single circles. Vertical bars are headers, horizontal lines between the two
        sides are pipes. Larger than other figures where there are many exchangers.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    layout = layout_of(found)
    rows = _heights(found, layout)
    scale = scale_for(Kind.HEAT, [row.duty_kW for row in found.stream_rows])
    figure = new_figure(height_in=_ROW_IN * rows.height + 1.0)
    width_in = max(figure.get_size_inches()[0], _SLOT_IN * layout.n_slots + _MARGIN_IN)
    figure.set_size_inches(width_in, _ROW_IN * rows.height + 1.0)
    axes = figure.add_subplot()
    axes.set_axis_off()
    axes.set_title(title, fontsize=TITLE_SIZE, loc="left", color=INK)
    margin = 0.5 * _MARGIN_IN / (width_in - _MARGIN_IN)
    axes.set_xlim(-margin, 1.0 + margin)
    axes.set_ylim(rows.height - 0.3, -0.9)
    _draw_streams(axes, found, rows, scale, margin)
    _draw_lines(axes, layout, rows)
    _draw_headers(axes, found, layout, rows)
    _draw_pipes(axes, found, layout, rows)
    _draw_exchangers(axes, found, layout, rows, scale)
    figure.supxlabel(
        f"circles: exchangers, numbered as in the table; beside those of streams loads, "
        f"{scale.unit}, of loops flows, kW/K; all other numbers °C; H heater, C cooler",
        fontsize=_NAME,
        color=INK,
    )
    return figure


def _heights(found: Evaluation, layout: Layout) -> _Rows:
    """Stack streams, lines and pipes."""
    stream: dict[str, float] = {}
    first: dict[tuple[str, int], float] = {}
    pipe: dict[tuple[int, int], float] = {}
    numbers = range(1, len(found.network.loops) + 1)
    y = 0.0
    for row in found.stream_rows:
        if row.kind == "hot":
            stream[row.stream] = y
            y += 1.0
    y += 0.6
    for loop in numbers:
        first["hot", loop] = y
        y += 1.0 * layout.n_rows.get(("hot", loop), 0)
    y += 0.2
    for loop in numbers:
        for place in range(len(found.network.loops[loop - 1].pipes)):
            pipe[loop, place] = y
            y += 0.75
    y += 0.4
    for loop in reversed(numbers):
        first["cold", loop] = y
        y += 1.0 * layout.n_rows.get(("cold", loop), 0)
    y += 0.6
    for row in found.stream_rows:
        if row.kind == "cold":
            stream[row.stream] = y
            y += 1.0
    return _Rows(stream, first, pipe, y)


def _draw_streams(axes: Axes, found: Evaluation, rows: _Rows, scale: Scale, margin: float) -> None:
    """Draw a line with an arrow for every stream, its ends and its heater or cooler."""
    reach = 0.3 * margin
    utilities = {row.stream: row for row in found.utility_rows}
    for row in found.stream_rows:
        y, colour = rows.stream[row.stream], _STREAM_COLOURS[row.kind]
        left, right = -reach, 1.0 + reach
        ends = (left, right) if row.kind == "hot" else (right, left)
        arrow = {"arrowstyle": "-|>", "color": colour, "lw": 1.4, "shrinkA": 0.0, "shrinkB": 0.0}
        axes.annotate("", xy=(ends[1], y), xytext=(ends[0], y), arrowprops=arrow)
        left_C, right_C = (
            (row.supply_C, row.target_C) if row.kind == "hot" else (row.target_C, row.supply_C)
        )
        style: dict[str, Any] = {"va": "center", "fontsize": _SMALL, "color": colour}
        axes.text(left - 0.03 * margin, y, number(left_C, 1), ha="right", **style)
        axes.text(right + 0.03 * margin, y, number(right_C, 1), ha="left", **style)
        name = _short(row.stream)
        axes.text(-margin, y, name, ha="left", va="center", fontsize=_NAME, color=INK)
        if row.stream in utilities:
            x = 1.0 + 0.5 * reach if row.kind == "hot" else -0.5 * reach
            _utility(axes, utilities[row.stream], x, y, scale)


def _utility(axes: Axes, utility: UtilityRow, x: float, y: float, scale: Scale) -> None:
    """Draw a heater or cooler."""
    is_heater = utility.kind == "heater"
    _circle(axes, x, y, "H" if is_heater else "C", EXTERNAL if is_heater else COOLING)
    _note(axes, x, y, heat_label(utility.load_kW, scale), above=not is_heater)


def _draw_lines(axes: Axes, layout: Layout, rows: _Rows) -> None:
    """Draw exchangers' lines and links between headers."""
    for place, line in enumerate(layout.lines):
        y = _line_y(layout, rows, place)
        ends = layout.node_x[line.left], layout.node_x[line.right]
        is_link = line.unit is None
        colour = _loop_colour(line.left.loop)
        axes.plot(ends, [y, y], color=colour, lw=1.4, ls=":" if is_link else "-", zorder=2)
        if is_link:
            x = 0.5 * sum(ends)
            sign = ">" if ends[1] > ends[0] else "<"
            axes.plot(x, y, sign, color=colour, ms=5.0, zorder=3)
            _note(axes, x, y, number(line.flow_kW_per_K, 1), above=False)


def _draw_headers(axes: Axes, found: Evaluation, layout: Layout, rows: _Rows) -> None:
    """Draw a bar for every header over all that it joins, with its temperature."""
    header_C = {(row.loop, row.header): row.temperature_C for row in found.header_rows}
    for node, joints in _joints(found, layout, rows).items():
        twin = node._replace(side="cold")
        if node.side == "hot" and twin in layout.node_x:
            ends = layout.node_x[node], layout.node_x[twin]
            axes.plot(ends, [joints[-1]] * 2, color=_loop_colour(node.loop), lw=2.6, zorder=3)
        x, colour = layout.node_x[node], _loop_colour(node.loop)
        if joints:
            axes.plot([x, x], [min(joints), max(joints)], color=colour, lw=2.6, zorder=3)
            axes.plot([x] * len(joints), joints, "o", color=colour, ms=4.0, zorder=4)
        band = rows.first[node.side, node.loop]
        top = min((y for y in joints if y >= band), default=band)
        goes_on = any(y < top for y in joints)  # up to a pipe
        axes.text(
            x - (0.006 if goes_on else 0.0),
            top - 0.34,
            number(header_C[node.loop, node.header], 1),
            ha="right" if goes_on else "center",
            va="bottom",
            fontsize=_SMALL,
            color=colour,
            fontweight="bold",
            bbox=_PLAIN,
            zorder=6,
        )


def _joints(found: Evaluation, layout: Layout, rows: _Rows) -> dict[Node, list[float]]:
    """Heights of what meets at every header."""
    joints: dict[Node, list[float]] = {node: [] for node in layout.node_x}
    for place, line in enumerate(layout.lines):
        for node in (line.left, line.right):
            joints[node].append(_line_y(layout, rows, place))
    for number_, loop in enumerate(found.network.loops, start=1):
        for place, pipe in enumerate(loop.pipes):
            for name in (pipe.source, pipe.target):
                joints[_node(found, layout, number_, name)].append(rows.pipe[number_, place])
    for node in layout.node_x:  # a header with hot and cold streams stands on both sides
        twin = node._replace(side="cold")
        if node.side == "hot" and twin in layout.node_x:
            middle = 0.5 * (max(joints[node], default=0.0) + min(joints[twin], default=0.0))
            joints[node].append(middle)
            joints[twin].append(middle)
    return joints


def _node(found: Evaluation, layout: Layout, loop: int, header: str) -> Node:
    """Find the place of a header that a pipe leads to."""
    plant = found.network.loops[loop - 1].plant_of_header[header]
    usual = Node(side_of_plants(found, loop).get(plant, "cold"), loop, header)
    if usual in layout.node_x:
        return usual
    return next(Node(s, loop, header) for s in SIDES if Node(s, loop, header) in layout.node_x)


def _draw_pipes(axes: Axes, found: Evaluation, layout: Layout, rows: _Rows) -> None:
    """Draw the pipes between plants, each with its flow and length."""
    place_of: dict[int, int] = {}
    for pipe in found.pipe_rows:
        place = place_of.get(pipe.loop, 0)
        place_of[pipe.loop] = place + 1
        y, colour = rows.pipe[pipe.loop, place], _loop_colour(pipe.loop)
        ends = [
            layout.node_x[_node(found, layout, pipe.loop, name)]
            for name in (pipe.source, pipe.target)
        ]
        axes.plot(ends, [y, y], color=colour, lw=2.6, zorder=2)
        is_down = rows.first["hot", pipe.loop] < y < rows.first["cold", pipe.loop] and (
            _node(found, layout, pipe.loop, pipe.target).side == "cold"
        )
        sign, step = ("v", 0.3) if is_down else ("^", -0.3)
        axes.plot(ends[1], y + step, sign, color=colour, ms=7.0, zorder=4)
        text = (
            f"{pipe.from_plant} → {pipe.to_plant}: {number(pipe.flow_kW_per_K, 1)} kW/K, "
            f"{number(pipe.length_m, 0)} m"
        )
        is_left = sum(ends) < 1.0
        axes.text(
            max(ends) + 0.015 if is_left else min(ends) - 0.015,
            y,
            _short(text, 60),
            ha="left" if is_left else "right",
            va="center",
            fontsize=_SMALL,
            color=INK,
            bbox=_PLAIN,
            zorder=3.5,
        )


def _draw_exchangers(
    axes: Axes, found: Evaluation, layout: Layout, rows: _Rows, scale: Scale
) -> None:
    """Draw two joined circles for every exchanger, with loads, flows and temperatures."""
    names = [str(number_) for number_ in found.exchanger_numbers]
    header_C = {(row.loop, row.header): row.temperature_C for row in found.header_rows}
    slot = 1.0 / layout.n_slots
    for place, line in enumerate(layout.lines):
        if line.unit is None:
            continue
        row = found.exchanger_rows[line.unit]
        x, y = layout.unit_x[line.unit], rows.stream[row.stream]
        below = _line_y(layout, rows, place)
        colour = _loop_colour(row.loop)
        axes.plot([x, x], [y, below], color=FAINT, lw=0.9, zorder=1)
        _circle(axes, x, y, names[line.unit], _STREAM_COLOURS[row.kind])
        _circle(axes, x, below, names[line.unit], colour)
        is_hot = row.kind == "hot"
        _note(axes, x, y, heat_label(row.load_kW, scale), above=is_hot)
        _note(axes, x, below, number(row.flow_kW_per_K, 1), above=not is_hot)
        # what leaves: the stream towards its target, the loop towards the next header
        towards = 1.0 if row.kind == "hot" else -1.0
        _level(axes, x + 0.55 * slot * towards, y, row.stream_out_C, _STREAM_COLOURS[row.kind])
        target = line.left if row.kind == "hot" else line.right
        if not abs(row.loop_out_C - header_C[target.loop, target.header]) < _SAME_K:
            _level(axes, x - 0.55 * slot * towards, below, row.loop_out_C, colour)


def _circle(axes: Axes, x: float, y: float, text: str, colour: str) -> None:
    axes.plot(x, y, "o", ms=_CIRCLE, mfc="white", mec=colour, mew=1.3, zorder=5)
    axes.text(x, y, text, ha="center", va="center_baseline", fontsize=_SMALL, color=INK, zorder=6)


def _note(axes: Axes, x: float, y: float, text: str, *, above: bool) -> None:
    """Write a load above a circle, a flow below it."""
    offset, va = (-0.2, "bottom") if above else (0.2, "top")
    axes.text(x, y + offset, text, ha="center", va=va, fontsize=_SMALL, color=INK, zorder=6)


def _level(axes: Axes, x: float, y: float, level_C: float, colour: str) -> None:
    if not math.isnan(level_C):
        axes.text(
            x,
            y - 0.06,
            number(level_C, 1),
            ha="center",
            va="bottom",
            fontsize=_SMALL - 1.0,
            color=colour,
            zorder=6,
        )


def _line_y(layout: Layout, rows: _Rows, place: int) -> float:
    node = layout.lines[place].left
    return rows.first[node.side, node.loop] + layout.line_row[place]


def _loop_colour(loop: int) -> str:
    return _LOOP_COLOURS[(loop - 1) % len(_LOOP_COLOURS)]


def _short(text: str, most: int = 22) -> str:
    cut = text if len(text) <= most else f"{text[: most - 1]}…"
    return cut.replace("$", r"\$")
