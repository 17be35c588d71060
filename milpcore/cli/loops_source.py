"""Where the case of ``milpcore loops`` comes from, and how it is described."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from milpcore.cli.sources import Source, source_of
from milpcore.faults import Fault, Gathered, InputError
from milpcore.loops.case import LoopCase, case_names, load_case
from milpcore.loops.parameter_files import read_parameters
from milpcore.loops.parameters import LoopParameters


class LoopSource(NamedTuple):
    """A case with the name to call it by.

    Attributes
    ----------
    source : Source
        The stream table.
    case : LoopCase
        Streams and parameters.
    """

    source: Source
    case: LoopCase

    @property
    def headline(self) -> str:
        """One line: name, streams, plants, fluid, least difference."""
        parameters = self.case.parameters
        return (
            f"{self.source.headline}\n"
            f"{len(self.case.plants)} plants ({', '.join(self.case.plants)}), "
            f"{parameters.fluid.name}, at least {parameters.dt_min_K:g} K to it"
        )


def loop_source(arguments: argparse.Namespace) -> LoopSource:
    """Read streams and parameters of the command.

    Parameters
    ----------
    arguments : argparse.Namespace
        With those of `milpcore.cli.parser.add_streams` and `parameters`.

    Returns
    -------
    LoopSource

    Raises
    ------
    InputError
        Listing all faults of both, or where they do not fit together; without parameters for
        streams that are not those of a bundled case with some.
    """
    faults = Gathered()
    source = faults.of(lambda: source_of(arguments))
    parameters = faults.of(lambda: _parameters(arguments.parameters, source))
    faults.raise_if_any(after_title=None)
    assert source is not None
    assert parameters is not None
    with faults_of(arguments):
        return LoopSource(source, LoopCase(streams=source.streams, parameters=parameters))


def _parameters(path: str | None, source: Source | None) -> LoopParameters | None:
    """Read a file, or take those of a bundled case; None where the streams are not known."""
    if path is not None:
        return read_parameters(path)
    if source is None:
        return None
    if source.origin and source.name in case_names():
        return load_case(source.name).parameters
    rule = "is needed: these streams have no distances and prices of their own"
    remedy = f"name a TOML file; bundled cases with some: {', '.join(case_names())}"
    raise InputError("loops", (Fault("", "--parameters", "", rule, remedy),))


@contextmanager
def faults_of(arguments: argparse.Namespace, *others: str) -> Iterator[None]:
    """Name the files of a case, and others, in faults that lie between them.

    Parameters
    ----------
    arguments : argparse.Namespace
        As for `loop_source`.
    *others : str
        Further files.

    Raises
    ------
    InputError
        That of the block, with their names as its title.
    """
    try:
        yield
    except InputError as error:
        given = (arguments.streams, arguments.parameters, *others)
        title = ", ".join(filter(None, given)) or error.title
        raise InputError(title, error.faults) from error


def loop_inputs(arguments: argparse.Namespace) -> tuple[str, ...]:
    """List what a run reads: streams, parameters, network."""
    given = (arguments.streams, arguments.parameters, arguments.evaluate)
    return tuple(text for text in given if text is not None)
