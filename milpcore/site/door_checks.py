"""What a stream table, candidates and options must fulfil at the door of model A."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from milpcore.economics import Measure
from milpcore.faults import FaultList
from milpcore.site.candidates import Refined
from milpcore.site.unserved import note_unserved
from milpcore.site_options import SiteOptions
from milpcore.streams import Streams

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

LEAST_SHARE = 1e-8
"""Least duty of a stream, as a share of all duties: the solver's tolerances are absolute."""


def refuse_options(options: SiteOptions, measure: Measure | None, candidates_C: object) -> None:
    """Refuse options where they would have no meaning."""
    faults = FaultList()
    if not options.is_none and measure is Measure.CAPEX:
        rule = "least CAPEX cannot be asked for with options: it would be to build nothing"
        faults.add("", "objective", measure.value, rule, "minimise tac, opex or co2")
    if not options.is_none and isinstance(candidates_C, Refined):
        rule = "does not go with options"
        faults.add("", "candidates_C", candidates_C.name, rule, "use kinks+grid:1, a step of 1 K")
    faults.raise_if_any("options")


def checked_measure(objective: Measure | str) -> Measure:
    """Return the measure of a name, or refuse it."""
    try:
        return Measure(objective)
    except ValueError:
        faults = FaultList()
        names = ", ".join(measure.value for measure in Measure)
        faults.add("", "objective", objective, f"must be one of {names}", "choose one of them")
        faults.raise_if_any("objective")
        raise


def checked_candidates(candidates_C: Sequence[float]) -> Floats:
    """Return candidates as an array, or refuse what are no temperatures."""
    faults = FaultList()
    try:
        values = np.atleast_1d(np.asarray(candidates_C, dtype=np.float64))
    except (TypeError, ValueError):
        faults.add("", "candidates_C", candidates_C, "must be numbers (°C)", "list temperatures")
        faults.raise_if_any("candidate levels")
        raise
    for position, value in enumerate(values.ravel()):
        if not np.isfinite(value) or value < -273.15:
            faults.add(
                f"position {position + 1}",
                "candidates_C",
                value,
                "must be a temperature above -273.15 °C",
                "correct or remove it",
            )
    if values.size == 0:
        faults.add("", "candidates_C", "[]", "must hold at least one temperature", "add levels")
    if values.ndim != 1:
        shape = f"shape {values.shape}"
        faults.add("", "candidates_C", shape, "must be a flat list (°C)", "list temperatures")
    faults.raise_if_any("candidate levels")
    return values


def refuse_impossible_limits(streams: Streams, limit_C: Floats) -> None:
    """Refuse streams that need a level below absolute zero."""
    faults = FaultList()
    for stream in np.flatnonzero(limit_C < -273.15):
        faults.add(
            f"stream {streams.label[stream]}",
            "dt_cont",
            float(streams.dt_cont_K[stream]),
            f"needs a level at or below {limit_C[stream]:g} °C, below absolute zero",
            "correct t_target, dt_cont or level_dt_cont_K",
        )
    faults.raise_if_any("site")


def refuse_negligible(streams: Streams) -> None:
    """Refuse streams with too little duty beside the others."""
    faults = FaultList()
    total_kW = float(streams.duty_kW.sum())
    for stream in np.flatnonzero(streams.duty_kW < LEAST_SHARE * total_kW):
        faults.add(
            f"stream {streams.label[stream]}",
            "heat_flow",
            f"{streams.duty_kW[stream]:g} kW",
            f"is less than {LEAST_SHARE:g} of all duties ({total_kW:g} kW): too little",
            "check its unit, or leave the stream out",
        )
    faults.raise_if_any("site")


def refuse_unserved(streams: Streams, limit_C: Floats, kink: Integers, level_C: Floats) -> None:
    """Refuse candidates that do not serve every stream."""
    faults = FaultList()
    note_unserved(
        faults,
        streams,
        limit_C,
        kink < 0,
        field="candidates_C",
        range_C=(float(level_C[0]), float(level_C[-1])),
        remedy="add such a candidate",
    )
    faults.raise_if_any("candidate levels")
