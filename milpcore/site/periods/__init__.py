"""Model A with several operating periods: one set of levels, connections and pump sizes for all.

Seasons or products change what streams need; levels, connections and heat pumps stay. Each period
has its duties and its hours a year. Every stream is connected to the open level nearest to its
limit temperature, the same in all periods, heat may fall from level to level, and a heat pump is
bought for the period in which it delivers most: investment on that size, electricity on use. Total
annual cost, OPEX, CAPEX or CO2 of all periods together is minimised. The site itself is that of
`milpcore.site.inputs`; options of heat pumps speak of their sizes
(`milpcore.site.periods.size_options`).

`greenfield_periods` goes from tables to a checked result, `retrofit_periods` from levels of today
to what moving them saves; `PeriodSearch` and `ExtensivePath` solve prepared inputs.
"""

from milpcore.site.periods.check import check_periods
from milpcore.site.periods.extensive import ExtensivePath
from milpcore.site.periods.formulation import PeriodSearch
from milpcore.site.periods.inputs import PeriodInputs, prepare_periods
from milpcore.site.periods.outcome import PeriodOutcome
from milpcore.site.periods.results import PeriodResult
from milpcore.site.periods.retrofit import retrofit_periods
from milpcore.site.periods.study import greenfield_periods
from milpcore.site.periods.table import Periods, read_periods, write_periods

__all__ = [
    "ExtensivePath",
    "PeriodInputs",
    "PeriodOutcome",
    "PeriodResult",
    "PeriodSearch",
    "Periods",
    "check_periods",
    "greenfield_periods",
    "prepare_periods",
    "read_periods",
    "retrofit_periods",
    "write_periods",
]
