"""A chiller that removes waste heat in place of cooling water."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from milpcore.sizing.parameter_schema import default
from milpcore.sizing.plant import replaced, settle


@dataclass(frozen=True, kw_only=True)
class Chiller:
    """A chiller: any load up to its size in any step, without starts, stops and load changes.

    Parameters
    ----------
    name : str
        Unique in the plant.
    investment_EUR_per_kW : float
        Per kW of heat removed.
    cop : float
        Heat removed per electricity; the profile's column ``cop_<name>`` overrides it, the column
        ``cop`` does not.
    smallest_kW, largest_kW : float
        Limits of the size of a new chiller, heat removed; the largest may be infinite.
    is_optional : bool
        Whether a new chiller may also have size 0.
    existing_kW : float or None
        Size of a chiller that stands already; None for a new one.
    lifetime_a : float or None
        Depreciation time; None for the plant's.

    Raises
    ------
    InputError
        Listing every value out of range or in contradiction to another.

    Examples
    --------
    >>> Chiller(cop=5).replace(largest_kW=200).cop
    5.0
    """

    name: str = default("chiller", "name")
    investment_EUR_per_kW: float = default("chiller", "investment_EUR_per_kW")
    cop: float = default("chiller", "cop")
    smallest_kW: float = default("chiller", "smallest_kW")
    largest_kW: float = default("chiller", "largest_kW")
    is_optional: bool = default("chiller", "is_optional")
    existing_kW: float | None = default("chiller", "existing_kW")
    lifetime_a: float | None = default("chiller", "lifetime_a")

    def __post_init__(self) -> None:
        settle(self, "chiller")

    def replace(self, **changes: Any) -> Chiller:
        """Change some values by key, checked like all others."""
        return replaced(self, "chiller", changes)
