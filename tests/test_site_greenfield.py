"""One call from streams to a checked result, and studies that lose nothing when a part fails."""

from __future__ import annotations

import math
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from helpers_results import EVERYTHING, PRICES, streams_of

from milpcore import Assembly, InputError, Measure, SiteEconomics, Status, load_case
from milpcore.site.check import CheckError
from milpcore.site.formulations import FORMULATIONS
from milpcore.site.greenfield import greenfield, greenfield_study
from milpcore.site.inputs import SiteInputs, prepare
from milpcore.site.level_path import LevelPath
from milpcore.site.model import Outcome, Progress
from milpcore.site.results import SiteResult
from milpcore.site.study import PREFERRED, SolveSettings, honest, kept, outcomes
from milpcore.streams import Streams, read_streams

STREAMS = streams_of(EVERYTHING)


@dataclass(frozen=True)
class Scripted:
    """Solves like `LevelPath`, except for the numbers of levels it has a script for."""

    n_levels: int
    script: Any = None
    name: ClassVar[str] = "scripted"

    def refusal(self, _inputs: SiteInputs) -> str | None:
        return None

    def solve(self, inputs: SiteInputs, **options: Any) -> Outcome:
        outcome = LevelPath(n_levels=self.n_levels).solve(inputs, **options)
        step = (self.script or {}).get(self.n_levels)
        return outcome if step is None else step(outcome)


@dataclass(frozen=True)
class Sharing:
    """Solves a study in one go; what it yields is changed by a script."""

    n_levels: int
    script: Any = None
    name: ClassVar[str] = "sharing"

    def refusal(self, _inputs: SiteInputs) -> str | None:
        return None

    def solve(self, _inputs: SiteInputs, **_options: Any) -> Outcome:
        raise AssertionError("the study is to be solved in one go")

    def solve_study(
        self, inputs: SiteInputs, levels: Sequence[int], **options: Any
    ) -> Iterator[tuple[int, Outcome]]:
        assert self.n_levels == levels[0]
        assert set(options) == {"mip_rel_gap", "time_limit_s", "observer"}
        solved = ((n, LevelPath(n_levels=n).solve(inputs, **options)) for n in levels)
        yield from solved if self.script is None else self.script(solved)


def fail(_outcome: Outcome) -> Outcome:
    raise ZeroDivisionError("by nothing")


def stop(status: Status) -> Any:
    """End without a design."""

    def step(outcome: Outcome) -> Outcome:
        bound = 0.9 * outcome.bound
        return replace(
            outcome, status=status, design=None, objective=math.nan, bound=bound, gap=math.inf
        )

    return step


def values(results: Any) -> list[float]:
    return [float(value) for value in results.summary["objective_value"]]


# One configuration


def test_the_bundled_site_with_two_levels_costs_what_the_reference_says() -> None:
    result = greenfield(load_case("site_400"), n_levels=2)
    assert result.summary["objective_value"].iloc[0] == pytest.approx(215_183_197, rel=1e-6)
    assert result.status is Status.OPTIMAL
    assert len(result.connections) == 400


@pytest.mark.slow
@pytest.mark.parametrize(("n", "optimum"), [(3, 158_389_860), (4, 150_190_963), (5, 139_855_575)])
def test_the_bundled_site_costs_what_the_reference_says(n: int, optimum: float) -> None:
    row = greenfield(load_case("site_400"), n_levels=n).summary.iloc[0]
    assert row["objective_value"] == pytest.approx(optimum, rel=1e-4)
    assert row["gap"] <= 1e-4


@pytest.mark.parametrize("formulation", FORMULATIONS)
@pytest.mark.parametrize("given_as", ["name", "class", "object"])
def test_a_formulation_is_given_by_name_class_or_object(formulation: Any, given_as: str) -> None:
    choice = {"name": formulation.name, "class": formulation, "object": formulation(n_levels=2)}
    result = greenfield(
        STREAMS, n_levels=4, economics=PRICES, formulation=choice[given_as], mip_rel_gap=0.0
    )
    assert result.summary["formulation"].iloc[0] == formulation.name
    assert result.summary["n_levels"].iloc[0] == 4
    same = greenfield(STREAMS, n_levels=4, economics=PRICES, mip_rel_gap=0.0)
    assert values(result) == pytest.approx(values(same), rel=1e-7)


def test_options_of_a_formulation_object_are_kept() -> None:
    seen: list[int] = []

    def step(outcome: Outcome) -> Outcome:
        seen.append(1)
        return outcome

    greenfield(STREAMS, n_levels=3, formulation=Scripted(9, script={3: step}))
    assert seen == [1]


def test_the_default_is_the_first_that_is_exact() -> None:
    with_cascade = greenfield(STREAMS, n_levels=3)
    without = greenfield(STREAMS, n_levels=3, cascade=False)
    assert with_cascade.summary["formulation"].iloc[0] == PREFERRED[0]
    assert without.summary["formulation"].iloc[0] == PREFERRED[-1] == "assignment_strong"
    assert (with_cascade.cascade, without.cascade) == (True, False)


def test_a_formulation_that_would_be_wrong_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        greenfield(STREAMS, n_levels=3, cascade=False, formulation="level_path")
    message = str(caught.value)
    assert message.startswith("greenfield: 1 fault\n  - formulation = level_path: ")
    assert "assignment_strong" in message
    with pytest.raises(InputError, match="greenfield: 1 fault\n  - formulation = level_path"):
        greenfield_study(STREAMS, cascade=False, formulation=LevelPath)


def test_candidates_limit_the_levels() -> None:
    result = greenfield(STREAMS, n_levels=6, candidates_C=[5.0, 60.0, 90.0, 210.0])
    assert set(result.levels["temperature_C"]) <= {5.0, 60.0, 90.0, 210.0}


def test_more_levels_than_candidates_are_allowed() -> None:
    few, many = (
        greenfield(STREAMS, n_levels=n, economics=PRICES, mip_rel_gap=0.0) for n in (7, 100)
    )
    assert values(few) == pytest.approx(values(many))
    assert many.max_levels == 100


def made_for(seen: list[int]) -> Any:
    """Return a formulation class that notes how many levels it is made for."""

    def make(n_levels: int) -> Scripted:
        seen.append(n_levels)
        return Scripted(n_levels)

    return make


@pytest.mark.parametrize("n", [7, 8, 1000, 10**9, 2**63 - 1])
def test_no_formulation_is_made_for_more_levels_than_candidates(
    n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    monkeypatch.setattr("milpcore.site.study.find_formulation", lambda _name: made_for(seen))
    n_candidates = prepare(STREAMS).n_candidates
    assert n_candidates == 7
    result = greenfield(STREAMS, n_levels=n, formulation="level_path")
    study = greenfield_study(STREAMS, levels=[3, n], formulation="level_path")
    assert set(seen) == {1, 3, n_candidates}
    assert result.max_levels == result.summary["max_levels"].iloc[0] == n
    assert study.summary["max_levels"].tolist() == [3, n]
    assert values(study)[1] == values(result)[0]


@pytest.mark.parametrize("formulation", FORMULATIONS)
def test_a_huge_number_of_levels_means_all_candidates(formulation: Any) -> None:
    options: dict[str, Any] = {"formulation": formulation, "economics": PRICES, "mip_rel_gap": 0.0}
    all_of_them = greenfield(STREAMS, n_levels=7, **options)
    huge = greenfield(STREAMS, n_levels=10**9, **options)
    assert values(huge) == values(all_of_them)


def test_more_levels_than_a_table_holds_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        greenfield(STREAMS, n_levels=2**63)
    assert [str(fault) for fault in caught.value.faults] == [
        "n_levels = 9223372036854775808: must be at most 9223372036854775807; "
        "give the number of candidates for no limit"
    ]


@pytest.mark.parametrize("function", [greenfield, greenfield_study, prepare])
def test_streams_and_prices_of_another_kind_are_named(function: Any) -> None:
    levels = {greenfield: {"n_levels": 2}}.get(function, {})
    with pytest.raises(InputError) as caught:
        function(STREAMS.table, economics={}, **levels)
    assert str(caught.value) == (
        "site: 2 faults\n"
        "  - streams = DataFrame: must be Streams; read them with milpcore.read_streams(...)\n"
        "  - economics = dict: must be SiteEconomics; give milpcore.SiteEconomics(...)"
    )


def test_a_problem_is_described_in_a_line() -> None:
    inputs = prepare(STREAMS)
    problem = LevelPath(3).build(inputs)
    text = repr(problem)
    assert text.startswith(
        f"Problem({problem.n_rows} rows, {problem.n_columns} columns, "
        f"{problem.n_nonzeros} non-zeros, {problem.n_integers} integers; columns: is_open, "
    )
    assert text.endswith(f"; rows: {', '.join(problem.row_blocks)})")
    assert "\n" not in text
    assert len(text) < 400
    assert repr(Assembly().problem()) == (
        "Problem(0 rows, 0 columns, 0 non-zeros, 0 integers; columns: none; rows: none)"
    )


def test_one_level_is_no_plural() -> None:
    formulation = Scripted(1, {1: stop(Status.INFEASIBLE)})
    (found,) = greenfield_study(
        streams_of(EVERYTHING[:1]), levels=[1], formulation=formulation
    ).results
    assert found.notes[-1].startswith("No design with at most 1 level: ")


def test_numbers_may_come_from_numpy() -> None:
    result = greenfield(STREAMS, n_levels=np.int64(3), mip_rel_gap=np.float64(0.0))
    assert type(result.max_levels) is int
    study = greenfield_study(STREAMS, levels=np.arange(2, 4))
    assert study.summary["max_levels"].tolist() == [2, 3]


@pytest.mark.parametrize("n", [0, -1, 2.0, 2.5, True, "3", None])
def test_the_number_of_levels_is_a_whole_number(n: Any) -> None:
    with pytest.raises(InputError) as caught:
        greenfield(STREAMS, n_levels=n)
    assert str(caught.value) == (
        f"greenfield: 1 fault\n  - n_levels = {n!r}: must be a whole number from 1; "
        "give the largest number of levels"
    )


@pytest.mark.parametrize("gap", [-1e-9, 1.0, math.nan, math.inf, "small", True, None])
def test_the_gap_is_a_fraction(gap: Any) -> None:
    with pytest.raises(InputError) as caught:
        greenfield(STREAMS, n_levels=2, mip_rel_gap=gap)
    assert [str(fault) for fault in caught.value.faults] == [
        f"mip_rel_gap = {gap!r}: must be from 0 to below 1; 1e-4 is usual"
    ]


@pytest.mark.parametrize("limit", [0.0, -1.0, math.nan, "long"])
def test_the_time_limit_is_positive(limit: Any) -> None:
    with pytest.raises(InputError) as caught:
        greenfield(STREAMS, n_levels=2, time_limit_s=limit)
    assert [str(fault) for fault in caught.value.faults] == [
        f"time_limit_s = {limit!r}: must be positive (s); leave it out for no limit"
    ]


def test_all_faults_come_at_once() -> None:
    with pytest.raises(InputError) as caught:
        greenfield_study(
            STREAMS,
            levels=[3, 0, 3, 1.5],  # type: ignore[list-item]
            mip_rel_gap=2.0,
            time_limit_s=-1.0,
            formulation="level_pth",
        )
    assert [str(fault) for fault in caught.value.faults] == [
        "n_levels = 0: must be a whole number from 1; give the largest number of levels",
        "levels = 3: must not come twice; remove the duplicate",
        "n_levels = 1.5: must be a whole number from 1; give the largest number of levels",
        "mip_rel_gap = 2.0: must be from 0 to below 1; 1e-4 is usual",
        "time_limit_s = -1.0: must be positive (s); leave it out for no limit",
        "formulation = level_pth: unknown; did you mean 'level_path'?",
    ]


def test_a_study_needs_levels() -> None:
    with pytest.raises(InputError) as caught:
        greenfield_study(STREAMS, levels=[])
    assert [str(fault) for fault in caught.value.faults] == [
        "levels = []: must hold at least one number; such as 2, 3, 4"
    ]


def test_what_is_no_formulation_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        greenfield(STREAMS, n_levels=2, formulation=3.5)  # type: ignore[arg-type]
    assert [str(fault) for fault in caught.value.faults] == [
        "formulation = 3.5: must be a name, a formulation class, or a dataclass with n_levels; "
        "give a name such as level_path"
    ]


def test_bad_prices_and_candidates_are_refused_before_solving() -> None:
    with pytest.raises(InputError, match="no level low enough for this hot stream"):
        greenfield(STREAMS, n_levels=2, candidates_C=[100.0, 200.0])
    with pytest.raises(InputError, match="searches and bounds of model A rely on it"):
        greenfield(
            STREAMS, n_levels=2, economics=SiteEconomics(electricity_price_EUR_per_MWh=-500.0)
        )
    cheap = SiteEconomics(co2_price_EUR_per_t=0.0, electricity_price_EUR_per_MWh=-200.0)
    with pytest.raises(InputError, match=r"it \(TAC decides between designs of equal CO2\)"):
        greenfield(STREAMS, n_levels=2, objective="co2", economics=cheap)
    with pytest.raises(InputError, match="profit"):
        greenfield(STREAMS, n_levels=2, objective="profit")


def test_a_stream_that_is_negligible_beside_the_others_is_refused() -> None:
    def pair(cold_kW: float) -> Streams:
        rows = {"zone": "z", "t_supply": [150.0, 20.0], "t_target": [60.0, 90.0], "dt_cont": 5.0}
        return read_streams(pd.DataFrame({**rows, "name": ["h", "c"], "heat_flow": [1e6, cold_kW]}))

    assert greenfield(pair(1.1e-2), n_levels=2).status is Status.OPTIMAL
    with pytest.raises(InputError) as caught:
        greenfield(pair(0.9e-2), n_levels=2)
    assert "heat_flow = 0.009 kW: is less than 1e-08 of all duties (1e+06 kW)" in str(caught.value)
    assert "check its unit, or leave the stream out" in str(caught.value)


def test_infeasible_is_a_result() -> None:
    result = greenfield(STREAMS, n_levels=1)
    assert result.status is Status.INFEASIBLE
    assert not result.has_design
    assert result.notes == (
        "No design with 1 level: hot stream site/H4 needs a level at or below 10 °C, "
        "cold stream site/C3 one at or above 200 °C; allow at least 2 levels.",
    )


def test_an_observer_can_stop_the_search() -> None:
    seen: list[Progress] = []

    def observer(progress: Progress) -> bool:
        seen.append(progress)
        return True

    result = greenfield(STREAMS, n_levels=3, observer=observer, formulation="level_path")
    assert result.status is Status.INTERRUPTED
    assert len(seen) == 1


def test_a_result_that_contradicts_itself_is_never_shown() -> None:
    def worthless(outcome: Outcome) -> Outcome:
        assert outcome.design is not None
        doubled = replace(outcome.design, cooling_kW=2.0 * outcome.design.cooling_kW)
        return replace(outcome, design=doubled)

    with pytest.raises(CheckError, match="level balance, supply in kW"):
        greenfield(STREAMS, n_levels=3, formulation=Scripted(1, script={3: worthless}))


def test_an_error_of_a_formulation_is_raised() -> None:
    with pytest.raises(ZeroDivisionError, match="by nothing"):
        greenfield(STREAMS, n_levels=3, formulation=Scripted(1, script={3: fail}))


# Studies


def test_a_study_agrees_with_its_configurations() -> None:
    study = greenfield_study(STREAMS, levels=(5, 2, 3), economics=PRICES, mip_rel_gap=0.0)
    assert study.summary["max_levels"].tolist() == [2, 3, 5]
    alone = [
        values(greenfield(STREAMS, n_levels=n, economics=PRICES, mip_rel_gap=0.0))[0]
        for n in (2, 3, 5)
    ]
    assert values(study) == pytest.approx(alone, rel=1e-7)
    assert values(study) == sorted(values(study), reverse=True)


def test_the_default_study_is_2_to_15_levels() -> None:
    study = greenfield_study(load_case("two_streams"))
    assert study.summary["max_levels"].tolist() == list(range(2, 16))


def test_results_are_announced_as_they_come() -> None:
    seen: list[SiteResult] = []
    study = greenfield_study(STREAMS, levels=[1, 2, 3], on_result=seen.append)
    assert [result.max_levels for result in seen] == [1, 2, 3]
    assert all(a is b for a, b in zip(seen, study.results, strict=True))


def test_an_infeasible_configuration_does_not_lose_the_others() -> None:
    study = greenfield_study(STREAMS, levels=[1, 2, 3])
    assert study.summary["status"].tolist() == ["infeasible", "optimal", "optimal"]


@pytest.mark.parametrize("sharing", [False, True])
def test_an_error_does_not_lose_the_others(sharing: bool) -> None:
    def failing(solved: Iterator[tuple[int, Outcome]]) -> Iterator[tuple[int, Outcome]]:
        for n, outcome in solved:
            yield n, fail(outcome) if n == 3 else outcome

    formulation = Sharing(1, script=failing) if sharing else Scripted(1, script={3: fail})
    study = greenfield_study(STREAMS, levels=[2, 3, 4, 5], formulation=formulation)
    assert study.summary["status"].tolist() == ["optimal", "error", "optimal", "optimal"]
    note = "No design was found (error: ZeroDivisionError: by nothing)."
    assert study.results[1].notes == (note,)
    assert not study.results[1].has_design


def test_a_failed_check_does_not_lose_the_others() -> None:
    def contradictory(outcome: Outcome) -> Outcome:
        return replace(outcome, bound=1.01 * outcome.objective)

    study = greenfield_study(
        STREAMS, levels=[2, 3, 4], formulation=Scripted(1, script={3: contradictory})
    )
    assert study.summary["status"].tolist() == ["optimal", "error", "optimal"]
    assert "CheckError: check failed: 1 violation" in study.results[1].notes[0]
    assert "summary: bound: found" in study.results[1].notes[0]


def test_a_formulation_may_share_work_between_configurations() -> None:
    shared = greenfield_study(STREAMS, levels=[4, 2], formulation=Sharing, mip_rel_gap=0.0)
    alone = greenfield_study(STREAMS, levels=[2, 4], formulation=LevelPath, mip_rel_gap=0.0)
    assert values(shared) == pytest.approx(values(alone), rel=1e-9)
    assert shared.summary["formulation"].tolist() == ["sharing", "sharing"]


def test_a_shared_search_that_leaves_out_configurations_is_noticed() -> None:
    def only_first(solved: Iterator[tuple[int, Outcome]]) -> Iterator[tuple[int, Outcome]]:
        yield next(solved)

    study = greenfield_study(STREAMS, levels=[2, 3, 4], formulation=Sharing(1, only_first))
    assert study.summary["status"].tolist() == ["optimal", "error", "optimal"]
    assert "RuntimeError: nothing came for 3 levels" in study.results[1].notes[0]


def test_a_shared_search_out_of_order_is_noticed() -> None:
    def reversed_order(solved: Iterator[tuple[int, Outcome]]) -> Iterator[tuple[int, Outcome]]:
        yield from reversed(list(solved))

    study = greenfield_study(STREAMS, levels=[2, 3], formulation=Sharing(1, reversed_order))
    assert study.summary["status"].tolist() == ["error", "optimal"]
    assert "RuntimeError: expected 2 levels next, not 3" in study.results[0].notes[0]


def test_an_interruption_keeps_what_is_done() -> None:
    script = {3: stop(Status.INTERRUPTED), 4: fail}
    study = greenfield_study(STREAMS, levels=[2, 3, 4, 5], formulation=Scripted(1, script))
    assert study.summary["status"].tolist() == ["optimal", *["interrupted"] * 3]
    assert study.results[2].summary["solve_s"].iloc[0] == 0.0


def test_what_was_not_started_says_so() -> None:
    def observer(_progress: Progress) -> bool:
        return True

    study = greenfield_study(STREAMS, levels=[2, 3], formulation="level_path", observer=observer)
    assert study.summary["status"].tolist() == ["interrupted", "interrupted"]
    assert study.results[0].notes == (
        "No design was found (interrupted: stopped before the search).",
    )
    assert study.results[1].notes == ("No design was found (interrupted: not started).",)


def test_a_keyboard_interrupt_is_no_failure_of_a_configuration() -> None:
    def interrupt(_outcome: Outcome) -> Outcome:
        raise KeyboardInterrupt

    seen: list[SiteResult] = []
    with pytest.raises(KeyboardInterrupt):
        greenfield_study(
            STREAMS,
            levels=[2, 3],
            formulation=Scripted(1, {3: interrupt}),
            on_result=seen.append,
        )
    assert [result.max_levels for result in seen] == [2]


@pytest.mark.parametrize("status", [Status.TIME_LIMIT, Status.NODE_LIMIT, Status.INTERRUPTED])
def test_a_design_with_fewer_levels_is_kept_where_none_was_found(status: Status) -> None:
    study = greenfield_study(
        STREAMS, levels=[2, 3], formulation=Scripted(1, {3: stop(status)}), mip_rel_gap=0.0
    )
    two, three = study.results
    assert three.status is status
    assert values(three) == values(two)
    assert three.summary["n_levels"].iloc[0] == 2
    true_bound = LevelPath(3).solve(prepare(STREAMS), mip_rel_gap=0.0).bound
    assert three.summary["bound"].iloc[0] == pytest.approx(0.9 * true_bound)
    assert any("of its objective could still be saved" in note for note in three.notes)


def test_a_worse_design_is_replaced_by_one_with_fewer_levels() -> None:
    inputs = prepare(STREAMS)
    two, three = (LevelPath(n).solve(inputs, mip_rel_gap=0.0) for n in (2, 3))
    slow = replace(
        three, status=Status.TIME_LIMIT, objective=1.2 * two.objective, design=two.design
    )
    better = kept(two, slow, 1e-4)
    assert (better.objective, better.bound) == (two.objective, three.bound)
    assert better.gap == pytest.approx((two.objective - three.bound) / two.objective)
    assert better.status is Status.TIME_LIMIT
    assert kept(two, slow, 0.9).status is Status.OPTIMAL
    assert kept(two, three, 1e-4) is three
    assert two.design is not None
    fewer = replace(two, objective=two.objective * (1.0 + 1e-10))
    more = replace(three, objective=two.objective)
    assert three.design is not None
    assert three.design.is_open.sum() > two.design.is_open.sum()
    assert kept(fewer, more, 1e-4).design is two.design
    assert kept(fewer, more, 1e-4, tac_decides=True).design is three.design
    assert kept(None, slow, 1e-4) is slow
    infeasible = replace(stop(Status.INFEASIBLE)(three))
    assert kept(two, infeasible, 1e-4) is infeasible
    without_bound = replace(slow, bound=-math.inf)
    assert (kept(two, without_bound, 1e-4).bound, kept(two, without_bound, 1e-4).gap) == (0.0, 1.0)


def test_optimal_is_withdrawn_where_the_gap_is_not_reached() -> None:
    inputs = prepare(STREAMS)
    outcome = LevelPath(3).solve(inputs, mip_rel_gap=0.0)
    assert honest(inputs, outcome, 0.0) is outcome
    loose = replace(outcome, bound=0.98 * outcome.objective, gap=0.02)
    assert honest(inputs, loose, 0.02) is loose
    withdrawn = honest(inputs, loose, 1e-4)
    assert withdrawn.status is Status.ERROR
    assert withdrawn.message == "the solver stopped at a gap of 0.02, above the 0.0001 asked for"
    late = replace(loose, status=Status.TIME_LIMIT)
    assert honest(inputs, late, 1e-4) is late
    script = {3: lambda found: replace(found, bound=0.98 * found.objective, gap=0.02)}
    result = greenfield(STREAMS, n_levels=3, formulation=Scripted(1, script))
    assert result.status is Status.ERROR
    assert result.has_design
    assert result.notes[0].startswith("Ended with status error (the solver stopped at a gap of")


def test_outcomes_come_one_at_a_time() -> None:
    """The second configuration is not solved before the first was taken."""
    source = outcomes(
        prepare(STREAMS),
        lambda n: Scripted(n, script={3: fail}),
        [2, 3],
        SolveSettings(1e-4, None, None),
    )
    assert next(source)[1].status is Status.OPTIMAL
    assert next(source)[1].status is Status.ERROR
    assert list(source) == []


def test_the_objective_of_a_study_can_be_chosen() -> None:
    study = greenfield_study(STREAMS, levels=[3, 4], objective=Measure.CO2)
    assert study.summary["objective"].tolist() == ["co2", "co2"]
    assert study.summary["unit"].tolist() == ["t/a", "t/a"]
    assert [configuration["unit"] for configuration in study.to_json_dict()["configurations"]] == [
        "t/a",
        "t/a",
    ]


def test_a_study_can_cross_a_process_border() -> None:
    study = greenfield_study(STREAMS, levels=[1, 3])
    copy = pickle.loads(pickle.dumps(study))
    assert copy.to_json_dict() == study.to_json_dict()


def test_levels_below_absolute_zero_are_refused() -> None:
    streams = streams_of([("H", -200.0, -210.0, 100.0), ("C", 20.0, 30.0, 100.0)])
    with pytest.raises(InputError, match=r"H: dt_cont = .*below absolute zero"):
        prepare(streams, economics=SiteEconomics(level_dt_cont_K=90.0))
