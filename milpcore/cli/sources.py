"""Where a stream table of the command line comes from, and how it is described."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Literal, NamedTuple

from milpcore.cases import case_names, case_source
from milpcore.economics import SiteEconomics, read_economics
from milpcore.faults import Fault, FaultList, InputError
from milpcore.naming import suggestion
from milpcore.scales import Kind, scale_for
from milpcore.site_options import SiteOptions
from milpcore.site_options_file import read_site_options
from milpcore.streams import Streams, load_case, read_streams


class Source(NamedTuple):
    """A stream table with the name to call it by.

    Attributes
    ----------
    name : str
        Name of the case, or of the file without its folder.
    origin : str
        Where a bundled case comes from; empty for a file.
    streams : Streams
        The table.
    """

    name: str
    origin: str
    streams: Streams

    @property
    def headline(self) -> str:
        """One line: name, number of streams, duties."""
        streams = self.streams
        is_hot, duty_kW = streams.is_hot, streams.duty_kW
        sums_kW = float(duty_kW[is_hot].sum()), float(duty_kW[~is_hot].sum())
        scale = scale_for(Kind.HEAT, sums_kW)
        sides = (
            f"{count} {side} with {scale.text(sum_kW, 1)} {scale.unit}"
            for side, count, sum_kW in zip(
                ("hot", "cold"), (is_hot.sum(), (~is_hot).sum()), sums_kW, strict=True
            )
        )
        count = "1 stream" if streams.n_streams == 1 else f"{streams.n_streams} streams"
        return f"{self.name}: {count}, {', '.join(sides)}"


def open_source(
    text: str,
    *,
    temperature_unit: Literal["C", "K"] | None = None,
    heat_unit: Literal["kW", "MW"] | None = None,
    sheet: str | None = None,
) -> Source:
    """Read the stream table that an argument names.

    Parameters
    ----------
    text : str
        A file, or the name of a bundled case; a file of that name comes first.
    temperature_unit : {"C", "K"}, optional
        Unit of the temperatures of a file that carry none, see `milpcore.read_streams`.
    heat_unit : {"kW", "MW"}, optional
        Likewise of duties.
    sheet : str, optional
        Sheet of a workbook.

    Returns
    -------
    Source

    Raises
    ------
    InputError
        If there is neither, if the table has faults, or if a unit or a sheet is given for a bundled
        case.

    Examples
    --------
    >>> open_source("two_streams").headline
    'two_streams: 2 streams, 1 hot with 1200.0 kW, 1 cold with 900.0 kW'
    """
    is_plain_name = text == Path(text).stem and bool(text)
    if is_plain_name and not Path(text).is_file():
        if text in case_names():
            _refuse_for_cases(temperature_unit=temperature_unit, heat_unit=heat_unit, sheet=sheet)
            return Source(text, case_source(text), load_case(text))
        remedy = suggestion(text, case_names())
        fault = Fault("", "STREAMS", text, "neither a file nor a bundled case", remedy)
        raise InputError("streams", (fault,))
    streams = read_streams(
        text, temperature_unit=temperature_unit, heat_unit=heat_unit, sheet=sheet
    )
    return Source(Path(text).name, "", streams)


def source_of(arguments: argparse.Namespace) -> Source:
    """Read the stream table of a command, see `milpcore.cli.parser.add_streams`."""
    return open_source(
        arguments.streams,
        temperature_unit=arguments.temperature_unit,
        heat_unit=arguments.heat_unit,
        sheet=arguments.sheet,
    )


def economics_of(arguments: argparse.Namespace) -> SiteEconomics:
    """Read the prices and limits of a command; the defaults where it names no file."""
    if arguments.economics is None:
        return SiteEconomics()
    return read_economics(arguments.economics)


def site_options_of(arguments: argparse.Namespace) -> tuple[SiteEconomics, SiteOptions]:
    """Read prices, limits and options of a command; the defaults where it names no file."""
    if arguments.economics is None:
        return SiteEconomics(), SiteOptions()
    return read_site_options(arguments.economics)


def _refuse_for_cases(**given: str | None) -> None:
    """Raise if something is given that only a file needs: that of a bundled case is known."""
    faults = FaultList()
    for name, value in given.items():
        if value is not None:
            what = "have no sheets" if name == "sheet" else "have units"
            option = f"--{name.replace('_', '-')}"
            faults.add("", option, value, f"is for files, bundled cases {what}", "leave it out")
    faults.raise_if_any("streams")


def input_files(arguments: argparse.Namespace) -> tuple[str, ...]:
    """List what a run reads: stream table and prices, as named in its arguments.

    Parameters
    ----------
    arguments : argparse.Namespace
        With `streams` and `economics`.

    Returns
    -------
    tuple of str
        Files, or the name of a bundled case.
    """
    given = (arguments.streams, arguments.economics)
    return tuple(text for text in given if text is not None)
