"""Which options a search on the level network cannot have; what solves them exactly instead."""

from __future__ import annotations

import numpy as np

from milpcore.site.inputs import SiteInputs

REMEDY = "use set_search"


def network_option_faults(inputs: SiteInputs) -> list[str]:
    """Options that `milpcore.site.path_search.network` does not know.

    There a heat pump has a price per kW and nothing else, a level costs nothing, and any level may
    be left out. Levels and heat pumps that are forbidden are simply not there.

    Parameters
    ----------
    inputs : SiteInputs
        The site.

    Returns
    -------
    list of str
        Reasons in words; empty where it is exact.
    """
    terms, faults = inputs.terms, []
    if terms is None:
        return []
    if terms.is_chosen.any():
        faults.append("heat pumps have a fixed cost or a least size, or are counted")
    elif np.isfinite(terms.pump_most_kW).any():
        faults.append("heat pumps have a largest size")
    if terms.forced:
        faults.append("heat pumps are forced")
    if terms.has_types:
        faults.append("there are several types of heat pumps")
    if terms.costs_levels:
        faults.append("levels cost something")
    if terms.is_forced.any():
        faults.append("levels are forced")
    if terms.limits_site:
        faults.append("external heat or emissions are limited")
    return faults


def network_option_refusal(inputs: SiteInputs) -> str | None:
    """Reason, semicolon, remedy; None if a search on the level network is exact."""
    faults = network_option_faults(inputs)
    if not faults:
        return None
    limited = inputs.terms is not None and inputs.terms.limits_site
    return f"does not know that {' and '.join(faults)}; {'use level_path' if limited else REMEDY}"
