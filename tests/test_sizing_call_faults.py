"""Arguments of the wrong type are named at the door, all in one error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from milpcore import sizing
from milpcore.faults import InputError


def lines(call: Any, *args: Any, **options: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        call(*args, **options)
    return [str(fault) for fault in caught.value.faults]


def test_size_plant_lists_every_argument_of_the_wrong_type() -> None:
    profile, parameters = sizing.load_case("base_48h")
    assert lines(
        sizing.size_plant,
        parameters,
        profile,
        model="big_m",
        mip_rel_gap="1e-3",
        time_limit_s=True,
        observer=3,
    ) == [
        "profile = type SizingParameters: must be of the type HeatProfile; pass one",
        "parameters = type HeatProfile: must be of the type SizingParameters, or None; pass one",
        "model = type str: must be of the type SizingModel, or None; pass one",
        "mip_rel_gap = 1e-3: must be a number; must be from 0 to below 1; such as 1e-3",
        "time_limit_s = True: must be a number; must be above 0; such as 60",
        "observer = type int: must be a function of the progress that returns whether to stop, "
        "or None; pass one, or leave it out",
    ]
    assert lines(sizing.size_plant, profile.table) == [
        "profile = type DataFrame: must be of the type HeatProfile; pass one"
    ]
    assert lines(sizing.size_plant, profile, sizing.SizingParameters) == [
        "parameters = the type SizingParameters: must be of the type SizingParameters, or None; "
        "pass one"
    ]


@pytest.mark.parametrize("gap", [float("nan"), 1, -0.1, np.float64(1.0), None])
def test_gaps_out_of_range(gap: Any) -> None:
    (line,) = lines(sizing.size_plant, sizing.load_case("base_48h").profile, mip_rel_gap=gap)
    assert "must be from 0 to below 1; such as 1e-3" in line


def test_size_ranges_lists_every_argument_of_the_wrong_type() -> None:
    assert lines(
        sizing.size_ranges, None, within_share="x", time_limit_s=None, model=3, observer="y"
    ) == [
        "result = type NoneType: must be of the type SizingResult; pass one",
        "within_share = x: must be a number; must be above 0 and below 1; such as 1e-3 for 0.1 %",
        "time_limit_s = None: must be a number; must be above 0; such as 60",
        "model = type int: must be of the type SizingModel, or None; pass one",
        "observer = type str: must be a function of the progress that returns whether to stop, "
        "or None; pass one, or leave it out",
    ]


def test_numbers_of_numpy_are_numbers() -> None:
    profile, parameters = sizing.load_case("base_48h")
    result = sizing.size_plant(
        profile.part(0, 4), parameters, mip_rel_gap=np.float64(0.01), time_limit_s=np.int64(60)
    )
    assert result.design is not None
