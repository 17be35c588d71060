"""Every formulation of model B on tiny cases against enumeration, at gap 0."""

from __future__ import annotations

from functools import cache

import pytest
from helpers_sizing_enumeration import Least, least_tac
from helpers_sizing_tiny import KINDS, assert_valid, tac_of, tiny_case

from milpcore.core import Status
from milpcore.sizing import (
    COMMITMENTS,
    MODELS,
    EveryStep,
    SizingModel,
    SizingResult,
    WhereNeeded,
    prepare,
    size_plant,
)

EVERY = tuple(
    SizingModel(
        commitment=commitment, exclusivity=exclusivity, size_cuts=cuts, window_limits=limits
    )
    for commitment in COMMITMENTS
    for exclusivity in (WhereNeeded(), EveryStep())
    for cuts in (True, False)
    for limits in (True, False)
)
"""All combinations of the parts."""
FEW, MANY = 36, 9
"""Cases by default, and of each combination in the slow test."""


@cache
def reference(number: int) -> Least:
    case = tiny_case(number)
    return least_tac(case.profile, case.parameters)


def slack_EUR_per_a(number: int) -> float:
    """1e-7 of TAC; where negative prices bring it near 0, of a tenth of the price of all heat."""
    case, least = tiny_case(number), reference(number)
    dearest = max(
        abs(case.parameters.heat_cost_EUR_per_kWh(unit, case.profile)).max()
        for unit in case.parameters.heat_units
    )
    hours_per_a = case.parameters.plant.operating_hours_h_per_a
    yearly = float(dearest * case.profile.heat_demand_kW.mean() * hours_per_a)
    return 1e-7 * max(abs(least.tac_EUR_per_a), 0.1 * yearly)


def assert_agrees(number: int, result: SizingResult) -> None:
    case, least = tiny_case(number), reference(number)
    if least.design is None:
        assert result.status is Status.INFEASIBLE, case.label
        assert result.design is None, case.label
        return
    slack = slack_EUR_per_a(number)
    assert result.status is Status.OPTIMAL, case.label
    assert result.design is not None, case.label
    assert result.tac_EUR_per_a == pytest.approx(least.tac_EUR_per_a, rel=0, abs=slack), case.label
    assert result.bound_EUR_per_a <= least.tac_EUR_per_a + slack, case.label
    tolerance_kW = 1e-6 * float(case.profile.heat_demand_kW.mean())
    assert_valid(result.design, case.profile, case.parameters, tolerance_kW=tolerance_kW)
    tac = tac_of(result.design, case.profile, case.parameters)
    assert result.tac_EUR_per_a == pytest.approx(tac, rel=0, abs=slack), case.label


def is_refused(number: int, model: SizingModel) -> bool:
    case = tiny_case(number)
    return model.commitment.refusal(prepare(case.profile, case.parameters)) is not None


def compare(number: int, model: SizingModel) -> bool:
    """Compare one case; False where the formulation is not made for it."""
    if is_refused(number, model):
        return False
    case = tiny_case(number)
    assert_agrees(number, size_plant(case.profile, case.parameters, model=model, mip_rel_gap=0.0))
    return True


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_formulations_reach_the_enumerated_tac(model: SizingModel) -> None:
    first = len(KINDS) * MODELS.index(model) % FEW  # a case of each kind
    compared = [compare(number, model) for number in range(first, first + len(KINDS))]
    assert sum(compared) >= 5


def test_the_default_formulation_reaches_the_enumerated_tac() -> None:
    for number in range(FEW):
        case = tiny_case(number)
        assert_agrees(number, size_plant(case.profile, case.parameters, mip_rel_gap=0.0))


@pytest.mark.slow
@pytest.mark.parametrize("model", EVERY, ids=lambda model: model.name)
def test_combinations_reach_the_enumerated_tac_of_many_cases(model: SizingModel) -> None:
    first = FEW + EVERY.index(model) // len(COMMITMENTS) * MANY  # others for other combinations
    compared = [compare(number, model) for number in range(first, first + MANY)]
    assert sum(compared) >= MANY // 3


def test_a_gap_is_kept() -> None:
    gap = 0.02
    for number in range(0, FEW, 2):
        case, least = tiny_case(number), reference(number)
        result = size_plant(case.profile, case.parameters, mip_rel_gap=gap)
        if least.design is None:
            assert result.status is Status.INFEASIBLE, case.label
            continue
        slack = slack_EUR_per_a(number)
        assert result.bound_EUR_per_a <= least.tac_EUR_per_a + slack, case.label
        assert result.tac_EUR_per_a >= least.tac_EUR_per_a - slack, case.label
        most = gap * abs(result.tac_EUR_per_a)
        assert result.tac_EUR_per_a - result.bound_EUR_per_a <= most + slack, case.label


def test_a_formulation_that_is_not_made_for_a_case_says_so() -> None:
    model = next(model for model in EVERY if any(is_refused(n, model) for n in range(FEW)))
    numbers = [n for n in range(FEW) if is_refused(n, model) and reference(n).design is not None]
    assert numbers
    for number in numbers:
        case = tiny_case(number)
        with pytest.raises(ValueError, match=f"^{model.commitment.name}: "):
            size_plant(case.profile, case.parameters, model=model)
