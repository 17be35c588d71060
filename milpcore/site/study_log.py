"""What studies of the site log: how they begin, every configuration, how they end."""

from __future__ import annotations

import logging

from milpcore.site.inputs import SiteInputs
from milpcore.site.results import SiteResult
from milpcore.site.tables import COST_COLUMNS


def log_site(log: logging.Logger, study: str, inputs: SiteInputs, what: str) -> None:
    """Say on which site a study begins, and what it looks for.

    Parameters
    ----------
    log : Logger
        Of the module.
    study : str
        Its name.
    inputs : SiteInputs
        The site.
    what : str
        What it looks for.
    """
    log.info(
        "%s begins: %d streams, %d candidate levels, %d heat pump pairs, least %s, %s",
        study,
        inputs.n_streams,
        inputs.n_candidates,
        inputs.n_pairs,
        inputs.objective.value,
        what,
    )


def log_result(log: logging.Logger, name: str, result: SiteResult) -> None:
    """Tell what came of a configuration: status, cost, bound, gap, time, levels, heat pumps.

    Parameters
    ----------
    log : Logger
        Of the module.
    name : str
        Of the configuration.
    result : SiteResult
        Checked.
    """
    if not log.isEnabledFor(logging.INFO):
        return
    row = result.summary.iloc[0]
    log.info(
        "%s: %s, %s %.10g, bound %.10g, gap %.3g, %d nodes, %.3f s, levels %s, heat pumps %s",
        name,
        row["status"],
        COST_COLUMNS[result.objective],
        row["objective_value"],
        row["bound"],
        row["gap"],
        row["n_nodes"],
        row["solve_s"],
        " ".join(f"{level:.10g}" for level in result.levels["temperature_C"]) or "none",
        " ".join(
            f"{source:.10g}→{sink:.10g}"
            for source, sink in zip(
                result.heat_pumps["source_C"], result.heat_pumps["sink_C"], strict=True
            )
        )
        or "none",
    )
