"""Bundled cases of model B, and the scenarios of its benchmarks."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import NamedTuple

from milpcore.faults import FaultList
from milpcore.naming import shown, suggestion
from milpcore.sizing.generated import BENCHMARK_SPIKES, random_profile
from milpcore.sizing.parameter_files import read_parameters_bytes
from milpcore.sizing.parameters import SizingParameters
from milpcore.sizing.profile import HeatProfile
from milpcore.sizing.profile_readers import read_profile_bytes

_DATA = "milpcore.data"
_SCENARIO = "scenario_"
BENCHMARK_LOWEST_SHARE = 0.05
BENCHMARK_DOWNWARD_SHARE = 0.35


class SizingCase(NamedTuple):
    """A profile with its parameters.

    Attributes
    ----------
    profile : HeatProfile
        Demand and waste heat.
    parameters : SizingParameters
        Prices and units.
    """

    profile: HeatProfile
    parameters: SizingParameters


def case_names() -> tuple[str, ...]:
    """Names of the bundled cases.

    Examples
    --------
    >>> case_names()
    ('base_48h', 'flexible_pump_48h')
    """
    return tuple(sorted(name for name in _sources() if not name.startswith(_SCENARIO)))


def scenario_names() -> tuple[str, ...]:
    """Names of the benchmark scenarios.

    Examples
    --------
    >>> scenario_names()
    ('A', 'B', 'C')
    """
    names = (name for name in _sources() if name.startswith(_SCENARIO))
    return tuple(sorted(name.removeprefix(_SCENARIO) for name in names))


def case_source(name: str) -> str:
    """Say where a bundled case or scenario comes from, to be shown beside its results.

    Parameters
    ----------
    name : str
        One of `case_names` or `scenario_names`.

    Returns
    -------
    str
        Status and source.

    Raises
    ------
    InputError
        If there is no such case; the message names the nearest one.

    Examples
    --------
    >>> case_source("C")[:45]
    'assumed: scenario of our own for benchmarks, '
    """
    _check_name("case_source", name, (*case_names(), *scenario_names()))
    source = _sources()[name if name in case_names() else f"{_SCENARIO}{name}"]
    return f"{source['status']}: {source['source']}"


def load_case(name: str) -> SizingCase:
    """Read a bundled case.

    Parameters
    ----------
    name : str
        One of `case_names`.

    Returns
    -------
    SizingCase
        Profile and parameters.

    Raises
    ------
    InputError
        If there is no such case; the message names the nearest one.

    Examples
    --------
    >>> profile, parameters = load_case("base_48h")
    >>> profile.n_steps, profile.step_h, parameters == SizingParameters()
    (192, 0.25, True)
    """
    _check_name("load_case", name, case_names())
    profile = f"sizing_{_sources()[name].get('profile', name)}.csv"
    parameters = f"sizing_{name}.toml"
    return SizingCase(
        read_profile_bytes(_bytes(profile), profile),
        read_parameters_bytes(_bytes(parameters), parameters),
    )


def benchmark_scenario(
    name: str, *, deviation_share: float = 0.15, seed: int = 1, n_steps: int = 192
) -> SizingCase:
    """Make an instance of the benchmarks: the parameters of a scenario and a random profile.

    All of it is assumed, see the bundled ``sizing_scenario_*.toml``: A favours gas, B the heat
    pump, C is near parity. The profile has a mean of 1000 kW, spikes every 8 and 32 steps of 15 min
    of which 35 % point down, and is clipped at 5 % of its mean.

    Parameters
    ----------
    name : str
        One of `scenario_names`.
    deviation_share : float
        Standard deviation of the demand before clipping, as a share of its mean.
    seed : int
        From 0.
    n_steps : int
        Number of steps of 15 min, from 2.

    Returns
    -------
    SizingCase

    Raises
    ------
    InputError
        If there is no such scenario, or an argument is out of range.

    Examples
    --------
    >>> profile, parameters = benchmark_scenario("B", deviation_share=0.3, seed=2)
    >>> profile.n_steps, parameters.plant.gas_price_EUR_per_MWh
    (192, 80.0)
    """
    _check_name("benchmark_scenario", name, scenario_names())
    file = f"sizing_{_SCENARIO}{name.lower()}.toml"
    profile = random_profile(
        seed=seed,
        n_steps=n_steps,
        deviation_share=deviation_share,
        spikes=BENCHMARK_SPIKES,
        downward_share=BENCHMARK_DOWNWARD_SHARE,
        lowest_share=BENCHMARK_LOWEST_SHARE,
    )
    return SizingCase(profile, read_parameters_bytes(_bytes(file), file))


def _check_name(title: str, name: str, known: tuple[str, ...]) -> None:
    """Refuse a name that nothing bundled has."""
    if name not in known:
        faults = FaultList()
        remedy = suggestion(str(name), known)
        faults.add("", "name", shown(name), "unknown case", remedy)
        faults.raise_if_any(title)


def _bytes(file: str) -> bytes:
    return resources.files(_DATA).joinpath(file).read_bytes()


@cache
def _sources() -> dict[str, dict[str, str]]:
    return tomllib.loads(_bytes("sizing_cases.toml").decode("utf-8"))
