"""What a child process logs reaches the loggers of its parent, as if it had happened there.

Only what the parent's loggers let pass is sent. A parent that has set up no logging gets nothing
below a warning, and the library gives none.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from logging.handlers import QueueHandler
from typing import Any

ROOT = "milpcore"


def levels_here() -> dict[str, int]:
    """Level of the package's logger, and of those below it that have one of their own.

    Examples
    --------
    >>> levels_here()["milpcore"] == logging.getLogger("milpcore").getEffectiveLevel()
    True
    """
    levels = {ROOT: logging.getLogger(ROOT).getEffectiveLevel()}
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if name.startswith(f"{ROOT}.") and isinstance(logger, logging.Logger) and logger.level:
            levels[name] = logger.level
    return levels


def send_records(levels: Mapping[str, int], send: Callable[[logging.LogRecord], object]) -> None:
    """Let this process hand its records to a function instead of showing them itself.

    Parameters
    ----------
    levels : mapping of str to int
        As `levels_here` found them in the parent.
    send : callable
        Called with each record; its message is text by then, so that it can be pickled.
    """
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    logger = logging.getLogger(ROOT)
    logger.propagate = False
    queue: Any = _Queue(send)
    logger.addHandler(QueueHandler(queue))


def take_record(record: logging.LogRecord) -> None:
    """Hand a record of a child to the logger of its name."""
    logging.getLogger(record.name).handle(record)


class _Queue:
    """What `logging.handlers.QueueHandler` asks of a queue."""

    def __init__(self, send: Callable[[logging.LogRecord], object]) -> None:
        self._send = send

    def put_nowait(self, record: logging.LogRecord) -> None:
        """Send a record; once the parent has gone nobody listens."""
        with suppress(OSError):
            self._send(record)
