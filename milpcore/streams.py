"""The stream table: read from files, DataFrames or dicts, validated whole, written exactly.

A stream is hot (gives heat) when its supply temperature is above its target temperature and cold
(takes heat) when below; the column ``kind`` decides for isothermal ones. Columns, units and ranges
stand as data in :mod:`milpcore.stream_schema`. The column names are those of OpenPinch, so tables
move between tools. Every fault of a table is reported, all in one
:class:`~milpcore.faults.InputError`; nothing is repaired.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from milpcore.cases import case_bytes, case_names, case_source
from milpcore.faults import Fault, FaultList, InputError
from milpcore.stream_checks import canonical_table
from milpcore.stream_csv import csv_table
from milpcore.stream_readers import read_raw
from milpcore.stream_schema import COLUMNS
from milpcore.stream_units import plain_units
from milpcore.stream_writers import write_table

__all__ = [
    "Streams",
    "case_names",
    "case_source",
    "load_case",
    "read_streams",
    "write_streams",
]


@dataclass(frozen=True, eq=False, repr=False)
class Streams:
    """A validated stream table.

    Made by `read_streams` and `load_case`; ``Streams(table)`` validates a DataFrame likewise.
    Arrays are fresh and read-only; treat `table` as read-only too.

    Parameters
    ----------
    table : DataFrame
        Columns ``zone``, ``name``, ``kind`` ("hot" or "cold"), ``t_supply`` and ``t_target`` (°C),
        ``heat_flow`` (kW), ``dt_cont`` (K) and, where given, ``htc`` (kW/(m² K)); index 0..S-1.

    Raises
    ------
    InputError
        Listing all faults of the table.

    Examples
    --------
    >>> streams = load_case("two_streams")
    >>> streams
    Streams(2 streams: 1 hot with 1200 kW, 1 cold with 900 kW, 40 to 150 °C)
    >>> streams.duty_kW, streams.is_hot
    (array([1200.,  900.]), array([ True, False]))
    """

    table: pd.DataFrame

    def __post_init__(self) -> None:
        faults = FaultList()
        raw = read_raw(self.table, COLUMNS, None, faults)
        units = plain_units(None, None, faults)
        object.__setattr__(self, "table", canonical_table(raw, units, faults))

    @classmethod
    def _of_canonical(cls, table: pd.DataFrame) -> Streams:
        """Wrap a table that has been checked already."""
        streams = object.__new__(cls)
        object.__setattr__(streams, "table", table)
        return streams

    @property
    def n_streams(self) -> int:
        """Number of streams S."""
        return len(self.table)

    @property
    def is_hot(self) -> npt.NDArray[np.bool_]:
        """Whether a stream gives heat (S,)."""
        is_hot: npt.NDArray[np.bool_] = np.array(self.table["kind"] == "hot", dtype=np.bool_)
        is_hot.flags.writeable = False
        return is_hot

    @property
    def t_supply_C(self) -> npt.NDArray[np.float64]:
        """Supply temperature (S,), °C."""
        return self._numbers("t_supply")

    @property
    def t_target_C(self) -> npt.NDArray[np.float64]:
        """Target temperature (S,), °C."""
        return self._numbers("t_target")

    @property
    def duty_kW(self) -> npt.NDArray[np.float64]:
        """Duty (S,), kW, positive for hot and cold streams."""
        return self._numbers("heat_flow")

    @property
    def dt_cont_K(self) -> npt.NDArray[np.float64]:
        """Share of the minimum temperature difference (S,), K."""
        return self._numbers("dt_cont")

    @property
    def htc_kW_per_m2_K(self) -> npt.NDArray[np.float64] | None:
        """Heat transfer coefficient (S,), kW/(m² K); None where the table has none."""
        return self._numbers("htc") if "htc" in self.table else None

    @property
    def label(self) -> npt.NDArray[np.object_]:
        """Unique name "zone/name" (S,), text."""
        pairs = zip(self.table["zone"], self.table["name"], strict=True)
        label = np.array([f"{zone}/{name}" for zone, name in pairs], dtype=object)
        label.flags.writeable = False
        return label

    def select(self, rows: npt.ArrayLike) -> Streams:
        """Take some of the streams.

        Parameters
        ----------
        rows : array_like of int or bool
            Distinct places 0..S-1 in the order wanted, or a mask (S,).

        Returns
        -------
        Streams
            The chosen streams, numbered anew from 0.

        Raises
        ------
        InputError
            If a place is outside the table or comes twice, or nothing is chosen.

        Examples
        --------
        >>> streams = load_case("two_streams")
        >>> streams.select(streams.is_hot).label
        array(['site/H1'], dtype=object)
        """
        places = np.asarray(rows)
        if places.dtype == np.bool_ and places.shape == (self.n_streams,):
            places = np.flatnonzero(places)
        if (
            places.ndim != 1
            or places.size == 0
            or places.dtype.kind not in "iu"
            or np.any((places < 0) | (places >= self.n_streams))
            or np.unique(places).size < places.size
        ):
            rule = f"must be one or more distinct integers 0..{self.n_streams - 1}, or a mask"
            remedy = f"the table has {self.n_streams} streams"
            raise InputError("select", (Fault("", "rows", str(rows), rule, remedy),))
        return Streams._of_canonical(self.table.iloc[places].reset_index(drop=True))

    def __eq__(self, other: object) -> bool:
        """Whether both tables hold the same streams in the same order."""
        return isinstance(other, Streams) and self.table.equals(other.table)

    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        """Return the number of streams."""
        return self.n_streams

    def __repr__(self) -> str:
        """Count, duties and temperature range."""
        is_hot, duty_kW = self.is_hot, self.duty_kW
        temperatures_C = np.concatenate((self.t_supply_C, self.t_target_C))
        count = "1 stream" if self.n_streams == 1 else f"{self.n_streams} streams"
        return (
            f"Streams({count}: {is_hot.sum()} hot with {duty_kW[is_hot].sum():.6g} kW, "
            f"{(~is_hot).sum()} cold with {duty_kW[~is_hot].sum():.6g} kW, "
            f"{temperatures_C.min():.6g} to {temperatures_C.max():.6g} °C)"
        )

    def _numbers(self, column: str) -> npt.NDArray[np.float64]:
        """Return a read-only copy of a column."""
        numbers = self.table[column].to_numpy(dtype=np.float64, copy=True)
        numbers.flags.writeable = False
        return numbers


def read_streams(
    source: str | Path | pd.DataFrame | Sequence[Mapping[str, Any]] | Mapping[str, Any],
    *,
    temperature_unit: Literal["C", "K"] | None = None,
    heat_unit: Literal["kW", "MW"] | None = None,
    sheet: str | None = None,
) -> Streams:
    """Read and validate a stream table.

    Parameters
    ----------
    source : str, Path, DataFrame, list of dicts or dict
        CSV file (UTF-8; commas, or semicolons and then decimal commas or points), workbook
        (``.xlsx``, extra "xlsx"), DataFrame, or records as in OpenPinch: dicts with the column
        names as keys, each value a number or ``{"value": 75, "unit": "degC"}``; also
        ``{"streams": [...]}``.
        Columns: ``zone,name,t_supply,t_target,heat_flow,dt_cont[,kind][,htc]``, in any order;
        ``heat_capacity_flowrate`` (heat per kelvin) may stand instead of or beside ``heat_flow``.
        A header may have the unit of its numbers: ``t_supply [K]``, ``heat_flow (MW)``.
        Blank lines, and OpenPinch's columns ``loc`` and ``index``, are left out.
    temperature_unit : {"C", "K"}, optional
        Unit of temperatures that carry none, neither themselves nor in the header; a header with
        another one is a fault. Default: °C, or what the header says. Kelvin are converted to
        within 1e-9 K. Temperature differences are in K either way.
    heat_unit : {"kW", "MW"}, optional
        Likewise of ``heat_flow`` and, per K, of ``heat_capacity_flowrate``. Default: kW.
    sheet : str, optional
        Sheet of a workbook. Default: the one called "streams", else the only one.

    Returns
    -------
    Streams
        The table in °C, kW, K and kW/(m² K).

    Raises
    ------
    InputError
        Listing all faults: file, encoding, delimiter, columns, and every cell that is missing,
        not a number, not certain (``1.234`` beside ``62,5``), not finite, in an unknown unit, out
        of range or in contradiction to another.
    MissingExtraError
        If a workbook is read without the package openpyxl.

    Examples
    --------
    >>> streams = read_streams(
    ...     [
    ...         dict(zone="site", name="H1", t_supply=150, t_target=60, heat_flow=900, dt_cont=5),
    ...         dict(zone="site", name="C1", t_supply={"value": 293.15, "unit": "K"},
    ...              t_target=80, heat_capacity_flowrate=10, dt_cont=5),
    ...     ]
    ... )
    >>> streams.table[["name", "kind", "t_supply", "t_target", "heat_flow"]]
      name  kind  t_supply  t_target  heat_flow
    0   H1   hot     150.0      60.0      900.0
    1   C1  cold      20.0      80.0      600.0
    >>> read_streams([dict(zone="site", name="H1", t_supply=150, t_target=60, heat_flow=-9)])
    Traceback (most recent call last):
        ...
    milpcore.faults.InputError: list of dicts: 2 faults
      - keys: dt_cont: missing column; add it (K): give the stream's share ...
      - streams[0] (site/H1): heat_flow = -9: must be positive (kW); give the amount ...
    """
    faults = FaultList()
    units = plain_units(temperature_unit, heat_unit, faults)
    raw = read_raw(source, COLUMNS, sheet, faults)
    return Streams._of_canonical(canonical_table(raw, units, faults))


def write_streams(streams: Streams, path: str | Path) -> None:
    """Write a stream table so that `read_streams` gives back exactly the same.

    The file appears whole or not at all: it is written beside its target and then renamed.

    Parameters
    ----------
    streams : Streams
        The table.
    path : str or Path
        File to write or replace, ``.csv`` or ``.xlsx`` (extra "xlsx").

    Raises
    ------
    InputError
        If the suffix is another one, or the file cannot be written.
    MissingExtraError
        If a workbook is written without the package openpyxl.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "copy.csv"
    >>> write_streams(load_case("two_streams"), path)
    >>> read_streams(path) == load_case("two_streams")
    True
    """
    write_table(streams.table, Path(path))


def load_case(name: str) -> Streams:
    """Read a bundled stream table.

    Parameters
    ----------
    name : str
        One of `case_names`.

    Returns
    -------
    Streams

    Raises
    ------
    InputError
        If there is no such case; the message names the nearest one.

    Examples
    --------
    >>> load_case("site_400").n_streams
    400
    """
    faults = FaultList()
    raw = csv_table(case_bytes(name), f"{name}.csv", COLUMNS, faults)
    return Streams._of_canonical(canonical_table(raw, plain_units(None, None, faults), faults))
