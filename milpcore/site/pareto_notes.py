"""What a user may wonder about in a Pareto front, in short sentences with numbers and units."""

from __future__ import annotations

from collections.abc import Sequence

from milpcore.core import Status
from milpcore.economics import Measure
from milpcore.scales import Kind, scale_for
from milpcore.site.explain import conflict
from milpcore.site.pareto_found import FoundFront, least_found_and_proven
from milpcore.site.pareto_request import ParetoPlan
from milpcore.site.pareto_results import ParetoPoint
from milpcore.site.retrofit import NO_PUMPS_NOTE

NAMES = {Measure.TAC: "TAC", Measure.OPEX: "OPEX", Measure.CAPEX: "CAPEX", Measure.CO2: "CO2"}


def front_notes(
    plan: ParetoPlan,
    found: FoundFront,
    distance: float,
    points: tuple[ParetoPoint, ...],
) -> tuple[str, ...]:
    """Explain a front.

    Parameters
    ----------
    plan : ParetoPlan
        What was asked for.
    found : FoundFront
        What the search has found.
    distance : float
        Proven distance, share of the range of both measures; nan while that is not known.
    points : tuple of ParetoPoint
        At least one, unless there is no design.

    Returns
    -------
    tuple of str
    """
    status = found.status
    if status is Status.INFEASIBLE:
        return (f"No design with 1 level: {conflict(plan.inputs)}; allow at least 2 levels.",)
    if not points:
        return ("Interrupted before any design was found.",)
    notes = [*_status_notes(plan, found, distance)]
    first, second = NAMES[plan.first], NAMES[plan.second]
    if len(points) == 1:
        notes.append(
            f"The front is a single point: one design has the least {first} and the least {second}."
            if status is Status.OPTIMAL
            else f"Only one point was found; it need not be the least {first} or {second}."
        )
    notes += _pump_notes(plan, points)
    if found.unproven:  # which points are supported, and what they cost, may still change
        return tuple(notes)
    supported = sum(point.is_supported for point in points)
    if {plan.first, plan.second} == {Measure.TAC, Measure.CO2} and len(points) > 1:
        notes += _price_notes(plan, points, is_proven=status is Status.OPTIMAL)
    elif supported < len(points):
        unsupported = len(points) - supported
        notes.append(
            f"{unsupported} of {len(points)} points {_are(unsupported)} best for no weighted sum "
            f"of {first} and {second}, only for a limit on {second}."
        )
    return tuple(notes)


def unproven_text(unproven: Sequence[Measure]) -> str:
    """Say which ends of a front are not proven.

    Examples
    --------
    >>> unproven_text([Measure.CO2]), unproven_text([Measure.TAC, Measure.CO2])
    ('the least CO2 is not proven', 'neither the least TAC nor the least CO2 is proven')
    """
    least = [f"the least {NAMES[measure]}" for measure in unproven]
    if len(least) == 1:
        return f"{least[0]} is not proven"
    return f"neither {' nor '.join(least)} is proven"


def _status_notes(plan: ParetoPlan, found: FoundFront, distance: float) -> list[str]:
    reason = {
        Status.TIME_LIMIT: "Stopped at the time limit",
        Status.INTERRUPTED: "Interrupted",
    }.get(found.status)
    if reason is None:
        return []
    if found.unproven:
        ends = "; ".join(_end_text(plan, found, measure) for measure in found.unproven)
        return [
            f"{reason}: the designs are feasible. How far they are from the exact front is not "
            f"known before its ends are: {ends}."
        ]
    return [
        f"{reason}: the designs are feasible, and no other one is better than all of them by more "
        f"than {100.0 * distance:.3g} % of the range of both measures."
    ]


def _end_text(plan: ParetoPlan, found: FoundFront, measure: Measure) -> str:
    """Write what is found and what is proven of the least value of a measure."""
    least, proven = least_found_and_proven(found.archive, 0 if measure is plan.first else 1)
    scale = scale_for(Kind.EMISSION if measure is Measure.CO2 else Kind.COST, [least])
    told = f"the least {NAMES[measure]} found is {scale.text(least)} {scale.unit}, "
    if proven <= 0.0:
        return f"{told}with no bound yet"
    return f"{told}proven to be at least {scale.text(proven)} {scale.unit}"


def _pump_notes(plan: ParetoPlan, points: tuple[ParetoPoint, ...]) -> list[str]:
    if any(len(point.result.heat_pumps) for point in points):
        return []
    economics = plan.inputs.economics
    limits = f"a lift of {economics.max_lift_K:g} K and a sink of {economics.max_sink_C:g} °C"
    if not plan.heat_pumps:
        return [NO_PUMPS_NOTE]
    if plan.inputs.n_pairs == 0:
        return [f"No heat pump: no two candidate levels are within {limits} with a COP above 1."]
    return ["No heat pump: none improves either measure between the levels of the front."]


def _price_notes(
    plan: ParetoPlan, points: tuple[ParetoPoint, ...], *, is_proven: bool
) -> list[str]:
    """Say what marginal costs mean beside the CO2 price that TAC contains."""
    price = plan.inputs.economics.co2_price_EUR_per_t
    notes = []
    if plan.first is Measure.TAC:
        text = f"TAC contains a CO2 price of {price:g} EUR/t; marginal costs come on top of it"
        corners = [one.result.summary.iloc[0] for one in points if one.is_supported][:2]
        if len(corners) == 2 and is_proven:
            cost_EUR = float(corners[1]["tac_EUR_per_a"] - corners[0]["tac_EUR_per_a"])
            saved_t = float(corners[0]["co2_t_per_a"] - corners[1]["co2_t_per_a"])
            text += f": abatement first pays above {price + cost_EUR / saved_t:.4g} EUR/t"
        notes.append(f"{text}.")
    unsupported = sum(not point.is_supported for point in points)
    if unsupported:
        notes.append(
            f"{unsupported} of {len(points)} points {_are(unsupported)} the cheapest at no CO2 "
            "price, only under a limit on emissions."
        )
    return notes


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
