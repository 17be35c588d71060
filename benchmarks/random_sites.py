"""The random sites that the benchmarks share: 24, with fixed seeds, unlike the bundled one.

Every kind of site (bands of target temperatures) comes with every set of prices, on either side
of the conditions of `milpcore.site.conditions`; sizes and distributions of the duties take turns.
None of them was used to choose a parameter of the search.
"""

from __future__ import annotations

from dataclasses import dataclass

from milpcore.economics import SiteEconomics
from milpcore.site import DutyShape, SiteInputs, TemperatureBand, prepare, random_site
from milpcore.site.generator import (
    CHEMICAL_BANDS,
    EVEN_BANDS,
    LOW_TEMPERATURE_BANDS,
    PLATEAU_BANDS,
)

FIRST_SEED = 20260301
SIZES = (100, 200, 300, 400)
BANDS: dict[str, tuple[TemperatureBand, ...]] = {
    "chemical": CHEMICAL_BANDS,
    "even": EVEN_BANDS,
    "low temperature": LOW_TEMPERATURE_BANDS,
    "plateaus": PLATEAU_BANDS,
}
PRICES = {
    "base": SiteEconomics(),
    "cheap electricity": SiteEconomics(
        electricity_price_EUR_per_MWh=30.0, electricity_emission_t_per_MWh=0.05
    ),
    "dear electricity": SiteEconomics(electricity_price_EUR_per_MWh=160.0),
    "cooling has a price": SiteEconomics(cooling_price_EUR_per_MWh=8.0),
    "cheap gas": SiteEconomics(gas_price_EUR_per_MWh=20.0, co2_price_EUR_per_t=30.0),
    "long lift": SiteEconomics(max_lift_K=90.0, carnot_efficiency=0.55),
}


@dataclass(frozen=True)
class RandomCase:
    """One random site.

    Attributes
    ----------
    seed, n_streams : int
    bands, prices : str
        Keys of `BANDS` and `PRICES`.
    duties : DutyShape
    """

    seed: int
    n_streams: int
    bands: str
    prices: str
    duties: DutyShape

    @property
    def name(self) -> str:
        """How tables call it."""
        return f"{self.bands}, {self.prices}, {self.duties.value}, seed {self.seed}"

    def inputs(self) -> SiteInputs:
        """Draw and prepare it."""
        streams = random_site(
            self.n_streams, seed=self.seed, bands=BANDS[self.bands], duty_shape=self.duties
        )
        return prepare(streams, economics=PRICES[self.prices])


def random_cases() -> tuple[RandomCase, ...]:
    """Return all 24 cases."""
    shapes = tuple(DutyShape)
    pairs = [(bands, prices) for bands in BANDS for prices in PRICES]
    return tuple(
        RandomCase(
            seed=FIRST_SEED + number,
            n_streams=SIZES[number % len(SIZES)],
            bands=bands,
            prices=prices,
            duties=shapes[(number // len(shapes)) % len(shapes)],
        )
        for number, (bands, prices) in enumerate(pairs)
    )
