"""The command ``milpcore loops``."""

from __future__ import annotations

import argparse

from milpcore.cli.loops_arguments import DESIGN_DEFAULTS, EVALUATION_DEFAULTS
from milpcore.cli.loops_design import run_design
from milpcore.cli.loops_evaluate import run_evaluation
from milpcore.faults import FaultList


def run(arguments: argparse.Namespace) -> int:
    """Design a network, or evaluate one."""
    is_design = arguments.evaluate is None
    idle = EVALUATION_DEFAULTS if is_design else DESIGN_DEFAULTS
    faults = FaultList()
    for name in idle:
        value = getattr(arguments, name)
        if value is not None:
            option = f"--{name.replace('_', '-')}"
            rule = "is of no use without --evaluate" if is_design else "is of no use to --evaluate"
            faults.add("", option, "" if value is True else f"{value:g}", rule, "leave it out")
    faults.raise_if_any("loops")
    for name, default in {**DESIGN_DEFAULTS, **EVALUATION_DEFAULTS}.items():
        if getattr(arguments, name) is None:
            setattr(arguments, name, default)
    return run_design(arguments) if is_design else run_evaluation(arguments)
