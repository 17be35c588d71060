r"""What options say about connections, as arrays over streams and levels.

A stream gives or takes its whole duty at one isothermal level, so that its exchanger at a level is
known before anything is solved. With temperature differences
:math:`\Delta_1, \Delta_2` between the level and the stream's supply and target

.. math::

   A_{sl} = Q_s \left(\frac{1}{h_s} + \frac{1}{h}\right)
            \frac{\ln(\Delta_1/\Delta_2)}{\Delta_1 - \Delta_2}, \qquad
   I_{sl} = a + b\, A_{sl}^{\,c} \tag{1}

Whatever the cost law, it is a number for each pair: no line or piece approximates it, and economies
of scale (``c < 1``) are exact. In a retrofit the exchangers of today stay where they are, and an
exchanger is bought for the area that is missing,

.. math:: I_{sl} = a + b\, (A_{sl} - A_s^{today})^{\,c} \quad\text{if } A_{sl} > A_s^{today},
   \qquad \text{else } 0 \tag{2}

with the area that the stream needs at the level of today nearest to it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from milpcore.exchangers import exchanger_area_m2
from milpcore.faults import FaultList
from milpcore.site_options import ConnectionOptions, ForbiddenConnections
from milpcore.streams import Streams
from preprocess.matches import feasible_matches

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
SAME_K = 1e-6
"""Temperatures closer than this are the same."""
SAME_SHARE = 1e-6
"""Areas that differ by less than this share are the same."""
MOST_NAMED = 20
"""Faults of a kind that are named one by one."""


@dataclass(frozen=True, eq=False)
class ConnectionTerms:
    """Exchangers of every stream at every level.

    Attributes
    ----------
    is_allowed : ndarray of bool (S, L)
        Whether the level can serve the stream and options do not forbid it.
    area_m2 : ndarray (S, L)
        Equation (1); 0 where not allowed, or where no cost depends on it.
    investment_EUR : ndarray (S, L)
        Equation (1), or (2) where there are exchangers already; 0 where not allowed.
    existing_m2 : ndarray (S,) or None
        Area of each stream's exchanger of today; None where there is none.
    """

    is_allowed: Booleans
    area_m2: Floats
    investment_EUR: Floats
    existing_m2: Floats | None = None

    def allows(self, stream_level: Integers) -> Booleans:
        """Whether each stream (S,) may be connected to its level."""
        return np.asarray(self.is_allowed[np.arange(stream_level.size), stream_level])

    def resized(self, factor: float) -> ConnectionTerms:
        """Return the same for a site with all duties, and all costs, times a factor."""
        there = self.existing_m2
        return replace(
            self,
            area_m2=self.area_m2 * factor,
            investment_EUR=self.investment_EUR * factor,
            existing_m2=None if there is None else there * factor,
        )


def connection_terms(
    streams: Streams, level_C: Floats, kink: Integers, options: ConnectionOptions
) -> ConnectionTerms | None:
    """Size and price the exchanger of every stream at every level.

    Parameters
    ----------
    streams : Streams
        The stream table.
    level_C : ndarray (L,)
        Candidate levels, rising.
    kink : ndarray of int (S,)
        Candidate nearest to the limit temperature of each stream, on the feasible side.
    options : ConnectionOptions
        What is asked for.

    Returns
    -------
    ConnectionTerms or None
        None where connections cost nothing and none is forbidden.

    Raises
    ------
    InputError
        If a film coefficient is missing, a name is unknown, a stream has no level left, or levels
        have the temperature of a stream that they serve.

    Examples
    --------
    >>> import milpcore
    >>> streams = milpcore.load_case("two_streams")
    >>> options = ConnectionOptions(area_investment_EUR=500.0, stream_htc_kW_per_m2_K=0.5)
    >>> terms = connection_terms(streams, np.array([50.0, 130.0]), np.array([0, 1]), options)
    >>> terms.area_m2.round(1).tolist()
    [[76.8, 0.0], [0.0, 61.8]]
    """
    if not options.decides:
        return None
    faults = FaultList()
    is_allowed = np.zeros((streams.n_streams, len(level_C)), dtype=np.bool_)
    is_allowed[feasible_matches(streams.is_hot, kink, len(level_C))] = True
    for number, one in enumerate(options.forbidden, start=1):
        is_allowed &= ~_forbidden(streams, level_C, one, number, faults)
    _note_unserved(streams, is_allowed, faults)
    area_m2 = np.zeros(is_allowed.shape)
    if options.area_investment_EUR > 0.0:
        htc = streams.htc_kW_per_m2_K
        if htc is None and options.stream_htc_kW_per_m2_K is None:
            rule = "is missing, and the stream table has no column htc"
            faults.add("[connections]", "stream_htc_kW_per_m2_K", None, rule, "give one of both")
        elif htc is not None and options.stream_htc_kW_per_m2_K is not None:
            rule = "is given, but the stream table has a column htc, too"
            value = options.stream_htc_kW_per_m2_K
            faults.add("[connections]", "stream_htc_kW_per_m2_K", value, rule, "leave one out")
        else:
            usual = np.full(streams.n_streams, options.stream_htc_kW_per_m2_K or np.nan)
            area_m2 = _areas_m2(
                streams, level_C, is_allowed, usual if htc is None else htc, options, faults
            )
    faults.raise_if_any("connections")
    cost_EUR = options.area_investment_EUR * area_m2**options.area_exponent
    investment_EUR = np.where(is_allowed, options.fixed_investment_EUR + cost_EUR, 0.0)
    return ConnectionTerms(is_allowed, area_m2, investment_EUR)


def beyond_existing(
    terms: ConnectionTerms, options: ConnectionOptions, is_hot: Booleans, existing: Integers
) -> ConnectionTerms:
    """Price what is missing beside the exchangers of today, equation (2).

    Parameters
    ----------
    terms : ConnectionTerms
        Without exchangers of today.
    options : ConnectionOptions
        What is asked for.
    is_hot : ndarray of bool (S,)
    existing : ndarray of int (n,)
        Candidates that are levels of today, rising.

    Returns
    -------
    ConnectionTerms
        A stream that may not be connected to any level of today has no exchanger today.
    """
    level = np.arange(terms.is_allowed.shape[1])
    is_there = np.zeros(level.size, dtype=np.bool_)
    is_there[existing] = True
    is_today = terms.is_allowed & is_there[None, :]
    highest = np.where(is_today, level[None, :], -1).max(axis=1)
    nearest = np.where(is_hot, highest, is_today.argmax(axis=1))
    has_one = np.asarray(is_today.any(axis=1))
    area_m2 = terms.area_m2[np.arange(nearest.size), nearest]
    existing_m2 = np.where(has_one, area_m2, 0.0)
    missing_m2 = terms.area_m2 - existing_m2[:, None]
    is_missing = missing_m2 > SAME_SHARE * existing_m2[:, None]
    is_bought = terms.is_allowed & (is_missing | ~has_one[:, None])
    cost_EUR = options.area_investment_EUR * np.maximum(missing_m2, 0.0) ** options.area_exponent
    investment_EUR = np.where(is_bought, options.fixed_investment_EUR + cost_EUR, 0.0)
    return replace(terms, investment_EUR=investment_EUR, existing_m2=existing_m2)


def _forbidden(
    streams: Streams, level_C: Floats, one: ForbiddenConnections, number: int, faults: FaultList
) -> Booleans:
    """Pairs (S, L) that an entry forbids."""
    chosen = np.ones(streams.n_streams, dtype=np.bool_)
    where = f"[[connections.forbidden]] {number}"
    for name, column, value in (("zone", "zone", one.zone), ("stream", "name", one.stream)):
        if value:
            is_named = streams.table[column].to_numpy() == value
            if not is_named.any():
                rule = f"is no {name} of the stream table"
                faults.add(where, name, value, rule, "correct the name, or leave it out")
            chosen &= is_named
    if one.zone and one.stream and not chosen.any():
        named = (("zone", one.zone), ("name", one.stream))
        if all(streams.table[column].eq(value).any() for column, value in named):
            rule = f"is no stream of the zone {one.zone}"
            faults.add(where, "stream", one.stream, rule, "correct the zone, or leave it out")
    inside = (level_C >= one.from_C - SAME_K) & (level_C <= one.to_C + SAME_K)
    return np.asarray(chosen[:, None] & inside[None, :])


def _note_unserved(streams: Streams, is_allowed: Booleans, faults: FaultList) -> None:
    for stream in np.flatnonzero(~is_allowed.any(axis=1))[:MOST_NAMED]:
        rule = "has no level left that it may be connected to"
        remedy = "allow some, or give candidates elsewhere"
        faults.add("", "stream", streams.label[stream], rule, remedy)


def _areas_m2(
    streams: Streams,
    level_C: Floats,
    is_allowed: Booleans,
    htc_kW_per_m2_K: Floats,
    options: ConnectionOptions,
    faults: FaultList,
) -> Floats:
    """Areas (S, L), 0 where not allowed."""
    ends_K = [
        np.abs(end_C[:, None] - level_C[None, :])
        for end_C in (np.asarray(streams.t_supply_C), np.asarray(streams.t_target_C))
    ]
    least_K = np.minimum(*ends_K)
    is_touching = is_allowed & (least_K <= SAME_K)
    for stream in np.flatnonzero(is_touching.any(axis=1))[:MOST_NAMED]:
        touched_C = level_C[is_touching[stream]][0]
        rule = f"has no temperature difference to a level at {touched_C:.10g} °C: no area is enough"
        remedy = "raise dt_cont of the stream or level_dt_cont"
        faults.add("", "stream", streams.label[stream], rule, remedy)
    is_sized = is_allowed & ~is_touching
    one_K, other_K = (np.where(is_sized, end_K, 1.0) for end_K in ends_K)
    area_m2 = exchanger_area_m2(
        streams.duty_kW[:, None],
        one_K,
        other_K,
        htc_kW_per_m2_K[:, None],
        options.level_htc_kW_per_m2_K,
    )
    return np.where(is_sized, area_m2, 0.0)
