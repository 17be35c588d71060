"""Tiny sizing problems of many kinds, the same for the same number, and what a design must keep."""

from __future__ import annotations

import itertools
import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from milpcore.sizing import (
    Boiler,
    ElectricBoiler,
    HeatProfile,
    HeatPump,
    HeatUnit,
    InitialState,
    Plant,
    SizingParameters,
    Store,
    Unit,
    is_existing,
    size_limits,
    steps_of,
)
from milpcore.sizing.design import SizingDesign

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

KINDS = (
    "plain",
    "given_states",
    "minimum_times",
    "two_pumps",
    "electric_boiler",
    "two_stores",
    "no_store",
    "burning",
    "fixed_sizes",
)
"""Kinds in turn: what a case of each number is about."""
_UNITS: dict[str, tuple[int, int, int, int, int]] = {
    # heat pumps, boilers, electric boilers, stores, most steps
    "plain": (1, 1, 0, 1, 6),
    "given_states": (1, 1, 0, 1, 6),
    "minimum_times": (1, 1, 0, 1, 6),
    "two_pumps": (2, 1, 0, 1, 5),
    "electric_boiler": (1, 0, 1, 1, 6),
    "two_stores": (1, 1, 0, 2, 5),
    "no_store": (1, 1, 1, 0, 5),
    "burning": (1, 0, 1, 1, 5),
    "fixed_sizes": (1, 1, 0, 1, 6),
}


class TinyCase(NamedTuple):
    """A problem and what it is about."""

    number: int
    kind: str
    profile: HeatProfile
    parameters: SizingParameters

    @property
    def label(self) -> str:
        return f"{self.kind}-{self.number}"


def tiny_case(number: int) -> TinyCase:
    """Draw a case; 2 or 3 units, up to 2 stores, 3 to 6 steps."""
    rng = np.random.default_rng([2025, number])
    kind = KINDS[number % len(KINDS)]
    n_pumps, n_boilers, n_electric, n_stores, most_steps = _UNITS[kind]
    n_steps = most_steps - int(rng.choice([0, 0, 1, 2]))
    step_h = float(rng.choice([0.25, 0.5, 1.0]))
    profile = _profile(rng, kind, n_steps, step_h)
    parameters = SizingParameters(
        plant=Plant(
            gas_price_EUR_per_MWh=_from(rng, 30, 100),
            electricity_price_EUR_per_MWh=_from(rng, 60, 250),
            cooling_water_price_EUR_per_MWh=float(rng.choice([0.0, 3.0, 20.0])),
            operating_hours_h_per_a=float(rng.choice([100.0, 500.0, 2000.0, 8000.0])),
        ),
        heat_pumps=[
            HeatPump(
                name=f"pump {i}",
                investment_EUR_per_kW=_from(rng, 100, 900),
                cop=_from(rng, 1.5, 4),
                **_heat_unit(rng, kind, step_h),
            )
            for i in range(n_pumps)
        ],
        boilers=[
            Boiler(
                name=f"boiler {i}",
                investment_EUR_per_kW=_from(rng, 20, 200),
                **_heat_unit(rng, kind, step_h),
            )
            for i in range(n_boilers)
        ],
        electric_boilers=[
            ElectricBoiler(
                name=f"electric boiler {i}",
                investment_EUR_per_kW=_from(rng, 20, 200),
                **_heat_unit(rng, kind, step_h),
            )
            for i in range(n_electric)
        ],
        stores=[Store(name=f"store {i}", **_store(rng, kind)) for i in range(n_stores)],
    )
    return TinyCase(number, kind, profile, parameters)


def _from(rng: np.random.Generator, low: float, high: float) -> float:
    return round(float(rng.uniform(low, high)), 2)


def _profile(rng: np.random.Generator, kind: str, n_steps: int, step_h: float) -> HeatProfile:
    demand_kW = rng.integers(30, 200, n_steps).astype(float)
    if rng.random() < 0.3:
        demand_kW[rng.integers(1, n_steps)] = 0.0
    if kind == "minimum_times":
        demand_kW = rng.choice([20.0, 40.0, 160.0, 200.0], n_steps)
    if kind in ("no_store", "fixed_sizes"):  # else hardly one of them is feasible
        demand_kW = demand_kW[0] + rng.choice([0.0, 0.0, 20.0, 40.0], n_steps)
    most_waste_kW = 60 if kind == "two_pumps" else 150
    series = {}
    if rng.random() < 0.5:
        series["electricity_price_EUR_per_MWh"] = rng.integers(20, 300, n_steps).astype(float)
    if kind == "burning":
        prices = rng.choice([-900.0, -300.0, -50.0, 40.0, 120.0], n_steps)
        series["electricity_price_EUR_per_MWh"] = prices
    if rng.random() < 0.4:
        series["cop"] = rng.uniform(1.2, 4.0, n_steps).round(2)
    elif rng.random() < 0.3:
        series["cop_pump 0"] = rng.uniform(1.0, 4.0, n_steps).round(2)
    if rng.random() < 0.2:
        series["gas_emission_t_per_MWh"] = rng.uniform(0.1, 0.3, n_steps).round(3)
    if rng.random() < 0.2:
        series["cooling_water_price_EUR_per_MWh"] = rng.integers(0, 30, n_steps).astype(float)
    return HeatProfile(
        step_h=step_h,
        heat_demand_kW=demand_kW,
        waste_heat_kW=rng.integers(5, most_waste_kW, n_steps).astype(float),
        series=series,
    )


def _heat_unit(rng: np.random.Generator, kind: str, step_h: float) -> dict[str, Any]:
    """Draw limits of time and size and the state before the first step."""
    up, down = rng.choice(4, 2, p=[0.25, 0.2, 0.3, 0.25])
    share = float(rng.choice([0.0, 0.0, 0.4]))  # of a step by which all durations are shorter
    limit = rng.choice(3, p=[0.15, 0.6, 0.25])
    if kind == "minimum_times":
        up, down = rng.integers(1, 4, 2)
        limit = int(rng.choice([0, 0, 0, 2]))
    values: dict[str, Any] = {
        "minimum_load": float(rng.choice([0.0, 0.2, 0.4, 0.6], p=[0.15, 0.2, 0.3, 0.35])),
        "min_up_h": step_h * max(0.0, up - share),
        "min_down_h": step_h * max(0.0, down - share),
        "load_changes_per_window": None if limit == 0 else int(limit),
        "window_h": step_h * (int(rng.choice([1, 2, 3, 4], p=[0.1, 0.3, 0.3, 0.3])) - share),
    }
    standing = rng.random() < {"fixed_sizes": 0.8, "minimum_times": 0.5}.get(kind, 0.15)
    if standing:
        values["existing_kW"] = size_kW = float(rng.integers(50, 220))
    else:
        size_kW = 250.0
        if rng.random() < 0.4 or kind == "burning":
            values["largest_kW"] = size_kW
        if rng.random() < 0.4:
            values["smallest_kW"] = float(rng.integers(20, 100))
        values["is_optional"] = bool(rng.random() < 0.6)
    if rng.random() < {"given_states": 1.0, "minimum_times": 0.6}.get(kind, 0.3):
        values["initial"] = _initial(rng, values, size_kW, step_h)
    return values


def _initial(
    rng: np.random.Generator, values: dict[str, Any], size_kW: float, step_h: float
) -> InitialState:
    """Draw a state; its hours need not be whole steps."""
    is_on = bool(rng.random() < 0.6)
    load_kW = round(size_kW * float(rng.uniform(values["minimum_load"], 1.0)), 1) if is_on else 0.0
    passed = float(rng.choice([0.0, 1.0, 2.0, 3.0, 6.0, math.inf])) + float(rng.choice([0.0, 0.7]))
    since = None
    if rng.random() < 0.5:
        since = step_h * min(passed, float(rng.choice([0.0, 0.7, 1.0, 2.0])))
    return InitialState(
        is_on=is_on,
        load_kW=load_kW,
        hours_in_state_h=step_h * passed,
        hours_since_load_change_h=since,
    )


def _store(rng: np.random.Generator, kind: str) -> dict[str, Any]:
    values: dict[str, Any] = {
        "investment_EUR_per_kWh": _from(rng, 1, 5 if kind == "burning" else 40),
        "charge_efficiency": float(rng.choice([0.7, 0.9, 1.0])),
        "discharge_efficiency": float(rng.choice([0.8, 0.95, 1.0])),
        "loss_per_h": float(rng.choice([0.0, 0.005, 0.1])),
        "rate_per_h": float(rng.choice([0.3, 0.8, 2.0])),
        "start_end_share": [None, 0.0, 0.5, 0.5, 1.0][rng.integers(5)],
    }
    if rng.random() < {"fixed_sizes": 0.7, "minimum_times": 0.7}.get(kind, 0.15):
        values["existing_kWh"] = float(rng.integers(20, 150))
        return values
    if rng.random() < 0.4 or kind == "burning":
        values["largest_kWh"] = 300.0
    if rng.random() < 0.4:
        values["smallest_kWh"] = float(rng.integers(20, 100))
    values["is_optional"] = bool(rng.random() < 0.6)
    return values


def assert_valid(
    design: SizingDesign,
    profile: HeatProfile,
    parameters: SizingParameters,
    *,
    tolerance_kW: float = 1e-6,
) -> None:
    """Assert that a design keeps to every rule, read off its arrays."""
    n_steps, units, stores = profile.n_steps, parameters.heat_units, parameters.stores
    assert design.size_kW.shape == (len(units),)
    assert design.heat_kW.shape == design.is_on.shape == (len(units), n_steps)
    assert design.charge_kW.shape == design.discharge_kW.shape == (len(stores), n_steps)
    assert design.level_kWh.shape == (len(stores), n_steps + 1)
    supplied = design.heat_kW.sum(0) + design.discharge_kW.sum(0) - design.charge_kW.sum(0)
    np.testing.assert_allclose(supplied, profile.heat_demand_kW, rtol=0, atol=tolerance_kW)
    taken = sum(
        parameters.source_share(unit, profile) * heat
        for unit, heat in zip(units, design.heat_kW, strict=True)
    )
    removed = sum(design.chilled_kW, np.zeros(n_steps))
    assert np.all(taken + removed <= profile.waste_heat_kW + tolerance_kW)
    for c, chiller in enumerate(parameters.chillers):
        _assert_size(chiller, design.chiller_kW[c], tolerance_kW)
        assert np.all(design.chilled_kW[c] >= -tolerance_kW), chiller.name
        assert np.all(design.chilled_kW[c] <= design.chiller_kW[c] + tolerance_kW), chiller.name
    for u, unit in enumerate(units):
        _assert_size(unit, design.size_kW[u], tolerance_kW)
        _assert_loads(unit, design.size_kW[u], design.heat_kW[u], design.is_on[u], tolerance_kW)
        heat_kW, is_on, is_built = design.heat_kW[u], design.is_on[u], design.size_kW[u] > 0.0
        if is_built:
            _assert_changes(unit, heat_kW, is_on, profile.step_h, tolerance_kW)
            _assert_times(unit, is_on, profile.step_h)
    for k, store in enumerate(stores):
        _assert_size(store, design.capacity_kWh[k], tolerance_kW)
        _assert_store(store, design, k, profile.step_h, tolerance_kW)


def _assert_size(unit: Unit, size: float, tolerance: float) -> None:
    smallest, largest = size_limits(unit)
    absent = unit.is_optional and not is_existing(unit) and abs(size) <= tolerance
    assert absent or smallest - tolerance <= size <= largest + tolerance, unit.name


def _assert_loads(
    unit: HeatUnit, size_kW: float, heat_kW: Floats, is_on: Booleans, tolerance_kW: float
) -> None:
    assert size_kW > 0.0 or not is_on.any(), unit.name
    assert np.all(np.abs(heat_kW[~is_on]) <= tolerance_kW), unit.name
    assert np.all(heat_kW[is_on] <= size_kW + tolerance_kW), unit.name
    assert np.all(heat_kW[is_on] >= unit.minimum_load * size_kW - tolerance_kW), unit.name


def _assert_changes(
    unit: HeatUnit,
    heat_kW: Floats,
    is_on: Booleans,
    step_h: float,
    tolerance_kW: float,
) -> None:
    """Count the load changes of every window, from the first that reaches into the horizon."""
    if unit.load_changes_per_window is None:
        return
    loads, states = heat_kW.tolist(), is_on.tolist()
    changes = [
        step
        for step in range(1, len(loads))
        if states[step] != states[step - 1] or abs(loads[step] - loads[step - 1]) > tolerance_kW
    ]
    if unit.initial is not None:
        if states[0] != unit.initial.is_on or abs(loads[0] - unit.initial.load_kW) > tolerance_kW:
            changes.append(0)
        if unit.initial.last_change_h < math.inf:
            changes.append(-_whole_steps(unit.initial.last_change_h, step_h))
    window = steps_of(unit.window_h, step_h)
    for start in range(1 - window, len(loads)):
        number = sum(start <= change < start + window for change in changes)
        assert number <= unit.load_changes_per_window, (unit.name, changes)


def _whole_steps(hours_h: float, step_h: float) -> int:
    return math.floor(hours_h / step_h + 1e-9)


def _assert_times(unit: HeatUnit, is_on: Booleans, step_h: float) -> None:
    """Compare every run of equal states but the last one, which the horizon may cut."""
    runs = [(state, float(len(list(steps)))) for state, steps in itertools.groupby(is_on.tolist())]
    past = math.inf
    if unit.initial is not None:
        if unit.initial.hours_in_state_h < math.inf:
            past = _whole_steps(unit.initial.hours_in_state_h, step_h)
        if unit.initial.is_on != runs[0][0]:
            runs.insert(0, (unit.initial.is_on, 0.0))
    runs[0] = runs[0][0], runs[0][1] + past
    for state, steps in runs[:-1]:
        assert steps >= steps_of(unit.min_up_h if state else unit.min_down_h, step_h), unit.name


def _assert_store(
    store: Store, design: SizingDesign, k: int, step_h: float, tolerance: float
) -> None:
    capacity_kWh, level_kWh = design.capacity_kWh[k], design.level_kWh[k]
    charge_kW, discharge_kW = design.charge_kW[k], design.discharge_kW[k]
    assert np.all(level_kWh >= -tolerance), store.name
    assert np.all(level_kWh <= capacity_kWh + tolerance), store.name
    assert min(charge_kW.min(), discharge_kW.min()) >= -tolerance, store.name
    assert np.all(charge_kW + discharge_kW <= store.rate_per_h * capacity_kWh + tolerance)
    assert np.all(np.minimum(charge_kW, discharge_kW) <= tolerance), store.name
    for step in range(charge_kW.size):
        kept = level_kWh[step] * (1.0 - store.loss_per_h * step_h)
        into = store.charge_efficiency * step_h * charge_kW[step]
        out = step_h * discharge_kW[step] / store.discharge_efficiency
        assert abs(kept + into - out - level_kWh[step + 1]) <= tolerance, (store.name, step)
    assert abs(level_kWh[0] - level_kWh[-1]) <= tolerance, store.name
    if store.start_end_share is not None:
        assert abs(level_kWh[0] - store.start_end_share * capacity_kWh) <= tolerance, store.name


def tac_of(design: SizingDesign, profile: HeatProfile, parameters: SizingParameters) -> float:
    """TAC of a design from its sizes and what it consumes."""
    tac = sum(
        parameters.size_cost_EUR_per_a(unit) * size
        for unit, size in zip(
            parameters.units,
            [*design.size_kW, *design.capacity_kWh, *design.chiller_kW],
            strict=True,
        )
    )
    cooled_kW = profile.waste_heat_kW.copy()
    paid_EUR_per_h = np.zeros(profile.n_steps)
    for unit, heat_kW in zip(parameters.heat_units, design.heat_kW, strict=True):
        paid_EUR_per_h += parameters.heat_cost_EUR_per_kWh(unit, profile) * heat_kW
        cooled_kW -= parameters.source_share(unit, profile) * heat_kW
    for chiller, removed_kW in zip(parameters.chillers, design.chilled_kW, strict=True):
        paid_EUR_per_h += parameters.chilling_cost_EUR_per_kWh(chiller, profile) * removed_kW
        cooled_kW -= removed_kW
    paid_EUR_per_h += parameters.cooling_cost_EUR_per_kWh(profile) * cooled_kW
    hours_per_a = parameters.plant.operating_hours_h_per_a / profile.n_steps
    return float(tac + hours_per_a * paid_EUR_per_h.sum())
