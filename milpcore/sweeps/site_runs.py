"""Runs of model A for sweeps: a case changes prices and limits by their names.

Each run is an object that is pickled once; what it prepares from the streams stays with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from typing import Any

import numpy as np

from milpcore.economics import Measure, SiteEconomics
from milpcore.economics_schema import RANGES, TECHNICAL_KEYS
from milpcore.faults import FaultList, InputError
from milpcore.naming import shown, suggestion
from milpcore.site import greenfield, retrofit
from milpcore.site.fixed_levels import FixedLevels
from milpcore.site.operations import Operations
from milpcore.site.results import SiteResult
from milpcore.site.sensitivity_results import pumps_text
from milpcore.streams import Streams

Case = Mapping[str, Any]


class FixedLevelsRun:
    """Operate the same levels at the prices of each case.

    Parameters
    ----------
    streams : Streams
        The stream table.
    levels_C : sequence of float
        The levels, °C.
    economics : SiteEconomics, optional
        What cases leave out.
    objective : Measure or str
        What is minimised; TAC second.
    heat_pumps : bool
        Whether heat pumps are allowed.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore.sweeps import FixedLevelsRun
    >>> levels_C = [15, 35, 80, 134, 214, 285, 1600]
    >>> run = FixedLevelsRun(milpcore.load_case("site_400"), levels_C)
    >>> run({"heat_pump_investment_EUR_per_kW": 300.0})["heat_pumps"]
    '35→80, 80→134'
    """

    def __init__(
        self,
        streams: Streams,
        levels_C: Sequence[float],
        *,
        economics: SiteEconomics | None = None,
        objective: Measure | str = Measure.TAC,
        heat_pumps: bool = True,
    ) -> None:
        self.base = SiteEconomics() if economics is None else economics
        self.system = FixedLevels(
            streams,
            levels_C,
            objective=objective,
            heat_pumps=heat_pumps,
            level_dt_cont_K=self.base.level_dt_cont_K,
        )

    @cached_property
    def base_operation(self) -> Operations:
        """Operation at the base values: the design whose regret is reported."""
        return self.system.operate([self.base])

    @property
    def fingerprint(self) -> str:
        """Hash of all that the result depends on, but for the case."""
        system = self.system
        settings = (system.level_C.tolist(), system.objective.value, system.heat_pumps)
        return _fingerprint(type(self).__name__, system.streams, self.base, settings)

    def __call__(self, case: Case) -> dict[str, Any]:
        """Values of one case, see `run_many`."""
        try:
            return self.run_many([case])[0]
        except InputError as error:  # whose faults name each case by its place in the call
            faults = tuple(fault._replace(where="") for fault in error.faults)
            raise InputError(error.title, faults) from error

    def run_many(self, cases: Sequence[Case]) -> list[dict[str, Any]]:
        """Values of many cases.

        Parameters
        ----------
        cases : sequence of mapping
            Keys of `SiteEconomics` with their values.

        Returns
        -------
        list of dict
            Costs (EUR/a, t/a), heat and electricity (kW), ``n_heat_pumps``, ``heat_pumps`` (such as
            ``35→80``), ``regret_EUR_per_a`` (what the heat pumps of the base values cost more than
            the best ones, run as designed; None where a case changes what they can do), and heat
            of every heat pump that is possible in the case as ``heat_pump_35_80_kW``.

        Raises
        ------
        InputError
            If a case has an unknown key or a value out of range.
        """
        economics = [_economics(self.base, case) for case in cases]
        found = self.system.operate(economics)
        level_C = found.level_C.tolist()
        used = [
            pumps_text(tuple((level_C[i], level_C[j]) for i, j in np.argwhere(one).tolist()))
            for one in found.is_used
        ]
        columns: dict[str, list[Any]] = {
            "tac_EUR_per_a": found.cost[Measure.TAC].tolist(),
            "opex_EUR_per_a": found.cost[Measure.OPEX].tolist(),
            "capex_EUR_per_a": found.cost[Measure.CAPEX].tolist(),
            "co2_t_per_a": found.cost[Measure.CO2].tolist(),
            "external_heat_kW": found.external_heat_kW.sum(axis=1).tolist(),
            "cooling_kW": found.cooling_kW.sum(axis=1).tolist(),
            "electricity_kW": found.electricity_kW.tolist(),
            "n_heat_pumps": found.is_used.sum(axis=(1, 2)).tolist(),
            "heat_pumps": used,
            "regret_EUR_per_a": [
                self._regret(case, one, tac)
                for case, one, tac in zip(cases, economics, found.cost[Measure.TAC], strict=True)
            ],
        }
        rows = [
            dict(zip(columns, values, strict=True))
            for values in zip(*columns.values(), strict=True)
        ]
        for case, i, j in np.argwhere(found.cop > 0.0).tolist():
            heat_kW = float(found.pump_heat_kW[case, i, j])
            rows[case][f"heat_pump_{level_C[i]:g}_{level_C[j]:g}_kW"] = heat_kW
        return rows

    def _regret(self, case: Case, economics: SiteEconomics, tac: float) -> float | None:
        """TAC of the base design in a case, run as designed, less the least TAC."""
        if self.system.objective is not Measure.TAC or not TECHNICAL_KEYS.isdisjoint(case):
            return None
        base = self.base_operation
        as_designed = (
            economics.external_heat_price(Measure.TAC) * base.external_heat_kW.sum()
            + economics.cooling_price(Measure.TAC) * base.cooling_kW.sum()
            + economics.electricity_price(Measure.TAC) * base.electricity_kW.sum()
            + economics.heat_pump_investment(Measure.TAC) * base.pump_heat_kW.sum()
        )
        return max(0.0, float(as_designed - tac))


class GreenfieldRun:
    """Find the best utility system with at most `n_levels` levels at the prices of each case.

    Parameters
    ----------
    streams : Streams
        The stream table.
    n_levels : int
        Largest number of levels.
    economics : SiteEconomics, optional
        What cases leave out.
    objective : Measure or str
        What is minimised; TAC second.
    **options
        Further arguments of `milpcore.site.greenfield`, such as ``mip_rel_gap``.
    """

    def __init__(
        self,
        streams: Streams,
        *,
        n_levels: int,
        economics: SiteEconomics | None = None,
        objective: Measure | str = Measure.TAC,
        **options: Any,
    ) -> None:
        self.streams, self.options = streams, {**options, "n_levels": n_levels}
        self.base = SiteEconomics() if economics is None else economics
        self.objective = Measure(objective)

    @property
    def fingerprint(self) -> str:
        """Hash of all that the result depends on, but for the case."""
        settings = (self.objective.value, sorted(self.options.items()))
        return _fingerprint(type(self).__name__, self.streams, self.base, settings)

    def __call__(self, case: Case) -> dict[str, Any]:
        """Values of one case: those of the result's summary, with its levels and heat pumps."""
        economics = _economics(self.base, case)
        return result_values(
            greenfield(self.streams, economics=economics, objective=self.objective, **self.options)
        )


class RetrofitRun:
    """Find the best retrofit of existing levels at the prices of each case.

    Parameters
    ----------
    streams : Streams
        The stream table.
    existing_C : sequence of float
        The existing levels, °C.
    economics : SiteEconomics, optional
        What cases leave out.
    objective : Measure or str
        What is minimised; TAC second.
    **options
        Further arguments of `milpcore.site.retrofit`, such as ``move`` and ``range_K``.
    """

    def __init__(
        self,
        streams: Streams,
        existing_C: Sequence[float],
        *,
        economics: SiteEconomics | None = None,
        objective: Measure | str = Measure.TAC,
        **options: Any,
    ) -> None:
        self.streams, self.options = streams, {**options, "existing_C": list(existing_C)}
        self.base = SiteEconomics() if economics is None else economics
        self.objective = Measure(objective)

    @property
    def fingerprint(self) -> str:
        """Hash of all that the result depends on, but for the case."""
        settings = (self.objective.value, sorted(self.options.items()))
        return _fingerprint(type(self).__name__, self.streams, self.base, settings)

    def __call__(self, case: Case) -> dict[str, Any]:
        """Values of one case: the best configuration's, with ``saving_percent``."""
        study = retrofit(
            self.streams,
            economics=_economics(self.base, case),
            objective=self.objective,
            **self.options,
        )
        best = study.best
        if best is None:
            return _without_design(study.without_moves)
        return {"saving_percent": best.saving_percent, **result_values(best.result)}


def result_values(result: SiteResult) -> dict[str, Any]:
    """Plain values of a checked result: summary, levels and heat pumps, or why there are none."""
    if not result.has_design:
        return _without_design(result)
    row = result.summary.iloc[0]
    names = [name for name in result.summary.columns if name not in ("solve_s", "max_levels")]
    pumps = tuple(zip(result.heat_pumps["source_C"], result.heat_pumps["sink_C"], strict=True))
    return {
        **{name: row[name] for name in names},
        "levels_C": " ".join(f"{level:g}" for level in result.levels["temperature_C"]),
        "heat_pumps": pumps_text(pumps),
    }


def _without_design(result: SiteResult) -> dict[str, Any]:
    return {"status": result.status.value, "error": " ".join(result.notes)}


def _economics(base: SiteEconomics, case: Case) -> SiteEconomics:
    unknown = [key for key in case if key not in RANGES]
    if unknown:
        faults = FaultList()
        for key in unknown:
            faults.add("", shown(key), case[key], "unknown parameter", suggestion(str(key), RANGES))
        faults.raise_if_any("case")
    return replace(base, **case)


def _fingerprint(kind: str, streams: Streams, economics: SiteEconomics, settings: object) -> str:
    table = streams.table.to_csv(index=False)
    text = repr((kind, table, sorted(asdict(economics).items()), settings))
    return hashlib.sha256(text.encode()).hexdigest()
