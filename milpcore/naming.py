"""How messages name things: values as written, and suggestions for misspelt names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_SHOWN_LENGTH = 60


def nearest_name(word: str, known: Iterable[str]) -> str | None:
    """Find the known name that a misspelt word most likely means.

    Parameters
    ----------
    word : str
        The word as written.
    known : iterable of str
        The names that exist.

    Returns
    -------
    str or None
        The nearest name, regardless of case, or None when nothing is near.

    Examples
    --------
    >>> nearest_name("T_suply", ["t_supply", "t_target"])
    't_supply'
    >>> nearest_name("colour", ["t_supply", "t_target"]) is None
    True
    """
    by_folded = {name.casefold(): name for name in reversed(list(known))}
    near = difflib.get_close_matches(word.strip().casefold(), by_folded, n=1)
    return by_folded[near[0]] if near else None


def suggestion(word: str, known: Iterable[str]) -> str:
    """Say what a misspelt word may mean, or which names there are.

    Parameters
    ----------
    word : str
        The word as written.
    known : iterable of str
        The names that exist.

    Returns
    -------
    str
        "did you mean 'nearest'?", or "known: a, b, c" when nothing is near.

    Examples
    --------
    >>> suggestion("heatflow", ["heat_flow", "dt_cont"])
    "did you mean 'heat_flow'?"
    >>> suggestion("colour", ["heat_flow", "dt_cont"])
    'known: heat_flow, dt_cont'
    """
    names = list(known)
    near = nearest_name(word, names)
    return f"known: {', '.join(names)}" if near is None else f"did you mean {near!r}?"


def shown(value: object) -> str:
    r"""Write a value as it stands, on one line and not too long, for messages.

    Parameters
    ----------
    value : object
        Anything that a table or file may hold.

    Returns
    -------
    str
        At most 60 printable characters.

    Examples
    --------
    >>> shown(5), shown("two" + chr(10) + "lines"), shown("x" * 100)[-3:]
    ('5', 'two\\nlines', 'xx…')
    """
    try:
        text = str(value)
    except ValueError:  # an integer of thousands of digits
        return "a very large number"
    text = text if text.isprintable() else repr(text)[1:-1]
    return text if len(text) <= _SHOWN_LENGTH else text[: _SHOWN_LENGTH - 1] + "…"
