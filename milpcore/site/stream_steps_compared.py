"""Service in steps beside one level a stream: what it saves, and what no steps could save more."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from milpcore.core import Status
from milpcore.site.results import SiteResult
from milpcore.site.stream_steps import StepwiseResult
from milpcore.site.stream_steps_bound import StepwiseBound
from milpcore.site.table_files import json_rows, plain

_SHARED = (
    *("tac_EUR_per_a", "opex_EUR_per_a", "capex_EUR_per_a", "co2_t_per_a"),
    *("external_heat_kW", "cooling_kW", "electricity_kW"),
)


@dataclass(frozen=True, eq=False)
class StepsCompared:
    """The best systems with one level a stream and in steps, for as many levels.

    Attributes
    ----------
    one_level : SiteResult
        Each stream served by one level.
    steps : StepwiseResult or None
        Streams served in steps; None where an interruption came before.
    bound : StepwiseBound or None
        What steps at all temperatures can do at best; None if it was not asked for.
    ended : Status
        How the searches ended, where there is none for steps.
    note : str
        Why, for people.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore import site
    >>> dairy = milpcore.load_case("dairy_8")
    >>> found = StepsCompared(
    ...     site.greenfield(dairy, n_levels=4), site.stepwise(dairy, n_levels=4), None
    ... )
    >>> found.summary[["n_streams", "n_steps"]].iloc[0].tolist()
    [8, 15]
    """

    one_level: SiteResult
    steps: StepwiseResult | None
    bound: StepwiseBound | None
    ended: Status = Status.INTERRUPTED
    note: str = ""

    @property
    def max_levels(self) -> int:
        """Levels allowed."""
        return self.one_level.max_levels

    @property
    def status(self) -> Status:
        """How the search for steps ended."""
        return self.ended if self.steps is None else self.steps.result.status

    @property
    def has_design(self) -> bool:
        """Whether a system with service in steps was found."""
        return self.steps is not None and self.steps.result.has_design

    @property
    def notes(self) -> tuple[str, ...]:
        """Explanations of the steps, and of what the comparison does not prove."""
        if self.steps is None:
            return (self.note,) if self.note else ("Interrupted before the search for steps.",)
        notes = list(self.steps.result.notes)
        if self.steps.n_cuts_left_out:
            notes.append(
                f"{self.steps.n_cuts_left_out} cuts would have left pieces too small: the bound "
                "holds for the pieces made, not for all steps."
            )
        if self.one_level.has_design and self.one_level.status is not Status.OPTIMAL:
            status = self.one_level.status.value
            notes.append(f"One level a stream is not proven ({status}): steps may save less.")
        return tuple(notes)

    @property
    def summary(self) -> pd.DataFrame:
        """One row: value of the steps with bound and gap, what they save, exchangers, energy.

        ``saving`` is in ``unit``; ``any_temperature_bound`` is what no steps at any temperatures
        go below, ``most_saving_percent`` what they could save at most; NaN where not asked for.
        """
        steps = None if self.steps is None else self.steps.result
        one = self.one_level.summary.iloc[0]
        row = one if steps is None else steps.summary.iloc[0]
        value = math.nan if steps is None else float(row["objective_value"])
        base = float(one["objective_value"])
        limit = math.nan if self.bound is None else self.bound.bound
        times_s = [float(one["solve_s"])]
        times_s += [] if steps is None else [float(row["solve_s"])]
        times_s += [] if self.bound is None else [self.bound.solve_s]
        known = steps is not None
        return pd.DataFrame(
            [
                {
                    "max_levels": self.max_levels,
                    "n_levels": int(row["n_levels"]) if known else 0,
                    "status": self.status.value,
                    "objective": str(one["objective"]),
                    "unit": str(one["unit"]),
                    "objective_value": value,
                    "bound": float(row["bound"]) if known else math.nan,
                    "gap": float(row["gap"]) if known else math.nan,
                    "one_level_value": base,
                    "one_level_status": str(one["status"]),
                    "saving": base - value,
                    "saving_percent": _percent(base - value, base),
                    "any_temperature_bound": limit,
                    "most_saving_percent": _percent(base - limit, base),
                    "n_streams": self.one_level.streams.n_streams,
                    "n_steps": 0 if self.steps is None else self.steps.n_steps,
                    "n_heat_pumps": int(row["n_heat_pumps"]) if known else 0,
                    **{name: float(row[name]) if known else math.nan for name in _SHARED},
                    "solve_s": float(np.nansum(times_s)),
                    "formulation": str(row["formulation"]),
                }
            ]
        )

    @property
    def table_of_steps(self) -> pd.DataFrame:
        """One row per step, see `StepwiseResult.steps`; empty without any."""
        return pd.DataFrame() if self.steps is None else self.steps.steps

    def to_json_dict(self) -> dict[str, Any]:
        """Return the summary, the design in steps and that with one level as plain values."""
        result = None if self.steps is None else self.steps.result
        (row,) = json_rows(self.summary)
        levels_C = [] if result is None else [plain(x) for x in result.levels["temperature_C"]]
        return {
            **row,
            "levels_C": levels_C,
            "heat_pumps": [] if result is None else result.to_json_dict()["heat_pumps"],
            "steps": json_rows(self.table_of_steps),
            "one_level": self.one_level.to_json_dict(),
        }


def _percent(difference: float, whole: float) -> float:
    return 100.0 * difference / whole if whole > 0.0 else math.nan
