"""A sweep as a TOML file: what runs, on which streams and prices, in which cases.

::

    [study]
    run = "fixed_levels"            # or "greenfield", "retrofit"
    streams = "site_400"            # a bundled case, or a file beside this one
    objective = "tac"
    levels_C = [15, 35, 80, 134, 214, 285, 1600]
    # greenfield: n_levels = 6, and mip_rel_gap, time_limit_s if wanted
    # retrofit: existing_C = [13, 25, ...], move = 1, range_K = 10.0

    [site]                          # prices that cases leave out, as in --economics
    gas_price_EUR_per_MWh = 40.0

    [cases]
    method = "latin_hypercube"      # or "grid", "table"
    n_cases = 10000
    seed = 1

    [cases.ranges]                  # grid: [cases.values]; table: file = "cases.csv" in [cases]
    electricity_price_EUR_per_MWh = [40, 130]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from milpcore.cases import case_names
from milpcore.economics import SiteEconomics, read_toml
from milpcore.economics_schema import RANGES, checked_values
from milpcore.faults import FaultList
from milpcore.naming import shown, suggestion
from milpcore.streams import Streams, load_case, read_streams
from milpcore.sweeps.cases import grid, latin_hypercube
from milpcore.sweeps.runner import Run
from milpcore.sweeps.site_runs import FixedLevelsRun, GreenfieldRun, RetrofitRun

_RUNS: dict[str, tuple[Callable[..., Run], str, tuple[str, ...]]] = {
    "fixed_levels": (FixedLevelsRun, "levels_C", ("heat_pumps",)),
    "greenfield": (GreenfieldRun, "n_levels", ("mip_rel_gap", "time_limit_s", "cascade")),
    "retrofit": (
        RetrofitRun,
        "existing_C",
        ("move", "range_K", "movable_C", "heat_pumps", "add", "close"),
    ),
}
"""Run, what it must be told, and what it may be told."""
_METHODS = {
    "grid": ("values",),
    "latin_hypercube": ("ranges", "n_cases", "seed"),
    "table": ("file",),
}
_SECTIONS = ("study", "site", "cases")


class SweepStudy(NamedTuple):
    """A sweep that is ready to run.

    Attributes
    ----------
    run : callable
    cases : DataFrame
        One row a case.
    streams : Streams
    economics : SiteEconomics
        Of what cases leave out.
    name : str
        Of the file without its suffix.
    files : tuple of str
        Files that were read.
    """

    run: Run
    cases: pd.DataFrame
    streams: Streams
    economics: SiteEconomics
    name: str
    files: tuple[str, ...]


def read_sweep(path: str | Path) -> SweepStudy:
    """Read a study file.

    Parameters
    ----------
    path : str or Path
        TOML in UTF-8, see the head of this module.

    Returns
    -------
    SweepStudy

    Raises
    ------
    InputError
        Listing every unknown or missing key and every value that cannot be used.
    """
    place = Path(path)
    faults = FaultList()
    content = read_toml(place, faults)
    faults.raise_if_any(str(path))
    for section in content:
        if section not in _SECTIONS:
            remedy = suggestion(section, _SECTIONS)
            faults.add("", shown(section), "", "unknown section", remedy)
    study, cases = (_section(content, name, faults) for name in ("study", "cases"))
    base = checked_values(_section(content, "site", faults, needed=False), "[site]", faults)
    name = _choice(study, "run", tuple(_RUNS), "[study]", faults)
    method = _choice(cases, "method", tuple(_METHODS), "[cases]", faults)
    if name is not None:
        _, needed, optional = _RUNS[name]
        known = ("run", "streams", "objective", needed, *optional)
        _check_keys(study, known, (needed, "streams"), "[study]", faults)
    if method is not None:
        needed_keys = tuple(key for key in _METHODS[method] if key != "seed")
        _check_keys(cases, ("method", *_METHODS[method]), needed_keys, "[cases]", faults)
    faults.raise_if_any(str(path))
    assert name is not None
    assert method is not None
    economics = SiteEconomics(**base)
    streams, stream_file = _streams(study["streams"], place.parent)
    table, case_file = _cases(method, cases, place.parent)
    for column in table.columns:
        if column not in RANGES:
            remedy = suggestion(str(column), RANGES)
            faults.add("[cases]", shown(column), "", "unknown parameter", remedy)
    faults.raise_if_any(str(path))
    make, needed, optional = _RUNS[name]
    options = {key: study[key] for key in optional if key in study}
    options["objective"] = study.get("objective", "tac")
    run = make(streams, **{needed: study[needed]}, economics=economics, **options)
    files = tuple(str(file) for file in (place, stream_file, case_file) if file is not None)
    return SweepStudy(run, table, streams, economics, place.stem, files)


def _section(
    content: Mapping[str, Any], name: str, faults: FaultList, *, needed: bool = True
) -> dict[str, Any]:
    value = content.get(name, {})
    if not isinstance(value, dict) or (needed and name not in content):
        faults.add("", f"[{name}]", "", "must be a section of the file", f"write [{name}]")
        return {}
    return value


def _choice(
    section: Mapping[str, Any], key: str, known: tuple[str, ...], where: str, faults: FaultList
) -> str | None:
    value = section.get(key)
    if isinstance(value, str) and value in known:
        return value
    faults.add(where, key, shown(value), f"must be one of {', '.join(known)}", "choose one")
    return None


def _check_keys(
    section: Mapping[str, Any],
    known: tuple[str, ...],
    needed: tuple[str, ...],
    where: str,
    faults: FaultList,
) -> None:
    for key in section:
        if key not in known:
            faults.add(where, shown(key), section[key], "unknown key", suggestion(key, known))
    for key in needed:
        if key not in section:
            faults.add(where, key, "", "is missing", "add it")


def _streams(text: str, folder: Path) -> tuple[Streams, Path | None]:
    """Bundled case, or a file beside the study; a file comes first."""
    file = folder / str(text)
    if not file.is_file() and text in case_names():
        return load_case(text), None
    return read_streams(file), file


def _cases(
    method: str, section: Mapping[str, Any], folder: Path
) -> tuple[pd.DataFrame, Path | None]:
    if method == "grid":
        return grid(section["values"]), None
    if method == "latin_hypercube":
        drawn = latin_hypercube(section["ranges"], section["n_cases"], seed=section.get("seed", 0))
        return drawn, None
    file = folder / str(section["file"])
    faults = FaultList()
    try:
        table = pd.read_csv(file)
    except (OSError, ValueError) as error:
        faults.add("[cases]", "file", str(file), f"cannot be read: {error}", "give a CSV file")
        faults.raise_if_any("cases")
        raise
    return table, file
