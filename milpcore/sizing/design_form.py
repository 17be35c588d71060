"""Whether the arrays of a design are what they must be: shapes, kinds and finite numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from milpcore.sizing.design import SizingDesign
from milpcore.sizing.parameters import SizingParameters
from milpcore.sizing.profile import HeatProfile


class Flaw(NamedTuple):
    """What is wrong with an array, or with one number of it.

    Attributes
    ----------
    field : str
        Name of the array.
    unit : str
        Name of the unit or store; "plant" for the whole array.
    step : int or None
        Step of the number.
    found, expected : str
        Shape or number found, and what it must be.
    """

    field: str
    unit: str
    step: int | None
    found: str
    expected: str


def shape_flaws(
    profile: HeatProfile, parameters: SizingParameters, design: SizingDesign
) -> list[Flaw]:
    """List the arrays that have not the right shape and kind.

    Parameters
    ----------
    profile : HeatProfile
    parameters : SizingParameters
    design : SizingDesign
        Any objects may stand in it.

    Returns
    -------
    list of Flaw
        At most one for each array.
    """
    n_units, n_stores, n_steps = (
        len(parameters.heat_units),
        len(parameters.stores),
        profile.n_steps,
    )
    expected: dict[str, tuple[tuple[int, ...], str, str]] = {
        "size_kW": ((n_units,), "iuf", "numbers"),
        "capacity_kWh": ((n_stores,), "iuf", "numbers"),
        "heat_kW": ((n_units, n_steps), "iuf", "numbers"),
        "is_on": ((n_units, n_steps), "b", "true or false"),
        "charge_kW": ((n_stores, n_steps), "iuf", "numbers"),
        "discharge_kW": ((n_stores, n_steps), "iuf", "numbers"),
        "level_kWh": ((n_stores, n_steps + 1), "iuf", "numbers"),
    }
    if parameters.chillers or np.size(design.chiller_kW) or np.size(design.chilled_kW):
        n_chillers = len(parameters.chillers)
        expected["chiller_kW"] = ((n_chillers,), "iuf", "numbers")
        expected["chilled_kW"] = ((n_chillers, n_steps), "iuf", "numbers")
    found = []
    for field, (shape, kinds, words) in expected.items():
        array: object = getattr(design, field)
        if not isinstance(array, np.ndarray):
            text = type(array).__name__
        elif array.shape != shape or array.dtype.kind not in kinds:
            text = f"{array.shape} of {array.dtype}"
        else:
            continue
        found.append(Flaw(field, "plant", None, text, f"array {shape} of {words}"))
    return found


def number_flaws(parameters: SizingParameters, design: SizingDesign) -> list[Flaw]:
    """List the numbers that are not finite, of a design whose arrays have the right shape.

    Parameters
    ----------
    parameters : SizingParameters
    design : SizingDesign

    Returns
    -------
    list of Flaw
    """
    return [
        Flaw(field, unit, step, f"{value:g}", "a finite number")
        for field, unit, step, value in design_numbers(parameters, design)
        if not np.isfinite(value)
    ]


def design_numbers(
    parameters: SizingParameters, design: SizingDesign
) -> Iterator[tuple[str, str, int | None, float]]:
    """Go through all numbers of a design: name of the array, unit, step (None for sizes), number.

    Parameters
    ----------
    parameters : SizingParameters
    design : SizingDesign
        Its arrays have the right shape.

    Yields
    ------
    tuple of (str, str, int or None, float)
    """
    heat_units = [unit.name for unit in parameters.heat_units]
    stores = [store.name for store in parameters.stores]
    chillers = [chiller.name for chiller in parameters.chillers]
    sizes = ("size_kW", heat_units), ("capacity_kWh", stores), ("chiller_kW", chillers)
    for field, names in sizes:
        for name, size in zip(names, getattr(design, field).tolist(), strict=True):
            yield field, name, None, size
    for field, names in (
        ("heat_kW", heat_units),
        ("charge_kW", stores),
        ("discharge_kW", stores),
        ("level_kWh", stores),
        ("chilled_kW", chillers),
    ):
        for name, values in zip(names, getattr(design, field).tolist(), strict=True):
            for step, value in enumerate(values):
                yield field, name, step, value
