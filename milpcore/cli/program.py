"""Run a command, and say what became of errors.

Commands are imported when they run, so that ``--help`` waits for no solver.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from typing import TextIO

from milpcore.cli.log import log_shown
from milpcore.cli.messages import (
    BAD_INPUT,
    BAD_OUTPUT,
    CLOSED_PIPE,
    INTERNAL_ERROR,
    OutputError,
    ToldInterrupt,
    open_closed_outputs,
    print_error,
    print_output,
)
from milpcore.cli.parser import parser
from milpcore.cli.signals import early_ctrl_c_held
from milpcore.extras import MissingExtraError
from milpcore.faults import InputError

TRACEBACK_VARIABLE = "MILPCORE_TRACEBACK"

_COMMANDS = {
    "targets": "milpcore.cli.targets",
    "greenfield": "milpcore.cli.greenfield",
    "retrofit": "milpcore.cli.retrofit",
    "sensitivity": "milpcore.cli.sensitivity",
    "pareto": "milpcore.cli.pareto",
    "sweep": "milpcore.cli.sweep",
    "tightness": "milpcore.cli.tightness",
    "sizing": "milpcore.cli.sizing",
    "loops": "milpcore.cli.loops",
}
_SHOW_WHAT_WAS_ASKED = (
    "greenfield",
    "retrofit",
    "sensitivity",
    "pareto",
    "tightness",
    "sizing",
    "loops",
)
"""Commands whose JSON has something to say before anything is computed."""


def run_command(argv: Sequence[str] | None) -> int:
    """Run the command that the arguments name, and turn errors into messages.

    Parameters
    ----------
    argv : sequence of str or None
        Arguments without the program's name; None for those of the process.

    Returns
    -------
    int
        Exit code, see `milpcore.cli`.

    Raises
    ------
    KeyboardInterrupt
        At Ctrl-C, unless the command has kept what was finished.
    """
    wants_traceback = bool(os.environ.get(TRACEBACK_VARIABLE))
    try:
        open_closed_outputs()
        for stream in (sys.stdout, sys.stderr):
            _print_what_it_can(stream)
        try:
            arguments = parser().parse_args(argv)
        except SystemExit as stop:
            print_output("")
            return int(stop.code or 0)
        wants_traceback = wants_traceback or arguments.traceback
        with log_shown(arguments.verbose):
            arguments.quiet = bool(arguments.verbose) or getattr(arguments, "quiet", False)
            return _run(arguments)
    except BrokenPipeError:
        _forget_output()
        return CLOSED_PIPE
    except OutputError as error:
        if wants_traceback:
            traceback.print_exc()
        _forget_output()
        print_error(str(error))
        return BAD_OUTPUT
    except (InputError, MissingExtraError) as error:
        if wants_traceback:
            traceback.print_exc()
        print_error(str(error))
        return BAD_INPUT
    except Exception as error:
        if wants_traceback:
            traceback.print_exc()
        print_error(f"internal error: {type(error).__name__}: {_first_line(error)}")
        if not wants_traceback:
            print_error(f"--traceback, or {TRACEBACK_VARIABLE}=1, shows where; please report it")
        return INTERNAL_ERROR


def _run(arguments: argparse.Namespace) -> int:
    """Import a command, which takes about a second, and run it.

    Ctrl-C ends the program until the command has read its inputs, but for commands that are to
    print JSON: those still have to say so, and ask `is_interrupted_early`.
    """
    is_held = arguments.json and arguments.command in _SHOW_WHAT_WAS_ASKED
    try:
        with early_ctrl_c_held(arguments) if is_held else nullcontext():
            command = importlib.import_module(_COMMANDS[arguments.command])
            code: int = command.run(arguments)
        return code
    except ToldInterrupt:
        raise
    except KeyboardInterrupt as interrupt:
        if arguments.out is None or arguments.command == "sweep":  # which has a checkpoint there
            raise
        raise ToldInterrupt(f"interrupted, and nothing was written: {arguments.out}") from interrupt


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]


def _print_what_it_can(stream: TextIO) -> None:
    """Let an output that has no € or ° show a question mark instead of failing."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        with suppress(ValueError, OSError):
            reconfigure(errors="replace")


def _forget_output() -> None:
    """Point standard output nowhere, so that closing it at exit raises nothing."""
    with suppress(OSError, ValueError, AttributeError):  # None where it was closed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
