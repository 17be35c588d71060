"""Connections that an operation refuses: an error of the caller, not of the user."""

from __future__ import annotations

import numpy as np

from milpcore.site.inputs import Booleans, Integers, SiteInputs


def refuse_wrong_connections(inputs: SiteInputs, is_open: Booleans, levels: Integers) -> None:
    """Refuse connections that cannot be.

    Parameters
    ----------
    inputs : SiteInputs
        The site.
    is_open : ndarray of bool (L,)
        Levels in use.
    levels : ndarray of int (S,)
        Level of each stream.

    Raises
    ------
    ValueError
        If a stream is connected to a closed level, to one that cannot serve it, or to one that
        options forbid.
    """
    distance = np.where(
        inputs.stream_is_hot, inputs.stream_kink - levels, levels - inputs.stream_kink
    )
    is_forbidden = np.zeros(levels.size, dtype=np.bool_)
    if inputs.terms is not None and inputs.terms.connections is not None:
        is_forbidden = ~inputs.terms.connections.allows(levels)
    reasons = {"is closed": ~is_open[levels], "cannot serve it": distance < 0}
    for reason, wrong in {**reasons, "is forbidden": is_forbidden}.items():
        if wrong.any():
            stream = int(np.flatnonzero(wrong)[0])
            raise ValueError(
                f"operate: stream {inputs.streams.label[stream]} is connected to level "
                f"{inputs.level_C[levels[stream]]:g} °C, which {reason}"
            )
