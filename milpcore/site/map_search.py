"""What is best along the lines of a map of two parameters, and between neighbouring ones.

Lines run along one parameter at a value of the other. The sets of heat pumps on them, and the
values where they change, are those of `milpcore.site.operation_tips`; `milpcore.site.map_cells`
says what follows for the areas between the lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, cast

import numpy as np

from milpcore.economics import SiteEconomics
from milpcore.site.fixed_levels import FixedLevels
from milpcore.site.map_cells import FINEST, Line, Pieces, Place, strip_pieces
from milpcore.site.operation_tips import (
    OperationState,
    operation_states,
    tip_tolerance,
    tips_between,
)
from milpcore.site.sensitivity_map_results import Axis, Border
from milpcore.site.sensitivity_request import values_of
from milpcore.site.sensitivity_results import Pumps, pumps_text, used_pumps
from milpcore.site.tipping import TippingPoint


class MapRow(NamedTuple):
    """What is best at one value of the first parameter.

    Attributes
    ----------
    value : float
        Of the first parameter.
    states : list of OperationState (Q,)
        At the values of the second parameter.
    tips : list of TippingPoint
        Along the second parameter.
    """

    value: float
    states: list[OperationState]
    tips: list[TippingPoint]


@dataclass(frozen=True)
class MapSearch:
    """Finds sets of heat pumps along lines of a map.

    Parameters
    ----------
    system : FixedLevels
        The levels.
    base : SiteEconomics
        All other parameters.
    axes : tuple of two Axis
        The parameters, with all their values.
    """

    system: FixedLevels
    base: SiteEconomics
    axes: tuple[Axis, Axis]

    def between(self, before: MapRow, after: MapRow) -> tuple[list[Border], Pieces]:
        """Find what lies between neighbouring values of the first parameter.

        Parameters
        ----------
        before, after : MapRow
            What is best at either.

        Returns
        -------
        list of Border
            Where the set changes along the first parameter, at each value of the second.
        Pieces
            Areas and borders between the lines.
        """
        second = self.axes[1].values.tolist()
        ends = (before.value, after.value)
        borders, across = [], []
        for value, *states in zip(second, before.states, after.states, strict=True):
            tips = self._tips(0, value, ends, states)
            borders += [Border(0, value, tip) for tip in tips]
            across.append(_line(states[0], tips))
        up = _line(before.states[0], before.tips), _line(after.states[0], after.tips)
        return borders, strip_pieces(ends, second, up, across, self)

    @property
    def finest(self) -> Place:
        """`FINEST` of the ranges of both parameters."""
        first, second = (FINEST * float(np.ptp(axis.values)) for axis in self.axes)
        return first, second

    def sets_at(self, places: Sequence[Place]) -> list[str]:
        """Find the best set at each of several places.

        Parameters
        ----------
        places : sequence of (float, float)
            Values of both parameters.

        Returns
        -------
        list of str
        """
        first, second = (axis.parameter for axis in self.axes)
        cases = [replace(self.base, **{first: x, second: y}) for x, y in places]
        return [pumps_text(pumps) for pumps in used_pumps(self.system.operate(cases))]

    def line(self, along: int, at: float, values: Sequence[float]) -> Line:
        """Find the sets along a line.

        Parameters
        ----------
        along : int
            Parameter that rises along it, 0 or 1.
        at : float
            Value of the other.
        values : sequence of float
            Values that it takes, rising.

        Returns
        -------
        Line
        """
        cases = values_of(self._at(along, at), self.axes[along].parameter, np.array(values))
        states = operation_states(self.system.operate(cases))
        return _line(states[0], self._tips(along, at, values, states))

    def _tips(
        self, along: int, at: float, values: Sequence[float], states: Sequence[OperationState]
    ) -> list[TippingPoint]:
        key, tolerance = self.axes[along].parameter, self._tolerance(along)
        here = self._at(along, at)
        return tips_between(self.system, here, key, np.array(values), states, tolerance)

    def _at(self, along: int, at: float) -> SiteEconomics:
        return replace(self.base, **{self.axes[1 - along].parameter: at})

    def _tolerance(self, along: int) -> float:
        axis = self.axes[along]
        return tip_tolerance(self.base, axis.parameter, axis.values)


def _line(start: OperationState, tips: Sequence[TippingPoint]) -> Line:
    """Name the sets along a line from its first state."""
    sets = (start.signature, *(cast(Pumps, tip.after) for tip in tips))
    return Line(tuple(tip.value for tip in tips), tuple(pumps_text(pumps) for pumps in sets))
