"""Sites of a few watts, or of thousands of gigawatts, solved in a usual size.

Tolerances of solvers are absolute. All costs are proportional to the duties, so a site of unusual
size is solved with its duties times a power of ten, and what is found is brought back.
"""

from __future__ import annotations

import math
from dataclasses import replace

from milpcore.site.inputs import SiteInputs
from milpcore.site.model import Design, Observer, Outcome, Progress

LEAST_KW, MOST_KW = 1e3, 1e8
"""Sites whose duties sum to something between these are solved as they are."""
USUAL_KW = 1e5


def size_factor(inputs: SiteInputs) -> float:
    """Power of ten that brings the duties of a site to a usual size; 1 if they have one.

    Examples
    --------
    >>> import milpcore
    >>> from milpcore.site.inputs import prepare
    >>> size_factor(prepare(milpcore.load_case("site_400")))
    1.0
    """
    total_kW = float(inputs.stream_duty_kW.sum())
    if LEAST_KW <= total_kW <= MOST_KW:
        return 1.0
    return 10.0 ** round(math.log10(USUAL_KW / total_kW))


def resized(inputs: SiteInputs, factor: float) -> SiteInputs:
    """Return the site with all duties times a factor."""
    if factor == 1.0:
        return inputs
    return replace(
        inputs,
        stream_duty_kW=inputs.stream_duty_kW * factor,
        hot_kink_kW=inputs.hot_kink_kW * factor,
        cold_kink_kW=inputs.cold_kink_kW * factor,
        terms=None if inputs.terms is None else inputs.terms.resized(factor),
    )


def in_own_size(outcome: Outcome, factor: float) -> Outcome:
    """Bring back what was found for a site times a factor."""
    if factor == 1.0:
        return outcome
    design = outcome.design
    if design is not None:
        design = design_in_own_size(design, factor)
    return replace(
        outcome, design=design, objective=outcome.objective / factor, bound=outcome.bound / factor
    )


def design_in_own_size(design: Design, factor: float) -> Design:
    """Bring back a design of a site times a factor."""
    if factor == 1.0:
        return design
    split = design.source_heat_kW
    return replace(
        design,
        source_heat_kW=None if split is None else split / factor,
        external_heat_kW=design.external_heat_kW / factor,
        cooling_kW=design.cooling_kW / factor,
        cascade_kW=design.cascade_kW / factor,
        pump_heat_kW=design.pump_heat_kW / factor,
    )


def observer_in_own_size(observer: Observer | None, factor: float) -> Observer | None:
    """Let an observer hear about the site as it is."""
    if observer is None or factor == 1.0:
        return observer

    def observe(progress: Progress) -> bool:
        return observer(
            progress._replace(incumbent=progress.incumbent / factor, bound=progress.bound / factor)
        )

    return observe
