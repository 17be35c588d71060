"""A case of model C: the streams of all plants with the parameters of the loops between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from milpcore import cases, streams
from milpcore.faults import Fault, FaultList, Gathered, InputError
from milpcore.loops.parameter_files import read_parameters, read_parameters_bytes
from milpcore.loops.parameters import LoopParameters
from milpcore.naming import shown, suggestion
from milpcore.streams import Streams, read_streams


@dataclass(frozen=True, kw_only=True)
class LoopCase:
    """Streams and parameters that fit together.

    Parameters
    ----------
    streams : Streams
        The zone of a stream is its plant; every stream has a film coefficient ``htc``. ``dt_cont``
        is not used: `LoopParameters.dt_min_K` holds between every stream and the loops.
    parameters : LoopParameters
        With a distance for every pair of plants.

    Raises
    ------
    InputError
        Listing all faults: no film coefficients, only one plant, distances that are missing, plants
        and streams in the parameters that the table does not have.

    Examples
    --------
    >>> case = load_case("loop_two_plants")
    >>> case.plants, case.streams.n_streams, case.parameters.distance_m("plant 1", "plant 2")
    (('plant 1', 'plant 2'), 14, 1000.0)
    """

    streams: Streams
    parameters: LoopParameters

    def __post_init__(self) -> None:
        faults = FaultList()
        _check_fit(self.streams, self.parameters, faults)
        faults.raise_if_any("LoopCase")

    @property
    def plants(self) -> tuple[str, ...]:
        """Zones of the stream table, in the order in which they first appear."""
        return tuple(dict.fromkeys(str(zone) for zone in self.streams.table["zone"]))

    @property
    def plant_of_stream(self) -> npt.NDArray[np.int64]:
        """Place of each stream's plant in `plants` (S,)."""
        place = {plant: number for number, plant in enumerate(self.plants)}
        zones = self.streams.table["zone"]
        return np.array([place[str(zone)] for zone in zones], dtype=np.int64)

    @property
    def htc_kW_per_m2_K(self) -> npt.NDArray[np.float64]:
        """Film coefficient of each stream (S,), kW/(m² K)."""
        htc = self.streams.htc_kW_per_m2_K
        assert htc is not None  # the table was checked
        return htc


def case_names() -> tuple[str, ...]:
    """Names of the bundled cases.

    Examples
    --------
    >>> case_names()
    ('loop_four_plants', 'loop_two_plants')
    """
    return tuple(name for name in cases.case_names() if name.startswith("loop_"))


def load_case(name: str) -> LoopCase:
    """Read a bundled case.

    Parameters
    ----------
    name : str
        One of `case_names`.

    Returns
    -------
    LoopCase

    Raises
    ------
    InputError
        If there is no such case; the message names the nearest one.

    Examples
    --------
    >>> load_case("loop_four_plants").plants
    ('A', 'B', 'C', 'D')
    """
    if name not in case_names():
        remedy = suggestion(str(name), case_names())
        raise InputError("load_case", (Fault("", "name", shown(name), "unknown case", remedy),))
    return LoopCase(streams=streams.load_case(name), parameters=_bundled_parameters(name))


def read_case(
    streams_source: str | Path | pd.DataFrame | Sequence[Mapping[str, Any]] | Mapping[str, Any],
    parameters_path: str | Path,
) -> LoopCase:
    """Read a stream table and a file of parameters.

    Parameters
    ----------
    streams_source : str, Path, DataFrame, list of dicts or dict
        As in `milpcore.read_streams`, with the column ``htc``.
    parameters_path : str or Path
        As in `read_parameters`.

    Returns
    -------
    LoopCase

    Raises
    ------
    InputError
        Listing the faults of both, or else where they do not fit together.
    """
    faults = Gathered()
    table = faults.of(lambda: read_streams(streams_source))
    parameters = faults.of(lambda: read_parameters(parameters_path))
    faults.raise_if_any(after_title=None)
    assert table is not None
    assert parameters is not None
    try:
        return LoopCase(streams=table, parameters=parameters)
    except InputError as error:
        source = streams_source if isinstance(streams_source, str | Path) else "streams"
        raise InputError(f"{source}, {parameters_path}", error.faults) from None


def _bundled_parameters(name: str) -> LoopParameters:
    file = f"{name}.toml"
    data = resources.files("milpcore.data").joinpath(file).read_bytes()
    return read_parameters_bytes(data, file)


def _check_fit(table: Streams, parameters: LoopParameters, faults: FaultList) -> None:
    """Note where streams and parameters do not fit together."""
    if table.htc_kW_per_m2_K is None:
        rule = "missing column (kW/(m2 K))"
        faults.add("streams", "htc", None, rule, "give every stream its film coefficient")
    plants = list(dict.fromkeys(str(zone) for zone in table.table["zone"]))
    if len(plants) == 1:
        rule = "is the only plant; a loop is between two or more"
        faults.add("streams", "zone", plants[0], rule, "give streams of other plants, too")
    given = {frozenset(distance.plants) for distance in parameters.distances}
    for plant, other in combinations(plants, 2):
        if frozenset((plant, other)) not in given:
            remedy = f'add [[distance]] with plants = ["{plant}", "{other}"]'
            faults.add("parameters", "distance", f"{plant} - {other}", "is missing (m)", remedy)
    for where, plant in _named_plants(parameters):
        if plant not in plants:
            rule = "no stream belongs to this plant"
            faults.add("parameters", where, shown(plant), rule, suggestion(plant, plants))
    labels = [str(label) for label in table.label]
    limits = parameters.limits
    for key, matches in (
        ("forbidden_matches", limits.forbidden),
        ("forced_matches", limits.forced),
    ):
        for match in matches:
            if match.stream not in labels:
                remedy = suggestion(match.stream, labels)
                faults.add("parameters", key, shown(match.stream), "no such stream", remedy)


def _named_plants(parameters: LoopParameters) -> Iterator[tuple[str, str]]:
    for distance in parameters.distances:
        for plant in distance.plants:
            yield "distance", plant
    for plant in parameters.visit_order or ():
        yield "visit_order", plant
