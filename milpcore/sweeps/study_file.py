"""A sweep as a TOML file: what runs, on which streams and prices, in which cases.

::

    [study]
    run = "fixed_levels"            # or "greenfield", "retrofit"
    streams = "site_400"            # a bundled case, or a file beside this one
    objective = "tac"
    levels_C = [15, 35, 80, 134, 214, 285, 1600]
    # greenfield: n_levels = 6, and mip_rel_gap, time_limit_s if wanted
    # greenfield, retrofit: candidates = "kinks+grid:5" (K), as on the command line
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

import numpy as np
import pandas as pd

from milpcore.cases import case_names
from milpcore.economics import SiteEconomics, read_toml
from milpcore.economics_schema import checked_values
from milpcore.faults import FaultList, InputError
from milpcore.naming import shown, suggestion
from milpcore.site.candidates import candidates_from_text
from milpcore.streams import Streams, load_case, read_streams
from milpcore.sweeps.cases import checked_cases, grid, latin_hypercube
from milpcore.sweeps.runner import Run
from milpcore.sweeps.site_runs import FixedLevelsRun, GreenfieldRun, RetrofitRun
from milpcore.sweeps.study_keys import check_cases, check_parameter, check_study

_RUNS: dict[str, Callable[..., Run]] = {
    "fixed_levels": FixedLevelsRun,
    "greenfield": GreenfieldRun,
    "retrofit": RetrofitRun,
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
        Listing every unknown or missing key and every value that cannot be used, also those of
        the streams and of a table of cases. Levels are held against the streams once both are
        right.
    """
    place = Path(path)
    faults = FaultList()
    content = read_toml(place, faults)
    faults.raise_if_any(str(path))
    for section in content:
        if section not in _SECTIONS:
            remedy = suggestion(section, _SECTIONS)
            faults.add("", shown(section), "", "unknown section", remedy)
    study = _section(content, "study", faults)
    is_sound = _is_sound(study, faults)
    streams, stream_file = _streams(study.get("streams"), place.parent, faults)
    economics = _economics(_section(content, "site", faults, needed=False), faults)
    table, case_file = _cases(_section(content, "cases", faults), place.parent, faults)
    run = None
    if is_sound and streams is not None and economics is not None:
        run = _run(study, streams, economics, faults)
    faults.raise_if_any(str(path))
    assert run is not None
    assert table is not None
    assert streams is not None
    assert economics is not None
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


def _is_sound(study: Mapping[str, Any], faults: FaultList) -> bool:
    """Whether a run can be made of ``[study]``; notes what is wrong with it."""
    before = len(faults)
    check_study(study, faults)
    return len(faults) == before


def _economics(section: Mapping[str, Any], faults: FaultList) -> SiteEconomics | None:
    before = len(faults)
    values = checked_values(section, "[site]", faults)
    return SiteEconomics(**values) if len(faults) == before else None


def _streams(
    name: object, folder: Path, faults: FaultList
) -> tuple[Streams, Path | None] | tuple[None, None]:
    """Bundled case, or a file beside the study; a file comes first."""
    if not isinstance(name, str) or not name:
        return None, None
    file = folder / name
    if not file.is_file() and name in case_names():
        return load_case(name), None
    try:
        return read_streams(file), file
    except InputError as error:
        _note(error, file.name, "[study] streams", faults)
        return None, None


def _cases(
    section: Mapping[str, Any], folder: Path, faults: FaultList
) -> tuple[pd.DataFrame | None, Path | None]:
    before = len(faults)
    check_cases(section, faults)
    method, name = section.get("method"), section.get("file")
    if isinstance(name, str) and name and method not in ("grid", "latin_hypercube"):
        return _case_table(folder / name, faults), folder / name
    if len(faults) > before:
        return None, None
    if method == "grid":
        return grid(section["values"]), None
    drawn = latin_hypercube(section["ranges"], section["n_cases"], seed=section.get("seed", 0))
    return drawn, None


def _case_table(file: Path, faults: FaultList) -> pd.DataFrame | None:
    """Read a table of cases; ranges of its numbers are each case's own matter."""
    try:
        table = checked_cases(pd.read_csv(file))
    except InputError as error:
        _note(error, file.name, file.name, faults)
        return None
    except (OSError, ValueError) as error:
        faults.add("[cases]", "file", str(file), f"cannot be read: {error}", "give a CSV file")
        return None
    for name in table.columns:
        check_parameter(file.name, str(name), faults)
        numbers = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=float)
        for row in np.flatnonzero(~np.isfinite(numbers)):
            place, found = f"{file.name}, case {row + 1}", shown(table[name][row])
            faults.add(place, shown(name), found, "must be a finite number", "write a number")
    return table


def _run(
    study: Mapping[str, Any], streams: Streams, economics: SiteEconomics, faults: FaultList
) -> Run | None:
    options = {key: value for key, value in study.items() if key not in ("run", "streams")}
    if "candidates" in options:
        options["candidates_C"] = candidates_from_text(options.pop("candidates"))
    try:
        return _RUNS[study["run"]](streams, economics=economics, **options)
    except InputError as error:  # of streams that no level serves
        _note(error, "[study]", "[study]", faults)
        return None


def _note(error: InputError, place: str, otherwise: str, faults: FaultList) -> None:
    """Note faults found elsewhere: `place` goes before where they stand, `otherwise` for none."""
    for where, field, *rest in error.faults:
        key = "levels_C" if field == "candidates_C" else field  # what a study calls them
        faults.add(f"{place}, {where}" if where else otherwise, key, *rest)
