"""Operation of some levels with the best connections, where it matters which they are."""

from __future__ import annotations

import numpy as np

from milpcore.site.connection_search.level_set import priced_set
from milpcore.site.connection_search.site_arrays import site_arrays
from milpcore.site.inputs import Integers, SiteInputs
from milpcore.site.model import Design
from milpcore.site.operate import operate, operate_levels

GAP = 1e-9
"""Relative gap of the program that connects the streams."""


def operate_connected(inputs: SiteInputs, levels: Integers) -> Design | None:
    """Operate some levels with every stream where it is best; as `operate_levels`.

    Where nothing hangs on a single connection that is the nearest level, and otherwise what the
    program of `milpcore.site.connection_search.level_set` says, for least TAC and heat pumps with
    a cost per kW.

    Parameters
    ----------
    inputs : SiteInputs
        The site.
    levels : ndarray of int
        Open levels.

    Returns
    -------
    Design or None
        None if a stream has no level, or a level that options force is not open.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore.site.inputs import prepare
    >>> inputs = prepare(milpcore.load_case("two_streams"))
    >>> operate_connected(inputs, np.array([0, 1])).stream_level
    array([0, 1])
    """
    if not inputs.chooses_connections:
        return operate_levels(inputs, levels)
    is_open = np.zeros(inputs.n_candidates, dtype=np.bool_)
    is_open[levels] = True
    found = priced_set(site_arrays(inputs), np.flatnonzero(is_open), gap=GAP)
    if found.stream_level.size == 0:
        return None
    return operate(inputs, is_open, found.stream_level)
