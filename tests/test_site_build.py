"""The mixed-integer program itself, and what has none."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import milpcore
from milpcore import site

PROGRAMS = [f for f in site.FORMULATIONS if hasattr(f, "build")]


@pytest.fixture(scope="module")
def inputs() -> site.SiteInputs:
    return site.prepare(milpcore.load_case("dairy_8"))


@pytest.mark.parametrize("formulation", PROGRAMS, ids=lambda f: f.name)
def test_the_program_is_the_formulations_own(formulation: Any, inputs: site.SiteInputs) -> None:
    built = site.build(inputs, formulation(n_levels=3))
    own = formulation(n_levels=3).build(inputs)
    assert (built.matrix != own.matrix).nnz == 0
    np.testing.assert_array_equal(built.cost, own.cost)
    assert built.n_integers > 0


def test_a_search_has_no_program(inputs: site.SiteInputs) -> None:
    search: Any = site.PathSearch(n_levels=3)
    message = (
        "build: 1 fault\n"
        "  - formulation = path_search: is a search, not one mixed-integer program; "
        "use level_path"
    )
    with pytest.raises(milpcore.InputError, match=f"^{re.escape(message)}$"):
        site.build(inputs, search)


def test_a_formulation_that_would_be_wrong_is_refused() -> None:
    inputs = site.prepare(milpcore.load_case("dairy_8"), cascade=False)
    with pytest.raises(milpcore.InputError, match=r"formulation = level_path: .*assignment_"):
        site.build(inputs, site.LevelPath(n_levels=3))
