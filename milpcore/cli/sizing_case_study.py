"""``milpcore sizing --study``: a study of many sizing problems as a sweep."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from math import isnan
from pathlib import Path
from typing import Any

import pandas as pd

from milpcore.cli.messages import INTERNAL_ERROR, INTERRUPTED, NO_SOLUTION, OK, print_error
from milpcore.cli.output import Drawn, check_output, print_json, show, write_output
from milpcore.cli.record import INPUTS
from milpcore.cli.signals import is_interrupted_early
from milpcore.cli.sizing_arguments import DEFAULT_CASE, DEFAULT_SHARE, DEFAULT_WORKERS
from milpcore.cli.sizing_case_figures import FIGURES, figures_of
from milpcore.faults import FaultList, InputError
from milpcore.report import ProgressLine
from milpcore.site.table_files import plain, write_tables
from milpcore.sizing.studies.evidence import gap_words
from milpcore.sizing.studies.points import table_of_points
from milpcore.sizing.studies.run import DESIGN, StudyRun
from milpcore.sizing.studies.study import Study, study_named
from milpcore.sweeps.runner import SweepProgress, sweep
from milpcore.sweeps.workers import WorkersLostError

CHECKPOINT = "checkpoint.sqlite"
RANGES_S = 40.0
"""Seconds for the ranges of sizes of a point that has them, unless others are asked for."""
_POINTS, _ROWS = "points.csv", "rows"
_TABLES = {
    "case1": ("flexible", "load_changes", "store_level", "cooling_water", "findings"),
    "case2": ("investment", "rules", "findings"),
    "case3": ("points", "deviations", "findings"),
}


def run_case_study(arguments: argparse.Namespace) -> int:
    """Solve the points of a study, show its findings, write its tables and figures."""
    study = study_named(arguments.study)
    _refuse_what_studies_do_not_read(arguments)
    writes = [f"{name}.csv" for name in (*_TABLES[study.name], _ROWS)]
    writes += [f"{name}.{suffix}" for name in FIGURES[study.name] for suffix in ("png", "svg")]
    check_output(arguments.out, inputs=(), writes=writes, copies=(_POINTS,), resumes=(CHECKPOINT,))
    limit_s = study.time_limit_s if arguments.time_limit is None else arguments.time_limit
    ranges_s = RANGES_S if arguments.ranges_time is None else arguments.ranges_time
    run = StudyRun(mip_rel_gap=arguments.gap, time_limit_s=limit_s, ranges_s=ranges_s)
    points = table_of_points(study.points())
    progress: list[SweepProgress] = []
    kept = arguments.out is not None
    try:
        if is_interrupted_early(arguments):
            raise KeyboardInterrupt
        rows = _swept(arguments, run, points, progress)
    except InputError as error:
        raise _in_words_of_a_study(error) from error
    except KeyboardInterrupt:
        n_done = progress[-1].n_done if progress else 0
        print_error(f"interrupted, {n_done} of {len(points)} points finished{_what_stays(kept)}")
        if arguments.json:
            print_json(_content(study, run, points, n_done, "interrupted", {}))
        return INTERRUPTED
    except WorkersLostError as error:
        print_error(f"{error}{_what_stays(kept)}")
        return INTERNAL_ERROR
    tables = study.tables(rows)
    has_plant = "tac_EUR_per_a" in rows and bool(rows["tac_EUR_per_a"].notna().all())
    status = "finished" if has_plant else "incomplete"
    show(
        content=lambda: _content(study, run, points, len(points), status, tables),
        text=lambda: _text(study, run, rows, tables),
        write=lambda out: _write(out, study, run, rows, points, tables),
        as_json=arguments.json,
        out=arguments.out,
        what="tables and figures",
    )
    return OK if has_plant else NO_SOLUTION


def findings_text(findings: pd.DataFrame) -> str:
    """Lay out findings, a paragraph each.

    Examples
    --------
    >>> row = {"statement": "so", "source": "paper", "verdict": "agrees", "evidence": "as seen"}
    >>> print(findings_text(pd.DataFrame([row])))
    agrees (statement of the paper): so
      as seen
    """
    whose = {"paper": "statement of the paper", "ours": "statement of ours"}
    return "\n".join(
        f"{row['verdict']} ({whose.get(row['source'], row['source'])}): {row['statement']}\n"
        f"  {row['evidence']}"
        for row in findings.to_dict("records")
    )


def progress_words(now: SweepProgress | None, elapsed_s: float) -> str:
    """Say how far a study is.

    Examples
    --------
    >>> progress_words(None, 2.4)
    'starting  2 s'
    >>> progress_words(SweepProgress(3, 22, 40.0, 0.075, 253.3), 41.0)
    '3 of 22 points  41 s, about 253 s left'
    """
    if now is None:
        return f"starting  {elapsed_s:.0f} s"
    left = "" if isnan(now.remaining_s) else f", about {now.remaining_s:.0f} s left"
    return f"{now.n_done} of {now.n_cases} points  {elapsed_s:.0f} s{left}"


def _swept(
    arguments: argparse.Namespace,
    run: StudyRun,
    points: pd.DataFrame,
    progress: list[SweepProgress],
) -> pd.DataFrame:
    """Run what is not in the checkpoint, always in processes, which Ctrl-C ends at once."""
    checkpoint = None
    if arguments.out is not None:
        Path(arguments.out).mkdir(parents=True, exist_ok=True)
        checkpoint = Path(arguments.out) / CHECKPOINT
    line = ProgressLine(sys.stderr, wanted=not arguments.quiet)
    with line:
        line.begin(lambda elapsed_s: progress_words(progress[-1] if progress else None, elapsed_s))
        return sweep(
            run,
            points,
            executor=DEFAULT_WORKERS if arguments.workers is None else arguments.workers,
            checkpoint=checkpoint,
            chunk_size=1,
            on_progress=progress.append,
        )


def _refuse_what_studies_do_not_read(arguments: argparse.Namespace) -> None:
    """Refuse files beside a study, and a number of processes below 1."""
    faults = FaultList()
    given = {"PROFILE": arguments.profile, "--economics": arguments.economics}
    for name, text in {**given, "--sheet": arguments.sheet}.items():
        if text is not None and (name, text) != ("PROFILE", DEFAULT_CASE):
            rule = "has no meaning with --study, which reads bundled cases"
            faults.add("", name, text, rule, "leave it out")
    if arguments.no_ranges:
        rule = "has no meaning with --study, whose points have ranges where findings need them"
        faults.add("", "--no-ranges", None, rule, "leave it out")
    if arguments.ranges != DEFAULT_SHARE:
        rule = "has no meaning with --study, whose ranges are within 0.1 %"
        faults.add("", "--ranges", f"{arguments.ranges:g}", rule, "leave it out")
    if arguments.workers is not None and arguments.workers < 1:
        rule = "must be at least 1"
        faults.add("", "--workers", str(arguments.workers), rule, "such as 2")
    faults.raise_if_any("--study")


def _in_words_of_a_study(error: InputError) -> InputError:
    """Say of a checkpoint of other points what can be done about it here."""
    remedy = (
        "repeat --study, --gap, --time-limit and --ranges-time as they were, name another --out, "
        "or remove the file to begin anew"
    )
    rule = "holds points of another study, or of one with other options"
    faults = [
        fault._replace(rule=rule, remedy=remedy) if "belongs to another" in fault.rule else fault
        for fault in error.faults
    ]
    return InputError("--study", tuple(faults))


def _what_stays(kept: bool) -> str:
    if kept:
        return "; they are kept, and the same command goes on with the rest"
    return "; with --out they are kept, and the same command goes on with the rest"


def _content(
    study: Study,
    run: StudyRun,
    points: pd.DataFrame,
    n_done: int,
    status: str,
    tables: dict[str, pd.DataFrame],
) -> dict[str, Any]:
    """Return what ``--json`` prints."""
    return {
        "study": study.name,
        "status": status,
        "n_points": len(points),
        "n_finished": n_done,
        "gap": run.mip_rel_gap,
        "time_limit_s": run.time_limit_s,
        "tables": {
            name: [
                {str(key): plain(value) for key, value in row.items()}
                for row in table.to_dict("records")
            ]
            for name, table in tables.items()
        },
    }


def _text(study: Study, run: StudyRun, rows: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> str:
    counts = ", ".join(f"{count} {name}" for name, count in rows["status"].value_counts().items())
    solved = rows[rows["gap"].notna()] if "gap" in rows else rows.iloc[:0]
    parts = [
        f"{study.name}: {study.title}\n{len(rows)} points ({counts}), {gap_words(solved)}, gap "
        f"{run.mip_rel_gap:g} asked for within {run.time_limit_s:g} s each",
        findings_text(tables["findings"]),
    ]
    errors = rows["error"][rows["error"].fillna("") != ""]
    lines = [f"point {int(str(place)) + 1}: {error}" for place, error in errors.head(3).items()]
    if len(errors) > len(lines):
        lines.append(f"{len(errors) - len(lines)} more in the column error of {_ROWS}.csv")
    return "\n\n".join([*parts, *(["\n".join(lines)] if lines else [])])


def _write(
    out: str,
    study: Study,
    run: StudyRun,
    rows: pd.DataFrame,
    points: pd.DataFrame,
    tables: dict[str, pd.DataFrame],
) -> None:
    """Write the tables, the points, the record of the run and the figures."""

    def write(folder: Path) -> None:
        write_tables({**tables, _ROWS: rows.drop(columns=DESIGN, errors="ignore")}, folder)
        (folder / INPUTS).mkdir()
        points.to_csv(folder / INPUTS / _POINTS, index=False, lineterminator="\n")

    entries = {
        "command": "sizing",
        "study": study.name,
        "gap": run.mip_rel_gap,
        "time_limit_s": run.time_limit_s,
        "ranges_s": run.ranges_s,
        "n_points": len(points),
    }
    drawn: Iterator[Drawn] = figures_of(study.name, rows, tables)
    inputs: Sequence[str] = ()
    write_output(out, tables=write, figures=drawn, entries=entries, inputs=inputs)
