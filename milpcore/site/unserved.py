"""Streams that no level serves, told once for each side of a site."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from milpcore.faults import FaultList
from milpcore.streams import Streams

MOST_NAMED = 3
"""Further streams that a message names."""


def note_unserved(
    faults: FaultList,
    streams: Streams,
    limit_C: npt.NDArray[np.float64],
    is_unserved: npt.NDArray[np.bool_],
    *,
    field: str,
    range_C: tuple[float, float],
    remedy: str,
) -> None:
    """Note hot streams that need a lower level, and cold ones that need a higher one.

    There is one fault for each side, however many streams it has: the stream that needs most is
    named first, and a level for it would serve the others as well.

    Parameters
    ----------
    faults : FaultList
        Where to note them.
    streams : Streams
        The stream table.
    limit_C : ndarray (S,)
        Highest level that serves a hot stream, lowest that serves a cold one, °C.
    is_unserved : ndarray of bool (S,)
        Streams that no level serves.
    field : str
        What the levels are called.
    range_C : tuple of two float
        Lowest and highest level, °C.
    remedy : str
        What to do.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore import site
    >>> try:
    ...     site.prepare(milpcore.load_case("dairy_8"), candidates_C=[100.0, 210.0])
    ... except milpcore.InputError as error:
    ...     error.faults[0].where, error.faults[0].rule[:37], len(error.faults)
    ('stream milk/pasteuriser cooling', 'no level low enough for this hot stre', 1)
    """
    is_hot = np.asarray(streams.is_hot)
    value = f"{range_C[0]:.10g}…{range_C[1]:.10g} °C"
    for kind, side, need, rows, order in (
        ("hot", "low", "below", np.flatnonzero(is_unserved & is_hot), 1.0),
        ("cold", "high", "above", np.flatnonzero(is_unserved & ~is_hot), -1.0),
    ):
        if not rows.size:
            continue
        worst, *others = rows[np.argsort(order * limit_C[rows], kind="stable")].tolist()
        rule = (
            f"no level {side} enough for this {kind} stream, which needs one at or {need} "
            f"{limit_C[worst]:.10g} °C"
        )
        named = [f"{streams.label[one]} ({limit_C[one]:.10g} °C)" for one in others[:MOST_NAMED]]
        if others:
            count = "1 other" if len(others) == 1 else f"{len(others)} others"
            joint = ", such as" if len(others) > MOST_NAMED else ":"
            rule += f", nor for {count}{joint} {', '.join(named)}"
        faults.add(f"stream {streams.label[worst]}", field, value, rule, remedy)
