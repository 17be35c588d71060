"""A network of loops as readable text, and as the object that ``--json`` prints."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Any

from milpcore.loops.evaluation import Evaluation
from milpcore.loops.printed import CAVEAT, printed_totals
from milpcore.report import TextColumn, text_table
from milpcore.scales import number

WIDTH = 100
_COST_NAMES = {
    "hot_utility": "hot utility",
    "cold_utility": "cold utility",
    "exchangers": "exchangers",
    "pipes": "pipes",
    "pumps": "pumps",
    "heaters_coolers": "heaters, coolers",
}


def evaluation_json(found: Evaluation) -> dict[str, Any]:
    """Return what ``--evaluate --json`` prints.

    Parameters
    ----------
    found : Evaluation
        The network evaluated.

    Returns
    -------
    dict
    """
    return {
        **found.to_json_dict(),
        "status": "feasible" if found.is_feasible else "refused",
        "tolerance": found.tolerance,
        "violations": [
            {**violation._asdict(), "rule": violation.rule.value} for violation in found.violations
        ],
    }


def evaluation_text(found: Evaluation) -> str:
    """Lay out a network: exchangers, loops, pipes, utilities, costs, what is wrong.

    Parameters
    ----------
    found : Evaluation
        The network evaluated.

    Returns
    -------
    str
        Paragraphs with an empty line between them.
    """
    parts = [exchangers_text(found), loops_text(found), utilities_text(found), costs_text(found)]
    parts += [printed_text(found), violations_text(found)]
    return "\n\n".join(part for part in parts if part)


def exchangers_text(found: Evaluation) -> str:
    """Lay out the exchangers between streams and loops."""
    rows = found.exchanger_rows
    if not rows:
        return "no exchanger between a stream and a loop"
    return text_table(
        [
            TextColumn("number", "", [str(place) for place in found.exchanger_numbers]),
            TextColumn("exchanger", "", [f"{r.stream} ({r.position})" for r in rows], left=True),
            TextColumn("loop", "", [str(r.loop) for r in rows]),
            TextColumn("headers", "", [f"{r.source} -> {r.target}" for r in rows], left=True),
            TextColumn("flow", "kW/K", _numbers([r.flow_kW_per_K for r in rows], 1)),
            TextColumn("load", "kW", _numbers([r.load_kW for r in rows], 1)),
            TextColumn("stream", "°C", [_way(r.stream_in_C, r.stream_out_C) for r in rows]),
            TextColumn("loop", "°C", [_way(r.loop_in_C, r.loop_out_C) for r in rows]),
            TextColumn("area", "m²", _numbers([r.area_m2 for r in rows], 1)),
            TextColumn("cost", _per_a(found), _numbers([r.cost_per_a for r in rows], 0)),
        ]
    )


def loops_text(found: Evaluation) -> str:
    """Lay out loops and their pipes."""
    if not found.loop_rows:
        return ""
    lines = [
        f"loop {row.loop}: {number(row.flow_kW_per_K, 1)} kW/K, "
        f"{number(row.supply_C)} / {number(row.return_C)} °C, {number(row.given_kW, 1)} kW given, "
        f"{number(row.taken_kW, 1)} kW taken, {row.n_units} exchangers, {' -> '.join(row.plants)}"
        for row in found.loop_rows
    ]
    rows = found.pipe_rows
    pipes = text_table(
        [
            TextColumn("pipe", "", [f"{r.source} -> {r.target}" for r in rows], left=True),
            TextColumn("loop", "", [str(r.loop) for r in rows]),
            TextColumn("flow", "kW/K", _numbers([r.flow_kW_per_K for r in rows], 1)),
            TextColumn("temperature", "°C", _numbers([r.temperature_C for r in rows], 2)),
            TextColumn("length", "m", _numbers([r.length_m for r in rows], 0)),
            TextColumn("diameter", "m", _numbers([r.diameter_m for r in rows], 3)),
            TextColumn("pipe", _per_a(found), _numbers([r.pipe_cost_per_a for r in rows], 0)),
            TextColumn("pump", _per_a(found), _numbers([r.pump_cost_per_a for r in rows], 0)),
        ]
    )
    return "\n\n".join(["\n".join(lines), pipes])


def utilities_text(found: Evaluation) -> str:
    """Lay out heaters and coolers."""
    rows = found.utility_rows
    if not rows:
        return "no heater or cooler"
    return text_table(
        [
            TextColumn("utility", "", [f"{r.kind} {r.stream}" for r in rows], left=True),
            TextColumn("load", "kW", _numbers([r.load_kW for r in rows], 1)),
            TextColumn("stream", "°C", [_way(r.stream_in_C, r.stream_out_C) for r in rows]),
            TextColumn("area", "m²", _numbers([r.area_m2 for r in rows], 1)),
            TextColumn("exchanger", _per_a(found), _numbers([r.cost_per_a for r in rows], 0)),
            TextColumn("heat", _per_a(found), _numbers([r.utility_cost_per_a for r in rows], 0)),
        ]
    )


def costs_text(found: Evaluation) -> str:
    """Lay out the cost, both ways."""
    costs = found.costs._asdict()
    extra = costs.pop("heaters_coolers")
    values = [*costs.values(), found.tac_per_a, extra, found.tac_with_utility_exchangers_per_a]
    names = [
        *(_COST_NAMES[name] for name in costs),
        "TAC, exchangers between streams and loops only",
        _COST_NAMES["heaters_coolers"],
        "TAC with heaters and coolers",
    ]
    heat = {
        "hot_utility": f"{number(found.hot_utility_kW, 1)} kW",
        "cold_utility": f"{number(found.cold_utility_kW, 1)} kW",
        "exchangers": f"{found.n_units} units",
    }
    notes = [*(heat.get(name, "") for name in costs), "", f"{len(found.utility_rows)} units", ""]
    if math.isnan(extra):
        notes[-2] = "not costed: utilities without temperatures and films"
    return text_table(
        [
            TextColumn("cost", "", names, left=True),
            TextColumn("", _per_a(found), _numbers(values, 0)),
            TextColumn("", "", notes, left=True),
        ]
    )


def printed_text(found: Evaluation) -> str:
    """Put printed totals beside, with what they leave open; empty without any."""
    totals = printed_totals(found.case)
    if not totals:
        return ""
    lines = [f"printed, {total.name}: {total.tac_per_a:.0f} {_per_a(found)}" for total in totals]
    return "\n".join([*lines, *textwrap.wrap(CAVEAT, WIDTH)])


def violations_text(found: Evaluation) -> str:
    """Say whether the network keeps every rule, or list those it breaks."""
    if found.is_feasible:
        return f"feasible: every rule is kept within a share of {found.tolerance:g}"
    count = len(found.violations)
    lines = [f"  - {violation}" for violation in found.violations]
    return "\n".join([f"refused: {count} violation{'s' if count > 1 else ''}", *lines])


def _per_a(found: Evaluation) -> str:
    return f"{found.case.parameters.currency}/a"


def _numbers(values: Sequence[float], decimals: int) -> list[str]:
    return [number(value, decimals) for value in values]


def _way(first_C: float, last_C: float) -> str:
    """Write two temperatures with an arrow."""
    return f"{number(first_C, 1)} -> {number(last_C, 1)}"
