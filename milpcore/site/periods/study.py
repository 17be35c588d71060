"""One site with periods in one call: prepare, search, tables, check."""

from __future__ import annotations

from collections.abc import Sequence

from milpcore.economics import Measure, SiteEconomics
from milpcore.site.candidates import Candidates
from milpcore.site.model import Observer
from milpcore.site.periods.check import check_periods
from milpcore.site.periods.extensive import ExtensivePath
from milpcore.site.periods.formulation import PeriodSearch
from milpcore.site.periods.inputs import prepare_periods
from milpcore.site.periods.results import PeriodResult, make_result
from milpcore.site.periods.table import Periods
from milpcore.site.study import SolveSettings, checked_settings
from milpcore.site_options import SiteOptions
from milpcore.streams import Streams


def greenfield_periods(
    streams: Streams,
    periods: Periods,
    *,
    n_levels: int,
    economics: SiteEconomics | None = None,
    candidates_C: Candidates | Sequence[float] | None = None,
    objective: Measure | str = Measure.TAC,
    options: SiteOptions | None = None,
    mip_rel_gap: float = 1e-4,
    time_limit_s: float | None = None,
    observer: Observer | None = None,
) -> PeriodResult:
    """Find the levels, connections and heat pump sizes that are best for all periods together.

    Parameters
    ----------
    streams : Streams
        The stream table; its duties are not used.
    periods : Periods
        Hours and duties of every period.
    n_levels : int
        Largest number of levels, from 1.
    economics : SiteEconomics, optional
        Prices and limits; operating hours are those of the periods.
    candidates_C : Candidates or sequence of float, optional
        Candidate levels; default the kinks of all streams.
    objective : Measure or str
        ``"tac"``, ``"opex"``, ``"capex"`` or ``"co2"`` of all periods together; TAC decides between
        operations of equal OPEX, CAPEX or CO2.
    options : SiteOptions, optional
        What is asked for beyond the published model, without connections; sizes, not the heat of
        single periods, have costs and limits (`milpcore.site.periods.size_options`).
    mip_rel_gap : float
        Relative gap at which the search ends, from 0 to below 1.
    time_limit_s : float, optional
        Wall-clock seconds; the best design found so far is returned with its gap.
    observer : callable, optional
        Called now and then with `Progress`; returning True stops the search.

    Returns
    -------
    PeriodResult
        Checked against streams, periods and prices.

    Raises
    ------
    InputError
        Listing what is wrong with the input.
    CheckError
        If the result contradicts its input, which is an error of this package.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore.site.periods import Periods
    >>> periods = Periods(("day", "night"), [4e3, 4e3], [[900, 900], [900, 0]])
    >>> result = greenfield_periods(milpcore.load_case("two_streams"), periods, n_levels=2)
    >>> result.periods["external_heat_kW"].tolist()
    [900.0, 0.0]
    """
    settings = SolveSettings(mip_rel_gap, time_limit_s, observer)
    checked_settings(settings, levels=[n_levels], formulation=None)
    inputs = prepare_periods(
        streams,
        periods,
        economics=economics,
        candidates_C=candidates_C,
        objective=objective,
        options=options,
    )
    search, whole = PeriodSearch(n_levels), ExtensivePath(n_levels)
    if search.refusal(inputs) is None:
        outcome = search.solve(
            inputs, mip_rel_gap=mip_rel_gap, time_limit_s=time_limit_s, observer=observer
        )
        name = search.name
    else:
        outcome = whole.solve(inputs, mip_rel_gap=mip_rel_gap, time_limit_s=time_limit_s)
        name = whole.name
    result = make_result(inputs, outcome, search.n_levels, name)
    check_periods(result, streams, periods, inputs.site.economics, options=options)
    return result
