"""What a child process tells its parent while it computes, and when it is to stop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from milpcore.core import Channel
from milpcore.site.model import Progress

SEND_EVERY_S = 0.1
"""Shortest time between two messages; searches report far more often."""


def observer_of(channel: Channel) -> Callable[[object], bool]:
    """Make an observer that sends progress now and then, and asks whether to stop.

    Parameters
    ----------
    channel : Channel
        To the parent.

    Returns
    -------
    callable
        Takes progress of any kind; True once the parent asks to stop.
    """
    sent_s = -math.inf

    def observe(progress: object) -> bool:
        nonlocal sent_s
        now_s = time.monotonic()
        if now_s - sent_s >= SEND_EVERY_S:
            channel.send(progress)
            sent_s = now_s
        return channel.should_stop.is_set()

    return observe


def design_observer_of(channel: Channel) -> Callable[[Progress], bool]:
    """Make an observer that sends progress now and then, and of every better design at once.

    Parameters
    ----------
    channel : Channel
        To the parent.

    Returns
    -------
    callable
        Takes `Progress`; True once the parent asks to stop.
    """
    now_and_then, told = observer_of(channel), math.inf

    def observe(progress: Progress) -> bool:
        nonlocal told
        if progress.incumbent == told:
            return now_and_then(progress)
        told = progress.incumbent
        channel.send(progress)
        return channel.should_stop.is_set()

    return observe
