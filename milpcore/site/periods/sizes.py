"""Sizes of heat pumps from what they deliver: no larger than needed, what is there works first."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from milpcore.site.inputs import Floats, SiteInputs
from milpcore.site.model import KW_PER_MW
from milpcore.site.option_investment import distributed
from milpcore.site.option_parts import segment_of


class Sized(NamedTuple):
    """Heat pump offers in use.

    Attributes
    ----------
    size_kW : ndarray (K,)
        0 for what is not had.
    heat_kW : ndarray (P, K)
        Sink heat.
    """

    size_kW: Floats
    heat_kW: Floats


def sized(site: SiteInputs, heat_kW: Floats, size_kW: Floats) -> Sized:
    """Sizes that heat asks for, with what options say of them.

    Between two levels a heat pump that is there takes over from a new one of its type, in every
    period: never dearer, because a new one costs at least as much at the same COP. A new one has
    the most heat of what is left, its least size if that is more, or what is forced; on the
    cheapest of its segments.

    Parameters
    ----------
    site : SiteInputs
        Of K offers.
    heat_kW : ndarray (P, K)
        Sink heat.
    size_kW : ndarray (K,)
        Sizes with which options are kept; no new size exceeds that of its heat pump here.
    """
    terms = site.terms
    if terms is None:
        return Sized(heat_kW.max(axis=0, initial=0.0), heat_kW)
    sizes, heat = np.zeros(size_kW.shape), np.zeros(heat_kW.shape)
    forced_kW = {(one.source, one.sink): one.least_kW for one in terms.forced}
    key = (site.pump_source * site.n_candidates + site.pump_sink) * len(terms.type_names)
    key += terms.pump_type
    for one in np.unique(key[heat_kW.any(axis=0) | (size_kW > 0.0)]):
        members = np.flatnonzero(key == one)
        first = int(members[0])
        ends = int(site.pump_source[first]), int(site.pump_sink[first])
        of_new = terms.pump_is_new[members]
        old, new = members[~of_new], members[of_new]
        present_kW = float(terms.pump_most_kW[old].sum())
        whole_kW = heat_kW[:, members].sum(axis=1)
        largest_kW = float(whole_kW.max())
        asked_kW = max(largest_kW, forced_kW.get(ends, 0.0))
        added_kW = 0.0
        if asked_kW > present_kW and new.size:
            least_kW = float(terms.pump_least_kW[new].min())
            had_kW = min(float(size_kW[new].sum()), max(asked_kW - present_kW, least_kW))
            added_kW = max(had_kW, largest_kW - present_kW, 0.0)
        sizes[old] = min(present_kW, asked_kW)
        if added_kW > 0.0:
            taken = segment_of(terms, int(new[size_kW[new].argmax()]))
            segments = [segment_of(terms, place) for place in new.tolist()]
            sizes[new] = KW_PER_MW * distributed(added_kW / KW_PER_MW, taken, segments)
        _fill(heat, sizes, whole_kW, [*old.tolist(), *new.tolist()])
    return Sized(sizes, heat)


def _fill(heat_kW: Floats, size_kW: Floats, whole_kW: Floats, offers: list[int]) -> None:
    """Share out the heat of each period, one offer after the other up to its size."""
    left_kW = whole_kW.copy()
    for offer in offers:
        heat_kW[:, offer] = np.minimum(left_kW, size_kW[offer])
        left_kW -= heat_kW[:, offer]
