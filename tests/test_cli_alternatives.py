"""``--alternatives`` and ``--within`` of greenfield and retrofit: text, JSON, files, refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers_cli import Run, files_in, in_this_process, run

import milpcore
from milpcore import plots, site
from milpcore.cli import retrofit_study, study
from milpcore.cli.alternatives import alternatives_text
from milpcore.core import ChildInterrupted
from milpcore.site.alternatives_results import TABLES

GREENFIELD = ("greenfield", "dairy_8", "--quiet", "--levels")
RETROFIT = ("retrofit", "dairy_8", "--quiet", "--existing", "5,40,85,205", "--range", "15")
Command = Callable[..., Run]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command in this process."""
    monkeypatch.setattr(study, "run_in_child", in_this_process)
    monkeypatch.setattr(retrofit_study, "run_in_child", in_this_process)
    return lambda *argv: run(capsys, *argv)


def test_ranks_and_ranges_are_printed_for_each_number_of_levels(command: Command) -> None:
    done = command(*GREENFIELD, "4,5", "--alternatives", "3", "--within", "1.5")
    assert done.code == 0
    assert done.out.count("Alternatives: at most") == 2
    assert "10.5, 54.5, 77.5, 202.5" in done.out
    assert "No other level set costs less than the last of these." in done.out
    assert "Within 1.5 % of the best:" in done.out
    assert "heat pump, level 2 to 3" in done.out
    assert "proven" not in done.out.split("Alternatives")[1]


def test_nothing_is_said_of_alternatives_where_none_are_wanted(command: Command) -> None:
    done = command(*GREENFIELD, "4")
    assert "lternative" not in done.out
    plain = command(*GREENFIELD, "4", "--json")
    assert "alternatives" not in json.loads(plain.out)


def test_json_has_ranks_and_ranges(command: Command) -> None:
    done = command(*GREENFIELD, "4", "--alternatives", "3", "--within", "1.5", "--json")
    (one,) = json.loads(done.out)["alternatives"]
    assert [each["rank"] for each in one["alternatives"]] == [1, 2, 3]
    assert one["alternatives"][0]["levels_C"] == [10.5, 54.5, 83.5, 202.5]
    assert all(each["is_proven"] for each in one["alternatives"])
    assert one["level_ranges"][2] == {
        "level": 3,
        "best_C": 83.5,
        "lowest_C": 77.5,
        "highest_C": 83.5,
        "n_temperatures": 2,
        "is_proven": True,
    }
    assert {each["quantity"] for each in one["size_ranges"]} >= {"heat pump", "external heat"}


def test_a_share_alone_finds_the_best_and_its_ranges(command: Command) -> None:
    done = command(*GREENFIELD, "4", "--within", "0", "--json")
    (one,) = json.loads(done.out)["alternatives"]
    assert len(one["alternatives"]) == 1
    assert all(each["lowest_C"] == each["highest_C"] for each in one["level_ranges"])
    for each in one["size_ranges"]:
        assert each["least_kW"] == pytest.approx(each["most_kW"], abs=0.1)


def test_retrofit_shows_what_has_moved(command: Command) -> None:
    done = command(*RETROFIT, "--alternatives", "9")
    assert done.code == 0
    ranks = done.out.split("Alternatives")[1]
    assert "40→54.5" in ranks
    assert "There are no more than 4 level sets without a move of no use." in ranks
    plain = command(*RETROFIT, "--alternatives", "9", "--json")
    (one,) = json.loads(plain.out)["alternatives"]
    assert [each["moved_C"] for each in one["alternatives"]] == [
        {"40": 54.5},
        {"40": 32.5},
        {"85": 83.5},
        {},
    ]


@pytest.mark.parametrize("argv", [(*GREENFIELD, "4"), RETROFIT])
def test_files_are_written_and_recorded(
    command: Command, tmp_path: Path, argv: tuple[str, ...]
) -> None:
    out = tmp_path / "out"
    done = command(*argv, "--alternatives", "3", "--within", "2", "--out", str(out))
    assert done.code == 0
    names = {*(f"{name}.csv" for name in TABLES), "alternatives_04.png", "alternatives_04.svg"}
    assert names <= set(files_in(out))
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert (record["alternatives"], record["within_percent"]) == (3, 2.0)
    table = pd.read_csv(out / "alternatives.csv", keep_default_na=False)
    assert table["rank"].tolist() == [1, 2, 3]
    again = command(*argv, "--out", str(out))
    assert again.code == 0
    assert not names & set(files_in(out))


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ((*GREENFIELD, "4", "--alternatives", "-1"), "'-1' must be a whole number from 0 to 10000"),
        ((*GREENFIELD, "4", "--alternatives", "10001"), "must be a whole number from 0 to 10000"),
        ((*GREENFIELD, "4", "--within", "100"), "'100' must be a number from 0 to below 100 (%)"),
        (
            (*GREENFIELD, "4", "--alternatives", "2", "--no-cascade"),
            "alternatives = no cascade: cannot be ranked where heat may not cascade",
        ),
        (
            (*GREENFIELD, "4", "--alternatives", "2", "--candidates", "refined"),
            "candidates_C = refined:1: has no fixed set of candidates",
        ),
        (
            (*RETROFIT, "--alternatives", "2", "--add", "1"),
            "add = 1: must be 0 where alternatives are wanted: only moves are ranked",
        ),
    ],
)
def test_what_is_refused(
    capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], message: str
) -> None:
    done = run(capsys, *argv)
    assert done.code == 2
    assert message in done.err


def test_ctrl_c_keeps_the_study_and_says_what_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(
        function: Callable[..., Any],
        request: study.Request,
        *,
        on_message: Callable[[Any], object],
        grace_s: float,
    ) -> Any:
        heard = 0

        def hear(message: Any) -> None:
            nonlocal heard
            on_message(message)
            heard += isinstance(message, site.Alternatives)
            if heard == 1:
                raise ChildInterrupted(None)

        return in_this_process(function, request, on_message=hear, grace_s=grace_s)

    monkeypatch.setattr(study, "run_in_child", stopped)
    done = run(capsys, *GREENFIELD, "3,4", "--alternatives", "2")
    assert done.code == 130
    assert "interrupted; no alternatives for N = 4" in done.err
    assert done.out.count("Alternatives: at most 3 levels") == 1
    assert "optimal" in done.out


@pytest.mark.compiled
def test_ranks_that_are_not_proven_are_shown_as_such() -> None:
    found = site.alternatives(milpcore.load_case("site_400"), n_levels=8, time_limit_s=1e-3)
    text = alternatives_text(found)
    assert "proven\n" in text
    assert "time limit: the first 0 of " in text


def test_the_figure_of_alternatives() -> None:
    found = site.alternatives(
        milpcore.load_case("dairy_8"), n_levels=4, n_alternatives=5, within_percent=3.0
    )
    figure = plots.alternatives_chart(found, title="dairy")
    left, right = figure.axes
    assert left.get_title(loc="left") == "dairy"
    assert [text.get_text() for text in left.get_yticklabels()] == ["1", "2", "3", "4", "5"]
    assert right.get_xlabel() == "above the best, %"
    widths = [bar.get_width() for bar in right.patches]
    assert widths == found.alternatives["above_best_percent"].tolist()
    assert left.get_xlabel() == "temperature of the level, °C"
    bands = [patch for patch in left.patches if patch.get_alpha() == 0.13]
    assert len(bands) == 4
    none = site.alternatives(milpcore.load_case("two_streams"), n_levels=1)
    texts = plots.alternatives_chart(none).axes[0].texts
    assert [text.get_text() for text in texts] == ["no level set serves every stream"]
