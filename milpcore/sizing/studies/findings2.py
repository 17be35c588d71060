"""What case study 2 says to the statements it tests, and its tables."""

from __future__ import annotations

import pandas as pd

from milpcore.sizing.studies.case2 import DURATION, OPTIMUM, GAS_EUR_per_MWh
from milpcore.sizing.studies.evidence import (
    AGREES,
    COSTS,
    DISAGREES,
    OPEN,
    OURS,
    PAPER,
    SIZES,
    Finding,
    columns_of,
    compared,
    extra_cost,
    findings_table,
    proven_range,
    solved,
)

SMALLER_PUMP = "the dearer the heat pump, the smaller it is"
LARGER_STORE = "beside a dear and small heat pump the store is larger"
RULES = "a heat pump sized by a rule of thumb is near the optimum"
NEAR_SHARE = 0.01
"""Share of TAC within which a rule of thumb counts as near."""


def tables(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Lay out the rows of case study 2 by experiment, and its findings.

    Parameters
    ----------
    rows : DataFrame
        Of the sweep.

    Returns
    -------
    dict of str to DataFrame
        ``investment``, ``rules`` (with the regret beside the optimum, EUR/a) and ``findings``.
    """
    investment = with_ratio(solved(rows, "investment"))
    names = ("price_ratio", "heat_pump_investment_EUR_per_kW", *SIZES, "heat_pump_heat_share")
    regret = ("regret_least_EUR_per_a", "regret_most_EUR_per_a")
    return {
        "investment": columns_of(investment, (*names, *COSTS)),
        "rules": columns_of(with_regret(solved(rows, "rules")), ("label", *SIZES, *regret, *COSTS)),
        "findings": findings_table(findings(rows)),
    }


def findings(rows: pd.DataFrame) -> list[Finding]:
    """Judge the statements of case study 2; those whose points are missing are left out."""
    return [
        *_over_investment(with_ratio(solved(rows, "investment"))),
        *_rules(with_regret(solved(rows, "rules"))),
    ]


def with_ratio(rows: pd.DataFrame) -> pd.DataFrame:
    """Add the ratio of electricity to gas price.

    Examples
    --------
    >>> rows = pd.DataFrame({"electricity_price_EUR_per_MWh": [90.0]})
    >>> with_ratio(rows)["price_ratio"].tolist()
    [1.5]
    """
    if rows.empty:
        return rows
    ratio = rows["electricity_price_EUR_per_MWh"].astype(float) / GAS_EUR_per_MWh
    return rows.assign(price_ratio=ratio.round(6))


def with_regret(rows: pd.DataFrame) -> pd.DataFrame:
    """Add proven limits of what each rule costs more than the optimum, EUR/a from 0.

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["optimum", "a rule"], "tac_EUR_per_a": [100.0, 120.0],
    ...                      "bound_EUR_per_a": [99.0, 118.0]})
    >>> with_regret(rows)[["regret_least_EUR_per_a", "regret_most_EUR_per_a"]].values.tolist()
    [[0.0, 1.0], [18.0, 21.0]]
    """
    best = rows[rows["label"] == OPTIMUM] if len(rows) else rows
    if best.empty:
        return rows.iloc[:0]
    optimum = best.iloc[0].to_dict()
    regret = [extra_cost(row, optimum) for row in rows.to_dict("records")]
    return rows.assign(
        regret_least_EUR_per_a=[max(0.0, one.least) for one in regret],
        regret_most_EUR_per_a=[one.most for one in regret],
    )


def _over_investment(rows: pd.DataFrame) -> list[Finding]:
    found = []
    for ratio, part in rows.groupby("price_ratio") if len(rows) else ():
        ordered = part.sort_values("heat_pump_investment_EUR_per_kW").to_dict("records")
        if len(ordered) < 2:
            continue
        cheap, dear = ordered[0], ordered[-1]
        where = (
            f"ratio {float(str(ratio)):g}, "
            f"{float(cheap['heat_pump_investment_EUR_per_kW']):g} to "
            f"{float(dear['heat_pump_investment_EUR_per_kW']):g} EUR/kW"
        )
        for statement, column, unit, expected in (
            (SMALLER_PUMP, "heat_pump_kW", "kW", -1),
            (LARGER_STORE, "store_kWh", "kWh", 1),
        ):
            first, last = proven_range(cheap, column), proven_range(dear, column)
            sign = compared(first, last)
            verdict = {expected: AGREES, -expected: DISAGREES, 0: OPEN}[sign]
            text = (
                f"{where}: {float(cheap[column]):.0f} {unit} (proven {first.least:.0f} to "
                f"{first.most:.0f}) to {float(dear[column]):.0f} {unit} (proven {last.least:.0f} "
                f"to {last.most:.0f} in designs up to 0.1 % dearer)"
            )
            found.append(Finding(statement, PAPER, verdict, text))
    return found


def _rules(rows: pd.DataFrame) -> list[Finding]:
    others = rows[rows["label"] != OPTIMUM] if len(rows) else rows
    found = []
    tac = float(rows["tac_EUR_per_a"].min()) if len(rows) else 1.0
    for row in others.to_dict("records"):
        least, most = (float(row[f"regret_{end}_EUR_per_a"]) for end in ("least", "most"))
        verdict = AGREES if most <= NEAR_SHARE * tac else OPEN
        verdict = DISAGREES if least > NEAR_SHARE * tac else verdict
        name = row["label"] if row["label"] != DURATION else "by the duration curve"
        text = (
            f"{name}: {float(row['heat_pump_kW']):.0f} kW, {100.0 * least / tac:.2f} to "
            f"{100.0 * most / tac:.2f} % of TAC above the optimum (proven)"
        )
        found.append(Finding(f"{RULES} (within 1 % of TAC)", OURS, verdict, text))
    return found
