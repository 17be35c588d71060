r"""Prices, the annuity and the cost laws of model A; read from TOML, checked whole.

With operating hours :math:`h` (h/a, divided by 1000 because prices are per MWh and amounts in kW),
the price :math:`p` and emission factor :math:`e` of gas or electricity, CO2 price :math:`c`, boiler
efficiency :math:`\eta`, investment :math:`f`, interest :math:`i` and lifetime :math:`n`, a kW over
a year costs

=============  ==================================  ================  =======================
measure        external heat                       electricity       heat pump (sink heat)
=============  ==================================  ================  =======================
TAC, EUR/a     :math:`h (p + e c)/\eta`            :math:`h(p + ec)`  annuity :math:`\cdot f`
OPEX, EUR/a    :math:`h (p + e c)/\eta`            :math:`h(p + ec)`  0
CAPEX, EUR/a   0                                   0                 annuity :math:`\cdot f`
CO2, t/a       :math:`h e/\eta`                    :math:`h e`       0
=============  ==================================  ================  =======================

cooling costs its price times :math:`h` in TAC and OPEX, and the annuity is
:math:`i/(1 - (1 + i)^{-n})`, or :math:`1/n` without interest. Defaults, their units, status and
sources are data: ``milpcore/data/site_400.toml``.
"""

from __future__ import annotations

import dataclasses
import math
import tomllib
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import pandas as pd

from milpcore.economics_schema import (
    ABOUT,
    DEFAULTS,
    OPTION_TABLES,
    RANGES,
    check_about,
    checked_value,
    checked_values,
)
from milpcore.faults import Fault, FaultList, InputError
from milpcore.files import read_bytes, replacing
from milpcore.naming import nearest_name, shown, suggestion

NO_INTEREST = 1e-300
"""Interest below this divides by zero; the annuity is that of none."""


class Measure(Enum):
    """What a cost is counted in, and what a study minimises.

    ``Measure("tac")`` finds a measure by its value; an unknown one raises `InputError`.

    Examples
    --------
    >>> Measure("co2"), Measure.CO2.unit
    (<Measure.CO2: 'co2'>, 't/a')
    """

    TAC = "tac"
    OPEX = "opex"
    CAPEX = "capex"
    CO2 = "co2"

    @property
    def unit(self) -> str:
        """Unit of a year's amount."""
        return "t/a" if self is Measure.CO2 else "EUR/a"

    @classmethod
    def _missing_(cls, value: object) -> Measure:
        """Refuse an unknown measure, naming the nearest one."""
        remedy = suggestion(str(value), [measure.value for measure in cls])
        raise InputError("Measure", (Fault("", "measure", str(value), "unknown", remedy),))


@dataclass(frozen=True, kw_only=True)
class SiteEconomics:
    """Prices, technical limits and cost laws of a site; every value is checked.

    Parameters
    ----------
    electricity_price_EUR_per_MWh : float
        May be negative.
    gas_price_EUR_per_MWh : float
        Of the lower heating value.
    co2_price_EUR_per_t : float
        Paid for the emissions of electricity and gas.
    electricity_emission_t_per_MWh, gas_emission_t_per_MWh : float
        Emission factors.
    boiler_efficiency : float
        Heat per lower heating value, up to 1.2 because condensing boilers exceed 1.
    cooling_price_EUR_per_MWh : float
        Of heat removed.
    operating_hours_h_per_a : float
        Full-load hours, at most 8784.
    interest_rate : float
        Fraction a year; 0 makes the annuity 1/lifetime.
    lifetime_a : float
        Depreciation time.
    heat_pump_investment_EUR_per_kW : float
        Per kW of sink heat.
    carnot_efficiency : float
        COP as a fraction of Carnot's.
    heat_pump_dt_source_K, heat_pump_dt_sink_K : float
        Temperature differences between the levels and the working fluid.
    max_lift_K, max_sink_C : float
        Limits of heat pumps, measured between levels and at the sink level.
    level_dt_cont_K : float
        A utility level's share of the minimum temperature difference.

    Raises
    ------
    InputError
        Listing every value that is not a finite number or out of range.

    Examples
    --------
    >>> economics = SiteEconomics()
    >>> round(economics.external_heat_price(Measure.TAC), 2)
    498.49
    >>> round(economics.electricity_price(Measure.TAC), 2)
    923.2
    >>> round(economics.heat_pump_investment(Measure.TAC), 2)
    66.08
    """

    electricity_price_EUR_per_MWh: float = DEFAULTS["electricity_price_EUR_per_MWh"]
    gas_price_EUR_per_MWh: float = DEFAULTS["gas_price_EUR_per_MWh"]
    co2_price_EUR_per_t: float = DEFAULTS["co2_price_EUR_per_t"]
    electricity_emission_t_per_MWh: float = DEFAULTS["electricity_emission_t_per_MWh"]
    gas_emission_t_per_MWh: float = DEFAULTS["gas_emission_t_per_MWh"]
    boiler_efficiency: float = DEFAULTS["boiler_efficiency"]
    cooling_price_EUR_per_MWh: float = DEFAULTS["cooling_price_EUR_per_MWh"]
    operating_hours_h_per_a: float = DEFAULTS["operating_hours_h_per_a"]
    interest_rate: float = DEFAULTS["interest_rate"]
    lifetime_a: float = DEFAULTS["lifetime_a"]
    heat_pump_investment_EUR_per_kW: float = DEFAULTS["heat_pump_investment_EUR_per_kW"]
    carnot_efficiency: float = DEFAULTS["carnot_efficiency"]
    heat_pump_dt_source_K: float = DEFAULTS["heat_pump_dt_source_K"]
    heat_pump_dt_sink_K: float = DEFAULTS["heat_pump_dt_sink_K"]
    max_lift_K: float = DEFAULTS["max_lift_K"]
    max_sink_C: float = DEFAULTS["max_sink_C"]
    level_dt_cont_K: float = DEFAULTS["level_dt_cont_K"]

    def __post_init__(self) -> None:
        faults = FaultList()
        for key in RANGES:
            object.__setattr__(self, key, checked_value(key, getattr(self, key), faults))
        faults.raise_if_any("SiteEconomics")

    @property
    def annuity_per_a(self) -> float:
        """Yearly share of an investment, 1/a."""
        return annuity_per_a(self.interest_rate, self.lifetime_a)

    def external_heat_price(self, measure: Measure) -> float:
        """Cost of external heat over a year, EUR/(kW a) or t/(kW a)."""
        return self._energy_price(
            measure,
            self.gas_price_EUR_per_MWh / self.boiler_efficiency,
            self.gas_emission_t_per_MWh / self.boiler_efficiency,
        )

    def cooling_price(self, measure: Measure) -> float:
        """Cost of cooling over a year, EUR/(kW a) or t/(kW a)."""
        return self._energy_price(measure, self.cooling_price_EUR_per_MWh, 0.0)

    def electricity_price(self, measure: Measure) -> float:
        """Cost of electricity over a year, EUR/(kW a) or t/(kW a)."""
        return self._energy_price(
            measure, self.electricity_price_EUR_per_MWh, self.electricity_emission_t_per_MWh
        )

    def heat_pump_investment(self, measure: Measure) -> float:
        """Cost of a kW of sink heat of a heat pump, EUR/(kW a); without emissions."""
        if measure in (Measure.TAC, Measure.CAPEX):
            return self.annuity_per_a * self.heat_pump_investment_EUR_per_kW
        return 0.0

    def replace(self, **changes: float) -> SiteEconomics:
        """Change some values, checked like all others.

        Parameters
        ----------
        **changes : float
            New values by key.

        Returns
        -------
        SiteEconomics

        Raises
        ------
        InputError
            Listing unknown keys, with the nearest known one, and values out of range.

        Examples
        --------
        >>> SiteEconomics().replace(interest_rate=0).annuity_per_a
        0.05
        """
        faults = FaultList()
        values = checked_values(changes, "", faults)
        faults.raise_if_any("SiteEconomics.replace")
        return dataclasses.replace(self, **values)

    def table(self) -> pd.DataFrame:
        """List all values with unit, status and source.

        Returns
        -------
        DataFrame
            Columns ``parameter``, ``value``, ``unit``, ``status``, ``source``; the status of a
            value that is not the default is "given", without source.

        Examples
        --------
        >>> SiteEconomics(lifetime_a=15).table().loc[[9]]
            parameter  value unit status source
        9  lifetime_a   15.0    a  given
        """
        rows = []
        for key, value in dataclasses.asdict(self).items():
            about = ABOUT[key]
            is_default = value == DEFAULTS[key]
            status, source = (about["status"], about["source"]) if is_default else ("given", "")
            rows.append((key, value, about["unit"], status, source))
        return pd.DataFrame(rows, columns=["parameter", "value", "unit", "status", "source"])

    def _energy_price(
        self, measure: Measure, price_EUR_per_MWh: float, emission_t_per_MWh: float
    ) -> float:
        """Cost of a kW over the operating hours in one measure."""
        hours_per_1000 = self.operating_hours_h_per_a / 1000.0
        if measure is Measure.CAPEX:
            return 0.0
        if measure is Measure.CO2:
            return hours_per_1000 * emission_t_per_MWh
        return hours_per_1000 * (price_EUR_per_MWh + emission_t_per_MWh * self.co2_price_EUR_per_t)


def annuity_per_a(interest_rate: float, lifetime_a: float) -> float:
    """Return the yearly share of an investment, 1/a.

    Parameters
    ----------
    interest_rate : float
        Fraction a year, not negative; 0 for 1/lifetime.
    lifetime_a : float
        Depreciation time, positive. a.

    Returns
    -------
    float

    Examples
    --------
    >>> print(f"{annuity_per_a(0.07, 20.0):.6f} {annuity_per_a(0.0, 20.0):.6f}")
    0.094393 0.050000
    """
    if interest_rate < NO_INTEREST:
        return 1.0 / lifetime_a
    return interest_rate / -math.expm1(-lifetime_a * math.log1p(interest_rate))


def read_economics(path: str | Path) -> SiteEconomics:
    r"""Read prices and limits from a TOML file.

    Parameters
    ----------
    path : str or Path
        File with a table ``[site]`` of the keys of `SiteEconomics`; keys left out keep their
        defaults. A table ``[about]`` may document them like the bundled file does.

    Returns
    -------
    SiteEconomics

    Raises
    ------
    InputError
        Listing all faults: file, TOML syntax, unknown tables and keys with the nearest known one,
        values that are not a finite number or out of range.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "mine.toml"
    >>> _ = path.write_text("[site]\ngas_price_EUR_per_MWh = 55\n", encoding="utf-8")
    >>> read_economics(path).gas_price_EUR_per_MWh
    55.0
    """
    faults = FaultList()
    document = read_toml(path, faults)
    faults.raise_if_any(str(path))
    economics = economics_from(document, faults)
    faults.raise_if_any(str(path))
    assert economics is not None
    return economics


def economics_from(
    document: dict[str, Any], faults: FaultList, *, others: tuple[str, ...] = ()
) -> SiteEconomics | None:
    """Make prices of the tables ``[site]`` and ``[about]`` of a file, or note all faults.

    Parameters
    ----------
    document : dict
        From `read_toml`; holds nothing else.
    faults : FaultList
        Receives what is wrong.
    others : tuple of str
        Tables that the file may have, too, for suggestions.

    Returns
    -------
    SiteEconomics or None
        None where anything is wrong.
    """
    before = len(faults)
    site = document.pop("site", None)
    about = document.pop("about", {})
    for key in document:
        _unknown_table(key, ("site", "about", *others), faults)
    values: dict[str, float] = {}
    if isinstance(site, dict):
        values = checked_values(site, "[site]", faults)
    else:
        found = None if site is None else type(site).__name__
        faults.add("", "[site]", found, "must be a table", "put the keys below a line [site]")
    check_about(about, faults)
    return None if len(faults) > before else SiteEconomics(**values)


def write_economics(economics: SiteEconomics, path: str | Path) -> None:
    """Write prices and limits so that `read_economics` gives back exactly the same.

    Parameters
    ----------
    economics : SiteEconomics
        The values.
    path : str or Path
        TOML file to write or replace; it appears whole or not at all.

    Raises
    ------
    InputError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "copy.toml"
    >>> write_economics(SiteEconomics(), path)
    >>> read_economics(path) == SiteEconomics()
    True
    """
    lines = [f"{key} = {value!r}" for key, value in dataclasses.asdict(economics).items()]
    with replacing(path) as temporary:
        temporary.write_text("\n".join(["[site]", *lines, ""]), encoding="utf-8")


def read_toml(path: str | Path, faults: FaultList) -> dict[str, Any]:
    """Read a TOML file, UTF-8 with or without byte order mark, noting what is wrong with it."""
    before = len(faults)
    data = read_bytes(path, faults)
    if len(faults) > before:
        return {}
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        value = f"byte 0x{data[error.start]:02x}"
        faults.add(f"line {line}", "encoding", value, "must be UTF-8", "save the file as UTF-8")
    except (ValueError, RecursionError) as error:
        remedy = "write one 'key = number' a line, with a decimal point"
        faults.add("", "syntax", None, f"is not TOML: {error}", remedy)
    return {}


def _unknown_table(key: str, known: tuple[str, ...], faults: FaultList) -> None:
    """Refuse a table, or a key above the first table."""
    near = nearest_name(key, RANGES)
    if key in OPTION_TABLES:
        remedy = "milpcore greenfield and retrofit take them; leave them out elsewhere"
        faults.add("", f"[{key}]", None, "holds options, which are not known here", remedy)
    elif near is not None:
        rule = "key outside the table [site]"
        faults.add("", shown(key), None, rule, f"put {near} below a line [site]")
    else:
        faults.add("", shown(key), None, "unknown table", suggestion(key, known))
