"""Parameters of a sizing problem from TOML, checked whole, and written exactly."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from milpcore.economics import read_toml
from milpcore.faults import FaultList
from milpcore.files import replacing
from milpcore.naming import nearest_name, shown, suggestion
from milpcore.sizing.chiller import Chiller
from milpcore.sizing.parameter_schema import (
    HEAT_UNITS,
    KEYS,
    UNITS,
    WORDS,
    checked_entries,
    default,
)
from milpcore.sizing.parameters import SizingParameters, note_without_heat
from milpcore.sizing.plant import InitialState, Plant
from milpcore.sizing.units import (
    Boiler,
    ElectricBoiler,
    HeatPump,
    Store,
    Unit,
)
from milpcore.toml_values import toml_value

_KINDS: dict[str, type[Unit]] = {
    "heat_pump": HeatPump,
    "boiler": Boiler,
    "electric_boiler": ElectricBoiler,
    "store": Store,
    "chiller": Chiller,
}
_TABLES = ("plant", *UNITS)
_COOLERS = ("cooler", "cooling_tower", "cooling_unit")
_AS_A_PRICE = (
    "give cooling_water_price_EUR_per_MWh below [plant] or as a column of the profile, or a table "
    "[[chiller]]"
)


def read_parameters(path: str | Path) -> SizingParameters:
    r"""Read all parameters of a sizing problem from a TOML file.

    Parameters
    ----------
    path : str or Path
        File with a table ``[plant]`` of the keys of `Plant` and any number of ``[[heat_pump]]``,
        ``[[boiler]]``, ``[[electric_boiler]]``, ``[[store]]`` and ``[[chiller]]``. Keys left out
        keep their defaults. A file without any unit has those of the base case, one with any has
        just its own. ``load_changes_per_window`` may be ``"unlimited"``, ``start_end_share``
        ``"free"``, and
        ``initial`` a table such as ``{ is_on = true, load_kW = 300, hours_in_state_h = 5 }``.

    Returns
    -------
    SizingParameters

    Raises
    ------
    InputError
        Listing all faults: file, TOML syntax, unknown tables and keys with the nearest known one,
        values of a wrong kind, out of range or in contradiction, names that are not unique.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "mine.toml"
    >>> _ = path.write_text("[[boiler]]\nefficiency = 0.95\n[[store]]\n", encoding="utf-8")
    >>> parameters = read_parameters(path)
    >>> parameters.boilers[0].efficiency, len(parameters.heat_pumps), len(parameters.stores)
    (0.95, 0, 1)
    """
    faults = FaultList()
    document = read_toml(path, faults)
    faults.raise_if_any(str(path))
    return _parameters_of(document, str(path), faults)


def read_parameters_bytes(data: bytes, title: str) -> SizingParameters:
    """Read the content of a bundled TOML file, see `read_parameters`."""
    return _parameters_of(tomllib.loads(data.decode("utf-8")), title, FaultList())


def write_parameters(parameters: SizingParameters, path: str | Path) -> None:
    """Write parameters so that `read_parameters` gives back exactly the same.

    Parameters
    ----------
    parameters : SizingParameters
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
    >>> write_parameters(SizingParameters(), path)
    >>> read_parameters(path) == SizingParameters()
    True
    """
    blocks = [["[plant]", *_lines(parameters.plant)]]
    for table, kind in _KINDS.items():
        units = [unit for unit in parameters.units if type(unit) is kind]
        blocks += [[f"[[{table}]]", *_lines(unit)] for unit in units]
    text = "\n\n".join("\n".join(block) for block in blocks)
    with replacing(path) as temporary:
        temporary.write_text(f"{text}\n", encoding="utf-8")


def _parameters_of(document: Mapping[str, Any], title: str, faults: FaultList) -> SizingParameters:
    """Check a whole document and make parameters of it."""
    for key in document:
        if key not in _TABLES:
            _note_unknown(key, faults)
    plant = document.get("plant", {})
    if not isinstance(plant, Mapping):
        remedy = "put the keys below a line [plant]"
        faults.add("", "[plant]", shown(plant), "must be a table", remedy)
        plant = {}
    prices = checked_entries("plant", plant, "[plant]", faults)
    units: list[Unit] = []
    named: dict[str, str] = {}
    for table, kind in _KINDS.items():
        for where, values in _tables(document, table, faults):
            before = len(faults)
            checked = checked_entries(table, values, where, faults)
            is_right = len(faults) == before
            _note_name(values.get("name", default(table, "name")), where, named, faults)
            if is_right:
                if checked.get("initial") is not None:
                    checked["initial"] = InitialState(**checked["initial"])
                units.append(kind(**checked))
    makes_heat = any(document.get(table) for table in HEAT_UNITS)
    if any(table in document for table in UNITS) and not makes_heat:
        note_without_heat(faults)
    faults.raise_if_any(title)
    if not units:
        return SizingParameters(plant=Plant(**prices))
    return SizingParameters(
        plant=Plant(**prices),
        heat_pumps=[unit for unit in units if isinstance(unit, HeatPump)],
        boilers=[unit for unit in units if isinstance(unit, Boiler)],
        electric_boilers=[unit for unit in units if isinstance(unit, ElectricBoiler)],
        stores=[unit for unit in units if isinstance(unit, Store)],
        chillers=[unit for unit in units if isinstance(unit, Chiller)],
    )


def _tables(
    document: Mapping[str, Any], table: str, faults: FaultList
) -> list[tuple[str, Mapping[str, Any]]]:
    """Return where each unit of a kind stands, and its keys."""
    given = document.get(table, [])
    if not isinstance(given, list) or not all(isinstance(entry, Mapping) for entry in given):
        rule = f"must be tables [[{table}]], one for each unit"
        remedy = f"write [[{table}]] with two brackets"
        faults.add("", table, shown(given), rule, remedy)
        return []
    found = []
    for number, values in enumerate(given, start=1):
        name = values.get("name")
        label = f" ({shown(name)})" if isinstance(name, str) else ""
        found.append((f"[[{table}]] {number}{label}", values))
    return found


def _note_name(name: object, where: str, named: dict[str, str], faults: FaultList) -> None:
    """Refuse a name that a unit above has, and keep where each name stands."""
    if not isinstance(name, str):
        return
    if name in named:
        rule = f"must be unique, {named[name]} has it too"
        faults.add(where, "name", shown(name), rule, "give each unit a name of its own")
    named.setdefault(name, where)


def _note_unknown(key: str, faults: FaultList) -> None:
    """Refuse a table that is unknown, or a key above the first table."""
    tables = [table for table in _TABLES if key in KEYS[table]]
    if tables:
        headers = ", ".join("[plant]" if t == "plant" else f"[[{t}]]" for t in tables)
        remedy = f"put it below a line {headers}"
        faults.add("", shown(key), None, "key outside a table", remedy)
        return
    if key.lower().startswith(_COOLERS):
        rule = "is no unit here: waste heat that no unit takes is cooled at a price"
        faults.add("", shown(key), None, rule, _AS_A_PRICE)
        return
    near = nearest_name(key, KEYS["plant"])
    if nearest_name(key, _TABLES) is None and near is not None:
        remedy = f"did you mean {near!r}, below a line [plant]?"
        faults.add("", shown(key), None, "key outside a table", remedy)
        return
    faults.add("", shown(key), None, "unknown table", suggestion(key, _TABLES))


def _lines(part: Plant | Unit) -> list[str]:
    """Write the values of a table, one a line; those that are None have a word or are left out."""
    lines = []
    for key, value in ((f.name, getattr(part, f.name)) for f in dataclasses.fields(part)):
        if value is not None:
            plain = dataclasses.asdict(value) if isinstance(value, InitialState) else value
            lines.append(f"{key} = {toml_value(plain)}")
        elif key in WORDS:
            lines.append(f"{key} = {toml_value(WORDS[key])}")
    return lines
