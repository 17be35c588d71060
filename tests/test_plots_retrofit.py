"""The figure of a retrofit study shows the numbers of its tables."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import milpcore
from milpcore import MissingExtraError
from milpcore.plots import retrofit_savings, save_figure, style
from milpcore.site import RetrofitStudy, retrofit

pytest.importorskip("matplotlib")

SMALL = (5.0, 40.0, 60.0, 85.0, 205.0)


@pytest.fixture(scope="module")
def singles() -> RetrofitStudy:
    return retrofit(milpcore.load_case("dairy_8"), existing_C=SMALL, range_K=25.0)


@pytest.fixture(scope="module")
def pairs() -> RetrofitStudy:
    return retrofit(milpcore.load_case("dairy_8"), existing_C=SMALL, range_K=25.0, move=2)


def _texts(figure: Any) -> list[str]:
    """All that is written in a figure and seen."""
    import matplotlib.text

    found = figure.findobj(matplotlib.text.Text)
    return [text.get_text() for text in found if text.get_text() and text.get_visible()]


def _stays_inside(figure: Any) -> None:
    """Draw the figure: nothing warns, and no text leaves the picture."""
    import matplotlib.text

    figure.draw_without_rendering()
    width, height = figure.get_size_inches() * figure.dpi
    assert width == 1000
    ticks = {
        id(label)
        for axes in figure.axes
        for label in (*axes.get_xticklabels(), *axes.get_yticklabels())
    }
    for text in figure.findobj(matplotlib.text.Text):
        if text.get_text().strip() and text.get_visible() and id(text) not in ticks:
            box = text.get_window_extent()
            inside = box.x0 > -2 and box.y0 > -2 and box.x1 < width + 2 and box.y1 < height + 2
            assert inside, f"{text.get_text()!r} at {box}"


def test_pairs_are_a_matrix_with_single_moves_on_its_diagonal(
    pairs: RetrofitStudy, singles: RetrofitStudy
) -> None:
    figure = retrofit_savings(pairs, singles=singles, title="dairy")
    _stays_inside(figure)
    axes, bar = figure.axes
    (image,) = axes.images
    shown = np.ma.filled(image.get_array().astype(float), np.nan)
    place = {level_C: row for row, level_C in enumerate(SMALL)}
    for one in (*pairs.results, *singles.results):
        known = [place[level_C] for level_C in one.choice_C]
        assert shown[max(known), min(known)] == one.saving_percent
    assert np.isnan(shown[np.triu_indices(5, 1)]).all()
    assert not np.isnan(shown[np.tril_indices(5)]).any()
    for ticks in (axes.get_xticklabels(), axes.get_yticklabels()):
        assert [tick.get_text() for tick in ticks] == ["5", "40", "60", "85", "205"]
    texts = _texts(figure)
    assert "dairy" in texts
    assert "27.206" in texts
    assert "40→32.5\n60→54.5" in texts
    assert axes.get_xlabel() == "may move, °C"
    assert axes.get_ylabel() == "may move with it, °C"
    assert bar.get_ylabel() == "saving, % of TAC of the existing levels without heat pumps"
    (key,) = [text for text in texts if text.startswith("each cell")]
    assert key.splitlines() == [
        "each cell: saving in % and what has moved",
        "diagonal: the level moved alone",
        "heat pumps alone, nothing moved: 18.453 %",
        "best pair: 40→32.5, 60→54.5 with 27.206 %",
    ]
    image.get_clim()
    assert image.get_clim()[1] == max(one.saving_percent for one in pairs.results)


def test_without_single_moves_the_diagonal_is_free(pairs: RetrofitStudy) -> None:
    figure = retrofit_savings(pairs)
    (image,) = figure.axes[0].images
    assert np.isnan(np.diag(np.ma.filled(image.get_array().astype(float), np.nan))).all()
    assert not any("diagonal" in text for text in _texts(figure))


def test_levels_given_up_and_added_are_told() -> None:
    dairy = milpcore.load_case("dairy_8")
    study = retrofit(dairy, existing_C=SMALL, move=2, close=1, add=1)
    figure = retrofit_savings(study)
    _stays_inside(figure)
    texts = _texts(figure)
    assert any("−60" in text for text in texts)
    assert any("−: given up, +: added" in text for text in texts)
    bars = retrofit_savings(retrofit(dairy, existing_C=SMALL, close=1, add=1))
    _stays_inside(bars)
    assert any(
        "; given up 60; added 32.5" in text or "given up 60" in text for text in _texts(bars)
    )


def test_single_moves_are_bars(singles: RetrofitStudy) -> None:
    figure = retrofit_savings(singles, title="dairy")
    _stays_inside(figure)
    (axes,) = figure.axes
    widths = [patch.get_width() for patch in axes.patches]
    assert widths == [one.saving_percent for one in singles.results]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["5", "40", "60", "85", "205"]
    texts = _texts(figure)
    assert "22.282 %  40→54.5" in texts
    assert "18.453 %  stays" in texts
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "heat pumps alone, nothing moved: 18.453 %",
        "with moves, and what has changed",
    ]
    mark = axes.lines[0]
    assert set(mark.get_xdata()) == {singles.without_moves_saving_percent}


def test_the_matrix_of_many_levels_has_numbers_only_or_none(pairs: RetrofitStudy) -> None:
    (first, *_) = pairs.results
    for size, numbers in ((12, True), (25, False)):
        levels_C = [10.0 * place for place in range(size)]
        many = [
            replace(first, choice_C=choice, saving_percent=sum(choice) / 100.0)
            for choice in itertools.combinations(levels_C, 2)
        ]
        figure = retrofit_savings(replace(pairs, results=tuple(many)))
        _stays_inside(figure)
        texts = _texts(figure)
        assert ("0.10" in texts) is numbers
        assert not any("40→54.5" in text and "best" not in text for text in texts)


def test_of_larger_combinations_the_best_are_drawn(pairs: RetrofitStudy) -> None:
    (first, *_) = pairs.results
    many = [
        replace(first, choice_C=(5.0, 40.0, 60.0), saving_percent=float(place))
        for place in range(-3, 40)
    ]
    figure = retrofit_savings(replace(pairs, results=tuple(many)))
    _stays_inside(figure)
    (axes,) = figure.axes
    assert [patch.get_width() for patch in axes.patches] == list(range(39, 9, -1))
    assert "not drawn: 13 more that save no more" in _texts(figure)


def test_losses_and_missing_designs_are_drawn() -> None:
    dairy = milpcore.load_case("dairy_8")
    study = retrofit(
        dairy, existing_C=(5.0, 85.0, 205.0), close=2, add=1, heat_pumps=False, range_K=0.0
    )
    worse = replace(study.results[0], saving_percent=-3.25)
    figure = retrofit_savings(replace(study, results=(worse, *study.results[1:])))
    _stays_inside(figure)
    texts = _texts(figure)
    assert "no design" in texts
    assert any(text.startswith("-3.250 %  ") for text in texts)
    assert not any("heat pumps alone" in text for text in texts)
    assert figure.axes[0].get_xlim()[0] < -3.25


def test_nothing_to_draw_is_a_sentence(singles: RetrofitStudy) -> None:
    figure = retrofit_savings(replace(singles, results=()))
    assert "no combination of levels has a design" in _texts(figure)


def test_figures_can_be_saved(pairs: RetrofitStudy, tmp_path: Path) -> None:
    paths = save_figure(retrofit_savings(pairs), tmp_path / "savings")
    assert [path.name for path in paths] == ["savings.png", "savings.svg"]


def test_without_matplotlib_the_extra_is_named(
    pairs: RetrofitStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: str) -> None:
        raise MissingExtraError("milpcore[plot]")

    monkeypatch.setattr(style, "require", missing)
    with pytest.raises(MissingExtraError, match=r"milpcore\[plot\]"):
        retrofit_savings(pairs)
