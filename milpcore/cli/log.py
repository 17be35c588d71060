"""What ``--verbose`` shows: the package's log on standard error."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

LAYOUT = "%(asctime)s %(levelname)-5s %(name)s: %(message)s"
LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


@contextmanager
def log_shown(verbosity: int) -> Iterator[None]:
    """Show the log of the package as long as the block runs.

    Parameters
    ----------
    verbosity : int
        0 for nothing; 1 for studies and configurations; from 2 the rounds of searches, too.
    """
    if not verbosity:
        yield
        return
    logger = logging.getLogger("milpcore")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(LAYOUT, datefmt="%H:%M:%S"))
    before = logger.level
    logger.setLevel(LEVELS[min(verbosity, len(LEVELS) - 1)])
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
