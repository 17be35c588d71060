"""What a design refuses at once, with its rule and remedy, and where no loop is possible."""

from __future__ import annotations

import pytest
from helpers_loop_cases import case_of, two_streams

from milpcore import loops
from milpcore.core import Status
from milpcore.faults import InputError
from milpcore.loops import Limits, LoopCase, Match, Utility
from milpcore.loops.design import design
from milpcore.loops.inputs import prepare
from milpcore.loops.lower_bound import lower_bound
from milpcore.loops.transport import transport_model

HOT = [("east", "H1", 160.0, 80.0, 16000.0, 1.5), ("west", "H2", 150.0, 90.0, 9000.0, 1.5)]
COLD = [("east", "C1", 50.0, 110.0, 12000.0, 1.2), ("west", "C2", 40.0, 90.0, 6000.0, 1.2)]
FAR = [("east", "H1", 60.0, 40.0, 16000.0, 1.5), ("west", "C1", 50.0, 110.0, 12000.0, 1.2)]
MIXED = [HOT[0], ("east", "H2", 150.0, 90.0, 9000.0, 1.5), ("west", *COLD[0][1:])]


def refused(case: LoopCase, *, n_loops: int = 1, utilities: bool = False) -> list[str]:
    """Messages with which a case is refused."""
    with pytest.raises(InputError) as error:
        prepare(case, n_loops=n_loops, costs_utility_exchangers=utilities)
    assert error.value.title == "loops"
    return [str(fault) for fault in error.value.faults]


@pytest.mark.parametrize(
    "case",
    [case_of(HOT), case_of(COLD), case_of(FAR), two_streams(limits=Limits(max_units=1))],
    ids=["hot", "cold", "too near", "one unit"],
)
def test_utilities_alone_where_no_loop_is_possible(case: LoopCase) -> None:
    result = design(case, n_loops=2)
    assert result.status is Status.OPTIMAL
    assert result.network.loops == ()
    assert result.bound_per_a == result.tac_per_a == result.evaluation.tac_per_a > 0.0
    streams = case.streams
    cost = (
        20.0 * streams.duty_kW[~streams.is_hot].sum() + 8.0 * streams.duty_kW[streams.is_hot].sum()
    )
    assert result.tac_per_a == pytest.approx(cost)


def test_models_of_loops_need_both_kinds_of_streams() -> None:
    with pytest.raises(InputError, match=r"streams = all hot: a loop is between hot streams and"):
        transport_model(prepare(case_of(HOT)))
    with pytest.raises(InputError, match=r"streams = all cold: a loop is .*; give some of both"):
        transport_model(prepare(case_of(COLD)))


def test_a_stream_without_a_partner_joins_no_loop() -> None:
    tepid = ("east", "H3", 65.0, 45.0, 900.0, 1.0)
    inputs = prepare(case_of([*MIXED, tepid], limits=Limits(forbidden_matches=["east/H2"])))
    assert inputs.joins.tolist() == [[True, False, True, False]]  # 65 is not 20 K above 50
    two = prepare(case_of(MIXED, limits=Limits(forbidden_matches=[Match("west/C1", 2)])), n_loops=2)
    assert two.joins.tolist() == [[True, True, True], [False, False, False]]


@pytest.mark.parametrize(
    ("rows", "limits", "message"),
    [
        (
            MIXED,
            Limits(forced_matches=["east/H1", "east/H2"], max_units=2),
            "[limits]: max_units = 2: forced matches need at least 3 exchangers, with their "
            "partners; raise it, or force fewer",
        ),
        (
            MIXED,
            Limits(forced_matches=["west/C1"], max_units=1),
            "[limits]: max_units = 1: forced matches need at least 2 exchangers, with their "
            "partners; raise it, or force fewer",
        ),
        (
            FAR,
            Limits(forced_matches=["east/H1"]),
            "[limits]: forced_matches = east/H1: no cold stream on such a loop has a supply more "
            "than 2 dt_min_K (20 K) below its own 60 °C; leave the match out, or lower dt_min_K",
        ),
        (
            MIXED,
            Limits(forced_matches=["east/H1"], forbidden_matches=[Match("east/H1", 1)]),
            "[limits]: forced_matches = east/H1: is forbidden with every such loop, or its plant "
            "is on none (visit_order); take it out of one of the lists, or put its plant into "
            "visit_order",
        ),
        (
            MIXED,
            Limits(forced_matches=["east/H2"], min_unit_duty_kW=10000.0),
            "[limits]: forced_matches = east/H2: has 9000 kW, below min_unit_duty_kW = 10000; "
            "lower that, or leave the match out",
        ),
        (
            MIXED,
            Limits(min_unit_duty_kW=13000.0),
            "[limits]: min_unit_duty_kW = 13000 kW: is more than any cold stream has (at most "
            "12000 kW); lower it, or give larger streams",
        ),
        (
            MIXED,
            Limits(min_unit_duty_kW=5000.0, max_flow_kW_per_K=10.0),
            "[limits]: min_unit_duty_kW = 5000 kW: no exchanger on a loop within "
            "max_flow_kW_per_K has more than 900 kW; lower it, or allow more flow",
        ),
        (
            MIXED,
            Limits(forced_matches=["east/H1", "east/H2"], min_unit_duty_kW=7000.0),
            "[limits]: min_unit_duty_kW = 7000 kW: 2 forced hot streams have at least 14000 kW "
            "together, the cold ones only 12000 kW; lower it, or force fewer",
        ),
        (
            MIXED,
            Limits(forced_matches=[Match("east/H1", 2)]),
            "[limits]: forced_matches = east/H1 with loop 2: at most there is 1 loop; allow more "
            "loops",
        ),
    ],
)
def test_limits_that_no_network_keeps(rows: list[tuple], limits: Limits, message: str) -> None:
    assert refused(case_of(rows, distance_m=60.0, limits=limits)) == [message]


def test_a_forced_match_is_in_the_network_though_it_does_not_pay() -> None:
    limits = Limits(forced_matches=["east/H1"])
    result = design(two_streams(distance_m=9000.0, limits=limits), time_limit_s=15)
    assert result.has_network
    assert result.evaluation.is_feasible
    assert len(result.network.loops) == 1
    free = design(two_streams(distance_m=9000.0), time_limit_s=15)
    assert free.network.loops == ()
    assert free.tac_per_a < result.tac_per_a


def _with_utilities(hot_C: tuple[float, float], cold_C: tuple[float, float]) -> LoopCase:
    case = two_streams(distance_m=60.0)
    ends = {"htc_kW_per_m2_K": 1.0}
    hot = Utility(price_per_kW_a=20.0, supply_C=hot_C[0], target_C=hot_C[1], **ends)
    cold = Utility(price_per_kW_a=8.0, supply_C=cold_C[0], target_C=cold_C[1], **ends)
    parameters = case.parameters.replace(hot_utility=hot, cold_utility=cold)
    return LoopCase(streams=case.streams, parameters=parameters)


@pytest.mark.parametrize("utilities", [False, True])
def test_utilities_that_do_not_reach_a_target(utilities: bool) -> None:
    tepid = _with_utilities((105.0, 100.0), (70.0, 85.0))
    assert refused(tepid, utilities=utilities) == [
        "stream east/H1: t_target = 80 °C: must be above the cold utility at both of its ends "
        "(70 -> 85 °C), which brings the stream to it; choose a colder utility in "
        "[cold_utility], or another target",
        "stream west/C1: t_target = 110 °C: must be below the hot utility at both of its ends "
        "(105 -> 100 °C), which brings the stream to it; choose a hotter utility in "
        "[hot_utility], or another target",
    ]
    assert prepare(
        _with_utilities((111.0, 110.5), (70.0, 79.5)), costs_utility_exchangers=utilities
    )


def test_utilities_without_data_cannot_be_costed() -> None:
    assert refused(two_streams(), utilities=True) == [
        f"[{name}_utility]: supply_C: is needed to cost heaters and coolers; give supply_C, "
        "target_C and htc_kW_per_m2_K"
        for name in ("hot", "cold")
    ]


def test_the_bound_without_a_loop_is_the_cost_of_utilities() -> None:
    inputs = prepare(case_of(HOT), n_loops=3)
    assert lower_bound(inputs).bound_per_a == inputs.cost_without_loops_per_a()
    assert not inputs.can_have_loop
    assert prepare(loops.load_case("loop_two_plants")).joins.all()
