"""Cases that wait, handed out in chunks which take about `CHUNK_S` each, as measured so far.

A chunk is one task of an executor and one transaction of the checkpoint. The first is a single
case; later ones have as many cases as fit into the time at the pace of those before. What a worker
has no time left for comes back and waits again, first in line. Towards the end chunks get smaller,
so that all workers have something to do.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence

from milpcore.sweeps.worker import CHUNK_S, Case, Row

MOST_PER_CHUNK = 250
MOST_GROWTH = 8


class Chunks:
    """Cases of one sweep that wait for a worker.

    Parameters
    ----------
    waiting : iterable of (int, dict)
        Number and parameters of each case.
    n_workers : int
        Number of workers that share them.
    chunk_size : int, optional
        Most cases in a chunk, and how many the first has; found from the time they take if not
        given.

    Examples
    --------
    >>> chunks = Chunks([(number, {}) for number in range(100)], n_workers=1)
    >>> first = chunks.take()
    >>> chunks.done(first, [(number, {"run_s": 0.1}) for number, _ in first])
    >>> len(first), len(chunks.take())
    (1, 5)
    """

    def __init__(
        self, waiting: Iterable[tuple[int, Case]], *, n_workers: int, chunk_size: int | None = None
    ) -> None:
        self._waiting = deque(waiting)
        self._n_workers = n_workers
        self._most = MOST_PER_CHUNK if chunk_size is None else chunk_size
        self._size = 1 if chunk_size is None else chunk_size

    def take(self) -> list[tuple[int, Case]]:
        """Next cases to run; none if all are with workers."""
        share = math.ceil(len(self._waiting) / self._n_workers)
        return [self._waiting.popleft() for _ in range(min(self._size, share))]

    def done(self, chunk: Sequence[tuple[int, Case]], found: Sequence[tuple[int, Row]]) -> None:
        """Learn what became of a chunk.

        Parameters
        ----------
        chunk : sequence of (int, dict)
            As it was taken.
        found : sequence of (int, dict)
            Rows of its first cases, one or more; the other cases wait again.
        """
        self._waiting.extendleft(reversed(chunk[len(found) :]))
        took_s = sum(row["run_s"] for _, row in found)
        fits = len(found) * CHUNK_S / took_s if took_s > 0.0 else math.inf
        self._size = int(max(1, min(fits, MOST_GROWTH * len(found), self._most)))
