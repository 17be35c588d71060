"""Options of model A: where external heat comes from, and what it costs by temperature."""

from __future__ import annotations

from dataclasses import dataclass

from milpcore.faults import FaultList
from milpcore.naming import shown
from milpcore.site_options_checks import MOST, check_numbers, checked_items, note_repeated


@dataclass(frozen=True, kw_only=True)
class PriceStep:
    """A price from a temperature on, up to the next step.

    Parameters
    ----------
    from_C : float
        Lowest level that pays it; left out, the step holds from the lowest on.
    price_EUR_per_MWh : float
        What a MWh of heat costs there, without its CO2 price.

    Raises
    ------
    InputError
        Listing every fault.

    Examples
    --------
    >>> PriceStep(from_C=150.0, price_EUR_per_MWh=60.0).price_EUR_per_MWh
    60.0
    """

    from_C: float = -MOST
    price_EUR_per_MWh: float

    def __post_init__(self) -> None:
        faults = FaultList()
        check_numbers(self, faults)
        faults.raise_if_any("price step")


@dataclass(frozen=True, kw_only=True)
class PriceOptions:
    """Prices that differ with the temperature of a level.

    Parameters
    ----------
    prices : tuple of PriceStep
        Levels below the first step, or all without any, pay what `SiteEconomics` says.

    Raises
    ------
    InputError
        Listing every fault.

    Examples
    --------
    >>> steps = (PriceStep(price_EUR_per_MWh=20.0), PriceStep(from_C=30.0, price_EUR_per_MWh=0.0))
    >>> PriceOptions(prices=steps).price_EUR_per_MWh(25.0, 7.0)
    20.0
    """

    prices: tuple[PriceStep, ...] = ()

    def __post_init__(self) -> None:
        faults = FaultList()
        _sort_steps(self, faults)
        faults.raise_if_any("prices")

    def price_EUR_per_MWh(self, level_C: float, otherwise: float) -> float:
        """Price at a level; `otherwise` below the first step."""
        return step_price(self.prices, level_C, otherwise)


@dataclass(frozen=True, kw_only=True)
class HeatSource:
    """A boiler, or another way to buy external heat, for the whole site.

    Parameters
    ----------
    name : str
        Shown in results; each once.
    price_EUR_per_MWh : float
        Of its fuel or electricity, without CO2.
    emission_t_per_MWh : float
        CO2 of a MWh of fuel, which pays the CO2 price of `SiteEconomics`.
    efficiency : float
        Heat delivered over fuel.
    capacity_kW : float
        Largest heat delivered to all levels together.
    max_level_C : float
        Highest level that it can heat.

    Raises
    ------
    InputError
        Listing every fault.

    Examples
    --------
    >>> HeatSource(name="waste", price_EUR_per_MWh=8.0, capacity_kW=5000).max_level_C
    inf
    """

    name: str
    price_EUR_per_MWh: float
    emission_t_per_MWh: float = 0.0
    efficiency: float = 1.0
    capacity_kW: float = MOST
    max_level_C: float = MOST

    def __post_init__(self) -> None:
        faults = FaultList()
        if not isinstance(self.name, str) or not self.name.strip():
            remedy = "such as 'biomass'"
            faults.add("", "name", shown(self.name), "must be a text that says something", remedy)
        check_numbers(self, faults)
        faults.raise_if_any("heat source")


@dataclass(frozen=True, kw_only=True)
class ExternalHeatOptions:
    """What external heat costs, either by temperature or by source.

    Parameters
    ----------
    prices : tuple of PriceStep
        As in `PriceOptions`. Emissions stay those of gas, at the CO2 price.
    sources : tuple of HeatSource
        In place of the gas boiler of `SiteEconomics`, which is one of them only if it is named.

    Raises
    ------
    InputError
        Listing every fault.

    Examples
    --------
    >>> ExternalHeatOptions().price_EUR_per_MWh(25.0, 7.0)
    7.0
    """

    prices: tuple[PriceStep, ...] = ()
    sources: tuple[HeatSource, ...] = ()

    def __post_init__(self) -> None:
        faults = FaultList()
        _sort_steps(self, faults)
        sources = checked_items(self, "sources", HeatSource, faults)
        names = [one.name for one in sources]
        note_repeated("name", names, shown, "rename one source", faults)
        if sources and self.prices:
            rule = "must not be given beside sources, which have prices of their own"
            remedy = "give each price a source with max_level_C"
            faults.add("", "prices", f"{len(self.prices)} steps", rule, remedy)
        faults.raise_if_any("external heat")

    def price_EUR_per_MWh(self, level_C: float, otherwise: float) -> float:
        """Price at a level; `otherwise` below the first step."""
        return step_price(self.prices, level_C, otherwise)


def step_price(prices: tuple[PriceStep, ...], level_C: float, otherwise: float) -> float:
    """Price of the highest step that is not above a level.

    Examples
    --------
    >>> step_price((PriceStep(from_C=30.0, price_EUR_per_MWh=5.0),), 40.0, 7.0)
    5.0
    """
    for one in reversed(prices):
        if level_C >= one.from_C:
            return one.price_EUR_per_MWh
    return otherwise


def _sort_steps(options: PriceOptions | ExternalHeatOptions, faults: FaultList) -> None:
    """Check the steps and put them in rising order."""
    steps = checked_items(options, "prices", PriceStep, faults)
    starts_C = [one.from_C for one in steps]
    note_repeated("from_C", starts_C, lambda one: f"{one:g} °C", "remove one step", faults)
    object.__setattr__(options, "prices", tuple(sorted(steps, key=lambda one: one.from_C)))
