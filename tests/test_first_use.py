"""The first use in fresh processes: imports, compilation, several at once on one empty cache."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import milpcore
from benchmarks import first_use

HEAVY = ("numpy", "scipy", "numba", "pandas", "typing")


def _fresh(code: str) -> str:
    """Standard output of some code in a process of its own, where every warning is an error."""
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    return done.stdout


def test_importing_the_package_imports_nothing_else() -> None:
    loaded = f"sorted(set({HEAVY!r}) & set(sys.modules))"
    code = f"import sys; before = {loaded}; import milpcore; print({loaded} == before)"
    assert _fresh(code) == "True\n"
    code = "import sys, milpcore; print([name for name in sys.modules if 'milpcore.' in name])"
    assert _fresh(code) == "[]\n"


@pytest.mark.parametrize("name", milpcore.__all__)
def test_every_public_name_is_what_its_module_says(name: str) -> None:
    assert name in dir(milpcore)
    if name != "__version__":
        home = importlib.import_module(milpcore._HOME[name])
        assert getattr(milpcore, name) is home.__dict__[name]


def test_type_checkers_see_the_same_names(project_root: Path) -> None:
    tree = ast.parse((project_root / "milpcore" / "__init__.py").read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == milpcore._HOME
    assert {*seen, "__version__"} == set(milpcore.__all__)


@pytest.mark.parametrize(
    "first",
    [
        "import milpcore.compare, milpcore.targets",
        "from milpcore.compare import compare_rows; from milpcore.targets import Curve",
        "milpcore.compare, milpcore.targets; import milpcore.compare, milpcore.targets",
        "from milpcore import *; del milpcore.compare, milpcore.targets",
    ],
)
def test_a_function_is_never_the_module_of_its_name(first: str) -> None:
    code = f"import milpcore; {first}; print(milpcore.compare.__name__, milpcore.targets.__name__)"
    assert _fresh(code) == "compare targets\n"


def test_parts_need_no_import_of_their_own() -> None:
    assert _fresh("import milpcore; print(milpcore.site.prepare.__name__)") == "prepare\n"
    assert _fresh("from milpcore import core; print(core.Assembly.__name__)") == "Assembly\n"
    assert {"core", "plots", "site"} <= set(dir(milpcore))


def test_a_name_that_does_not_exist_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match=r"^module 'milpcore' has no attribute 'tragets'$"):
        milpcore.tragets  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'tragets' from 'milpcore'"):
        from milpcore import tragets  # type: ignore[attr-defined]  # noqa: F401


@pytest.mark.slow
@pytest.mark.compiled
def test_first_uses_at_once_leave_a_good_cache_and_agree() -> None:
    rows = {row["what"]: row for row in first_use._calls_at_once(3, 5)}
    together = rows["3 processes, empty cache"]
    assert together["measured"] == 1.0
    reread_s = rows["a process that reads their cache"]["median_s"]
    assert reread_s < 0.5 * together["min_s"], "the cache is used"


@pytest.mark.slow
@pytest.mark.compiled
def test_the_first_greenfield_takes_little_longer_than_the_second() -> None:
    first, second = first_use._first_calls(1, 5)
    assert second["median_s"] < first["median_s"]
    # Thrice the target: the machine may be busy, and this is not the place to measure.
    assert first["measured"] <= 3.0 * first_use.MAX_COMPILATION_S


def test_processes_with_different_results_are_refused() -> None:
    with pytest.raises(RuntimeError, match="processes have different results:\none\ntwo"):
        first_use._refuse_differences({"two", "one"})


def test_a_process_that_fails_is_reported_with_its_own_words() -> None:
    process = first_use._start("raise SystemExit('no such luck')", None)
    with pytest.raises(RuntimeError, match=r"a process failed:\nno such luck"):
        first_use._finished(process)
