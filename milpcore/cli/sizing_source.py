"""Where profile and parameters of ``milpcore sizing`` come from, and how they are described."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from milpcore.faults import Fault, Gathered, InputError
from milpcore.naming import suggestion
from milpcore.scales import Kind, scale_for
from milpcore.sizing.cases import case_names, case_source, load_case
from milpcore.sizing.parameter_files import read_parameters
from milpcore.sizing.parameters import SizingParameters
from milpcore.sizing.profile import HeatProfile
from milpcore.sizing.profile_readers import read_profile


class Source(NamedTuple):
    """A profile and parameters, with the name to call them by.

    Attributes
    ----------
    name : str
        Name of the case, or of the profile's file without its folder.
    origin : str
        Where a bundled case comes from; empty for a file.
    profile : HeatProfile
    parameters : SizingParameters
    """

    name: str
    origin: str
    profile: HeatProfile
    parameters: SizingParameters

    @property
    def headline(self) -> str:
        """One line: name, horizon, demand and waste heat."""
        profile = self.profile
        demand_kW, waste_kW = profile.heat_demand_kW, profile.waste_heat_kW
        scale = scale_for(Kind.HEAT, [float(demand_kW.max())])
        mean, most, waste = (
            f"{scale.text(float(value), 1)} {scale.unit}"
            for value in (demand_kW.mean(), demand_kW.max(), waste_kW.mean())
        )
        return (
            f"{self.name}: {profile.horizon_h:.6g} h in {profile.n_steps} steps, "
            f"mean demand {mean}, peak {most}, mean waste heat {waste}"
        )


def open_source(text: str, *, economics: str | None = None, sheet: str | None = None) -> Source:
    """Read the profile that an argument names, and the parameters.

    Parameters
    ----------
    text : str
        A file, or the name of a bundled case; a file of that name comes first.
    economics : str, optional
        File of the parameters; those of the bundled case, or the defaults, if not given.
    sheet : str, optional
        Sheet of a workbook.

    Returns
    -------
    Source

    Raises
    ------
    InputError
        If there is neither file nor case, if a file has faults, or if a sheet is given for a
        bundled case; with the faults of both files if both have some.

    Examples
    --------
    >>> print(open_source("base_48h").headline)
    base_48h: 48 h in 192 steps, mean demand 1000.0 kW, peak ... kW, mean waste heat ... kW
    """
    faults = Gathered()
    source = faults.of(lambda: _profile(text, sheet))
    parameters = faults.of(lambda: _parameters(economics))
    faults.raise_if_any("profile and economics", after_title=", ")
    assert source is not None
    return source if parameters is None else source._replace(parameters=parameters)


def _profile(text: str, sheet: str | None) -> Source:
    """Read a file, or a bundled case; a file has the parameters of the base case."""
    is_plain_name = text == Path(text).stem and bool(text)
    if is_plain_name and not Path(text).is_file():
        return _bundled(text, sheet)
    profile = read_profile(text, sheet=sheet)
    return Source(Path(text).name, "", profile, SizingParameters())


def _parameters(economics: str | None) -> SizingParameters | None:
    """Read the file of parameters if there is one."""
    return None if economics is None else read_parameters(economics)


def _bundled(name: str, sheet: str | None) -> Source:
    if name not in case_names():
        remedy = suggestion(name, case_names())
        fault = Fault("", "PROFILE", name, "neither a file nor a bundled case", remedy)
        raise InputError("profile", (fault,))
    if sheet is not None:
        rule = "is for files, bundled cases have no sheets"
        raise InputError("profile", (Fault("", "--sheet", sheet, rule, "leave it out"),))
    profile, parameters = load_case(name)
    return Source(name, case_source(name), profile, parameters)
