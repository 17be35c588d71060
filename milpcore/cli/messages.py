"""Exit codes, and messages on standard error."""

from __future__ import annotations

import sys

OK = 0
NO_SOLUTION = 1
BAD_INPUT = 2
INTERNAL_ERROR = 70
INTERRUPTED = 130
CLOSED_PIPE = 141


def print_error(text: str) -> None:
    """Write a message to standard error, led by the program's name."""
    sys.stderr.write(f"milpcore: {text}\n")
    sys.stderr.flush()
