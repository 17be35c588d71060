"""What a choice of levels changes in a retrofit, and what that costs."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from milpcore.site.inputs import Floats, SiteInputs
from milpcore.site.retrofit_plan import RetrofitPlan
from milpcore.site.retrofit_search import Found
from milpcore.site_options import LevelOptions


class Changes(NamedTuple):
    """What becomes of the existing levels.

    Attributes
    ----------
    moved : dict of int to int
        Position of each existing level that moves, and the candidate it goes to.
    given_up : list of int
        Positions of existing levels that are left out.
    added : list of int
        Candidates of new levels.
    met : list of int
        Candidates where several levels meet.
    """

    moved: dict[int, int]
    given_up: list[int]
    added: list[int]
    met: list[int]


def changes_of(plan: RetrofitPlan, found: Found) -> Changes:
    """Tell which existing levels move, which are given up, and which levels are new.

    Where levels meet, the one that is there today stays, or the nearest one moves; the others are
    given up. A level may take the place of one that moves on itself.

    Parameters
    ----------
    plan : RetrofitPlan
        The study.
    found : Found
        The best choice of levels.

    Returns
    -------
    Changes
    """
    moved: dict[int, int] = {}
    added, met, stays = [], [], set()
    level_C, existing_C = plan.inputs.level_C, plan.existing_C
    for level in np.unique(found.place).tolist():
        here = found.position[(found.place == level) & (found.position >= 0)].tolist()
        if len(here) > 1:
            met.append(level)
        own = np.flatnonzero(plan.existing == level)
        moves_on = bool(np.isin(own, found.position[found.place != level]).any())
        if own.size and not moves_on:
            stays.add(int(own[0]))
        elif here:
            distance_K = np.abs(existing_C[here] - level_C[level])
            moved[here[int(distance_K.argmin())]] = level
        else:
            added.append(level)
    given_up = sorted(set(range(len(plan.existing))) - stays - set(moved))
    return Changes(moved, given_up, added, met)


def moved_investment_EUR(options: LevelOptions) -> float:
    """Investment in a level that moves.

    Examples
    --------
    >>> moved_investment_EUR(LevelOptions(investment_EUR=5.0))
    5.0
    """
    own = options.moved_investment_EUR
    return options.investment_EUR if own is None else own


def level_investment_EUR(plan: RetrofitPlan, changes: Changes) -> Floats:
    """Investment at each candidate (L,): of levels that move there, or are added there.

    Parameters
    ----------
    plan : RetrofitPlan
        The study.
    changes : Changes
        What becomes of the existing levels.

    Returns
    -------
    ndarray (L,)
        Existing levels that stay are free.
    """
    investment_EUR = np.zeros(plan.inputs.n_candidates)
    options = plan.inputs.options.levels
    investment_EUR[list(changes.moved.values())] = moved_investment_EUR(options)
    investment_EUR[changes.added] = options.investment_EUR
    return investment_EUR


def with_changes_paid(plan: RetrofitPlan, changes: Changes) -> SiteInputs:
    """Return the site on which the levels that change cost what they cost."""
    terms = plan.inputs.terms
    if terms is None:
        return plan.inputs
    paid = replace(terms, level_investment_EUR=level_investment_EUR(plan, changes))
    return replace(plan.inputs, terms=paid)
