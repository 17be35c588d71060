r"""Random sites: stream tables drawn from bands of target temperatures, the same everywhere.

What it imitates. `CHEMICAL_BANDS` with lognormal duties has the statistics of the bundled site
``site_400``: half of the streams hot; hot targets crowded between 45 and 80 °C, few up to 415 °C;
cold targets from 25 to 300 °C with gaps between groups of processes, few up to 800 °C; whole
degrees, steps of 5 K where it is hot; medians of the duty that rise with temperature (cold about
400 kW near ambient, 2000 kW above 200 °C); standard deviation 1.1 of the duty's logarithm within a
band, so that a tenth of the streams has almost half of the heat; streams spanning 5 to 79 K. The
other bands and `DutyShape` differ on purpose, so that a method can be tried on sites it was not
tuned to. The published site of Hochhaus, Grünewald, Riese (2026) is not public; nothing here
reproduces it.

Stream ``s`` draws a band by weight, a target on the band's grid, a span and a duty factor:

.. math:: Q_s = \mathrm{round}(\tilde Q_{band} \cdot f_s), \qquad
          f_s = e^{\sigma z_s},\; z_s \sim N(0, 1)

for lognormal duties; each factor has median 1. Uniform numbers are taken from the raw output of
PCG64, whose stream NumPy guarantees for all versions and platforms (its distributions are not);
duties are rounded to whole kW, temperatures lie on the grid, so the table is the same everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from milpcore.faults import FaultList
from milpcore.number_kinds import is_whole
from milpcore.streams import Streams

Floats = npt.NDArray[np.float64]

SHORTEST_SPAN_K, LONGEST_SPAN_K = 5, 79
"""Difference between supply and target, whole kelvins."""
LOWEST_SUPPLY_C = 5.0
"""Cold streams do not start below this, unless their target asks for it."""
MOST_TIMES_MEDIAN = 100.0
"""Largest duty as a multiple of its band's median."""
_UNIFORM_BITS = 53
_DRAWS = 5
"""Uniform numbers a stream uses: band, target, span, and two for its duty."""


class TemperatureBand(NamedTuple):
    """A range of target temperatures and what lies in it.

    Attributes
    ----------
    low_C, high_C : float
        Lowest and highest target temperature, °C.
    hot_weight, cold_weight : float
        Relative number of hot and of cold streams; 0 for none.
    hot_median_kW, cold_median_kW : float
        Median duty, kW.
    step_K : float
        Distance of the targets that can be drawn, counted from `low_C`.
    """

    low_C: float
    high_C: float
    hot_weight: float
    cold_weight: float
    hot_median_kW: float = 1000.0
    cold_median_kW: float = 1000.0
    step_K: float = 1.0


class DutyShape(Enum):
    """Distribution of the duties around the median of their band."""

    LOGNORMAL = "lognormal"
    """Logarithm normal with standard deviation `spread`."""
    UNIFORM = "uniform"
    """Anything from nothing to twice the median alike; `spread` is not used."""
    PARETO = "pareto"
    """Few streams with most of the heat: logarithm exponential with standard deviation `spread`."""


CHEMICAL_BANDS = (
    TemperatureBand(25, 40, 0.05, 0.11, 650.0, 330.0),
    TemperatureBand(41, 64, 0.26, 0.11, 650.0, 430.0),
    TemperatureBand(65, 80, 0.19, 0.035, 600.0, 600.0),
    TemperatureBand(91, 112, 0.065, 0.155, 560.0, 800.0),
    TemperatureBand(113, 122, 0.025, 0.09, 560.0, 900.0),
    TemperatureBand(123, 160, 0.16, 0.13, 500.0, 1700.0),
    TemperatureBand(161, 205, 0.13, 0.15, 500.0, 1900.0),
    TemperatureBand(210, 285, 0.085, 0.16, 1150.0, 2000.0, 5.0),
    TemperatureBand(290, 415, 0.035, 0.01, 1600.0, 2300.0, 5.0),
    TemperatureBand(500, 800, 0.0, 0.05, 1600.0, 2500.0, 5.0),
)
"""In the style of ``site_400``."""

EVEN_BANDS = (TemperatureBand(30, 300, 1.0, 1.0),)
"""Targets anywhere alike, on whole degrees."""

LOW_TEMPERATURE_BANDS = (
    TemperatureBand(8, 40, 0.6, 0.15, 300.0, 150.0),
    TemperatureBand(41, 95, 0.35, 0.55, 400.0, 500.0),
    TemperatureBand(100, 160, 0.05, 0.3, 250.0, 900.0),
)
"""Food, paper and the like: most heat below 100 °C, within reach of heat pumps."""

PLATEAU_BANDS = tuple(
    TemperatureBand(centre_C - 3, centre_C + 3, weight, weight, 900.0, 1400.0)
    for centre_C, weight in ((35, 2), (62, 3), (88, 1), (121, 3), (144, 1), (180, 2), (238, 1))
)
"""Seven narrow groups of targets, hot and cold at the same temperatures."""


def random_site(
    n_streams: int,
    *,
    seed: int,
    bands: Sequence[TemperatureBand] = CHEMICAL_BANDS,
    hot_share: float = 0.5,
    duty_shape: DutyShape = DutyShape.LOGNORMAL,
    duty_spread: float = 1.1,
    dt_cont_K: float = 5.0,
) -> Streams:
    """Draw a site; the same arguments give the same table on every platform.

    Parameters
    ----------
    n_streams : int
        Number of streams, from 1.
    seed : int
        From 0; another seed gives another site.
    bands : sequence of TemperatureBand
        Where targets lie; default in the style of the bundled site of 400 streams. The module has
        more: `EVEN_BANDS`, `LOW_TEMPERATURE_BANDS`, `PLATEAU_BANDS`.
    hot_share : float
        Share of hot streams, from 0 to 1; the number is rounded.
    duty_shape : DutyShape
        Distribution of the duties.
    duty_spread : float
        Standard deviation of the logarithm of the duties in a band, from 0.
    dt_cont_K : float
        Every stream's share of the minimum temperature difference, K.

    Returns
    -------
    Streams
        First the hot streams, H0001 and so on, then the cold ones; temperatures in °C, duties in
        whole kW, at least 1.

    Raises
    ------
    InputError
        Listing every argument that is out of range.

    Examples
    --------
    >>> random_site(400, seed=1)
    Streams(400 streams: 200 hot with 202726 kW, 200 cold with 520761 kW, 5 to 775 °C)
    >>> random_site(3, seed=1).table[["name", "t_supply", "t_target", "heat_flow"]]
        name  t_supply  t_target  heat_flow
    0  H0001     117.0      74.0      743.0
    1  H0002      63.0      26.0     1898.0
    2  C0001     144.0     159.0      616.0
    """
    _refuse_wrong(n_streams, seed, bands, hot_share, duty_spread)
    # Halves go up, unlike round(), which takes them to the even number.
    n_hot = min(int(n_streams), math.floor(hot_share * n_streams + 0.5))
    parts = [
        _side(count, is_hot, int(seed), bands, duty_shape, duty_spread)
        for is_hot, count in ((True, n_hot), (False, int(n_streams) - n_hot))
        if count
    ]
    table = pd.concat(parts, ignore_index=True)
    return Streams(table.assign(dt_cont=float(dt_cont_K)))


def _side(
    count: int,
    is_hot: bool,
    seed: int,
    bands: Sequence[TemperatureBand],
    duty_shape: DutyShape,
    duty_spread: float,
) -> pd.DataFrame:
    """Draw the hot or the cold streams."""
    band_draw, target_draw, span_draw, *duty_draws = _uniform(count, seed, is_hot)
    weights = np.cumsum([band.hot_weight if is_hot else band.cold_weight for band in bands])
    chosen = np.searchsorted(weights, band_draw * weights[-1], side="right")
    low_C, high_C, _, _, hot_median_kW, cold_median_kW, step_K = np.array(bands, dtype=float)[
        chosen
    ].T
    n_targets = np.floor((high_C - low_C) / step_K + 1e-9) + 1.0
    target_C = np.round(low_C + np.floor(target_draw * n_targets) * step_K, 6)
    n_spans = LONGEST_SPAN_K - SHORTEST_SPAN_K + 1
    span_K = SHORTEST_SPAN_K + np.floor(span_draw * n_spans)
    if is_hot:
        supply_C = target_C + span_K
    else:
        supply_C = np.maximum(target_C - span_K, LOWEST_SUPPLY_C)
        supply_C = np.minimum(supply_C, target_C - SHORTEST_SPAN_K)
    factor = np.minimum(_duty_factor(duty_draws, duty_shape, duty_spread), MOST_TIMES_MEDIAN)
    heat_kW = np.round((hot_median_kW if is_hot else cold_median_kW) * factor)
    return pd.DataFrame(
        {
            "zone": "site",
            "name": [f"{'H' if is_hot else 'C'}{number:04d}" for number in range(1, count + 1)],
            "t_supply": supply_C,
            "t_target": target_C,
            "heat_flow": np.maximum(heat_kW, 1.0),
        }
    )


def _uniform(count: int, seed: int, is_hot: bool) -> Floats:
    """Numbers from 0 to below 1 (5, count), one row for each use."""
    generator = np.random.PCG64(np.random.SeedSequence([seed, int(is_hot)]))
    raw = np.asarray(generator.random_raw(count * _DRAWS), dtype=np.uint64)
    uniform = (raw >> np.uint64(64 - _UNIFORM_BITS)) * 2.0**-_UNIFORM_BITS
    return np.asarray(uniform.reshape(count, _DRAWS).T, dtype=np.float64)


def _duty_factor(draws: Sequence[Floats], shape: DutyShape, spread: float) -> Floats:
    """Duties as multiples of their median (count,)."""
    first, second = draws
    if shape is DutyShape.UNIFORM:
        return 2.0 * first
    exponential = -np.log1p(-first)
    if shape is DutyShape.PARETO:
        return np.asarray(np.exp(spread * (exponential - math.log(2.0))))
    normal = np.sqrt(2.0 * exponential) * np.cos(2.0 * math.pi * second)  # Box and Muller
    return np.asarray(np.exp(spread * normal))


def _refuse_wrong(
    n_streams: int,
    seed: int,
    bands: Sequence[TemperatureBand],
    hot_share: float,
    duty_spread: float,
) -> None:
    """Report all that is wrong with the arguments of `random_site`."""
    faults = FaultList()
    for name, value, least in (("n_streams", n_streams, 1), ("seed", seed, 0)):
        if not (is_whole(value) and value >= least):
            faults.add("", name, value, f"must be a whole number from {least}", "choose one")
    if not 0.0 <= hot_share <= 1.0:
        faults.add("", "hot_share", hot_share, "must be from 0 to 1", "0.5 for as many cold ones")
    if not 0.0 <= duty_spread < math.inf:
        faults.add("", "duty_spread", duty_spread, "must be finite and from 0", "default 1.1")
    for place, band in enumerate(bands):
        numbers_ok = all(math.isfinite(value) for value in band)
        if not numbers_ok or band.high_C < band.low_C or band.step_K <= 0.0:
            rule = "must have finite numbers, low_C <= high_C and step_K > 0"
            faults.add(f"bands[{place}]", "temperatures", band, rule, "mend the band")
        elif min(band[2:6]) < 0.0 or min(band.hot_median_kW, band.cold_median_kW) == 0.0:
            rule = "must have weights from 0 and medians above 0"
            faults.add(f"bands[{place}]", "weights, medians", band, rule, "mend the band")
    for kind, needed in (("hot", hot_share > 0.0), ("cold", hot_share < 1.0)):
        if needed and not sum(getattr(band, f"{kind}_weight") for band in bands) > 0.0:
            rule = f"must hold {kind} streams"
            remedy = f"give a band a {kind}_weight, or change hot_share"
            faults.add("", "bands", f"{len(bands)} bands", rule, remedy)
    faults.raise_if_any("random_site")
