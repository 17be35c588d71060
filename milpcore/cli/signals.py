"""SIGTERM, which asks a process to end, answered like Ctrl-C: after cleaning up."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def termination_as_ctrl_c() -> Iterator[list[int]]:
    """Hand SIGTERM on to whatever answers Ctrl-C, as long as the block runs.

    Only in the main thread, and only in place of the system's own answer: another handler, or
    a signal that is ignored, is the caller's choice.

    Yields
    ------
    list of int
        Grows by one entry with each SIGTERM.

    Examples
    --------
    >>> with termination_as_ctrl_c() as terminations:
    ...     try:
    ...         signal.raise_signal(signal.SIGTERM)
    ...     except KeyboardInterrupt:
    ...         print(len(terminations))
    1
    """
    terminations: list[int] = []

    def answer(number: int, frame: FrameType | None) -> None:
        terminations.append(number)
        on_ctrl_c = signal.getsignal(signal.SIGINT)
        if not callable(on_ctrl_c):
            raise KeyboardInterrupt
        on_ctrl_c(signal.SIGINT, frame)

    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield terminations
        return
    signal.signal(signal.SIGTERM, answer)
    try:
        yield terminations
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
