"""Exit codes, and what is written to standard output and standard error."""

from __future__ import annotations

import sys
from contextlib import suppress

OK = 0
NO_SOLUTION = 1
BAD_INPUT = 2
INTERNAL_ERROR = 70
BAD_OUTPUT = 74
INTERRUPTED = 130
CLOSED_PIPE = 141
TERMINATED = 143


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
    with suppress(OSError):  # there is no other place to say that this one is full
        sys.stderr.write(f"milpcore: {text}\n")
        sys.stderr.flush()
