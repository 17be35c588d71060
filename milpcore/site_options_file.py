r"""Prices and options of model A in one TOML file, read and written.

::

    [site]                            # prices and limits, as for every command
    gas_price_EUR_per_MWh = 45.0

    [heat_pumps]
    fixed_investment_EUR = 2e6
    max_number = 3

    [[heat_pumps.existing]]
    source_C = 35.0
    sink_C = 80.0
    size_kW = 5000.0

    [levels]
    forced_C = [80.0]

The keys of every table are the parameters of its dataclass in `milpcore.site_options`.
"""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from milpcore.economics import SiteEconomics, economics_from, read_toml
from milpcore.faults import FaultList, InputError
from milpcore.files import read_bytes, replacing
from milpcore.naming import shown, suggestion
from milpcore.site_options import (
    ConnectionOptions,
    CopPoint,
    ExistingPump,
    ExternalHeatOptions,
    ForbiddenConnections,
    ForbiddenLevels,
    ForbiddenPumps,
    ForcedPump,
    HeatPumpOptions,
    HeatPumpType,
    HeatSource,
    InvestmentPoint,
    LevelOptions,
    LimitOptions,
    PriceOptions,
    PriceStep,
    SiteOptions,
)
from milpcore.toml_values import toml_value

Options = TypeVar("Options")
TABLES: dict[str, type[Any]] = {
    "heat_pumps": HeatPumpOptions,
    "levels": LevelOptions,
    "external_heat": ExternalHeatOptions,
    "cooling": PriceOptions,
    "limits": LimitOptions,
    "connections": ConnectionOptions,
}
"""Tables of options, and what each becomes."""
LISTS: dict[tuple[str, str], type[Any]] = {
    ("heat_pumps", "existing"): ExistingPump,
    ("heat_pumps", "forbidden"): ForbiddenPumps,
    ("heat_pumps", "forced"): ForcedPump,
    ("heat_pumps", "cop_table"): CopPoint,
    ("heat_pumps", "investment_points"): InvestmentPoint,
    ("heat_pumps", "types"): HeatPumpType,
    ("heat_pumps.types", "cop_table"): CopPoint,
    ("heat_pumps.types", "investment_points"): InvestmentPoint,
    ("levels", "forbidden"): ForbiddenLevels,
    ("connections", "forbidden"): ForbiddenConnections,
    ("external_heat", "prices"): PriceStep,
    ("external_heat", "sources"): HeatSource,
    ("cooling", "prices"): PriceStep,
}
"""Lists of tables inside them, ``[[table.key]]``, and what each entry becomes."""


def read_site_options(path: str | Path) -> tuple[SiteEconomics, SiteOptions]:
    r"""Read prices and options from a TOML file.

    Parameters
    ----------
    path : str or Path
        File with the table ``[site]`` of `milpcore.read_economics` and tables of options; what is
        left out keeps its default, and without any of these tables there are no options.

    Returns
    -------
    SiteEconomics
    SiteOptions

    Raises
    ------
    InputError
        Listing all faults: file, syntax, unknown tables and keys with the nearest known one, values
        out of range, options that contradict each other.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "mine.toml"
    >>> _ = path.write_text("[heat_pumps]\nmax_number = 2\n", encoding="utf-8")
    >>> read_site_options(path)[1].heat_pumps.max_number
    2
    """
    faults = FaultList()
    document = read_toml(path, faults)
    faults.raise_if_any(str(path))
    pumps = document.get("heat_pumps")
    types = pumps.get("types") if isinstance(pumps, dict) else None
    for table in (pumps, *(types if isinstance(types, list) else ())):
        _read_cop_file(table, Path(path).parent, faults)
    given = {name: document.pop(name) for name in TABLES if name in document}
    if given:
        document.setdefault("site", {})
    made = {
        name: _made(TABLES[name], name, table, f"[{name}]", faults) for name, table in given.items()
    }
    economics = economics_from(document, faults, others=tuple(TABLES))
    faults.raise_if_any(str(path))
    assert economics is not None
    return economics, SiteOptions(**made)


def write_site_options(economics: SiteEconomics, options: SiteOptions, path: str | Path) -> None:
    """Write prices and options so that `read_site_options` gives back exactly the same.

    Parameters
    ----------
    economics : SiteEconomics
        Prices and limits, all of them.
    options : SiteOptions
        Only what is not the default is written.
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
    >>> options = SiteOptions(levels=LevelOptions(forced_C=(80.0,)))
    >>> write_site_options(SiteEconomics(), options, path)
    >>> read_site_options(path) == (SiteEconomics(), options)
    True
    """
    lines = ["[site]"]
    lines += [f"{key} = {value!r}" for key, value in dataclasses.asdict(economics).items()]
    for name in TABLES:
        lines += _lines(name, getattr(options, name))
    with replacing(path) as temporary:
        temporary.write_text("\n".join([*lines, ""]), encoding="utf-8")


def _read_cop_file(heat_pumps: object, folder: Path, faults: FaultList) -> None:
    """Put the rows of the file that ``cop_table`` names in its place."""
    if not isinstance(heat_pumps, dict) or not isinstance(heat_pumps.get("cop_table"), str):
        return
    name = heat_pumps.pop("cop_table")
    data = read_bytes(folder / name, faults)
    if not data:
        return
    try:
        table = pd.read_csv(io.BytesIO(data), dtype=np.float64)
    except (ValueError, UnicodeDecodeError) as error:
        remedy = "write numbers below source_C,sink_C,cop"
        faults.add(name, "table", None, f"is no table of numbers: {error}", remedy)
        return
    wanted = [one.name for one in dataclasses.fields(CopPoint)]
    if list(table.columns) != wanted:
        rule = f"must have the columns {', '.join(wanted)}"
        faults.add(name, "header", ",".join(map(str, table.columns)), rule, "rename them")
        return
    heat_pumps["cop_table"] = table.to_dict("records")


def _made(kind: type[Any], name: str, table: object, where: str, faults: FaultList) -> Any:
    """Make options of a table, or note its faults."""
    if not isinstance(table, dict):
        remedy = f"put the keys below a line {where}"
        faults.add("", where, type(table).__name__, "must be a table", remedy)
        return None
    known = {one.name: one for one in dataclasses.fields(kind)}
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            faults.add(where, shown(key), shown(value), "unknown key", suggestion(key, known))
        elif (name, key) in LISTS:
            values[key] = _made_list(name, key, value, faults)
        else:
            values[key] = value
    missing = [
        key
        for key, one in known.items()
        if one.default is one.default_factory is dataclasses.MISSING and key not in table
    ]
    for key in missing:
        faults.add(where, key, None, "is missing", "give it")
    if missing:
        return None
    try:
        return kind(**values)
    except InputError as error:
        for fault in error.faults:
            faults.add(f"{where} {fault.where}".strip(), *fault[1:])
        return None


def _made_list(name: str, key: str, value: object, faults: FaultList) -> tuple[Any, ...]:
    """Make options of every table of a list."""
    where = f"[[{name}.{key}]]"
    if not isinstance(value, list):
        rule = "must be a list of tables"
        faults.add("", where, type(value).__name__, rule, f"put the keys below a line {where}")
        return ()
    kind = LISTS[name, key]
    entries = (
        _made(kind, f"{name}.{key}", one, f"{where} {number}", faults)
        for number, one in enumerate(value, start=1)
    )
    return tuple(one for one in entries if one is not None)


def _lines(name: str, options: Any) -> list[str]:
    """Write a table and the lists of tables inside it; nothing where all is default."""
    plain, lists = _changed(options), []
    for key in [key for key in plain if (name, key) in LISTS]:
        for one in plain.pop(key):
            lists += _entry(f"{name}.{key}", one)
    if not plain and not lists:
        return []
    entries = [f"{key} = {toml_value(value)}" for key, value in plain.items()]
    return ["", f"[{name}]", *entries, *lists]


def _entry(name: str, options: Any) -> list[str]:
    """Write an entry of a list of tables, and the lists of tables inside it."""
    plain, lists = _changed(options), []
    for key in [key for key in plain if (name, key) in LISTS]:
        for one in plain.pop(key):
            lists += _entry(f"{name}.{key}", one)
    values = [f"{key} = {toml_value(value)}" for key, value in plain.items()]
    return ["", f"[[{name}]]", *values, *lists]


def _changed(options: Any) -> dict[str, Any]:
    """Return the values that are not the default."""
    return {
        one.name: getattr(options, one.name)
        for one in dataclasses.fields(options)
        if getattr(options, one.name) != one.default
        and getattr(options, one.name) not in ((), None)
    }
