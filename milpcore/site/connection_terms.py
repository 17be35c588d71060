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

A level at the temperature of a stream's end leaves no temperature difference there
(:math:`\Delta = 0`), so that no area is enough. Where area costs something such a connection is
not allowed, as if options forbade it.
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
        Whether the level can serve the stream, options do not forbid it, and it has a temperature
        difference where area costs something.
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
        Candidate nearest to the limit temperature of each stream, on the feasible side; -1 where no
        level serves it, which is not this function's to refuse.
    options : ConnectionOptions
        What is asked for.

    Returns
    -------
    ConnectionTerms or None
        None where connections cost nothing and none is forbidden.

    Raises
    ------
    InputError
        If a film coefficient is missing, a name is unknown, or a stream has no level left.

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
    serves = np.zeros((streams.n_streams, len(level_C)), dtype=np.bool_)
    serves[feasible_matches(streams.is_hot, kink, len(level_C))] = True
    is_forbidden = np.zeros_like(serves)
    for number, one in enumerate(options.forbidden, start=1):
        is_forbidden |= _forbidden(streams, level_C, one, number, faults)
    is_allowed = serves & ~is_forbidden
    if options.area_investment_EUR > 0.0:
        is_allowed &= ~_touching(streams, level_C)
    _note_unserved(streams, level_C, serves, is_forbidden, is_allowed, faults)
    htc_kW_per_m2_K = _film_coefficients(streams, options, faults)
    faults.raise_if_any("connections")
    area_m2 = np.zeros(is_allowed.shape)
    if options.area_investment_EUR > 0.0:
        area_m2 = _areas_m2(streams, level_C, is_allowed, htc_kW_per_m2_K, options)
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


def _differences_K(streams: Streams, level_C: Floats) -> tuple[Floats, Floats]:
    """Differences (S, L) of supply and of target to each level."""
    supply_C, target_C = np.asarray(streams.t_supply_C), np.asarray(streams.t_target_C)
    return np.abs(supply_C[:, None] - level_C), np.abs(target_C[:, None] - level_C)


def _note_unserved(
    streams: Streams,
    level_C: Floats,
    serves: Booleans,
    is_forbidden: Booleans,
    is_allowed: Booleans,
    faults: FaultList,
) -> None:
    """Note streams that a level can serve, but none may: all are forbidden, or touch the stream."""
    left_out = serves.any(axis=1) & ~is_allowed.any(axis=1)
    for stream in np.flatnonzero(left_out)[:MOST_NAMED]:
        rule = "has no level left that it may be connected to"
        remedy = "allow some, or give candidates elsewhere"
        touched_C = level_C[serves[stream] & ~is_forbidden[stream]]
        if touched_C.size:
            rule += (
                f": no area is enough at {touched_C[0]:.10g} °C, where it has the same temperature"
            )
            remedy = "raise dt_cont of the stream or level_dt_cont, or give candidates elsewhere"
        faults.add("", "stream", streams.label[stream], rule, remedy)


def _touching(streams: Streams, level_C: Floats) -> Booleans:
    """Pairs (S, L) without a temperature difference at an end of the stream."""
    return np.minimum(*_differences_K(streams, level_C)) <= SAME_K


def _film_coefficients(streams: Streams, options: ConnectionOptions, faults: FaultList) -> Floats:
    """Film coefficient of each stream (S,); noted where areas need it and it is missing."""
    given, usual = streams.htc_kW_per_m2_K, options.stream_htc_kW_per_m2_K
    if options.area_investment_EUR > 0.0 and given is None and usual is None:
        rule = "is missing, and the stream table has no column htc"
        faults.add("[connections]", "stream_htc_kW_per_m2_K", None, rule, "give one of both")
    elif options.area_investment_EUR > 0.0 and given is not None and usual is not None:
        rule = "is given, but the stream table has a column htc, too"
        faults.add("[connections]", "stream_htc_kW_per_m2_K", usual, rule, "leave one out")
    return np.full(streams.n_streams, usual or np.nan) if given is None else given


def _areas_m2(
    streams: Streams,
    level_C: Floats,
    is_allowed: Booleans,
    htc_kW_per_m2_K: Floats,
    options: ConnectionOptions,
) -> Floats:
    """Areas (S, L), 0 where not allowed."""
    ends_K = _differences_K(streams, level_C)
    one_K, other_K = (np.where(is_allowed, end_K, 1.0) for end_K in ends_K)
    area_m2 = exchanger_area_m2(
        streams.duty_kW[:, None],
        one_K,
        other_K,
        htc_kW_per_m2_K[:, None],
        options.level_htc_kW_per_m2_K,
    )
    return np.where(is_allowed, area_m2, 0.0)
