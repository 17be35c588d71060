r"""How much heat can sensibly enter or leave a level in a period: limits that sizes do not tighten.

With levels and sizes fixed, the operation of a period is a flow of heat with gains whose elementary
parts visit a level at most once (`milpcore.site.limits`): from hot streams or external heat to cold
streams or cooling, or from a loop that turns electricity into heat. Parts that lead from external
heat or a loop to cooling can be left out, *without using any pump more*, so sizes allow it. With
``C`` and ``H`` the cold duty and the hot heat of the period:

- What is left grows on its way to cold streams, so that external heat and the heat of pumps are at
  most ``C``; a loop that gives off 1 passes at most ``COP_k`` through pump ``k``. Where a kW of
  electricity costs no less than a kW of external heat wherever pumps lead, and nothing limits what
  is bought, loops are not needed. So pumps deliver at most ``C g_k`` on such ways, with ``g = COP``
  if loops may pay, else 1.
- Heat on its way to cooling is not lifted if ``r_k w_i <= c_k + w_m`` for every pump ``k = (i ->
  j)`` and every level ``m`` up to ``j``, with what *electricity* costs, ``c_k``: the size may be
  there already. Otherwise such a way costs no more than cooling at once, so that its electricity is
  at most ``H w_max/p``; where electricity costs nothing, its heat is at most ``H`` divided by the
  smallest ``r`` once for each pump on the way, of which there are fewer than levels. This is ``X``.

External heat of a level is at most ``C``, its cooling ``H + X``, the heat of pump ``k`` ``C g_k +
X``. The dominance rows of the single period do *not* hold: the pump of the smaller lift would have
to be bought as well. Least sizes and forced pumps add nothing: no pump need deliver its size.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from milpcore.site.inputs import Floats, Integers, SiteInputs
from milpcore.site.model import KW_PER_MW
from milpcore.site.periods.inputs import PeriodInputs

NEGLIGIBLE = 1e-12


class PeriodLimits(NamedTuple):
    """Largest heat in some best operation of any levels and sizes, MW.

    Attributes
    ----------
    external_heat, cooling : ndarray (P,)
        Of one level.
    cold : ndarray (P,)
        Cold duty of all streams.
    lifted : ndarray (P,)
        Heat that pumps lift on its way to cooling, ``X``.
    gain : ndarray (K,)
        Heat of a pump for each MW of cold duty, ``g``.
    """

    external_heat: Floats
    cooling: Floats
    cold: Floats
    lifted: Floats
    gain: Floats

    @property
    def pump_heat(self) -> Floats:
        """Sink heat of each heat pump in each period (P, K)."""
        return np.asarray(self.cold[:, None] * self.gain + self.lifted[:, None])

    def at_levels(self, level: Integers, share: Floats, n: int) -> Floats:
        """Heat, times a share (K,), of all pumps with an end at a level (P, n)."""
        of_gain, plain = np.zeros((2, n))
        np.maximum.at(of_gain, level, share * self.gain)
        np.maximum.at(plain, level, share)
        return np.asarray(self.cold[:, None] * of_gain + self.lifted[:, None] * plain)


def period_limits(inputs: PeriodInputs, n_levels: int) -> PeriodLimits:
    """Return limits of flows that hold in every period, derived in the module's docstring.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore.site.periods import Periods, prepare_periods
    >>> periods = Periods(("day", "night"), [4e3, 4e3], [[900, 900], [900, 0]])
    >>> inputs = prepare_periods(milpcore.load_case("two_streams"), periods)
    >>> period_limits(inputs, 2).external_heat
    array([0.9, 0. ])
    """
    site = inputs.site
    hot, cold = (
        kink_kW.sum(axis=1) / KW_PER_MW for kink_kW in (inputs.hot_kink_kW, inputs.cold_kink_kW)
    )
    lifted = hot * _lifted_share(site, n_levels)
    gain = site.pump_cop if _loops_pay(site) else np.ones(site.n_pairs)
    return PeriodLimits(cold, hot + lifted, cold, lifted, np.asarray(gain))


def _loops_pay(site: SiteInputs) -> bool:
    """Whether turning electricity into heat may be a way to buy it."""
    if site.n_pairs == 0:
        return False
    if site.terms is not None and site.terms.limits_site:
        return True
    costs = site.objective_costs
    dearest = float(costs.external_heat[: int(site.pump_sink.max()) + 1].max())
    return costs.electricity < dearest * (1.0 - NEGLIGIBLE)


def _lifted_share(site: SiteInputs, n_levels: int) -> float:
    """Heat lifted on its way to cooling for each MW of hot heat, at most."""
    costs, share = site.objective_costs, site.pump_source_share
    if site.n_pairs == 0:
        return 0.0
    electricity = costs.electricity / site.pump_cop
    cheapest = np.minimum.accumulate(costs.cooling)[site.pump_sink]
    if np.all(share * costs.cooling[site.pump_source] <= electricity + cheapest):
        return 0.0
    if costs.electricity > 0.0:
        return 1.0 + float(costs.cooling.max()) / costs.electricity
    return 1.0 / float(share.min()) ** (n_levels - 1)
