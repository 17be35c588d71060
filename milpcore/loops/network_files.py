"""Networks of loops as JSON, read with all faults in one error and written exactly."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from milpcore.faults import FaultList, InputError
from milpcore.files import read_bytes, replacing
from milpcore.loops.network import Exchanger, Header, Link, Loop, LoopNetwork, Pipe
from milpcore.naming import shown, suggestion

FORMAT = "milpcore loop network 1"
Part = TypeVar("Part")


class _Key(NamedTuple):
    """A key of an object: its field, its kind (number, text or count) and whether it must be."""

    field: str
    kind: str
    required: bool = True


_ARC = {
    "from": _Key("source", "text"),
    "to": _Key("target", "text"),
    "flow_kW_per_K": _Key("flow_kW_per_K", "number"),
}
_KEYS: dict[str, dict[str, _Key]] = {
    "headers": {
        "name": _Key("name", "text"),
        "plant": _Key("plant", "text"),
        "temperature_C": _Key("temperature_C", "number", required=False),
    },
    "exchangers": {
        "stream": _Key("stream", "text"),
        "position": _Key("position", "count", required=False),
        **_ARC,
        "load_kW": _Key("load_kW", "number"),
    },
    "links": _ARC,
    "pipes": _ARC,
}
_PARTS: dict[str, Callable[..., Any]] = {
    "headers": Header,
    "exchangers": Exchanger,
    "links": Link,
    "pipes": Pipe,
}
_LOOP = {
    "flow_kW_per_K": _Key("flow_kW_per_K", "number"),
    "supply_C": _Key("supply_C", "number"),
    "return_C": _Key("return_C", "number"),
    "start": _Key("start", "text"),
}
_OPTIONAL_LISTS = ("links",)
_TOP = ("format", "title", "tac_per_a", "loops")


def read_network(path: str | Path) -> LoopNetwork:
    """Read a network from a JSON file; the schema stands in ``docs/loops.md``.

    Parameters
    ----------
    path : str or Path
        JSON file, UTF-8.

    Returns
    -------
    LoopNetwork

    Raises
    ------
    InputError
        Listing all faults: file, syntax, keys that are unknown or missing, values of a wrong kind;
        or else the faults of form that `LoopNetwork` lists.
    """
    faults = FaultList()
    data = read_bytes(path, faults)
    faults.raise_if_any(str(path))
    try:
        document = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_distinct)
    except (ValueError, RecursionError) as error:
        faults.add("", "syntax", None, f"is not JSON: {error}", "write one object { ... }")
        faults.raise_if_any(str(path))
    return network_of(document, title=str(path))


def network_of(document: object, *, title: str = "network") -> LoopNetwork:
    """Make a network of a JSON document, see `read_network`.

    Parameters
    ----------
    document : object
        As `json.loads` returns it, or as `network_document` does.
    title : str
        What messages call it.

    Returns
    -------
    LoopNetwork

    Raises
    ------
    InputError
        Listing all faults.

    Examples
    --------
    >>> network_of({"format": "milpcore loop network 1", "loops": []})
    LoopNetwork(loops=(), title='', tac_per_a=None)
    >>> network_of({"format": "milpcore loop network 1", "lops": []})
    Traceback (most recent call last):
        ...
    milpcore.faults.InputError: network: 2 faults
      - lops: unknown key; did you mean 'loops'?
      - loops: is missing; write a list [ ... ]
    """
    faults = FaultList()
    if not isinstance(document, Mapping):
        faults.add("", "network", shown(document), "must be an object", "write { ... }")
        faults.raise_if_any(title)
        return LoopNetwork()
    _check_keys("", document, _TOP, faults)
    if document.get("format") != FORMAT:
        remedy = f'write "format": "{FORMAT}"'
        faults.add("", "format", shown(document.get("format")), f"must be {FORMAT!r}", remedy)
    keys = {"title": _Key("title", "text", False), "tac_per_a": _Key("tac_per_a", "number", False)}
    given = {key: value for key, value in document.items() if key != "title" or value != ""}
    top = _fields("", given, keys, faults)
    loops = [
        _loop(f"loop {number}", entry, faults)
        for number, entry in enumerate(_list("", document, "loops", faults), start=1)
    ]
    faults.raise_if_any(title)
    try:
        return LoopNetwork(loops=[loop for loop in loops if loop is not None], **top)
    except InputError as error:
        raise InputError(title, error.faults) from None


def network_document(network: LoopNetwork) -> dict[str, Any]:
    """Return a network as the object that its JSON file holds.

    Parameters
    ----------
    network : LoopNetwork

    Returns
    -------
    dict
        `network_of` makes the same network of it.
    """
    document: dict[str, Any] = {"format": FORMAT}
    if network.title:
        document["title"] = network.title
    if network.tac_per_a is not None:
        document["tac_per_a"] = network.tac_per_a
    document["loops"] = [
        {
            **{key: getattr(loop, entry.field) for key, entry in _LOOP.items()},
            **{
                name: [_part_document(part, keys) for part in getattr(loop, name)]
                for name, keys in _KEYS.items()
            },
        }
        for loop in network.loops
    ]
    return document


def write_network(network: LoopNetwork, path: str | Path) -> None:
    """Write a network so that `read_network` gives back exactly the same.

    Parameters
    ----------
    network : LoopNetwork
        The network.
    path : str or Path
        JSON file to write or replace; it appears whole or not at all.

    Raises
    ------
    InputError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "network.json"
    >>> write_network(LoopNetwork(title="nothing yet"), path)
    >>> read_network(path).title
    'nothing yet'
    """
    text = json.dumps(network_document(network), indent=1, ensure_ascii=False, allow_nan=False)
    with replacing(path) as temporary:
        temporary.write_text(f"{text}\n", encoding="utf-8")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that has a key twice, of which Python would keep the last."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"key {next(k for k in keys if keys.count(k) > 1)!r} stands twice")
    return found


def _part_document(part: object, keys: Mapping[str, _Key]) -> dict[str, Any]:
    values = {key: getattr(part, entry.field) for key, entry in keys.items()}
    return {key: value for key, value in values.items() if value is not None}


def _loop(where: str, entry: object, faults: FaultList) -> Loop | None:
    """Read one loop; None after a fault."""
    before = len(faults)
    if not isinstance(entry, Mapping):
        faults.add(where, "entry", _quoted(entry), "must be an object", "write { ... }")
        return None
    _check_keys(where, entry, (*_LOOP, *_KEYS), faults)
    fields = _fields(where, entry, _LOOP, faults)
    parts = {name: _parts(where, entry, name, faults) for name in _KEYS}
    given: dict[str, Any] = {**fields, **parts}
    return None if len(faults) > before else Loop(**given)


def _parts(where: str, entry: Mapping[str, Any], name: str, faults: FaultList) -> list[Any]:
    """Read a list of headers, exchangers, links or pipes."""
    if name in _OPTIONAL_LISTS and name not in entry:
        return []
    found = []
    for number, values in enumerate(_list(where, entry, name, faults), start=1):
        place = f"{where}, {name} {number}"
        before = len(faults)
        if not isinstance(values, Mapping):
            faults.add(place, "entry", _quoted(values), "must be an object", "write { ... }")
            continue
        _check_keys(place, values, tuple(_KEYS[name]), faults)
        fields = _fields(place, values, _KEYS[name], faults)
        if len(faults) == before:
            found.append(_PARTS[name](**fields))
    return found


def _list(where: str, entry: Mapping[str, Any], name: str, faults: FaultList) -> list[Any]:
    if name not in entry:
        faults.add(where, name, None, "is missing", "write a list [ ... ]")
        return []
    if not isinstance(entry[name], list | tuple):
        faults.add(where, name, shown(entry[name]), "must be a list", "write [ ... ]")
        return []
    return list(entry[name])


def _quoted(value: object) -> str:
    """Write a value so that text can be told from numbers."""
    return shown(repr(value) if isinstance(value, str) else value)


def _check_keys(
    where: str, values: Mapping[str, Any], known: tuple[str, ...], faults: FaultList
) -> None:
    for key in values:
        if key not in known:
            value, remedy = _quoted(values[key]), suggestion(str(key), known)
            faults.add(where, shown(key), value, "unknown key", remedy)


def _fields(
    where: str, values: Mapping[str, Any], keys: Mapping[str, _Key], faults: FaultList
) -> dict[str, Any]:
    """Return the values by field, noting those that are missing or of a wrong kind."""
    fields: dict[str, Any] = {}
    for key, entry in keys.items():
        value = values.get(key)
        if value is None:
            if entry.required:
                faults.add(where, key, None, "is missing", f"write a {entry.kind}")
        elif entry.kind == "text":
            if not isinstance(value, str) or not value.strip():
                faults.add(where, key, _quoted(value), "must be text", "write it in quotes")
            fields[entry.field] = value
        elif entry.kind == "count":
            if type(value) is not int:
                rule = "must be a whole number"
                faults.add(where, key, _quoted(value), rule, "count from 1")
            fields[entry.field] = value
        elif isinstance(value, bool) or not isinstance(value, int | float):
            faults.add(where, key, _quoted(value), "must be a number", "write it without quotes")
        else:
            fields[entry.field] = value
    return fields
