"""Exit codes, and what is written to standard output and standard error."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path

OK = 0
NO_SOLUTION = 1
BAD_INPUT = 2
INTERNAL_ERROR = 70
BAD_OUTPUT = 74
INTERRUPTED = 130
CLOSED_PIPE = 141
TERMINATED = 143


class ToldInterrupt(KeyboardInterrupt):
    """Ctrl-C, with a message for the user that says what became of the output."""


class OutputError(Exception):
    """The output could not be written; the message says where and why.

    Parameters
    ----------
    where : str
        A folder, or standard output.
    error : OSError
        What the operating system says.
    """

    def __init__(self, where: str, error: OSError) -> None:
        reason = error.strerror or error
        super().__init__(f"the output could not be written to {where}: {reason}")


def open_closed_outputs() -> None:
    """Give standard streams that were closed (``2>&-``) a place that leads nowhere.

    Otherwise the next file or pipe takes their number, and gets what is meant for them.

    Raises
    ------
    OutputError
        If standard output was closed: nobody could see the results.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the least free number
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    if sys.stdout is None:
        raise OutputError("standard output", OSError(errno.EBADF, "it is closed"))


def print_output(text: str) -> None:
    """Write to standard output, at once.

    Parameters
    ----------
    text : str
        Whole lines.

    Raises
    ------
    OutputError
        If it cannot be written.
    BrokenPipeError
        If nobody reads it.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError("standard output", error) from error


def print_error(text: str) -> None:
    """Write a message to standard error, led by the program's name."""
    with suppress(OSError, AttributeError):  # full or closed: there is no other place to say so
        sys.stderr.write(f"milpcore: {text}\n")
        sys.stderr.flush()
