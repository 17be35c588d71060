"""Run the statement of another tool in its own environment, and read what it found."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.sizing_tools.environments import ROOT, interpreter
from benchmarks.sizing_tools.statement import decisions_of, design_of, statement_of
from milpcore.sizing import SizingCase, SizingDesign, Violation, check, simulate
from milpcore.sizing.simulate import heat_margin_kW

GRACE_s = 300.0
"""For starting, building and reading, beyond the solver's time limit."""
TOLERANCE = 1e-4
"""Share of the mean demand by which tables of another tool may be off: its solver's tolerances."""


@dataclass(frozen=True, eq=False)
class ToolAnswer:
    """What another tool found.

    Attributes
    ----------
    status : str
        As the tool calls it.
    objective_EUR_per_a : float or None
        As the tool says it; None without a solution.
    bound_EUR_per_a : float or None
    design : SizingDesign or None
        Its table of decisions.
    tac_EUR_per_a : float or None
        Of the design, by `milpcore.sizing.simulate`.
    violations : tuple of Violation
        What `milpcore.sizing.check` finds in the design, within `TOLERANCE`.
    build_s, solve_s, cpu_s : float
        Seconds to build the model, in the solver, and of processor time there.
    versions : str
    """

    status: str
    objective_EUR_per_a: float | None
    bound_EUR_per_a: float | None
    design: SizingDesign | None
    tac_EUR_per_a: float | None
    violations: tuple[Violation, ...]
    build_s: float
    solve_s: float
    cpu_s: float
    versions: str


def solve_with(
    tool: str,
    case: SizingCase,
    *,
    time_limit_s: float,
    mip_rel_gap: float,
    threads: int,
    fixed: SizingDesign | None = None,
) -> ToolAnswer:
    """State and solve an instance with another tool.

    Parameters
    ----------
    tool : str
        "oemof" or "pypsa".
    case : SizingCase
        As `benchmarks.sizing_tools.statement.limited` gives it.
    time_limit_s, mip_rel_gap : float
    threads : int
        Options of HiGHS.
    fixed : SizingDesign, optional
        Sizes, states and heat that are fixed; its cost is the question then.

    Returns
    -------
    ToolAnswer

    Raises
    ------
    MissingExtraError
        If no environment has the tool.
    RuntimeError
        If the tool fails; with the end of what it printed.
    """
    python = interpreter(tool)
    highs = {"time_limit": time_limit_s, "mip_rel_gap": mip_rel_gap, "threads": threads}
    question: dict[str, Any] = {**statement_of(case), "highs": highs}
    if fixed is not None:
        question["fixed"] = decisions_of(fixed)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("question.json", "answer.json")]
        paths[0].write_text(json.dumps(question), encoding="utf-8")
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        module = f"benchmarks.sizing_tools.{tool}_model"
        done = subprocess.run(
            [str(python), "-m", module, *map(str, paths)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=time_limit_s + GRACE_s,
        )
        if done.returncode or not paths[1].is_file():
            raise RuntimeError(f"{tool} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        found = json.loads(paths[1].read_text(encoding="utf-8"))
    return _answer(case, found)


def _answer(case: SizingCase, found: dict[str, Any]) -> ToolAnswer:
    profile, parameters = case
    design, tac, violations = None, None, ()
    if found["decisions"] is not None:
        design = design_of(found["decisions"], heat_margin_kW(profile, TOLERANCE))
        tac = simulate(profile, parameters, design, tolerance=TOLERANCE).tac_EUR_per_a
        violations = check(
            profile,
            parameters,
            design,
            tac_EUR_per_a=found["objective"],
            tolerance=TOLERANCE,
        )
    return ToolAnswer(
        status=found["status"],
        objective_EUR_per_a=found["objective"],
        bound_EUR_per_a=found["bound"],
        design=design,
        tac_EUR_per_a=tac,
        violations=violations,
        build_s=found["build_s"],
        solve_s=found["solve_s"],
        cpu_s=found["cpu_s"],
        versions=found["versions"],
    )
