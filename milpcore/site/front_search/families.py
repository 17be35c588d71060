"""Which level sets are allowed, and how a search goes through all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from milpcore.site.front_search.measures import Weighted
from milpcore.site.inputs import Integers

Pause = Callable[[], None]
"""Called now and then; raises `milpcore.site.path_search.search.SearchStopped` to end a search."""


class Minimum(NamedTuple):
    """The cheapest level set.

    Attributes
    ----------
    levels : ndarray of int
        The best one found.
    bound : float
        Proven lower bound of the cost of all, in units of the weighted network.
    finished : bool
        Whether the search was not stopped.
    """

    levels: Integers
    bound: float
    finished: bool


class Listed(NamedTuple):
    """What a list of level sets below a cutoff has proven.

    Attributes
    ----------
    bound : float
        Every level set that costs less has been offered, in units of the weighted network.
    finished : bool
        Whether the search was not stopped.
    """

    bound: float
    finished: bool


class Family(Protocol):
    """All level sets that are allowed."""

    def first(self) -> Integers:
        """Any of them that serves every stream."""

    def minimum(self, weighted: Weighted, known: Sequence[Integers], pause: Pause) -> Minimum:
        """Find the cheapest, beginning from some that are known."""

    def below(
        self,
        weighted: Weighted,
        known: Sequence[Integers],
        cutoff: Callable[[], float],
        offer: Callable[[Integers], None],
        pause: Pause,
    ) -> Listed:
        """Offer all that cost less than a cutoff, which may fall meanwhile."""

    def simpler(self, levels: Integers) -> list[Integers]:
        """Those next to one that are to be preferred at equal worth, the best first."""
