"""What options mean in a retrofit: what is there today, and what is to come.

Levels of today are free, and so are the heat pumps of today up to their sizes. What is to come is
asked for: limits, forced levels, new heat pumps, investment in levels that move or are added.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from milpcore.faults import FaultList
from milpcore.site.connection_terms import beyond_existing
from milpcore.site.inputs import Floats, Integers, SiteInputs, without_heat_pumps
from milpcore.site.option_screen import screen_refusal
from milpcore.site_options import ConnectionOptions, LevelOptions, LimitOptions, SiteOptions

SAME_K = 1e-6
"""Temperatures closer than this are the same."""


def free_levels(inputs: SiteInputs) -> SiteInputs:
    """Return the site with levels that cost nothing: changes are charged one by one."""
    if inputs.terms is None:
        return inputs
    free = np.zeros(inputs.n_candidates)
    return replace(inputs, terms=replace(inputs.terms, level_investment_EUR=free))


def without_new_pumps(inputs: SiteInputs) -> SiteInputs:
    """Return the site with the heat pumps of today alone."""
    if inputs.terms is None:
        return without_heat_pumps(inputs)
    kept = ~inputs.terms.pump_is_new
    return replace(
        inputs,
        pump_source=inputs.pump_source[kept],
        pump_sink=inputs.pump_sink[kept],
        pump_cop=inputs.pump_cop[kept],
        terms=inputs.terms.of_pumps(kept),
    )


def as_it_is(inputs: SiteInputs) -> SiteInputs:
    """Return the site of today: no new heat pump, no limit, no level that must be, no exchanger.

    Prices by temperature, the COP table and heat pumps of today stay.
    """
    today = without_new_pumps(free_levels(inputs))
    if today.terms is None:
        return today
    options, pumps = inputs.options, inputs.options.heat_pumps
    none = LimitOptions()
    return replace(
        today,
        options=replace(
            options,
            heat_pumps=replace(pumps, max_number=0, forbidden=(), forced=()),
            levels=LevelOptions(),
            limits=none,
            connections=ConnectionOptions(),
        ),
        terms=replace(
            today.terms,
            is_forced=np.zeros(today.n_candidates, dtype=np.bool_),
            most_new_pumps=None,
            forced=(),
            most_external_heat_kW=none.external_heat_kW,
            most_emission_t_per_a=none.emission_t_per_a,
            connections=None,
        ),
    )


def check_types(inputs: SiteInputs, faults: FaultList) -> None:
    """Note types of heat pumps that the search cannot bound."""
    refusal = screen_refusal(inputs)
    if refusal is not None:
        rule = refusal.partition("; ")[0]
        faults.add("", "types", None, f"the search {rule}", "give one type, or cheaper cooling")


def with_exchangers_of_today(inputs: SiteInputs, existing: Integers) -> SiteInputs:
    """Return the site where only the area beyond that of today's exchangers costs something."""
    if inputs.terms is None or inputs.terms.connections is None:
        return inputs
    options = inputs.options.connections
    connections = beyond_existing(inputs.terms.connections, options, inputs.stream_is_hot, existing)
    return replace(inputs, terms=replace(inputs.terms, connections=connections))


def check_existing(options: SiteOptions, existing_C: Floats, faults: FaultList) -> None:
    """Note levels of today that are forbidden, and heat pumps of today without their levels.

    Examples
    --------
    >>> faults = FaultList()
    >>> check_existing(SiteOptions(), np.array([25.0, 80.0]), faults)
    >>> len(faults)
    0
    """
    for one in options.levels.forbidden:
        inside = (existing_C >= one.from_C - SAME_K) & (existing_C <= one.to_C + SAME_K)
        for level_C in existing_C[inside]:
            rule = "is forbidden, but there: no configuration would be allowed"
            remedy = "forbid ranges between the existing levels"
            faults.add("", "existing_C", f"{level_C:.10g} °C", rule, remedy)
    for pump in options.heat_pumps.existing:
        for end_C in (pump.source_C, pump.sink_C):
            if np.abs(existing_C - end_C).min() > SAME_K:
                name = f"{pump.source_C:g} → {pump.sink_C:g} °C"
                rule = f"joins a level at {end_C:.10g} °C, which is none of the existing ones"
                remedy = "name that level, or leave the heat pump out"
                faults.add("heat pump options", "existing", name, rule, remedy)


def check_forced_without_new(options: SiteOptions, faults: FaultList) -> None:
    """Note forced heat pumps that those of today cannot be, where no new ones are allowed.

    Examples
    --------
    >>> from milpcore.site_options import ForcedPump, HeatPumpOptions
    >>> pumps = HeatPumpOptions(forced=(ForcedPump(source_C=40.0, sink_C=85.0, heat_kW=100.0),))
    >>> faults = FaultList()
    >>> check_forced_without_new(SiteOptions(heat_pumps=pumps), faults)
    >>> len(faults)
    1
    """
    for one in options.heat_pumps.forced:
        there_kW = sum(
            there.size_kW
            for there in options.heat_pumps.existing
            if max(abs(there.source_C - one.source_C), abs(there.sink_C - one.sink_C)) <= SAME_K
        )
        if there_kW < one.heat_kW:
            name = f"{one.source_C:g} → {one.sink_C:g} °C"
            rule = (
                f"needs {one.heat_kW:.10g} kW, but no new heat pump is allowed, and those of today "
            )
            rule += f"have {there_kW:.10g} kW there"
            remedy = "allow heat pumps (heat_pumps, --no-pumps), or leave the forced one out"
            faults.add("heat pump options", "forced", name, rule, remedy)
