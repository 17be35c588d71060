"""The evaluator: the printed network, costs both ways, and every rule broken once."""

from __future__ import annotations

import dataclasses
import math
import pickle
from collections.abc import Callable

import pytest
from helpers_loops import PRINTED, Made, made, with_exchanger, with_loop

import milpcore
from milpcore.faults import InputError
from milpcore.loops import (
    Distance,
    Evaluation,
    Exchanger,
    Header,
    Limits,
    Link,
    Loop,
    LoopCase,
    LoopNetwork,
    LoopParameters,
    Match,
    NetworkError,
    Pipe,
    Rule,
    Utility,
    evaluate,
    load_case,
    read_network,
)
from milpcore.loops.printed import printed_totals

# Loads (kW), stream and loop temperatures (°C) and areas (m²) of plant 1 in the printed figure.
PLANT_1 = {
    "H1": (9232.2, 148.1, 118.5, 108.5, 138.1, 1485.0),
    "H2": (8158.8, 145.4, 118.5, 108.5, 117.4, 788.0),
    "H3": (10256.5, 141.9, 108.0, 93.9, 108.5, 720.0),
    "H4": (20073.2, 140.8, 75.5, 65.4, 93.9, 1432.0),
    "H5": (8744.0, 135.3, 109.2, 92.0, 108.5, 666.0),
    "H6": (14027.9, 133.9, 91.4, 65.4, 92.0, 665.0),
}
PLANT_2 = {
    ("C1", 2): (8275.8, 88.7, 113.3, 138.1, 105.7),
    ("C2", 1): (12673.4, 69.3, 108.5, 118.6, 105.6),
    ("C1", 1): (3505.7, 78.2, 88.7, 105.6, 88.2),
    ("C3", 1): (10726.6, 60.5, 95.6, 105.6, 90.3),
    ("C4", 1): (9902.2, 59.5, 90.3, 105.6, 75.4),
}
HALF_A_DIGIT_K = 0.06


@pytest.fixture(scope="module")
def printed() -> Evaluation:
    """The network of the paper's figure, whose numbers have one decimal."""
    return evaluate(load_case("loop_two_plants"), read_network(PRINTED), tolerance=1e-3)


def test_the_printed_network_is_feasible_within_its_digits(printed: Evaluation) -> None:
    assert printed.violations == ()
    assert printed.checked() is printed


@pytest.mark.parametrize("name", PLANT_1)
def test_plant_1_of_the_printed_figure(printed: Evaluation, name: str) -> None:
    (row,) = [row for row in printed.exchanger_rows if row.stream == f"plant 1/{name}"]
    load_kW, *levels_C, area_m2 = PLANT_1[name]
    assert row.load_kW == load_kW
    found_C = [row.stream_in_C, row.stream_out_C, row.loop_in_C, row.loop_out_C]
    assert found_C == pytest.approx(levels_C, abs=HALF_A_DIGIT_K)
    assert row.area_m2 == pytest.approx(area_m2, rel=5e-3)


@pytest.mark.parametrize(("name", "position"), PLANT_2)
def test_the_certain_part_of_plant_2(printed: Evaluation, name: str, position: int) -> None:
    rows = [row for row in printed.exchanger_rows if row.stream == f"plant 2/{name}"]
    (row,) = [row for row in rows if row.position == position]
    load_kW, *levels_C = PLANT_2[name, position]
    assert row.load_kW == pytest.approx(load_kW, abs=0.06)
    found_C = [row.stream_in_C, row.stream_out_C, row.loop_in_C, row.loop_out_C]
    assert found_C == pytest.approx(levels_C, abs=HALF_A_DIGIT_K)


def test_printed_utilities_pipes_and_pumps_come_out(printed: Evaluation) -> None:
    paper = printed_totals(printed.case)[1]
    costs = printed.costs
    assert printed.hot_utility_kW == pytest.approx(8000.1, abs=0.2)
    assert printed.cold_utility_kW == pytest.approx(72393.0, abs=0.5)
    utilities = paper.tac_per_a - paper.exchangers - paper.pipes - paper.pumps
    assert costs.hot_utility + costs.cold_utility == pytest.approx(utilities, rel=2e-5)
    assert costs.hot_utility == pytest.approx(20.0 * 8000.0, rel=2e-5)
    assert costs.cold_utility == pytest.approx(8.0 * 72392.0, rel=2e-5)
    assert costs.pipes == pytest.approx(paper.pipes, rel=2e-5)
    assert costs.pumps == pytest.approx(paper.pumps, rel=4e-4)
    heaters = {r.stream: r.load_kW for r in printed.utility_rows if r.kind == "heater"}
    assert heaters == pytest.approx({"plant 2/C1": 7504.1, "plant 2/C5": 496.0}, abs=0.2)
    (loop,) = printed.loop_rows
    assert loop.given_kW == pytest.approx(70492.6, abs=0.1)
    assert loop.taken_kW == pytest.approx(70492.6, abs=0.1)
    assert (loop.supply_C, loop.return_C) == pytest.approx((122.6, 65.4), abs=HALF_A_DIGIT_K)


def test_totals_both_ways(printed: Evaluation) -> None:
    costs = printed.costs
    assert printed.tac_per_a == pytest.approx(sum(costs) - costs.heaters_coolers)
    assert printed.tac_with_utility_exchangers_per_a == pytest.approx(sum(costs))
    assert costs.heaters_coolers == pytest.approx(
        sum(0.264 * (11000.0 + 150.0 * row.area_m2) for row in printed.utility_rows)
    )
    cooler = next(row for row in printed.utility_rows if row.stream == "plant 1/H7")
    mean_K = (101.9 - 21.2) / math.log(101.9 / 21.2)
    assert cooler.area_m2 == pytest.approx(30048.91 * (1.0 + 1.0 / 1.713) / mean_K, rel=1e-6)
    table = printed.cost_table.set_index("part")["cost_per_a"]
    assert table["tac"] == printed.tac_per_a
    assert list(table.index)[:5] == ["hot_utility", "cold_utility", "exchangers", "pipes", "pumps"]


def test_without_utility_temperatures_heaters_and_coolers_are_not_costed() -> None:
    case = load_case("loop_two_plants")
    bare = case.parameters.replace(
        hot_utility=Utility(price_per_kW_a=20), cold_utility=Utility(price_per_kW_a=8)
    )
    found = evaluate(
        LoopCase(streams=case.streams, parameters=bare), read_network(PRINTED), tolerance=1e-3
    )
    assert found.is_feasible
    assert math.isnan(found.costs.heaters_coolers)
    assert math.isnan(found.tac_with_utility_exchangers_per_a)
    assert found.tac_per_a == pytest.approx(1_827_865.0, rel=1e-6)


def test_tables_have_a_row_for_every_part(printed: Evaluation) -> None:
    assert len(printed.exchangers) == printed.n_units == 15
    assert {"from_header", "to_header", "area_m2", "cost_per_a"} <= set(printed.exchangers)
    assert len(printed.utilities) == 8
    assert len(printed.streams) == 14
    assert len(printed.headers) == 13
    assert len(printed.pipes) == 4
    assert printed.loops["plants"].tolist() == ["plant 1 -> plant 2"]
    assert pickle.loads(pickle.dumps(printed)).tac_per_a == printed.tac_per_a


def test_a_network_without_loops_is_utilities_alone() -> None:
    found = evaluate(load_case("loop_four_plants"), LoopNetwork()).checked()
    streams = found.case.streams
    assert found.hot_utility_kW == pytest.approx(streams.duty_kW[~streams.is_hot].sum())
    assert found.cold_utility_kW == pytest.approx(streams.duty_kW[streams.is_hot].sum())
    assert found.costs[2:5] == (0.0, 0.0, 0.0)


def test_the_printed_network_is_refused_at_the_usual_tolerance() -> None:
    found = evaluate(load_case("loop_two_plants"), read_network(PRINTED))
    assert {violation.rule for violation in found.violations} == {
        Rule.DIFFERENCE,
        Rule.MASS,
        Rule.FLOW,
        Rule.CLOSING,
        Rule.TEMPERATURE,
    }
    with pytest.raises(NetworkError, match="network refused: 18 violations\n  - loop 1, exch") as e:
        found.checked()
    assert pickle.loads(pickle.dumps(e.value)).violations == found.violations


# One hot stream in A, one cold stream in B: 1000 kW, water 60 -> 110 °C, flow 20 kW/K.
ROWS = [
    {"zone": "A", "name": "H", "t_supply": 150, "t_target": 70, "heat_flow": 1600, "htc": 1},
    {"zone": "B", "name": "C", "t_supply": 40, "t_target": 90, "heat_flow": 1000, "htc": 1},
    {"zone": "D", "name": "C", "t_supply": 40, "t_target": 90, "heat_flow": 1000, "htc": 1},
]


def small(**changes: object) -> Made:
    parameters = LoopParameters(
        distances=[
            Distance(("A", "B"), 100),
            Distance(("A", "D"), 200),
            Distance(("B", "D"), 300),
        ],
    )
    rows = [{**row, "dt_cont": 5} for row in ROWS]
    case = LoopCase(streams=milpcore.read_streams(rows), parameters=parameters.replace(**changes))
    loop = Loop(
        flow_kW_per_K=20,
        supply_C=110,
        return_C=60,
        start="a",
        headers=[Header("a", "A", 60), Header("b", "A"), Header("c", "B"), Header("d", "B")],
        exchangers=[Exchanger("A/H", "a", "b", 20, 1000), Exchanger("B/C", "c", "d", 20, 1000)],
        pipes=[Pipe("b", "c", 20), Pipe("d", "a", 20)],
    )
    return Made(case, LoopNetwork(loops=[loop]))


def violations(case: LoopCase, network: LoopNetwork) -> dict[Rule, list[str]]:
    found: dict[Rule, list[str]] = {}
    for violation in evaluate(case, network).violations:
        found.setdefault(violation.rule, []).append(str(violation))
    return found


def test_a_small_network_by_hand() -> None:
    case, network = small()
    found = evaluate(case, network).checked()
    hot, cold = found.exchanger_rows
    assert (hot.stream_in_C, hot.stream_out_C, hot.loop_in_C, hot.loop_out_C) == (150, 100, 60, 110)
    assert (hot.supply_end_K, hot.target_end_K, hot.mean_difference_K) == (40, 40, 40)
    assert hot.area_m2 == pytest.approx(1000.0 * 2.0 / 40.0)
    assert hot.cost_per_a == pytest.approx(0.264 * (11000.0 + 150.0 * 50.0))
    assert (cold.loop_in_C, cold.loop_out_C, cold.stream_out_C) == (110, 60, 90)
    assert [row.length_m for row in found.pipe_rows] == [100, 100]
    assert [(row.stream, row.kind, row.load_kW) for row in found.utility_rows] == [
        ("A/H", "cooler", 600.0),
        ("D/C", "heater", 1000.0),
    ]
    assert found.loop_rows[0].plants == ("A", "B")


def tampered(
    change: Callable[[LoopNetwork], LoopNetwork],
) -> dict[Rule, list[str]]:
    case, network = small()
    assert violations(case, network) == {}
    return violations(case, change(network))


def test_a_load_changed() -> None:
    found = tampered(lambda network: with_exchanger(network, 0, load_kW=1001))
    assert found[Rule.LOOP_HEAT] == [
        "loop 1: loop heat balance: found 1 kW, expected 0 kW (within 0.002001 kW)"
    ]
    assert found[Rule.CLOSING] == [
        "loop 1, start: loop closing: found 60.05 °C, expected 60 °C (within 0.0001 °C)"
    ]
    assert len(found[Rule.TEMPERATURE]) == 2


def test_a_flow_changed() -> None:
    found = tampered(lambda network: with_exchanger(network, 0, flow_kW_per_K=21))
    assert found[Rule.MASS] == [
        "loop 1, header a: header mass balance: found 20 kW/K, expected 21 kW/K "
        "(within 2e-05 kW/K)",
        "loop 1, header b: header mass balance: found 21 kW/K, expected 20 kW/K "
        "(within 2e-05 kW/K)",
    ]


def test_the_flow_of_a_loop_changed() -> None:
    found = tampered(lambda network: with_loop(network, flow_kW_per_K=19))
    assert found == {
        Rule.FLOW: [
            "loop 1, start: stated flow: found 20 kW/K, expected 19 kW/K (within 1.9e-05 kW/K)"
        ]
    }


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (
            "supply_C",
            "loop 1, supply_C (leg A -> B): stated temperature: found 111 °C, expected 110 °C "
            "(within 0.0001 °C)",
        ),
        (
            "return_C",
            "loop 1, supply_C (leg A -> B): stated temperature: found 110 °C, expected 111 °C "
            "(within 0.0001 °C)",
        ),
    ],
)
def test_a_temperature_changed(field: str, message: str) -> None:
    value = 111 if field == "supply_C" else 61
    found = tampered(lambda network: with_loop(network, **{field: value}))
    assert message in found[Rule.TEMPERATURE]


def test_a_header_with_another_temperature() -> None:
    def change(network: LoopNetwork) -> LoopNetwork:
        first, *others = network.loops[0].headers
        return with_loop(network, headers=[first._replace(temperature_C=60.1), *others])

    assert tampered(change) == {
        Rule.TEMPERATURE: [
            "loop 1, header a: stated temperature: found 60.1 °C, expected 60 °C (within 0.0001 °C)"
        ]
    }


def test_a_unit_dropped() -> None:
    found = tampered(lambda network: with_loop(network, exchangers=network.loops[0].exchangers[:1]))
    assert Rule.MASS in found
    assert Rule.LOOP_HEAT in found
    assert found[Rule.ORDER] == [
        "loop 1, header d: flow from the start: found none, expected a way from a that does not "
        "come back to it"
    ]


def test_a_load_above_the_duty() -> None:
    case, network = small()
    both = with_exchanger(with_exchanger(network, 0, load_kW=1100), 1, load_kW=1100)
    both = with_loop(both, supply_C=115)
    found = violations(case, both)
    assert found[Rule.STREAM_HEAT] == [
        "stream B/C: load above stream duty: found 1100 kW, expected at most 1000 kW "
        "(within 0.0022 kW)"
    ]


def test_a_difference_below_the_least() -> None:
    found = violations(*small(dt_min_K=20.5))
    place = "loop 1, exchanger B/C (1), where the stream"
    limit = "least temperature difference: found 20 K, expected at least 20.5 K (within 0.0001 K)"
    assert found == {
        Rule.DIFFERENCE: [f"{place} enters: {limit}", f"{place} leaves: {limit}"],
    }


def test_temperatures_that_cross() -> None:
    case, network = small()
    cold = with_loop(network, return_C=35, supply_C=85)
    cold = with_loop(cold, headers=[h._replace(temperature_C=None) for h in cold.loops[0].headers])
    found = evaluate(case, cold)
    assert {v.rule for v in found.violations} == {Rule.CROSS}
    assert str(found.violations[0]) == (
        "loop 1, exchanger B/C (1), where the stream enters: temperature cross: found -5 K, "
        "expected above 0, at least 10 K"
    )
    assert math.isnan(found.tac_per_a)
    assert math.isnan(found.exchanger_rows[1].area_m2)


def test_a_heater_whose_temperatures_cross() -> None:
    tepid = Utility(price_per_kW_a=20, supply_C=80, target_C=80, htc_kW_per_m2_K=1)
    water = Utility(price_per_kW_a=8, supply_C=20, target_C=30, htc_kW_per_m2_K=1)
    assert violations(*small(hot_utility=tepid, cold_utility=water)) == {
        Rule.CROSS: [
            "heater of D/C, where the stream leaves: temperature cross: found -10 K, "
            "expected above 0 K"
        ]
    }


def test_a_loop_that_feeds_itself() -> None:
    def change(network: LoopNetwork) -> LoopNetwork:
        loop = network.loops[0]
        return with_loop(
            network,
            exchangers=[loop.exchangers[0]._replace(flow_kW_per_K=25), loop.exchangers[1]],
            headers=[*loop.headers, Header("m", "A")],
            links=[Link("b", "m", 5), Link("m", "a", 5)],
        )

    found = tampered(change)
    assert Rule.ORDER not in found  # it comes back to the start, where it is mixed in again
    assert Rule.FLOW in found

    def beside_the_start(network: LoopNetwork) -> LoopNetwork:
        loop = network.loops[0]
        cold = loop.exchangers[1]._replace(source="m", flow_kW_per_K=25)
        headers = [*loop.headers, Header("m", "B")]
        links = [Link("c", "m", 20), Link("d", "m", 5)]
        return with_loop(
            network, exchangers=[loop.exchangers[0], cold], headers=headers, links=links
        )

    assert [message.split(":")[0] for message in tampered(beside_the_start)[Rule.ORDER]] == [
        "loop 1, header d",
        "loop 1, header m",
    ]


def test_a_loop_within_one_plant() -> None:
    case, network = small()
    loop = dataclasses.replace(network.loops[0], pipes=[])
    assert violations(case, LoopNetwork(loops=[loop]))[Rule.PLANTS] == [
        "loop 1: plants of a loop: found 0 plant(s) with pipes, expected at least 2"
    ]


def test_the_order_of_plants() -> None:
    assert violations(*small(visit_order=["B", "A"])) == {}
    found = violations(*small(visit_order=["A", "D"]))
    assert found[Rule.VISITS][0] == (
        "loop 1, pipe b -> c: order of plants: found A -> B, expected a leg of A -> D -> A"
    )


@pytest.mark.parametrize(
    ("limits", "rule", "message"),
    [
        (
            Limits(max_flow_kW_per_K=19),
            Rule.MAX_FLOW,
            "loop 1, pipe b -> c: largest flow: found 20 kW/K, expected at most 19 kW/K "
            "(within 2e-05 kW/K)",
        ),
        (
            Limits(max_units=1),
            Rule.MAX_UNITS,
            "network: number of units: found 2, expected at most 1",
        ),
        (
            Limits(min_unit_duty_kW=1001),
            Rule.MIN_DUTY,
            "loop 1, exchanger A/H (1): least duty of a unit: found 1000 kW, expected at least "
            "1001 kW (within 0.002 kW)",
        ),
        (
            Limits(forbidden_matches=["A/H"]),
            Rule.FORBIDDEN,
            "stream A/H: forbidden match: found any loop, expected no exchanger",
        ),
        (
            Limits(forbidden_matches=[Match("A/H", 1)]),
            Rule.FORBIDDEN,
            "stream A/H: forbidden match: found loop 1, expected no exchanger",
        ),
        (
            Limits(forced_matches=["D/C"]),
            Rule.FORCED,
            "stream D/C: forced match: found none, expected an exchanger with any loop",
        ),
        (
            Limits(forced_matches=[Match("A/H", 2)]),
            Rule.FORCED,
            "stream A/H: forced match: found none, expected an exchanger with loop 2",
        ),
    ],
)
def test_limits(limits: Limits, rule: Rule, message: str) -> None:
    assert violations(*small(limits=limits))[rule][0] == message


def test_limits_that_are_kept() -> None:
    limits = Limits(
        max_flow_kW_per_K=20,
        max_units=2,
        min_unit_duty_kW=1000,
        forced_matches=["A/H"],
        forbidden_matches=[Match("A/H", 2), "D/C"],
    )
    assert violations(*small(limits=limits)) == {}


def test_the_stated_cost() -> None:
    case, network = small()
    tac = evaluate(case, network).tac_per_a
    assert violations(case, dataclasses.replace(network, tac_per_a=tac * (1.0 + 1e-7))) == {}
    found = violations(case, dataclasses.replace(network, tac_per_a=tac * (1.0 + 1e-5)))
    assert list(found) == [Rule.COST]
    assert found[Rule.COST][0].startswith("network: stated cost: found ")


def test_what_does_not_belong_to_the_case_is_refused() -> None:
    case, network = small()
    wrong = with_exchanger(network, 0, stream="A/G")
    wrong = with_exchanger(wrong, 1, stream="D/C")
    headers = [*wrong.loops[0].headers, Header("e", "E")]
    wrong = with_loop(wrong, headers=headers)
    with pytest.raises(InputError) as error:
        evaluate(case, wrong, tolerance=0.0)
    assert str(error.value) == (
        "evaluate: 4 faults\n"
        "  - tolerance = 0.0: must be above 0 and at most 0.1; give a share, such as 1e-6\n"
        "  - loop 1, header e: plant = E: no such plant; known: A, B, D\n"
        "  - loop 1, exchanger A/G (1): stream = A/G: no such stream; did you mean 'A/H'?\n"
        "  - loop 1, exchanger D/C (1): stream = D/C: belongs to plant 'D'; its headers are in "
        "'B': name others"
    )


def test_an_isothermal_stream_keeps_its_temperature() -> None:
    rows = [
        {**ROWS[0], "t_supply": 130, "t_target": 130, "kind": "hot", "dt_cont": 5},
        {**ROWS[1], "dt_cont": 5, "kind": "cold"},
        {**ROWS[2], "dt_cont": 5, "kind": "cold"},
    ]
    case, network = small()
    case = LoopCase(streams=milpcore.read_streams(rows), parameters=case.parameters)
    found = evaluate(case, network).checked()
    hot = found.exchanger_rows[0]
    assert (hot.stream_in_C, hot.stream_out_C) == (130.0, 130.0)
    assert (hot.supply_end_K, hot.target_end_K) == (20.0, 70.0)


def test_random_networks_with_several_loops_keep_every_rule() -> None:
    for seed in range(12):
        case, network = made(seed, n_plants=2 + seed % 3, n_loops=1 + seed % 3)
        assert evaluate(case, network, tolerance=1e-9).violations == ()
