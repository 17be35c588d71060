"""The door of model A: from streams, candidates and options to arrays, or to all their faults.

What can be looked at in spite of a fault is looked at, so that one error names the faults of
levels, heat pumps and connections together. Only what hangs on something missing has to wait: heat
pumps and areas need candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from milpcore.economics import Measure, SiteEconomics
from milpcore.faults import FaultList, Gathered
from milpcore.site.candidates import Candidates
from milpcore.site.connection_terms import connection_terms
from milpcore.site.door_checks import (
    checked_candidates,
    checked_measure,
    refuse_impossible_limits,
    refuse_negligible,
    refuse_options,
    refuse_unserved,
)
from milpcore.site.option_terms import OptionTerms, allowed_levels, option_terms
from milpcore.site_options import SiteOptions
from milpcore.streams import Streams
from preprocess.candidate_levels import candidate_levels
from preprocess.heat_pumps import HeatPumpPairs
from preprocess.matches import NO_LEVEL, kink_index

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Prepared(NamedTuple):
    """What came through the door.

    Attributes
    ----------
    measure : Measure
        What is minimised.
    limit_C : ndarray (S,)
        Limit temperature of each stream.
    level_C : ndarray (L,)
        Candidate levels, rising.
    kink : ndarray of int (S,)
        Candidate nearest to the limit temperature of each stream, on the feasible side.
    pairs : HeatPumpPairs
        Heat pump offers.
    terms : OptionTerms or None
        What options add; None without any.
    """

    measure: Measure
    limit_C: Floats
    level_C: Floats
    kink: Integers
    pairs: HeatPumpPairs
    terms: OptionTerms | None


def stream_limits_C(streams: Streams, economics: SiteEconomics) -> Floats:
    """Highest level that cools each hot stream, lowest that heats each cold one (S,), °C.

    Examples
    --------
    >>> import milpcore
    >>> stream_limits_C(milpcore.load_case("two_streams"), SiteEconomics())
    array([ 50., 130.])
    """
    margin_K = streams.dt_cont_K + economics.level_dt_cont_K
    is_hot = np.asarray(streams.is_hot)
    return np.round(streams.t_target_C + np.where(is_hot, -margin_K, margin_K), 6)


def enter(
    streams: Streams,
    economics: SiteEconomics,
    options: SiteOptions,
    objective: Measure | str,
    candidates_C: Candidates | Sequence[float] | None,
) -> Prepared:
    """Check a site with its options, and turn both into arrays.

    Parameters
    ----------
    streams : Streams
        The stream table.
    economics : SiteEconomics
        Prices and limits.
    options : SiteOptions
        What is asked for beyond the published model.
    objective : Measure or str
        What is minimised.
    candidates_C : Candidates, sequence of float or None
        Candidate levels; None for the kinks.

    Returns
    -------
    Prepared

    Raises
    ------
    InputError
        With the faults of everything.
    """
    faults = Gathered()
    measure = faults.of(lambda: checked_measure(objective))
    faults.of(lambda: refuse_options(options, measure, candidates_C))
    limit_C = stream_limits_C(streams, economics)
    faults.of(lambda: refuse_impossible_limits(streams, limit_C))
    faults.of(lambda: refuse_negligible(streams))
    level_C = _levels(limit_C, economics, options, candidates_C, faults)
    kink = np.full(streams.n_streams, NO_LEVEL)
    offered = None
    if level_C.size:
        kink = kink_index(streams.is_hot, limit_C, level_C)
        faults.of(lambda: refuse_unserved(streams, limit_C, kink, level_C))
        aim = measure or Measure.TAC
        offered = faults.of(lambda: option_terms(level_C, economics, options, aim))
    connections = faults.of(lambda: connection_terms(streams, level_C, kink, options.connections))
    faults.raise_if_any()
    assert measure is not None
    assert offered is not None
    pairs, terms = offered
    if terms is not None:
        terms = replace(terms, connections=connections)
    return Prepared(measure, limit_C, level_C, kink, pairs, terms)


def _levels(
    limit_C: Floats,
    economics: SiteEconomics,
    options: SiteOptions,
    candidates_C: Candidates | Sequence[float] | None,
    faults: Gathered,
) -> Floats:
    """Candidate levels (L,), rising; none where they are refused."""
    chosen_C: Sequence[float] = limit_C.tolist()
    if isinstance(candidates_C, Candidates):
        chosen_C = candidates_C.levels_C(limit_C, economics).tolist()
    elif candidates_C is not None:
        chosen_C = candidates_C
    of_levels = FaultList()
    allowed_C = allowed_levels(chosen_C, options, of_levels)
    faults.of(lambda: of_levels.raise_if_any("level options"))
    checked_C = None
    if allowed_C is not None:
        checked_C = faults.of(lambda: checked_candidates(allowed_C))
    return np.empty(0) if checked_C is None else candidate_levels(checked_C)
