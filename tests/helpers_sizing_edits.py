"""Ways of tampering with the hand-made design of model B, and of reading what its check finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from helpers_sizing_designs import (
    Case,
    changed,
    parameters,
)

from milpcore.sizing import SizingParameters
from milpcore.sizing.check import Rule, Violation
from milpcore.sizing.design import SizingDesign
from milpcore.sizing.simulate import simulate

Place = tuple[Rule, str, int | None]
Edit = Callable[[SizingDesign], SizingDesign]


def places(violations: tuple[Violation, ...]) -> set[Place]:
    """Rule, unit and step of each violation, none of them twice."""
    found = [(violation.rule, violation.unit, violation.step) for violation in violations]
    assert len(found) == len(set(found))
    return set(found)


def put(field: str, place: Any, value: Any) -> Edit:
    return lambda design: changed(design, field, place, value)


def plus(amount: float) -> Callable[[float], float]:
    return lambda old: old + amount


def times(factor: float) -> Callable[[float], float]:
    return lambda old: old * factor


def both(*edits: Edit) -> Edit:
    def edit(design: SizingDesign) -> SizingDesign:
        for one in edits:
            design = one(design)
        return design

    return edit


def load(unit: int, step: Any, heat_kW: Any) -> Edit:
    """Set loads, and off where they are 0."""
    on = np.asarray(heat_kW) != 0.0
    return both(put("heat_kW", (unit, step), heat_kW), put("is_on", (unit, step), on))


def units(**changes: dict[str, Any]) -> SizingParameters:
    changed_parameters = parameters()
    for name, values in changes.items():
        changed_parameters = changed_parameters.replace_unit(name, **values)
    return changed_parameters


def reported(case: Case) -> dict[str, float]:
    simulation = simulate(*case)
    names = ("tac_EUR_per_a", "opex_EUR_per_a", "capex_EUR_per_a", "co2_t_per_a")
    return {name: getattr(simulation, name) for name in names}
