"""Parameters of utility loops from TOML, checked whole, and written exactly."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from milpcore.economics import read_toml
from milpcore.faults import FaultList
from milpcore.files import replacing
from milpcore.loops.equipment import (
    ExchangerCost,
    Fluid,
    PipeCost,
    PumpCost,
    Utility,
    check_utility,
)
from milpcore.loops.limits import Limits, Match, check_contradictions, checked_matches
from milpcore.loops.parameter_schema import (
    CARRIERS,
    TABLES,
    checked_entries,
    known_keys,
    plain_entry,
)
from milpcore.loops.parameters import (
    PARTS,
    Distance,
    LoopParameters,
    check_pairs,
    checked_distance,
    checked_order,
)
from milpcore.naming import shown, suggestion
from milpcore.toml_values import toml_value

_UTILITIES = ("hot_utility", "cold_utility")


def read_parameters(path: str | Path) -> LoopParameters:
    r"""Read the parameters of utility loops from a TOML file.

    Parameters
    ----------
    path : str or Path
        File with any of the tables ``[general]``, ``[fluid]``, ``[exchanger]``, ``[pipe]``,
        ``[pump]``, ``[hot_utility]``, ``[cold_utility]``, ``[limits]`` and any number of
        ``[[distance]]``; a value is plain or a table of value, unit, status and source. Keys left
        out keep the values of the bundled example, but for distances and the temperatures and films
        of utilities. A fluid whose name is none of `FLUIDS` needs all of its values.

    Returns
    -------
    LoopParameters

    Raises
    ------
    InputError
        Listing all faults: file, TOML syntax, unknown tables and keys with the nearest known one,
        values of a wrong kind, unit, out of range or in contradiction.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "mine.toml"
    >>> text = '[[distance]]\nplants = ["east", "west"]\nlength_m = 500\n[general]\ndt_min_K = 8\n'
    >>> _ = path.write_text(text, encoding="utf-8")
    >>> parameters = read_parameters(path)
    >>> parameters.dt_min_K, parameters.distance_m("west", "east")
    (8.0, 500.0)
    """
    faults = FaultList()
    document = read_toml(path, faults)
    faults.raise_if_any(str(path))
    return _parameters_of(document, str(path), faults)


def read_parameters_bytes(data: bytes, title: str) -> LoopParameters:
    """Read the content of a bundled TOML file, see `read_parameters`."""
    return _parameters_of(tomllib.loads(data.decode("utf-8")), title, FaultList())


def write_parameters(parameters: LoopParameters, path: str | Path) -> None:
    """Write parameters so that `read_parameters` gives back exactly the same.

    Parameters
    ----------
    parameters : LoopParameters
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
    >>> write_parameters(LoopParameters(), path)
    >>> read_parameters(path) == LoopParameters()
    True
    """
    fields = {
        field.name: getattr(parameters, field.name) for field in dataclasses.fields(parameters)
    }
    distances = fields.pop("distances")
    parts = {name: fields.pop(name) for name in PARTS}
    blocks = [["[general]", *_lines(fields)]]
    for name, part in parts.items():
        values = {field.name: getattr(part, field.name) for field in dataclasses.fields(part)}
        blocks.append([f"[{name}]", *_lines(values)])
    for plants, length_m in distances:
        blocks.append(["[[distance]]", *_lines({"plants": plants, "length_m": length_m})])
    text = "\n\n".join("\n".join(block) for block in blocks)
    with replacing(path) as temporary:
        temporary.write_text(f"{text}\n", encoding="utf-8")


def _parameters_of(document: Mapping[str, Any], title: str, faults: FaultList) -> LoopParameters:
    """Check a whole document and make parameters of it."""
    for key in document:
        if key not in TABLES:
            _note_unknown(key, document[key], faults)
    tables = {name: _table(document, name, faults) for name in TABLES if name != "distance"}
    _complete_fluid(tables["fluid"], faults)
    for name in _UTILITIES:
        check_utility(tables[name], f"[{name}]", faults)
    limits = tables["limits"]
    for key in ("forbidden_matches", "forced_matches"):
        if key in limits:
            limits[key] = checked_matches(key, limits[key], "[limits]", faults)
    check_contradictions(limits, "[limits]", faults)
    general = tables["general"]
    if "visit_order" in general:
        general["visit_order"] = checked_order(general["visit_order"], "[general]", faults)
    distances = _distances(document, faults)
    faults.raise_if_any(title)
    usual = LoopParameters()
    price = {name: {"price_per_kW_a": getattr(usual, name).price_per_kW_a} for name in _UTILITIES}
    return LoopParameters(
        **general,
        fluid=Fluid(**tables["fluid"]),
        exchanger=ExchangerCost(**tables["exchanger"]),
        pipe=PipeCost(**tables["pipe"]),
        pump=PumpCost(**tables["pump"]),
        hot_utility=Utility(**{**price["hot_utility"], **tables["hot_utility"]}),
        cold_utility=Utility(**{**price["cold_utility"], **tables["cold_utility"]}),
        limits=Limits(**limits),
        distances=distances,
    )


def _table(document: Mapping[str, Any], name: str, faults: FaultList) -> dict[str, Any]:
    """Return the checked values of one table."""
    values = document.get(name, {})
    if not isinstance(values, Mapping):
        remedy = f"put the keys below a line [{name}]"
        faults.add("", f"[{name}]", shown(values), "must be a table", remedy)
        return {}
    return checked_entries(name, _plain(name, values, f"[{name}]", faults), f"[{name}]", faults)


def _plain(
    table: str, values: Mapping[str, object], where: str, faults: FaultList
) -> dict[str, object]:
    """Take the values out of their documentation; those without one are left out."""
    plain: dict[str, object] = {}
    for key, value in values.items():
        before = len(faults)
        found = plain_entry(table, key, value, where, faults) if key in known_keys(table) else value
        if len(faults) == before:
            plain[key] = found
    return plain


def _complete_fluid(fluid: dict[str, Any], faults: FaultList) -> None:
    """Take what is left out from the fluid of that name."""
    name = fluid.get("name", Fluid().name)
    if name in CARRIERS:
        fluid.update({k: entry.default for k, entry in CARRIERS[name].items() if k not in fluid})
        return
    missing = [key for key in CARRIERS[Fluid().name] if key not in fluid]
    if missing and name:
        rule = f"is none of the known fluids ({', '.join(CARRIERS)}) and lacks {', '.join(missing)}"
        faults.add("[fluid]", "name", shown(name), rule, "name a known one, or give all values")


def _distances(document: Mapping[str, Any], faults: FaultList) -> list[Distance]:
    """Return the distances, one for each table."""
    given = document.get("distance", [])
    if not isinstance(given, list) or not all(isinstance(entry, Mapping) for entry in given):
        rule = "must be tables [[distance]], one for each pair of plants"
        remedy = "write [[distance]] with two brackets"
        faults.add("", "distance", shown(given), rule, remedy)
        return []
    found = []
    for number, values in enumerate(given, start=1):
        where = f"[[distance]] {number}"
        for key in values:
            if key not in known_keys("distance"):
                remedy = suggestion(key, known_keys("distance"))
                faults.add(where, shown(key), shown(values[key]), "unknown key", remedy)
        plain = _plain("distance", values, where, faults)
        found.append(checked_distance(plain.get("plants"), plain.get("length_m"), where, faults))
    check_pairs(found, "[[distance]]", faults)
    return found


def _note_unknown(key: str, value: object, faults: FaultList) -> None:
    """Refuse a table that is unknown, or a key above the first table."""
    tables = [table for table in TABLES if key in known_keys(table)]
    if tables:
        headers = ", ".join("[[distance]]" if t == "distance" else f"[{t}]" for t in tables)
        remedy = f"put it below a line {headers}"
        faults.add("", shown(key), shown(value), "key outside a table", remedy)
    elif isinstance(value, Mapping | list):
        faults.add("", f"[{shown(key)}]", None, "unknown table", suggestion(key, TABLES))
    else:
        remedy = f"put it below the line of its table: {', '.join(TABLES)}"
        faults.add("", shown(key), shown(value), "unknown key outside a table", remedy)


def _lines(values: Mapping[str, Any]) -> list[str]:
    """Write the values of a table, one a line; those that are None are left out."""
    given = {key: _writable(value) for key, value in values.items() if value is not None}
    return [f"{key} = {toml_value(value)}" for key, value in given.items()]


def _writable(value: object) -> object:
    """Return what TOML can hold of a value."""
    if isinstance(value, Match):
        return value._asdict()
    if isinstance(value, tuple | list):
        return [_writable(entry) for entry in value]
    return value
