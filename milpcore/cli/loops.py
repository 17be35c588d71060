"""The command ``milpcore loops``."""

from __future__ import annotations

import argparse

from milpcore.cli.loops_evaluate import run_evaluation
from milpcore.faults import Fault, InputError


def run(arguments: argparse.Namespace) -> int:
    """Evaluate a network."""
    if arguments.evaluate is None:
        remedy = "name the JSON file of a network"
        raise InputError("loops", (Fault("", "--evaluate", "", "is missing", remedy),))
    return run_evaluation(arguments)
