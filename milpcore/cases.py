"""Bundled cases: which there are, where they come from, and their files."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from milpcore.faults import Fault, InputError
from milpcore.naming import shown, suggestion

_DATA = "milpcore.data"


def case_names() -> tuple[str, ...]:
    """Names of the bundled stream tables.

    Examples
    --------
    >>> case_names()
    ('dairy_8', 'loop_four_plants', 'loop_two_plants', 'site_400', 'two_streams')
    """
    return tuple(sorted(_sources()))


def case_source(name: str) -> str:
    """Say where a bundled stream table comes from, to be shown beside its results.

    Parameters
    ----------
    name : str
        One of `case_names`.

    Returns
    -------
    str
        Status and source, one sentence or two.

    Raises
    ------
    InputError
        If there is no such case.

    Examples
    --------
    >>> case_source("two_streams")
    'assumed: made up for documentation and tests.'
    """
    _check_case(name)
    case = _sources()[name]
    return f"{case['status']}: {case['source']}"


def case_bytes(name: str) -> bytes:
    """Return the CSV file of a bundled stream table.

    Parameters
    ----------
    name : str
        One of `case_names`.

    Returns
    -------
    bytes
        Content of the file, UTF-8.

    Raises
    ------
    InputError
        If there is no such case; the message names the nearest one.
    """
    _check_case(name)
    return resources.files(_DATA).joinpath(f"{name}.csv").read_bytes()


@cache
def _sources() -> dict[str, dict[str, str]]:
    """Read where the tables come from; other models bundle files that are not named there."""
    text = resources.files(_DATA).joinpath("cases.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _check_case(name: str) -> None:
    """Refuse a name that no bundled case has."""
    if name not in case_names():
        remedy = suggestion(str(name), case_names())
        raise InputError("load_case", (Fault("", "name", shown(name), "unknown case", remedy),))
