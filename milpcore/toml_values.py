"""Values in TOML: how they are written, and what a key of a bundled file says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Key(NamedTuple):
    """What is known about a key of a table.

    Attributes
    ----------
    default : object
        Value of a key that is left out; None for none.
    unit, status, source : str
        As in the bundled file.
    """

    default: Any
    unit: str
    status: str
    source: str


def toml_value(value: object) -> str:
    """Write a value in TOML; numbers with as many digits as it takes to read them back.

    Parameters
    ----------
    value : bool, number, str, sequence or mapping
        In mappings what is None is left out.

    Returns
    -------
    str

    Examples
    --------
    >>> toml_value({"stream": "east/H1", "loop": None, "ends": [True, 0.1]})
    '{ stream = "east/H1", ends = [true, 0.1] }'
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if isinstance(value, Mapping):
        given = {key: entry for key, entry in value.items() if entry is not None}
        return f"{{ {', '.join(f'{key} = {toml_value(entry)}' for key, entry in given.items())} }}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(toml_value(entry) for entry in value)}]"
    return repr(value)
