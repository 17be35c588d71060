"""What the other models of ``milpcore greenfield`` read alike: streams, prices, candidates."""

from __future__ import annotations

import argparse
from typing import NamedTuple

from milpcore.cli.greenfield_models import MODELS, refuse, refuse_options
from milpcore.cli.sources import Source, site_options_of, source_of
from milpcore.economics import SiteEconomics
from milpcore.faults import Gathered
from milpcore.site.candidates import Candidates, candidates_from_text
from milpcore.site_options import SiteOptions


class Asked(NamedTuple):
    """What every model reads; None where it was refused.

    Attributes
    ----------
    source : Source or None
        The stream table.
    economics : SiteEconomics or None
        Prices and limits.
    candidates : Candidates or None
        None for the kinks, too, and where the model has candidates of its own.
    options : SiteOptions
        Empty where the model takes none.
    """

    source: Source | None
    economics: SiteEconomics | None
    candidates: Candidates | None
    options: SiteOptions


def asked_of(arguments: argparse.Namespace, name: str, faults: Gathered) -> Asked:
    """Read what every model reads, and refuse what one of them does not take.

    Parameters
    ----------
    arguments : argparse.Namespace
        The command's.
    name : str
        Of `milpcore.cli.greenfield_models.MODELS`.
    faults : Gathered
        Receives the faults.

    Returns
    -------
    Asked
    """
    faults.of(lambda: refuse(arguments, name))
    candidates = None
    if "--candidates" not in MODELS[name].refuses:
        candidates = faults.of(lambda: candidates_from_text(arguments.candidates))
    source = faults.of(lambda: source_of(arguments))
    prices = faults.of(lambda: site_options_of(arguments))
    if prices is None:
        return Asked(source, None, candidates, SiteOptions())
    economics, options = prices
    faults.of(lambda: refuse_options(options, name))
    return Asked(source, economics, candidates, options)
