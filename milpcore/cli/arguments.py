"""Values of command-line arguments, checked as they are read."""

from __future__ import annotations

import argparse
import math
import re

FORMULATION_NAMES = (
    "assignment_weak",
    "assignment_strong",
    "kink_assignment",
    "level_path",
    "arc_path",
    "layered_path",
    "path_search",
    "set_search",
    "connection_search",
)
"""Those of `milpcore.site.FORMULATIONS`, which ``--help`` must not wait for."""
VARIANT_PARTS = (*FORMULATION_NAMES[:-3], "reduced", "+pairing", "+coverage", "_intervals")
"""Parts of the names of `milpcore.site.variants.VARIANTS`, each of some."""
SIZING_PARTS = (
    "big_m",
    "three_binary",
    "plateau_path",
    "no_commitment",
    "where_needed",
    "every_step",
    "size_cuts",
    "window_limits",
    "no_cuts",
    "wide_limits",
    "held",
)
"""Likewise of `milpcore.sizing.variants.VARIANTS`."""
LOOPS_PARTS = (
    "energy",
    "cost",
    "residual",
    "transport",
    "16K",
    "8K",
    "4K",
    "plain",
    "one_big_m",
    "summed",
    "any_order",
    "starts",
    "loose",
    "links",
    "segments",
    "limits",
)
"""Likewise of `milpcore.loops.variants.VARIANTS`."""
MOST_THINGS = 100
MOST_CONFIGURATIONS = 1000
MOST_ALTERNATIVES = 10_000
"""That of `milpcore.site.alternatives_options`, which ``--help`` must not wait for."""
_RANGE = re.compile(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", flags=re.ASCII)
_LEVELS_RULE = "must be like 2-15, 6 or 4,6,8 (largest numbers of levels, each from 1)"


def levels(text: str) -> tuple[int, ...]:
    """Read numbers of levels.

    Parameters
    ----------
    text : str
        Numbers and ranges with commas between them.

    Returns
    -------
    tuple of int
        Each number once, rising.

    Raises
    ------
    argparse.ArgumentTypeError
        For anything else; the message states the rule.

    Examples
    --------
    >>> levels("6"), levels("4,6,8"), levels("2-4,8,3")
    ((6,), (4, 6, 8), (2, 3, 4, 8))
    """
    numbers: set[int] = set()
    for part in text.split(","):
        match = _RANGE.fullmatch(part)
        if match is None or len(part) > 20:
            raise argparse.ArgumentTypeError(f"{text!r} {_LEVELS_RULE}")
        first = int(match[1])
        last = first if match[2] is None else int(match[2])
        if first < 1:
            raise argparse.ArgumentTypeError(f"{text!r} {_LEVELS_RULE}")
        if last < first:
            raise argparse.ArgumentTypeError(f"{text!r} has a range that falls: {part.strip()}")
        if len(numbers) + last - first >= MOST_CONFIGURATIONS:
            message = f"{text!r} asks for more than {MOST_CONFIGURATIONS} configurations"
            raise argparse.ArgumentTypeError(message)
        numbers.update(range(first, last + 1))
    return tuple(sorted(numbers))


def count(text: str) -> int:
    """Read a number of things, at least 1.

    Examples
    --------
    >>> count("2")
    2
    """
    if not text.isdecimal() or not 1 <= int(text) <= MOST_THINGS:
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number from 1 to {MOST_THINGS}")
    return int(text)


def gap(text: str) -> float:
    """Read a relative gap, from 0 to below 1.

    Examples
    --------
    >>> gap("1e-4")
    0.0001
    """
    value = _number(text)
    if not 0.0 <= value < 1.0:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number from 0 to below 1")
    return value


def share(text: str) -> float:
    """Read a share, above 0 and below 1.

    Examples
    --------
    >>> share("0.005")
    0.005
    """
    value = _number(text)
    if not 0.0 < value < 1.0:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number above 0 and below 1")
    return value


def positive_seconds(text: str) -> float:
    """Read a time limit, positive and finite.

    Examples
    --------
    >>> positive_seconds("60")
    60.0
    """
    value = _number(text)
    if not 0.0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} must be a positive number (s)")
    return value


def seconds(text: str) -> float:
    """Read a time, finite and not negative.

    Examples
    --------
    >>> seconds("0")
    0.0
    """
    value = _number(text)
    if not 0.0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number from 0 (s)")
    return value


def small_share(text: str) -> float:
    """Read a share above 0, at most a tenth.

    Examples
    --------
    >>> small_share("1e-3")
    0.001
    """
    value = _number(text)
    if not 0.0 < value <= 0.1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a share above 0 and at most 0.1")
    return value


def alternatives(text: str) -> int:
    """Read how many alternatives are wanted, 0 for none.

    Examples
    --------
    >>> alternatives("10")
    10
    """
    is_whole = text.strip().isascii() and text.strip().isdigit() and len(text) < 10
    if not (is_whole and int(text) <= MOST_ALTERNATIVES):
        rule = f"must be a whole number from 0 to {MOST_ALTERNATIVES}"
        raise argparse.ArgumentTypeError(f"{text!r} {rule}")
    return int(text)


def percent(text: str) -> float:
    """Read a share in percent, from 0 to below 100.

    Examples
    --------
    >>> percent("0.1")
    0.1
    """
    value = _number(text)
    if not 0.0 <= value < 100.0:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number from 0 to below 100 (%)")
    return value


def names(text: str) -> tuple[str, ...]:
    """Read names with commas between them.

    Examples
    --------
    >>> names("level_path, +pairing")
    ('level_path', '+pairing')
    """
    return tuple(part.strip() for part in text.split(","))


def _number(text: str) -> float:
    """Read a number; nan for anything else."""
    try:
        return float(text)
    except ValueError:
        return math.nan
