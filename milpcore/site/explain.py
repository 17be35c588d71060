"""Odd sites and odd results of model A, explained in the user's words.

Every sentence is a fact about the site or the design, with its numbers and units; nothing here
changes a result.
"""

from __future__ import annotations

import numpy as np

from milpcore.core import Status
from milpcore.economics import Measure
from milpcore.site.connection_tables import exchangers_note
from milpcore.site.inputs import SiteInputs
from milpcore.site.model import Design, Outcome
from milpcore.site.source_tables import sources_note
from milpcore.site.tables import used_levels

_NEGLIGIBLE = 1e-8
"""Heat below this share of the site's total duty counts as none."""
_DECIDES = {
    Measure.TAC: "TAC",
    Measure.OPEX: "OPEX",
    Measure.CAPEX: "TAC",
    Measure.CO2: "CO2 emission",
}
"""What chooses between designs; least CAPEX is nothing, so that TAC does."""


def explain(inputs: SiteInputs, outcome: Outcome, *, max_levels: int) -> tuple[str, ...]:
    """Explain what a user may wonder about in one configuration.

    Parameters
    ----------
    inputs : SiteInputs
        What was solved.
    outcome : Outcome
        What solving brought.
    max_levels : int
        Levels allowed.

    Returns
    -------
    tuple of str
        Short sentences; empty where nothing is odd.
    """
    notes = [*_site_notes(inputs)]
    if outcome.design is None:
        notes += _no_design_notes(inputs, outcome, max_levels)
    else:
        notes += _status_notes(outcome)
        notes += _design_notes(inputs, outcome, outcome.design, max_levels)
    return tuple(notes)


def too_few_levels(inputs: SiteInputs, n_levels: int) -> str:
    """Why so many levels cannot be enough: too many are forced, or one does not serve all.

    Parameters
    ----------
    inputs : SiteInputs
        The site.
    n_levels : int
        Largest number of levels.

    Returns
    -------
    str
        Empty if nothing is known to be in the way.
    """
    n_forced = int(inputs.is_forced.sum())
    if n_forced > n_levels:
        return f"{n_forced} levels are forced"
    return conflict(inputs) if n_levels == 1 else ""


def conflict(inputs: SiteInputs) -> str:
    """Why no single level serves every stream, naming the two streams that disagree most.

    Parameters
    ----------
    inputs : SiteInputs
        The site.

    Returns
    -------
    str
        Empty if one level is enough.
    """
    is_hot, limit_C, kink = inputs.stream_is_hot, inputs.stream_limit_C, inputs.stream_kink
    if is_hot.all() or not is_hot.any():
        return ""
    hot, cold = np.flatnonzero(is_hot), np.flatnonzero(~is_hot)
    lowest, highest = hot[np.argmin(limit_C[hot])], cold[np.argmax(limit_C[cold])]
    if kink[cold].max() <= kink[hot].min():
        return ""
    label = inputs.streams.label
    needs = (
        f"hot stream {label[lowest]} needs a level at or below {limit_C[lowest]:g} °C, "
        f"cold stream {label[highest]} one at or above {limit_C[highest]:g} °C"
    )
    if limit_C[highest] <= limit_C[lowest]:
        return f"{needs}, and no candidate lies between"
    return needs


def _site_notes(inputs: SiteInputs) -> list[str]:
    """Only hot or only cold streams, one stream, one temperature."""
    streams, is_hot = inputs.streams, inputs.stream_is_hot
    total_kW, label = float(inputs.stream_duty_kW.sum()), streams.label
    kind = "hot" if is_hot.all() else "cold"
    if inputs.n_streams == 1:
        limit = "at or below" if is_hot[0] else "at or above"
        use = "removed by cooling" if is_hot[0] else "bought"
        return [
            f"The site is the single {kind} stream {label[0]}: there is nothing to exchange heat "
            f"with, and its {_amount(total_kW)} are {use} at one level {limit} "
            f"{inputs.stream_limit_C[0]:g} °C."
        ]
    if is_hot.all():
        return [
            f"The site has only hot streams: there is no heat demand, all {_amount(total_kW)} "
            "leave with cooling, and one level at or below "
            f"{inputs.stream_limit_C.min():g} °C is enough."
        ]
    if not is_hot.any():
        return [
            f"The site has only cold streams: there is no heat to recover, all {_amount(total_kW)} "
            f"are bought, and one level at or above {inputs.stream_limit_C.max():g} °C is enough."
        ]
    temperatures_C = np.concatenate([streams.t_supply_C, streams.t_target_C])
    if np.ptp(temperatures_C) <= 1e-6:
        hot_C = inputs.stream_limit_C[is_hot].max()
        cold_C = inputs.stream_limit_C[~is_hot].min()
        return [
            f"All temperatures are {temperatures_C[0]:g} °C: hot streams need a level at or below "
            f"{hot_C:g} °C and cold ones at or above {cold_C:g} °C"
            + (", so only a heat pump can recover heat." if hot_C < cold_C else ".")
        ]
    return []


def _no_design_notes(inputs: SiteInputs, outcome: Outcome, max_levels: int) -> list[str]:
    if outcome.status is Status.INFEASIBLE:
        clash = conflict(inputs) if max_levels == 1 else ""
        if clash:
            return [f"No design with 1 level: {clash}; allow at least 2 levels."]
        why = outcome.message or "the search ended without a reason"
        count = "1 level" if max_levels == 1 else f"{max_levels} levels"
        return [f"No design with at most {count}: {why}."]
    message = f": {outcome.message}" if outcome.message else ""
    return [f"No design was found ({outcome.status.value}{message})."]


def _status_notes(outcome: Outcome) -> list[str]:
    if outcome.status is Status.OPTIMAL:
        unproven = "TAC, which decides between designs of equal objective, is not proven least."
        return [] if outcome.tac_proven else [unproven]
    reason = {
        Status.TIME_LIMIT: "Stopped at the time limit",
        Status.NODE_LIMIT: "Stopped at the node limit",
        Status.INTERRUPTED: "Interrupted",
    }.get(outcome.status, f"Ended with status {outcome.status.value}")
    message = f" ({outcome.message})" if outcome.message else ""
    if not np.isfinite(outcome.gap):
        return [f"{reason}{message}: the design is feasible, nothing is proven about it."]
    return [
        f"{reason}{message}: the design is feasible, and at most {100.0 * outcome.gap:.3g} % of "
        "its objective could still be saved."
    ]


def _design_notes(
    inputs: SiteInputs, outcome: Outcome, design: Design, max_levels: int
) -> list[str]:
    notes = []
    total_kW = float(inputs.stream_duty_kW.sum())
    external_kW, pump_kW = design.external_heat_kW.sum(), design.pump_heat_kW.sum()
    has_cold = not inputs.stream_is_hot.all()
    if has_cold and external_kW <= _NEGLIGIBLE * total_kW:
        source = "process heat covers" if pump_kW == 0.0 else "process heat and heat pumps cover"
        notes.append(
            f"No external heat is needed: {source} all demand, and "
            f"{_amount(float(design.cooling_kW.sum()))} are left for cooling."
        )
    elif inputs.stream_is_hot.any() and has_cold and pump_kW <= _NEGLIGIBLE * total_kW:
        notes.append(_no_pump_note(inputs, design))
    notes += sources_note(inputs, design)
    notes += exchangers_note(inputs, design)
    n_used = int(np.count_nonzero(used_levels(inputs, design)))
    if n_used < max_levels and inputs.n_streams > 1:
        notes.append(_fewer_levels_note(inputs, outcome, n_used, max_levels))
    return notes


def _fewer_levels_note(inputs: SiteInputs, outcome: Outcome, n_used: int, max_levels: int) -> str:
    used = f"{n_used} of at most {max_levels} levels {'is' if n_used == 1 else 'are'} used"
    if n_used == inputs.n_candidates:
        return f"{used}: the site has no more candidate levels."
    if outcome.status is not Status.OPTIMAL:
        return f"{used} in the best design found."
    gap = f" by more than {100.0 * outcome.gap:.2g} %" if outcome.gap > 1e-9 else ""
    return f"{used}: a further one does not lower the {_DECIDES[inputs.objective]}{gap}."


def _no_pump_note(inputs: SiteInputs, design: Design) -> str:
    """Why the design has no heat pump: none allowed, none possible, never worth it, or not here."""
    economics = inputs.economics
    limits = f"a lift of {economics.max_lift_K:g} K and a sink of {economics.max_sink_C:g} °C"
    if inputs.objective is Measure.CAPEX and inputs.costs(Measure.CAPEX).heat_pump > 0.0:
        return "No heat pump: least CAPEX leaves out all of them, and TAC decides the rest."
    if inputs.n_pairs == 0:
        return f"No heat pump: {_no_pair_reason(inputs, limits)}."
    costs = inputs.costs(inputs.objective)
    unit = "t/(kW a)" if inputs.objective is Measure.CO2 else "EUR/(kW a)"
    saved = (
        costs.external_heat[inputs.pump_sink]
        + inputs.pump_source_share * costs.cooling[inputs.pump_source]
    )
    best = int(np.argmin(costs.pump_heat - saved))
    if costs.pump_heat[best] >= saved[best]:
        pair = (
            f"COP {inputs.pump_cop[best]:.3g}, {inputs.level_C[inputs.pump_source[best]]:g} → "
            f"{inputs.level_C[inputs.pump_sink[best]]:g} °C"
        )
        what = "external heat" if not costs.cooling.any() else "external heat and cooling"
        return (
            f"No heat pump: none is worthwhile on this site. Even at best ({pair}) its heat costs "
            f"{costs.pump_heat[best]:.4g} {unit}, the {what} it saves {saved[best]:.4g} {unit}."
        )
    is_open = used_levels(inputs, design)
    if is_open.sum() == 1:
        return "No heat pump: the design has a single level, and a heat pump joins two."
    if not np.any(is_open[inputs.pump_source] & is_open[inputs.pump_sink]):
        return f"No heat pump: no two levels of the design are within {limits}."
    return (
        f"No heat pump: none between the levels of the design lowers the "
        f"{_DECIDES[inputs.objective]}."
    )


def _no_pair_reason(inputs: SiteInputs, limits: str) -> str:
    level_C, economics = inputs.level_C, inputs.economics
    if len(level_C) == 1:
        return f"the only candidate level is {level_C[0]:g} °C, and a heat pump joins two levels"
    if level_C[1] > economics.max_sink_C:
        return (
            f"the lowest possible sink is the candidate level {level_C[1]:g} °C, above the limit "
            f"of {economics.max_sink_C:g} °C"
        )
    below_C = level_C[level_C <= economics.max_sink_C]
    nearest_K = float(np.diff(below_C).min())
    if nearest_K > economics.max_lift_K:
        return (
            f"candidate levels up to {economics.max_sink_C:g} °C are at least {nearest_K:g} K "
            f"apart, more than the largest lift of {economics.max_lift_K:g} K"
        )
    return f"no pair of candidate levels within {limits} has a COP above 1"


def _amount(heat_kW: float) -> str:
    return f"{heat_kW:.4g} kW" if heat_kW < 1e4 else f"{heat_kW:.0f} kW"
