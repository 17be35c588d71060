"""The table behind the figure of a plant's cost, written beside it as CSV."""

from __future__ import annotations

import pandas as pd

from milpcore.sizing.parameters import Floats
from milpcore.sizing.results import SizingResult
from milpcore.sizing.simulate import simulate
from milpcore.sizing.units import is_existing

COLUMNS = ("part", "of", "cost_EUR_per_a", "share")
INVESTMENT, ELECTRICITY, GAS, CO2, COOLING = (
    "investment",
    "electricity",
    "gas",
    "CO2",
    "cooling water",
)
"""What is paid for."""


def cost_split(result: SizingResult) -> pd.DataFrame:
    """Split the total annual cost of a plant into what is paid for.

    Parameters
    ----------
    result : SizingResult
        The plant.

    Returns
    -------
    DataFrame
        ``part`` ("investment", "electricity", "gas", "CO2", "cooling water"), ``of`` (the unit of
        an investment, the energy of a CO2 cost, else empty), ``cost_EUR_per_a`` and its ``share``
        of TAC. Investments are annuities; existing units have none and no row. The rows add up to
        TAC. Empty without a design.

    Examples
    --------
    >>> from milpcore import sizing
    >>> profile, parameters = sizing.load_case("base_48h")
    >>> split = cost_split(sizing.size_plant(profile.part(0, 8), parameters))
    >>> split["part"].tolist()[3:]
    ['electricity', 'CO2', 'gas', 'CO2', 'cooling water']
    >>> f"{split['share'].sum():.6f}"
    '1.000000'
    """
    profile, parameters, design = result.profile, result.parameters, result.design
    if design is None:
        return pd.DataFrame(columns=list(COLUMNS))
    simulation = simulate(profile, parameters, design)
    energy_per_a = parameters.annual_scale_per_a(profile) * profile.step_h / 1000.0

    def paid(heat_kW: Floats, key: str) -> float:
        return energy_per_a * float(heat_kW @ parameters.plant_series(key, profile))

    sizes = (
        *design.size_kW.tolist(),
        *design.capacity_kWh.tolist(),
        *design.chiller_kW.tolist(),
    )
    electricity_kW = simulation.electricity_kW.sum(axis=0)
    electricity_kW = electricity_kW + simulation.chiller_electricity_kW.sum(axis=0)
    rows: list[tuple[str, str, float]] = [
        (INVESTMENT, unit.name, size * parameters.size_cost_EUR_per_a(unit))
        for unit, size in zip(parameters.units, sizes, strict=True)
        if not is_existing(unit)
    ]
    co2_price = parameters.plant.co2_price_EUR_per_t
    for name, power_kW in (
        (ELECTRICITY, electricity_kW),
        (GAS, simulation.gas_kW.sum(axis=0)),
    ):
        rows.append((name, "", paid(power_kW, f"{name}_price_EUR_per_MWh")))
        rows.append((CO2, name, co2_price * paid(power_kW, f"{name}_emission_t_per_MWh")))
    cooling = paid(simulation.cooling_water_kW, "cooling_water_price_EUR_per_MWh")
    rows.append((COOLING, "", cooling))
    table = pd.DataFrame(rows, columns=list(COLUMNS[:-1]))
    tac = result.tac_EUR_per_a
    table["share"] = table["cost_EUR_per_a"] / (tac if tac > 0.0 else float("nan"))
    return table


def part_label(part: str, of: str) -> str:
    """Name a row of `cost_split` for people.

    Examples
    --------
    >>> part_label("investment", "boiler"), part_label("CO2", "gas"), part_label("gas", "")
    ('investment, boiler', 'CO2 of gas', 'gas')
    """
    if not of:
        return part
    return f"{part}, {of}" if part == INVESTMENT else f"{part} of {of}"
