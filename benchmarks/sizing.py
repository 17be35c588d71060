"""Sizing under fluctuating demand: time to a proven gap, growth with the horizon, other tools.

Instances are the scenarios A, B and C (`milpcore.sizing.benchmark_scenario`), profiles of 15 min
with a standard deviation of 5, 15, 30 and 40 % of the mean, three seeds each. Parts of
``sizing.csv``, one row per instance and method:

- ``proof``: 192 steps to a gap of `PROOF_GAP`, at most `PROOF_LIMIT_S`. ``s_to_gap_1e-3`` is when a
  design and a bound that prove 0.1 % were both known, heard by an observer of the same run; where
  that is later than `FIRST_LIMIT_S`, a run that asks for no more than 0.1 % in that time follows
  (part ``first gap``), as a search may know more than it tells.
- ``horizon``: 96 to 672 steps (a week) to each of `HORIZON_GAPS`, at most `HORIZON_LIMIT_S`.
- ``comparison``: the same 36 instances in `milpcore.sizing`, oemof.solph and PyPSA, the same limit,
  gap asked for and HiGHS; ``load_changes`` says whether at most one an hour was allowed
  ("limited", added to both tools as constraints of our own) or any number ("any", the tools' own
  components alone but for the rows that `benchmarks.sizing_tools` names; first seed only). All
  sizes have the limits that those tools need. ``tac_EUR_per_a`` is what `milpcore.sizing.simulate`
  computes from the tool's table of decisions, ``violations`` what `milpcore.sizing.check` finds.

HiGHS has as many threads in the tools as there are cores, in ours what it takes by itself.
``elapsed_s`` of ours is all of the call, of the tools the solver alone; ``build_s`` is what they
take to build the model, their imports not counted. ``cpu_s`` is processor time, which other load on
the machine disturbs less than wall-clock time.

Beside it: ``sizing_targets.csv`` (targets with measured figures), ``sizing_growth.csv`` (exponents
over the horizon), and the figure ``sizing_gaps``. Rows are kept in ``sizing_rows.jsonl`` as they
come: an interrupted benchmark goes on there, and rows of other code are measured again.

What it cannot show: scenarios and profiles are assumed ones; another solver than HiGHS, or rows
that its users know to add, may bring the tools further.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Any, NamedTuple

import pandas as pd

from benchmarks.__main__ import write
from benchmarks.provenance import provenance
from benchmarks.sizing_figure import draw_gaps
from benchmarks.sizing_rows import RowFile, fingerprint
from benchmarks.sizing_targets import growth, measured_targets, refuse_contradictions
from benchmarks.sizing_tools.call import ToolAnswer, solve_with
from benchmarks.sizing_tools.environments import MODULES, interpreter
from benchmarks.sizing_tools.exchange import processor_s
from benchmarks.sizing_tools.statement import limited, without_load_changes
from milpcore.extras import MissingExtraError
from milpcore.sizing import (
    CheckError,
    SizingCase,
    SizingResult,
    benchmark_scenario,
    scenario_names,
    size_plant,
)
from milpcore.sizing.progress import SizingProgress

NAME = "sizing"
SUMMARY = "sizing 36 plants to a proven gap, growth with the horizon, beside oemof.solph and PyPSA"

DEVIATIONS_PERCENT = (5.0, 15.0, 30.0, 40.0)
SEEDS = (1, 2, 3)
N_STEPS = 192
PROOF_GAP, PROOF_LIMIT_S = 5e-4, 180.0
FIRST_GAP, FIRST_LIMIT_S = 1e-3, 60.0
HORIZONS = (96, 192, 384, 672)
HORIZON_GAPS, HORIZON_LIMIT_S, HORIZON_DEVIATION_PERCENT = (5e-3, 1e-3), 600.0, 15.0
COMPARED_GAP, COMPARED_LIMIT_S = 1e-4, 60.0
OURS = "milpcore"
LIMITED, ANY = "limited", "any"
GAPS = {"s_to_gap_5e-3": 5e-3, "s_to_gap_1e-3": 1e-3, "s_to_gap_5e-4": 5e-4}
COLUMNS = (
    "part",
    "scenario",
    "deviation_percent",
    "seed",
    "n_steps",
    "load_changes",
    "method",
    "limit_s",
    "mip_rel_gap",
    "status",
    "tac_EUR_per_a",
    "bound_EUR_per_a",
    "gap",
    *GAPS,
    "elapsed_s",
    "build_s",
    "cpu_s",
    "n_nodes",
    "heat_pump_kW",
    "boiler_kW",
    "store_kWh",
    "violations",
    "versions",
    "note",
)
"""Columns of the table."""


class Instance(NamedTuple):
    """A benchmark instance.

    Attributes
    ----------
    scenario : str
    deviation_percent : float
        Standard deviation of the demand, % of its mean.
    seed : int
    n_steps : int
        Of 15 min.
    """

    scenario: str
    deviation_percent: float
    seed: int
    n_steps: int = N_STEPS

    def case(self) -> SizingCase:
        """Profile and parameters."""
        share = self.deviation_percent / 100.0
        return benchmark_scenario(
            self.scenario, deviation_share=share, seed=self.seed, n_steps=self.n_steps
        )


def instances() -> list[Instance]:
    """Return the 36 instances."""
    return [
        Instance(scenario, deviation, seed)
        for scenario in scenario_names()
        for deviation in DEVIATIONS_PERCENT
        for seed in SEEDS
    ]


def run(
    out_dir: Path,
    *,
    cases: Sequence[Instance] | None = None,
    proof_limit_s: float = PROOF_LIMIT_S,
    horizons: Sequence[int] = HORIZONS,
    horizon_limit_s: float = HORIZON_LIMIT_S,
    compared_limit_s: float = COMPARED_LIMIT_S,
    tools: Sequence[str] = tuple(MODULES),
) -> pd.DataFrame:
    """Measure everything; with the defaults it takes some hours.

    Parameters
    ----------
    out_dir : Path
        Folder of the further files, and of the rows of an interrupted run.
    cases : sequence of Instance, optional
        Default all of `instances`.
    proof_limit_s, horizon_limit_s, compared_limit_s : float
        Time limits of each run.
    horizons : sequence of int
        Numbers of steps of the part ``horizon``.
    tools : sequence of str
        Other tools; those without an environment are left out with a note.

    Returns
    -------
    DataFrame
        One row per instance and method.

    Raises
    ------
    RuntimeError
        If a bound lies above a cost of the same problem.
    """
    cases = instances() if cases is None else cases
    rows = RowFile(out_dir / f"{NAME}_rows.jsonl", out_dir / f"{NAME}.csv")
    if len(rows):
        print(f"  going on: {len(rows)} rows are measured already", flush=True)
    size_plant(*Instance("C", 15.0, 1, 24).case(), mip_rel_gap=1e-2)  # compiles
    found = [
        *_proof_rows(rows, cases, proof_limit_s),
        *_horizon_rows(rows, cases, horizons, horizon_limit_s),
        *_comparison_rows(rows, cases, compared_limit_s, _available(tools)),
    ]
    table = pd.DataFrame(found).reindex(columns=list(COLUMNS))
    for name, part in (("targets", measured_targets(table)), ("growth", growth(table))):
        write(part, out_dir / f"{NAME}_{name}.csv")
        print(part.to_string(index=False), flush=True)
    try:
        draw_gaps(table, out_dir / f"{NAME}_gaps")
    except MissingExtraError as error:
        print(f"no figure: {error}", file=sys.stderr)
    refuse_contradictions(table)
    return table


def _proof_rows(
    rows: RowFile, cases: Sequence[Instance], limit_s: float
) -> Iterator[dict[str, Any]]:
    """Run every instance to the smaller gap, and once more where the larger one came late."""
    for instance in cases:
        row = _own(rows, "proof", instance, instance.case(), PROOF_GAP, limit_s)
        yield row
        reached_s = row.get("s_to_gap_1e-3")
        if reached_s is None or reached_s > FIRST_LIMIT_S:
            first_limit_s = min(FIRST_LIMIT_S, limit_s)
            yield _own(rows, "first gap", instance, instance.case(), FIRST_GAP, first_limit_s)


def _horizon_rows(
    rows: RowFile, cases: Sequence[Instance], horizons: Sequence[int], limit_s: float
) -> Iterator[dict[str, Any]]:
    """Run every scenario over the horizons, to each gap."""
    seed = min(instance.seed for instance in cases)
    for gap in HORIZON_GAPS:
        for scenario in sorted({instance.scenario for instance in cases}):
            for n_steps in horizons:
                instance = Instance(scenario, HORIZON_DEVIATION_PERCENT, seed, n_steps)
                yield _own(rows, "horizon", instance, instance.case(), gap, limit_s)


def _comparison_rows(
    rows: RowFile, cases: Sequence[Instance], limit_s: float, tools: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Run every instance in all tools, one after the other, so that load hits all alike."""
    first_seed = min(instance.seed for instance in cases)
    for load_changes in (LIMITED, ANY):
        for instance in cases:
            if not tools or (load_changes == ANY and instance.seed != first_seed):
                continue
            case = limited(instance.case())
            if load_changes == ANY:
                case = without_load_changes(case)
            asked = ("comparison", instance, case, COMPARED_GAP, limit_s)
            yield _own(rows, *asked, load_changes=load_changes)
            for tool in tools:
                yield _other(rows, tool, *asked, load_changes=load_changes)


def _asked(
    part: str, instance: Instance, method: str, gap: float, limit_s: float, load_changes: str
) -> dict[str, Any]:
    """Return what identifies a measurement."""
    return {
        "part": part,
        **instance._asdict(),
        "load_changes": load_changes,
        "method": method,
        "limit_s": limit_s,
        "mip_rel_gap": gap,
    }


def _own(
    rows: RowFile,
    part: str,
    instance: Instance,
    case: SizingCase,
    gap: float,
    limit_s: float,
    *,
    load_changes: str = LIMITED,
) -> dict[str, Any]:
    """Measure `size_plant`, or return the row that is kept."""
    asked = _asked(part, instance, OURS, gap, limit_s, load_changes)
    code = fingerprint(("milpcore/sizing", "milpcore/core", "milpcore/data", "preprocess"))
    return rows.get(asked, code, lambda: measure_own(case, mip_rel_gap=gap, time_limit_s=limit_s))


def measure_own(case: SizingCase, *, mip_rel_gap: float, time_limit_s: float) -> dict[str, Any]:
    """Size a plant and note when each gap was proven.

    Parameters
    ----------
    case : SizingCase
    mip_rel_gap, time_limit_s : float

    Returns
    -------
    dict
        The columns that say what was found.
    """
    reached_s: dict[str, float] = {}

    def note(elapsed_s: float, cost: float, bound: float) -> None:
        for name, gap in GAPS.items():
            if cost - bound <= gap * abs(cost):
                reached_s.setdefault(name, elapsed_s)

    def observer(progress: SizingProgress) -> bool:
        note(progress.elapsed_s, progress.best_EUR_per_a, progress.bound_EUR_per_a)
        return False

    start_s, cpu_start_s = time.perf_counter(), processor_s()
    try:
        result = size_plant(
            *case, mip_rel_gap=mip_rel_gap, time_limit_s=time_limit_s, observer=observer
        )
    except CheckError as error:
        elapsed_s = time.perf_counter() - start_s
        return {"status": "check failed", "elapsed_s": elapsed_s, "note": str(error)}
    elapsed_s, cpu_s = time.perf_counter() - start_s, processor_s() - cpu_start_s
    note(elapsed_s, result.tac_EUR_per_a, result.bound_EUR_per_a)
    return {
        "status": result.status.value,
        "bound_EUR_per_a": _finite(result.bound_EUR_per_a),
        "elapsed_s": elapsed_s,
        "cpu_s": cpu_s,
        "n_nodes": int(result.summary["n_nodes"].iloc[0]),
        "violations": 0,
        **reached_s,
        **_found(result),
    }


def _found(result: SizingResult) -> dict[str, Any]:
    if result.design is None:
        return {"note": result.message}
    sizes = (*result.design.size_kW, *result.design.capacity_kWh)
    return {
        "tac_EUR_per_a": result.tac_EUR_per_a,
        "gap": result.gap,
        **dict(zip(("heat_pump_kW", "boiler_kW", "store_kWh"), map(float, sizes), strict=True)),
    }


def _other(
    rows: RowFile,
    tool: str,
    part: str,
    instance: Instance,
    case: SizingCase,
    gap: float,
    limit_s: float,
    *,
    load_changes: str,
) -> dict[str, Any]:
    """Measure another tool, or return the row that is kept."""
    threads = int(provenance()["n_cores"])

    def measure() -> dict[str, Any]:
        start_s = time.perf_counter()
        try:
            answer = solve_with(tool, case, time_limit_s=limit_s, mip_rel_gap=gap, threads=threads)
        except (RuntimeError, TimeoutExpired) as error:
            elapsed_s = time.perf_counter() - start_s
            return {"status": "failed", "elapsed_s": elapsed_s, "note": str(error)}
        return tool_row(answer)

    asked = _asked(part, instance, tool, gap, limit_s, load_changes)
    code = fingerprint(("benchmarks/sizing_tools", "milpcore/data"), str(threads))
    return rows.get(asked, code, measure)


def tool_row(answer: ToolAnswer) -> dict[str, Any]:
    """Return what another tool found as columns of the table."""
    row: dict[str, Any] = {
        "status": answer.status,
        "bound_EUR_per_a": answer.bound_EUR_per_a,
        "elapsed_s": answer.solve_s,
        "build_s": answer.build_s,
        "cpu_s": answer.cpu_s,
        "versions": answer.versions,
    }
    if answer.design is None or answer.tac_EUR_per_a is None:
        return row | {"note": "no design within the time limit"}
    tac, bound = answer.tac_EUR_per_a, answer.bound_EUR_per_a
    return row | {
        "tac_EUR_per_a": tac,
        "gap": None if bound is None else max(tac - bound, 0.0) / abs(tac),
        "heat_pump_kW": float(answer.design.size_kW[0]),
        "boiler_kW": float(answer.design.size_kW[1]),
        "store_kWh": float(answer.design.capacity_kWh[0]),
        "violations": len(answer.violations),
        "note": str(answer.violations[0]) if answer.violations else None,
    }


def _available(tools: Sequence[str]) -> list[str]:
    found = []
    for tool in tools:
        try:
            interpreter(tool)
        except MissingExtraError as error:
            print(f"  {tool} is not measured: {error}", file=sys.stderr)
        else:
            found.append(tool)
    return found


def _finite(value: float) -> float | None:
    return value if abs(value) < float("inf") else None
