"""Whether a branch and bound gets on, judged by nodes alone: the same answer on every run."""

from __future__ import annotations

import math
from dataclasses import dataclass

FIRST_LOOK = 50
"""Nodes before the gap is noted for the first time."""
LEAST_GAIN = 0.1
"""A search is stuck if less than this share of the gap went while its nodes doubled."""
GROWTH = 4
"""After a search was stuck the first look at the next one comes so many times later."""


@dataclass
class Progress:
    """Looks at the gap after so many nodes, then twice as many, and so on.

    Attributes
    ----------
    began : int
        Nodes when the present search began.
    first_look : int
        Nodes of it before the first look.
    next_look : int
        Nodes of it before the next one.
    gap : float
        At the last look.
    """

    began: int = 0
    first_look: int = FIRST_LOOK
    next_look: int = FIRST_LOOK
    gap: float = math.inf

    def is_stuck(self, n_nodes: int, gap: float) -> bool:
        """Tell whether to try something else after so many nodes, and begin anew if so."""
        if n_nodes - self.began < self.next_look:
            return False
        stuck = gap > (1.0 - LEAST_GAIN) * self.gap
        self.gap, self.next_look = gap, 2 * self.next_look
        if stuck:
            self.first_look *= GROWTH
            self.began, self.next_look, self.gap = n_nodes, self.first_look, math.inf
        return stuck
