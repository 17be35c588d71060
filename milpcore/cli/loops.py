"""The command ``milpcore loops``."""

from __future__ import annotations

import argparse

from milpcore.cli.loops_design import run_design
from milpcore.cli.loops_evaluate import run_evaluation


def run(arguments: argparse.Namespace) -> int:
    """Design a network, or evaluate one."""
    return run_design(arguments) if arguments.evaluate is None else run_evaluation(arguments)
