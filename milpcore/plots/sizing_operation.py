"""Figure of operation: which unit supplies the heat, and how stores and waste heat are used.

Heat balances in every step: what units deliver and stores give off, stacked, reaches the demand,
and what stands above the demand goes into stores and is hatched. Everything is constant over a step
but the levels of stores, which run straight from step to step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from milpcore.plots.sizing_look import (
    hour_ticks,
    lighter,
    short_name,
    time_label,
    unit_colours,
)
from milpcore.plots.style import (
    COLD,
    COOLING,
    FAINT,
    INK,
    dress,
    heat_label,
    legend_below,
    new_figure,
    sentence_figure,
)
from milpcore.scales import Kind, Scale, scale_for
from milpcore.sizing.design import SizingDesign
from milpcore.sizing.profile import HeatProfile
from milpcore.sizing.results import SizingResult
from milpcore.sizing.simulate import Simulation, heat_margin_kW, simulate
from milpcore.sizing.units import HeatPump

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

_READABLE_STEPS = 300
_STEPS_AROUND = 192
_LINES = ((_READABLE_STEPS, 1.5), (500, 0.9))
"""Numbers of steps shown up to which lines have a width; of more they are thin."""
_THIN = 0.5
_SUPPLY_IN, _ROW_IN, _LEVEL_IN, _SOURCE_IN = 3.0, 0.26, 1.35, 1.6
"""Heights of the parts."""
_EDGES_IN, _LEGEND_ROW_IN = 1.75, 0.21
_LONG_LABEL = 38
"""Letters of a label from which only two fit beside each other."""
_HATCH = "/////"
_TOLERANCE = 1e-6
"""Share of the mean demand up to which a size or a load is 0, as in the simulation."""


def draw_operation(
    result: SizingResult,
    *,
    title: str = "Operation",
    window_h: tuple[float, float] | None = None,
) -> Figure:
    """Draw the operation of a plant over the whole horizon, or over a part of it.

    Parameters
    ----------
    result : SizingResult
        A plant.
    title : str
        Title of the figure.

    window_h : tuple of float, optional
        First and last time to show, in the hours of the profile; all if not given. Load changes
        are counted in it.

    Returns
    -------
    Figure
        From above: the heat of all units that are built and of stores, stacked, with the demand as
        a line and hatched what goes into stores; when each unit gives heat, with a tick at each
        load change and their number; the levels of stores that are built, with their capacities;
        the waste heat, what heat pumps and chillers take of it and what goes to cooling water. A
        sentence
        without a design.

    Raises
    ------
    MissingExtraError
        Without Matplotlib.
    """
    design = result.design
    if design is None:
        return sentence_figure(title, result.message or "No design was found.")
    profile = result.profile
    ends_h = (profile.start_h, profile.start_h + profile.horizon_h)
    first_h, last_h = ends_h if window_h is None else window_h
    picture = _Picture(result, design, (first_h, last_h))
    stores, has_waste = picture.stores, bool(profile.waste_heat_kW.any())
    heights = [_SUPPLY_IN, 0.2 + _ROW_IN * max(1, len(picture.units))]
    heights += [_LEVEL_IN] * bool(stores) + [_SOURCE_IN] * has_waste
    figure = new_figure()
    parts = list(figure.subplots(len(heights), 1, sharex=True, height_ratios=heights).flat)
    picture.supply(parts[0], title)
    picture.states(parts[1])
    if stores:
        picture.levels(parts[2])
    if has_waste:
        picture.waste_heat(parts[-1])
    parts[-1].set_xlim(first_h, last_h)
    hour_ticks(parts[-1], first_h, last_h)
    parts[-1].set_xlabel(time_label(profile))
    labels = [label for part in parts for label in part.get_legend_handles_labels()[1]]
    n_columns = 2 if max(map(len, labels)) > _LONG_LABEL else 3
    n_rows = -(-len(labels) // n_columns)
    figure.set_figheight(_EDGES_IN + sum(heights) + _LEGEND_ROW_IN * n_rows)
    legend_below(figure, n_columns=n_columns)
    return figure


def around_peak(profile: HeatProfile) -> tuple[float, float] | None:
    """Choose the part of a long horizon that is worth a figure of its own.

    Parameters
    ----------
    profile : HeatProfile
        The profile.

    Returns
    -------
    tuple of float or None
        First and last time of 192 steps around the highest demand; None of a horizon of up to 300
        steps, which can be read as a whole.

    Examples
    --------
    >>> from milpcore import sizing
    >>> around_peak(sizing.random_profile(seed=1, n_steps=672))
    (49.0, 97.0)
    """
    if profile.n_steps <= _READABLE_STEPS:
        return None
    first = int(profile.heat_demand_kW.argmax()) - _STEPS_AROUND // 2
    first = min(max(first, 0), profile.n_steps - _STEPS_AROUND)
    first_h = profile.start_h + first * profile.step_h
    return first_h, first_h + _STEPS_AROUND * profile.step_h


class _Picture:
    """What is drawn, and the parts of the figure."""

    def __init__(
        self, result: SizingResult, design: SizingDesign, window_h: tuple[float, float]
    ) -> None:
        self.profile, self.parameters, self.design = result.profile, result.parameters, design
        self.simulation: Simulation = simulate(self.profile, self.parameters, design)
        self.colours = unit_colours(self.parameters)
        self.margin = heat_margin_kW(self.profile, _TOLERANCE)
        self.units = np.flatnonzero(design.size_kW > self.margin).tolist()
        self.stores = np.flatnonzero(design.capacity_kWh > self.margin).tolist()
        self.chillers = np.flatnonzero(design.chiller_kW > self.margin).tolist()
        self.edges_h = np.append(self.profile.time_h, self.profile.time_h[-1] + self.profile.step_h)
        self.window_h = window_h
        n_shown = (window_h[1] - window_h[0]) / self.profile.step_h
        self.width = next((width for most, width in _LINES if n_shown <= most), _THIN)
        highest = max(self.profile.heat_demand_kW.max(), design.heat_kW.sum(axis=0).max())
        self.heat: Scale = scale_for(Kind.HEAT, [float(highest)])

    def supply(self, axes: Axes, title: str) -> None:
        """Stack the heat of units and stores, and draw the demand over it."""
        design, demand_kW = self.design, self.profile.heat_demand_kW
        below_kW = np.zeros(self.profile.n_steps)
        for u in self.units:
            unit = self.parameters.heat_units[u]
            size = f"{heat_label(float(design.size_kW[u]), self.heat)} {self.heat.unit}"
            label = f"heat of {short_name(unit.name)}, {size}"
            below_kW = self._stack(
                axes, below_kW, design.heat_kW[u], self.colours[unit.name], label
            )
        for k in self.stores:
            store = self.parameters.stores[k]
            colour = lighter(self.colours[store.name], 0.35)
            label = f"out of {short_name(store.name)}"
            below_kW = self._stack(axes, below_kW, design.discharge_kW[k], colour, label)
        if self.stores:
            axes.stairs(
                np.maximum(below_kW, demand_kW) / self.heat.factor,
                self.edges_h,
                baseline=demand_kW / self.heat.factor,
                fill=True,
                facecolor="#FFFFFF80",
                edgecolor=COLD,
                lw=0.0,
                hatch=_HATCH,
                label="into the store" if len(self.stores) == 1 else "into stores",
            )
        axes.stairs(
            demand_kW / self.heat.factor,
            self.edges_h,
            baseline=None,
            color=INK,
            lw=self.width,
            label="heat demand",
        )
        axes.set_ylim(bottom=0.0)
        dress(axes, title=title, y=f"heat, {self.heat.unit}")

    def states(self, axes: Axes) -> None:
        """Draw when every unit gives heat, and where its load changes."""
        names = []
        for row, u in enumerate(self.units):
            unit = self.parameters.heat_units[u]
            spans = [
                (self.edges_h[first], self.edges_h[last] - self.edges_h[first])
                for first, last in runs_of(self.design.heat_kW[u] > self.margin)
            ]
            colour = lighter(self.colours[unit.name], 0.55)
            axes.broken_barh(spans, (row - 0.38, 0.76), facecolor=colour, lw=0.0)
            changes = np.flatnonzero(self.simulation.is_load_change[u])
            axes.vlines(self.edges_h[changes], row - 0.38, row + 0.38, color=INK, lw=self.width)
            names.append(f"{short_name(unit.name)}: {self._n_shown(changes)}")
        label = "load change (at the left their number)"
        axes.plot([], [], ls="none", marker="|", ms=10.0, mew=1.5, color=INK, label=label)
        dress(axes, title=f"Units on, and their load changes{self._not_built()}")
        axes.grid(visible=False, axis="y")
        axes.set_yticks(range(len(names)), names)
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.set_ylim(max(1, len(names)) - 0.45, -0.55)

    def levels(self, axes: Axes) -> None:
        """Draw the level of every store with its capacity."""
        capacities = self.design.capacity_kWh[self.stores]
        scale = scale_for(Kind.HEAT, capacities.tolist())
        for k in self.stores:
            store, colour = self.parameters.stores[k], self.colours[self.parameters.stores[k].name]
            name, capacity = short_name(store.name), float(self.design.capacity_kWh[k])
            level = self.simulation.level_kWh[k] / scale.factor
            axes.fill_between(self.edges_h, level, color=lighter(colour, 0.6), alpha=0.5, lw=0.0)
            axes.plot(self.edges_h, level, color=colour, lw=self.width, label=f"level of {name}")
            axes.axhline(
                capacity / scale.factor,
                color=colour,
                lw=1.0,
                ls="--",
                label=f"capacity of {name}, {heat_label(capacity, scale)} {scale.unit}h",
            )
        title = "Level of the store" if len(self.stores) == 1 else "Levels of the stores"
        dress(axes, title=title, y=f"heat, {scale.unit}h")
        axes.set_ylim(0.0, 1.08 * float(capacities.max()) / scale.factor)

    def waste_heat(self, axes: Axes) -> None:
        """Stack what heat pumps and chillers take of the waste heat, and what is left."""
        below_kW = np.zeros(self.profile.n_steps)
        for u in self.units:
            unit = self.parameters.heat_units[u]
            if isinstance(unit, HeatPump):
                taken_kW = self.simulation.source_heat_kW[u]
                label = f"waste heat into {short_name(unit.name)}"
                below_kW = self._stack(axes, below_kW, taken_kW, self.colours[unit.name], label)
        for c in self.chillers:
            chiller = self.parameters.chillers[c]
            size = f"{heat_label(float(self.design.chiller_kW[c]), self.heat)} {self.heat.unit}"
            label = f"into {short_name(chiller.name)}, {size}"
            removed_kW = self.design.chilled_kW[c]
            below_kW = self._stack(axes, below_kW, removed_kW, self.colours[chiller.name], label)
        rest_kW = np.maximum(self.simulation.cooling_water_kW, 0.0)
        self._stack(axes, below_kW, rest_kW, lighter(COOLING, 0.3), "to cooling water")
        axes.stairs(
            self.profile.waste_heat_kW / self.heat.factor,
            self.edges_h,
            baseline=None,
            color=FAINT,
            lw=self.width,
            label="waste heat",
        )
        axes.set_ylim(bottom=0.0)
        dress(axes, title="Waste heat", y=f"heat, {self.heat.unit}")

    def _n_shown(self, steps: npt.NDArray[np.intp]) -> int:
        """Count the steps that begin in the window."""
        first_h, last_h = self.window_h
        begins_h = self.edges_h[steps]
        return int(np.count_nonzero((begins_h >= first_h) & (begins_h < last_h)))

    def _not_built(self) -> str:
        """Name the units, stores and chillers of size 0."""
        units, design = self.parameters.units, self.design
        sizes = np.concatenate([design.size_kW, design.capacity_kWh, design.chiller_kW])
        built = set(np.flatnonzero(sizes > self.margin).tolist())
        names = [short_name(unit.name) for u, unit in enumerate(units) if u not in built]
        return f"; not built: {', '.join(names)}" if names else ""

    def _stack(
        self, axes: Axes, below_kW: Floats, heat_kW: Floats, colour: str, label: str
    ) -> Floats:
        """Draw heat on what stands below it; return the new top."""
        top_kW = below_kW + heat_kW
        axes.stairs(
            top_kW / self.heat.factor,
            self.edges_h,
            baseline=below_kW / self.heat.factor,
            fill=True,
            color=colour,
            lw=0.0,
            label=label,
        )
        return np.asarray(top_kW)


def runs_of(is_on: Booleans) -> list[tuple[int, int]]:
    """Find the runs of steps that are on: first step, and the step after the last.

    Examples
    --------
    >>> runs_of(np.array([True, True, False, True]))
    [(0, 2), (3, 4)]
    """
    edges = np.flatnonzero(np.diff(is_on.astype(np.int8), prepend=0, append=0))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
