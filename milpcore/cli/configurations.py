"""How a command about several numbers of levels ends: what is worth writing, said, returned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import pandas as pd

from milpcore.cli.messages import INTERRUPTED, NO_SOLUTION, OK, print_error
from milpcore.cli.output import is_worth_writing
from milpcore.core import Status


class Configuration(Protocol):
    """What every result has."""

    @property
    def max_levels(self) -> int:
        """Levels allowed."""

    @property
    def status(self) -> Status:
        """How its search ended."""

    @property
    def has_design(self) -> bool:
        """Whether there is a design."""

    @property
    def summary(self) -> pd.DataFrame:
        """One row."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Explanations for people."""

    def to_json_dict(self) -> dict[str, Any]:
        """Plain values."""


def is_worth(results: Sequence[Configuration], out: str | None) -> bool:
    """Whether anything is proven, or at least found where no older run has written."""
    proven = (Status.OPTIMAL, Status.INFEASIBLE)
    return is_worth_writing(
        out,
        is_finished=any(one.status in proven for one in results),
        has_anything=any(one.has_design for one in results),
    )


def why_unfinished(results: Sequence[Configuration]) -> str:
    """Why nothing is worth writing, if nothing is."""
    if any(one.status is Status.TIME_LIMIT for one in results):
        return "no number of levels is proven to the gap asked for"
    return "nothing was finished"


def say_without(results: Sequence[Configuration], not_started: Sequence[int]) -> None:
    """Say of every configuration that was started and has no design how it ended."""
    for one in results:
        if not one.has_design and one.max_levels not in not_started:
            notes = " ".join(one.notes)
            told = f"N = {one.max_levels}: {one.status.value}{': ' if notes else ''}{notes}"
            print_error(told)


def exit_code(results: Sequence[Configuration], *, was_interrupted: bool) -> int:
    """Exit code of the command."""
    if was_interrupted:
        return INTERRUPTED
    return OK if all(one.has_design for one in results) else NO_SOLUTION
