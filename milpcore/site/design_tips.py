r"""Where along a parameter the best design changes, when finding a design takes a while.

A design whose heat flows stay what they are costs :math:`f(t)`: its flows times unit costs. For
every key but those of `milpcore.economics_schema.TECHNICAL_KEYS`,
unit costs are linear in the parameter :math:`t` or in a monotone function of it. So the least cost
over all designs is a lower envelope of lines, and two neighbouring values need only be asked where
the lines of their designs cross (Eisner, Severance (1976), *Mathematical techniques for efficient
record segmentation in large shared databases*, Journal of the ACM 23):

- nothing cheaper is found there: the design changes there, once, and nothing was missed;
- something cheaper is found: the same question for both halves.

Where both ends have the same flows nothing lies between. That holds as far as designs are optimal:
with a gap, designs that are better by less than it may be missed.

For the other keys the interval is halved wherever levels or heat pumps of its ends differ; a design
that comes and goes again between two values is missed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from milpcore.economics import Measure, SiteEconomics
from milpcore.economics_schema import TECHNICAL_KEYS
from milpcore.site.results import SiteResult

EQUAL = 1e-8
"""Costs closer than this share are equal."""
MOST_CROSSINGS = 60
"""Designs between two neighbouring values, one below the other."""

Signature = tuple[tuple[float, ...], tuple[tuple[float, float], ...]]
"""Levels, °C, and heat pumps, source and sink in °C."""


@dataclass(frozen=True, eq=False)
class DesignState:
    """The best design at one value, and how it is called."""

    result: SiteResult
    signature: Signature

    @classmethod
    def of(cls, result: SiteResult) -> DesignState:
        """Name a design by its levels and heat pumps."""
        pumps = zip(result.heat_pumps["source_C"], result.heat_pumps["sink_C"], strict=True)
        levels = tuple(result.levels["temperature_C"].tolist())
        return cls(result, (levels, tuple(sorted((float(i), float(j)) for i, j in pumps))))

    def cost(self, measure: Measure, economics: SiteEconomics) -> float:
        """Cost of the same heat flows at other prices, EUR/a or t/a."""
        row = self.result.summary.iloc[0]
        return float(
            economics.external_heat_price(measure) * row["external_heat_kW"]
            + economics.cooling_price(measure) * row["cooling_kW"]
            + economics.electricity_price(measure) * row["electricity_kW"]
            + economics.heat_pump_investment(measure) * row["heat_pump_heat_kW"]
        )


class DesignTip(NamedTuple):
    """A value where levels or heat pumps of the best design change.

    Attributes
    ----------
    value : float
        Of the parameter.
    below, above : DesignState
        The designs on either side, in the order of the values.
    """

    value: float
    below: DesignState
    above: DesignState

    def cost(self, measure: Measure, economics: SiteEconomics) -> float:
        """Cost of the best design at the value, EUR/a or t/a; nan without a design.

        Where flows depend on the parameter itself they are those of the nearest value that was
        looked at, no further away than the tolerance.
        """
        last = self.below if self.below.result.has_design else self.above
        return last.cost(measure, economics)


def cheaper_by(
    one: DesignState, other: DesignState, measures: Sequence[Measure], economics: SiteEconomics
) -> float:
    """By which share a design is cheaper than another, 0 where they cost the same.

    Parameters
    ----------
    one, other : DesignState
        Both with a design.
    measures : sequence of Measure
        Each decides between equals of those before it.
    economics : SiteEconomics
        Prices that both are compared at.

    Returns
    -------
    float
        Positive if `one` is cheaper, relative to the larger cost.
    """
    for measure in measures:
        costs = one.cost(measure, economics), other.cost(measure, economics)
        share = (costs[1] - costs[0]) / max(abs(costs[0]), abs(costs[1]), 1e-300)
        if abs(share) > EQUAL:
            return share
    return 0.0


def design_tips(
    key: str,
    values: Sequence[float],
    states: Sequence[DesignState],
    find: Callable[[float], DesignState],
    *,
    base: SiteEconomics,
    tolerance: float,
) -> Iterator[DesignTip]:
    """Find where levels or heat pumps of the best design change.

    Parameters
    ----------
    key : str
        The parameter.
    values : sequence of float
        Of the parameter, rising.
    states : sequence of DesignState
        The best design at each.
    find : callable
        Best design at a value.
    base : SiteEconomics
        All other parameters.
    tolerance : float
        Width to which a change is narrowed down.

    Yields
    ------
    DesignTip
        Rising, those of an interval as soon as it has been searched.
    """
    for low, high, below, above in zip(values, values[1:], states, states[1:], strict=False):
        search = _Search(key, find, base, tolerance)
        both = below.result.has_design and above.result.has_design
        if key in TECHNICAL_KEYS or not both:
            search.halve(low, high, below, above)
        else:
            search.cross(low, high, below, above, MOST_CROSSINGS)
        yield from search.found


class _Search:
    """The changes between two neighbouring values, and how to find them."""

    def __init__(
        self,
        key: str,
        find: Callable[[float], DesignState],
        base: SiteEconomics,
        tolerance: float,
    ) -> None:
        self.key, self.find, self.base, self.tolerance = key, find, base, tolerance
        self.found: list[DesignTip] = []

    def halve(self, low: float, high: float, below: DesignState, above: DesignState) -> None:
        """Narrow down a difference between the ends."""
        if below.signature == above.signature:
            return
        middle = 0.5 * (low + high)
        if high - low <= self.tolerance or not low < middle < high:
            self.found.append(DesignTip(middle, below, above))
            return
        between = self.find(middle)
        self.halve(low, middle, below, between)
        self.halve(middle, high, between, above)

    def cross(
        self, low: float, high: float, below: DesignState, above: DesignState, left: int
    ) -> None:
        """Ask where the costs of the designs at the ends cross."""
        measures = list(dict.fromkeys((below.result.objective, Measure.TAC)))
        at_low, at_high = self._at(low), self._at(high)
        loses = cheaper_by(above, below, measures, at_high)
        if below.signature == above.signature and loses <= 0.0:
            return
        if loses <= 0.0:  # the design from below is as good: equals
            value = high
        elif cheaper_by(below, above, measures, at_low) <= 0.0:
            value = low
        else:
            value = self._crossing(low, high, below, above, measures)
        if high - low > self.tolerance and left > 0:
            between = self.find(value)
            best = min(
                (below, above), key=lambda one: -cheaper_by(one, between, measures, self._at(value))
            )
            if between.result.has_design and (
                cheaper_by(between, best, measures, self._at(value)) > 0.0
            ):
                self.cross(low, value, below, between, left - 1)
                self.cross(value, high, between, above, left - 1)
                return
        if below.signature != above.signature:
            self.found.append(DesignTip(value, below, above))

    def _crossing(
        self,
        low: float,
        high: float,
        below: DesignState,
        above: DesignState,
        measures: Sequence[Measure],
    ) -> float:
        """Value between two where both designs cost the same."""
        for _ in range(200):
            middle = 0.5 * (low + high)
            if not low < middle < high:
                break
            if cheaper_by(below, above, measures, self._at(middle)) > 0.0:
                low = middle
            else:
                high = middle
        return 0.5 * (low + high)

    def _at(self, value: float) -> SiteEconomics:
        return replace(self.base, **{self.key: value})
