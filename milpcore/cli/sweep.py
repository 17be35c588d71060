"""The command ``milpcore sweep``."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import isnan
from pathlib import Path
from typing import Any

import pandas as pd

from milpcore.cli.messages import INTERNAL_ERROR, INTERRUPTED, NO_SOLUTION, OK, print_error
from milpcore.cli.output import (
    Drawn,
    check_output,
    print_json,
    show,
    write_inputs,
    write_output,
)
from milpcore.extras import require
from milpcore.faults import Fault, InputError
from milpcore.report import ProgressLine, TextColumn, text_table
from milpcore.scales import Kind, number, scale_for
from milpcore.site.table_files import write_tables
from milpcore.sweeps.runner import SweepProgress, sweep
from milpcore.sweeps.study_file import SweepStudy, read_sweep
from milpcore.sweeps.summary import SweepSummary, summarize
from milpcore.sweeps.workers import WorkersLostError

CHECKPOINT = "checkpoint.sqlite"
CONNECT_S = 10
_DASK = ("dask", "sweeps on a Dask cluster")
_GOES_ON = "finished cases are kept, the same command goes on with the rest"
_SUMMARIES = ("status", "spread", "heat_pumps", "pump_sets")
_FIGURES = ("tac_distribution", "heat_pump_shares")


def run(arguments: argparse.Namespace) -> int:
    """Run all cases that are not in the checkpoint, show and write the results."""
    study = read_sweep(arguments.study)
    results_file = f"results.{arguments.format}"
    writes = [
        results_file,
        "inputs/study.toml",
        *(f"{name}.csv" for name in _SUMMARIES),
    ]
    writes += [f"{name}.{suffix}" for name in _FIGURES for suffix in ("png", "svg")]
    check_output(arguments.out, inputs=study.files, writes=writes, resumes=(CHECKPOINT,))
    if arguments.workers < 1:
        rule = "must be at least 1"
        fault = Fault("", "--workers", str(arguments.workers), rule, "such as 2")
        raise InputError("sweep", (fault,))
    if arguments.format == "parquet":
        require("pyarrow", "parquet", "writing Parquet files")
    if arguments.scheduler is not None:
        require("distributed", *_DASK)
    Path(arguments.out).mkdir(parents=True, exist_ok=True)
    progress: list[SweepProgress] = []
    try:
        table = _swept(arguments, study, progress)
    except KeyboardInterrupt:
        print_error(f"interrupted; {_GOES_ON}")
        if arguments.json:
            print_json(_interrupted(study, progress))
        return INTERRUPTED
    except WorkersLostError as error:
        print_error(f"{error}; {_GOES_ON}")
        return INTERNAL_ERROR
    summary = summarize(table)
    show(
        content=summary.to_json_dict,
        text=lambda: _text(study, table, summary),
        write=lambda out: _write(out, arguments, study, table, summary, results_file),
        as_json=arguments.json,
        out=arguments.out,
        what="results, summary and figures",
    )
    has_design = "tac_EUR_per_a" in table and table["tac_EUR_per_a"].notna().all()
    return OK if has_design else NO_SOLUTION


def _interrupted(study: SweepStudy, progress: Sequence[SweepProgress]) -> dict[str, Any]:
    """Say how many cases are in the checkpoint, as far as this run knows."""
    n_done = progress[-1].n_done if progress else 0
    status = ["finished"] * n_done + ["interrupted"] * (len(study.cases) - n_done)
    return summarize(pd.DataFrame({"status": status})).to_json_dict()


def _swept(
    arguments: argparse.Namespace, study: SweepStudy, progress: list[SweepProgress]
) -> pd.DataFrame:
    line = ProgressLine(sys.stderr, wanted=not arguments.quiet)

    with line, _executor(arguments) as executor:
        line.begin(lambda elapsed_s: _progress_text(progress[-1] if progress else None, elapsed_s))
        return sweep(
            study.run,
            study.cases,
            executor=executor,
            checkpoint=Path(arguments.out) / CHECKPOINT,
            on_progress=progress.append,
        )


def _progress_text(now: SweepProgress | None, elapsed_s: float) -> str:
    starting = f"starting  {elapsed_s:.0f} s"
    if now is None:
        return starting
    done = f"{now.n_done} of {now.n_cases} cases"
    if isnan(now.cases_per_s):
        return f"{done}  {starting}"
    rate = f"{now.cases_per_s:.{0 if now.cases_per_s >= 10.0 else 2}f}"
    return f"{done}  {rate} a second  {now.remaining_s:.0f} s left"


@contextmanager
def _executor(arguments: argparse.Namespace) -> Iterator[Any]:
    if arguments.scheduler is None:
        yield arguments.workers if arguments.workers > 1 else None
        return
    distributed = require("distributed", *_DASK)
    try:
        client = distributed.Client(arguments.scheduler, timeout=CONNECT_S)
    except (OSError, ValueError) as error:
        rule = f"cannot be reached: {error}"
        fault = Fault("", "--scheduler", arguments.scheduler, rule, "check address and network")
        raise InputError("sweep", (fault,)) from error
    with client:
        yield client


def _text(study: SweepStudy, table: pd.DataFrame, summary: SweepSummary) -> str:
    counts = ", ".join(
        f"{count} {status}" for status, count in summary.status.itertuples(index=False, name=None)
    )
    parts = [f"{study.name}: {len(table)} cases ({counts})"]
    if len(summary.spread):
        parts.append(_spread_text(summary.spread))
    if len(summary.pump_sets):
        sets = summary.pump_sets.head(12)
        scale = scale_for(Kind.COST, sets["mean_tac_EUR_per_a"])
        parts.append(
            text_table(
                [
                    TextColumn("heat pumps", "°C", [str(x) for x in sets["heat_pumps"]], left=True),
                    TextColumn("cases", "", [str(count) for count in sets["n_cases"]]),
                    TextColumn("share", "%", [number(100.0 * x, 1) for x in sets["share"]]),
                    TextColumn(
                        "mean TAC", scale.unit, [scale.text(x) for x in sets["mean_tac_EUR_per_a"]]
                    ),
                ]
            )
        )
    errors = table["error"][table["error"] != ""]
    lines = [f"case {int(str(place)) + 1}: {error}" for place, error in errors.head(3).items()]
    if len(errors) > len(lines):
        lines.append(f"{len(errors) - len(lines)} more in the column error of the results")
    if lines:
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _spread_text(spread: pd.DataFrame) -> str:
    names = ("mean", "q05", "q50", "q95")
    kinds = {"EUR_per_a": Kind.COST, "t_per_a": Kind.EMISSION, "kW": Kind.HEAT}
    rows = []
    for row in spread.to_dict("records"):
        quantity = str(row["quantity"])
        unit = next(unit for unit in kinds if quantity.endswith(unit))
        scale = scale_for(kinds[unit], [row[name] for name in names])
        label = quantity.removesuffix(f"_{unit}").replace("_", " ")
        label = label if label in ("regret", "external heat", "electricity") else label.upper()
        rows.append((label, scale.unit, *(scale.text(row[name]) for name in names)))
    titles = ("", "unit", "mean", "5 %", "median", "95 %")
    return text_table(
        [
            TextColumn(title, "", list(cells), left=place < 2)
            for place, (title, cells) in enumerate(
                zip(titles, zip(*rows, strict=True), strict=True)
            )
        ]
    )


def _write(
    out: str,
    arguments: argparse.Namespace,
    study: SweepStudy,
    table: pd.DataFrame,
    summary: SweepSummary,
    results_file: str,
) -> None:
    def tables(folder: Path) -> None:
        if arguments.format == "parquet":
            table.to_parquet(folder / results_file, index=False)
        else:
            table.to_csv(folder / results_file, index=False, lineterminator="\n")
        write_tables({name: getattr(summary, name) for name in _SUMMARIES}, folder)
        write_inputs(folder, study.streams, study.economics)
        shutil.copyfile(arguments.study, folder / "inputs" / "study.toml")

    write_output(
        out,
        tables=tables,
        figures=_figures(study, table, summary),
        entries={"command": "sweep", "study": study.name, "n_cases": len(table)},
        inputs=study.files,
    )


def _figures(study: SweepStudy, table: pd.DataFrame, summary: SweepSummary) -> Iterator[Drawn]:
    from milpcore import plots

    title = f"{study.name}: TAC over all cases"
    yield Drawn("tac_distribution", plots.tac_distribution(table, title=title))
    title = f"{study.name}: how often each heat pump runs"
    yield Drawn("heat_pump_shares", plots.heat_pump_shares(summary.heat_pumps, title=title))
