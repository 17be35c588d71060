"""What the mixed-integer formulations of model A have in common beside the interface.

Shared rows, in MW, with ``y`` = ``is_open`` and the limits ``M`` of `milpcore.site.limits`;
nothing but the cascade passes a closed level:

- ``external_heat_limit`` (L,): ``E_l <= M_l y_l`` (2)
- ``cooling_limit`` (L,): ``W_l <= M_l y_l`` (3)
- ``pumps_in_limit`` (levels that pumps lead to,): ``sum of q_k into j <= M_j y_j`` (4)
- ``pumps_out_limit`` (levels that pumps start from,): ``sum of r_k q_k out of i <= M_i y_i`` (5)

or, where `milpcore.site.conditions.pump_dominance_faults` finds nothing and the formulation wants
them, instead of (5) the dominance rows

- ``pumped_heat_is_used`` (sinks,): ``sum of q_k into j <= cold_j + sum of r_k q_k out of j`` (6)
- ``pumped_heat_is_found`` (sources,): ``sum of r_k q_k out of i <= hot_i + sum of q_k into i`` (7)

With ``y`` integer (4) and (7) imply (5): a closed level has no hot heat and no heat of pumps. In
the LP relaxation neither implies the other; with both the searches took longer.

Options add the columns and rows of `milpcore.site.option_parts`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from milpcore.core import Assembly
from milpcore.faults import FaultList
from milpcore.number_kinds import is_whole
from milpcore.site.conditions import (
    connection_search_faults,
    nearest_level_faults,
    pump_dominance_faults,
)
from milpcore.site.inputs import Floats, Integers, SiteInputs
from milpcore.site.limits import FlowLimits, flow_limits
from milpcore.site.model import Formulation, Interface, MilpFormulation
from milpcore.site.option_parts import add_option_parts


class DutyTerms(NamedTuple):
    """Heat of streams at levels, as coefficients of a formulation's own columns.

    Attributes
    ----------
    level, column : ndarray of int (M,)
        Where the heat arises or is needed, and the column that decides it.
    duty_MW : ndarray (M,)
        Heat per unit of the column.
    """

    level: Integers
    column: Integers
    duty_MW: Floats


def add_stream_terms(
    assembly: Assembly,
    inputs: SiteInputs,
    interface: Interface,
    hot: DutyTerms,
    cold: DutyTerms,
    *,
    n_levels: int,
    dominance_rows: bool,
) -> None:
    """Complete the level balance (1) and add the rows (2)-(4) with (5) or (6), (7)."""
    balance = interface.level_balance
    assembly.put(balance[hot.level], hot.column, hot.duty_MW)  # (1)
    assembly.put(balance[cold.level], cold.column, -cold.duty_MW)  # (1)
    limits = flow_limits(inputs, n_levels)
    _add_limits(assembly, inputs, interface, limits, sources=not dominance_rows)
    add_option_parts(assembly, inputs, interface, limits.pump_heat)
    if not dominance_rows:
        return
    pump, share = interface.pump_heat, inputs.pump_source_share
    used = _rows_at(assembly, "pumped_heat_is_used", inputs.pump_sink, inputs)  # (6)
    found = _rows_at(assembly, "pumped_heat_is_found", inputs.pump_source, inputs)  # (7)
    for rows, sign, terms in ((used, 1.0, cold), (found, -1.0, hot)):
        _put(assembly, rows, inputs.pump_sink, pump, sign)
        _put(assembly, rows, inputs.pump_source, pump, -sign * share)
        _put(assembly, rows, terms.level, terms.column, -terms.duty_MW)


def _add_limits(
    assembly: Assembly,
    inputs: SiteInputs,
    interface: Interface,
    limits: FlowLimits,
    *,
    sources: bool,
) -> None:
    """Add the rows that keep closed levels empty."""
    is_open = interface.is_open
    for name, columns, most_MW in (
        ("external_heat_limit", interface.external_heat, limits.external_heat),  # (2)
        ("cooling_limit", interface.cooling, limits.cooling),  # (3)
    ):
        rows = assembly.rows(name, is_open.shape, upper=0.0)
        assembly.put(rows, columns, 1.0)
        assembly.put(rows, is_open, -most_MW)
    every, share = np.arange(inputs.n_candidates), inputs.pump_source_share
    ends = (
        ("pumps_in_limit", inputs.pump_sink, np.ones(inputs.n_pairs), limits.pumps_in),  # (4)
        ("pumps_out_limit", inputs.pump_source, share, limits.pumps_out),  # (5)
    )
    for name, level, heat, most_MW in ends if sources else ends[:1]:
        rows = _rows_at(assembly, name, level, inputs)
        _put(assembly, rows, level, interface.pump_heat, heat)
        _put(assembly, rows, every, is_open, -most_MW)


def _rows_at(assembly: Assembly, name: str, level: Integers, inputs: SiteInputs) -> Integers:
    """Add a row ``<= 0`` for each level that occurs; return the row by level, -1 without (L,)."""
    occurring = np.unique(level)
    by_level = np.full(inputs.n_candidates, -1, dtype=np.int64)
    by_level[occurring] = assembly.rows(name, occurring.shape, upper=0.0)
    return by_level


def _put(
    assembly: Assembly,
    row_by_level: Integers,
    level: Integers,
    columns: Integers,
    values: Floats | float,
) -> None:
    """Put coefficients at the levels that have a row."""
    rows = row_by_level[level]
    exists = rows >= 0
    assembly.put(rows[exists], columns[exists], np.broadcast_to(values, rows.shape)[exists])


def checked_level_count(formulation: str, n_levels: int) -> int:
    """Return the largest number of levels as an int, or refuse it.

    Raises
    ------
    InputError
        If it is not a whole number from 1.
    """
    if not (is_whole(n_levels) and n_levels >= 1):
        faults = FaultList()
        rule = "must be a whole number from 1"
        faults.add(formulation, "n_levels", repr(n_levels), rule, "give the largest number wanted")
        faults.raise_if_any("formulation")
    return int(n_levels)


def refuse_where_wrong(formulation: MilpFormulation | Formulation, inputs: SiteInputs) -> None:
    """Raise if the formulation would be wrong for the input.

    Raises
    ------
    InputError
        With the reason and what to use.
    """
    refusal = formulation.refusal(inputs)
    if refusal is not None:
        rule, _, remedy = refusal.partition("; ")
        faults = FaultList()
        faults.add("", "formulation", formulation.name, rule, remedy)
        faults.raise_if_any("formulation")


def nearest_level_refusal(inputs: SiteInputs, dominance_rows: bool | None) -> str | None:
    """Why a formulation that connects streams to the nearest open level is wrong; None if exact.

    Written as reason, semicolon, remedy.
    """
    faults = nearest_level_faults(inputs)
    if faults:
        exact = "assignment_strong" if connection_search_faults(inputs) else "connection_search"
        return f"connects streams to the nearest level, but {' and '.join(faults)}; use {exact}"
    faults = pump_dominance_faults(inputs) if dominance_rows else []
    if faults:
        return f"would be wrong with dominance rows, because {' and '.join(faults)}; " + (
            "leave dominance_rows to be decided by the input"
        )
    return None


def uses_dominance_rows(inputs: SiteInputs, dominance_rows: bool | None) -> bool:
    """Whether a formulation adds the rows (6), (7): as asked for, or by default where exact."""
    if dominance_rows is None:
        return not pump_dominance_faults(inputs)
    return dominance_rows
