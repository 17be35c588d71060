"""A retrofit study as readable text."""

from __future__ import annotations

from milpcore.cli.design_text import design_text
from milpcore.cli.periods_text import period_design_text
from milpcore.report import TextColumn, gap_text, text_table
from milpcore.scales import Kind, Scale, number, scale_for
from milpcore.site.periods.results import PeriodResult
from milpcore.site.results import SiteResult
from milpcore.site.retrofit_results import (
    AnyConfiguration,
    AnyStudy,
    levels_text,
    moves_text,
    saving_percent,
)

MOST_ROWS = 50
"""Combinations printed; of more, those that save most."""


def retrofit_text(study: AnyStudy) -> str:
    """Lay out a study: levels of today, a table of combinations, notes, the best one in detail.

    Parameters
    ----------
    study : RetrofitStudy
        The combinations.

    Returns
    -------
    str
        Paragraphs with an empty line between them.
    """
    parts = [existing_text(study)]
    if study.results:
        parts += [_table(study), *_left_out(study), *_notes(study)]
    best = study.best
    if best is not None:
        parts += _best(best)
    return "\n\n".join(part for part in parts if part)


def existing_text(study: AnyStudy) -> str:
    """Say what the levels of today cost, without and with heat pumps."""
    baseline = study.baseline
    scale = _scale(study)
    row = baseline.summary.iloc[0]
    name = str(row["objective"]).upper()
    levels_C = levels_text(study.existing_C)
    value = scale.text(float(row["objective_value"]))
    lines = [f"existing levels {levels_C} °C: {name} {value} {scale.unit} {study.today_text}"]
    if not study.without_moves.has_design:
        lines.append(f"with heat pumps, nothing moved: {' '.join(study.without_moves.notes)}")
    elif study.without_moves is not baseline:
        after = study.without_moves.summary.iloc[0]
        saved = number(saving_percent(baseline, study.without_moves), 3)
        with_pumps = scale.text(float(after["objective_value"]))
        pumps = _pumps(study.without_moves) or "none of them pays"
        lines.append(
            f"with heat pumps ({pumps}): {with_pumps} {scale.unit}, {saved} % saved, nothing moved"
        )
    return "\n".join(lines)


def _scale(study: AnyStudy) -> Scale:
    row = study.baseline.summary.iloc[0]
    kind = Kind.EMISSION if row["unit"] == "t/a" else Kind.COST
    return scale_for(kind, [float(row["objective_value"])])


def _pumps(result: SiteResult | PeriodResult) -> str:
    pumps = result.heat_pumps
    pairs = zip(pumps["source_C"], pumps["sink_C"], strict=True)
    return ", ".join(f"{source_C:.10g}→{sink_C:.10g}" for source_C, sink_C in pairs)


def _shown(study: AnyStudy) -> list[AnyConfiguration]:
    """All combinations in their order, or those that save most first if there are too many."""
    results = list(study.results)
    if len(results) <= MOST_ROWS:
        return results
    return sorted(results, key=_rank)[:MOST_ROWS]


def _rank(one: AnyConfiguration) -> float:
    return -one.saving_percent if one.result.has_design else float("inf")


def _table(study: AnyStudy) -> str:
    """One line for each combination."""
    shown = _shown(study)
    rows = [one.result.summary.iloc[0] for one in shown]
    tac = scale_for(Kind.COST, [float(row["tac_EUR_per_a"]) for row in rows])
    columns = [
        TextColumn("may move", "°C", [one.name for one in shown], left=True),
        TextColumn("moved", "°C", [_dash(moves_text(one.moved_C)) for one in shown], left=True),
    ]
    for title, texts in (
        ("given up", [levels_text(one.given_up_C) for one in shown]),
        ("added", [levels_text(one.added_C) for one in shown]),
    ):
        if any(texts):
            columns.append(TextColumn(title, "°C", [_dash(text) for text in texts], left=True))
    pumps = [_dash(_pumps(one.result)) for one in shown]
    columns.append(TextColumn("heat pumps", "°C", pumps, left=True))
    name = str(rows[0]["objective"])
    if name != "tac":
        scale = _scale(study)
        values = [scale.text(float(row["objective_value"])) for row in rows]
        columns.append(TextColumn(name.upper(), scale.unit, values))
    columns += [
        TextColumn("TAC", tac.unit, [tac.text(float(row["tac_EUR_per_a"])) for row in rows]),
        TextColumn("saving", "%", [number(one.saving_percent, 3) for one in shown]),
        TextColumn("gap", "%", [gap_text(float(row["gap"])) for row in rows]),
    ]
    if any(row["status"] != "optimal" for row in rows):
        columns.append(TextColumn("status", "", [str(row["status"]) for row in rows], left=True))
    columns.append(TextColumn("time", "s", [number(float(row["solve_s"]), 3) for row in rows]))
    return text_table(columns)


def _dash(text: str) -> str:
    return text or "–"


def _left_out(study: AnyStudy) -> list[str]:
    """Say what the table does not show."""
    lines = []
    hidden = len(study.results) - MOST_ROWS
    if hidden > 0:
        lines.append(f"{hidden} combinations that save less are not printed; --json has them")
    missing = study.n_configurations - len(study.results)
    if missing:
        lines.append(f"{missing} of {study.n_configurations} combinations were not looked at")
    return ["\n".join(lines)] if lines else []


def _notes(study: AnyStudy) -> list[str]:
    """Write every note once, with the combinations that it holds for."""
    said: dict[str, list[str]] = {}
    for one in _shown(study):
        for note in one.result.notes:
            said.setdefault(note, []).append(one.name)
    n_all = len(_shown(study))
    lines = [
        note if len(where) == n_all else f"{'; '.join(where)}: {note}"
        for note, where in said.items()
    ]
    return ["\n".join(lines)] if lines else []


def _best(best: AnyConfiguration) -> list[str]:
    changes = [
        moves_text(best.moved_C),
        f"given up {levels_text(best.given_up_C)}" if best.given_up_C else "",
        f"added {levels_text(best.added_C)}" if best.added_C else "",
    ]
    told = "; ".join(filter(None, changes))
    what = f"{told} °C" if told else "nothing moved"
    title = f"Best: {what}, {number(best.saving_percent, 3)} % saved"
    result = best.result
    is_period = isinstance(result, PeriodResult)
    return [title, *(period_design_text(result) if is_period else design_text(result))]
