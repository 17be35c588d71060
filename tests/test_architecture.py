"""The house keeps its shape: who may import whom, file sizes, packages, no stray paths."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("milpcore", "preprocess")
MODELS = ("site", "sizing", "loops")
ON_TOP = ("compare", "sweeps", "plots", "report", "cli", "bridge", "__main__", "__init__")
LEAVES = ("faults", "extras", "naming", "files")
RUN_TIME = {"numpy", "scipy", "numba", "pandas"}
SOLVER_IMPORTERS = {
    "milpcore.core.solve",
    "milpcore.core.nonlinear",
    "milpcore.site.path_search.solvers",
}
TOP_LEVEL = {".ci", "benchmarks", "docs", "milpcore", "notebooks", "preprocess", "tests"}
MOST_LINES = 450
TEXT = {".py", ".md", ".toml", ".cff", ".csv", ".ipynb", ".txt", ".yml", ".yaml", ".json", ""}


class Import(NamedTuple):
    """One imported module; `in_function` also for those under TYPE_CHECKING."""

    module: str
    line: int
    in_function: bool
    for_types: bool


def _module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def _sources() -> dict[str, Path]:
    """Module name to file, for every module that is installed."""
    files = [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]
    return {_module_name(file): file for file in files}


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(_sources()[module].read_text(encoding="utf-8"))


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def _walk(
    node: ast.AST, in_function: bool, for_types: bool
) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, in_function, for_types
        inside = in_function or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        yield from _walk(child, inside, for_types or _is_type_checking(child))


@cache
def _imports(module: str) -> tuple[Import, ...]:
    found = []
    for node, in_function, for_types in _walk(_tree(module), False, False):
        assert not getattr(node, "level", 0), f"{module}:{node.lineno}: import by absolute name"
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            source = node.module or ""
            deeper = [f"{source}.{alias.name}" for alias in node.names]
            names = sorted({name if _exists(name) else source for name in deeper})
        found += [Import(name, node.lineno, in_function, for_types) for name in names]
    return tuple(found)


def _exists(name: str) -> bool:
    """Whether `a.b` of ``from a import b`` is a module: ours, or scipy's."""
    return name in _sources() or name == "scipy.optimize"


def _below(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def _part(module: str) -> str:
    """Part of milpcore that a module belongs to: ``core``, ``site``, ``streams``, ``cli`` ..."""
    return module.split(".")[1] if "." in module else "__init__"


MODULES = sorted(_sources())


def test_the_tree_is_found() -> None:
    assert {"milpcore", "milpcore.core", "milpcore.site", "preprocess"} <= set(MODULES)


@pytest.mark.parametrize("module", [name for name in MODULES if _below(name, "preprocess")])
def test_preprocess_is_arrays_in_arrays_out(module: str) -> None:
    allowed = {"numpy", "numba", "preprocess"} | sys.stdlib_module_names
    strangers = {i.module for i in _imports(module)} - {""}
    assert {name for name in strangers if name.partition(".")[0] not in allowed} == set()


@pytest.mark.parametrize("module", [name for name in MODULES if _below(name, "milpcore.core")])
def test_core_knows_neither_models_nor_preprocess(module: str) -> None:
    inside = [i.module for i in _imports(module) if _below(i.module, "milpcore")]
    strangers = [n for n in inside if _part(n) not in ("core", *LEAVES)]
    assert strangers == []
    assert not any(_below(i.module, "preprocess") for i in _imports(module))


@pytest.mark.parametrize("module", [name for name in MODULES if _part(name) in MODELS])
def test_models_know_neither_each_other_nor_what_stands_on_them(module: str) -> None:
    forbidden = ({*MODELS, *ON_TOP}) - {_part(module)}
    inside = [i.module for i in _imports(module) if _below(i.module, "milpcore")]
    assert [name for name in inside if _part(name) in forbidden] == []


@pytest.mark.parametrize(
    "module",
    [
        name
        for name in MODULES
        if _below(name, "milpcore") and _part(name) not in ("core", *MODELS, *ON_TOP)
    ],
)
def test_what_models_stand_on_knows_no_model(module: str) -> None:
    inside = [i.module for i in _imports(module) if _below(i.module, "milpcore")]
    assert [name for name in inside if _part(name) in {*MODELS, *ON_TOP}] == []


def test_the_solver_is_imported_in_two_places() -> None:
    importers = {
        module
        for module in MODULES
        if any(_below(i.module, "scipy.optimize") for i in _imports(module))
    }
    assert importers == SOLVER_IMPORTERS


@pytest.mark.parametrize("module", MODULES)
def test_only_run_time_dependencies_are_imported(module: str) -> None:
    allowed = {*RUN_TIME, *PACKAGES} | sys.stdlib_module_names
    strangers = {
        f"{i.module} (line {i.line})"
        for i in _imports(module)
        if i.module.partition(".")[0] not in allowed and not i.for_types
    }
    assert strangers == set(), "optional packages come through milpcore.extras.require"


def test_imports_go_round_in_no_circle() -> None:
    after = {
        module: {i.module for i in _imports(module) if i.module in _sources() and not i.for_types}
        for module in MODULES
    }
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path[path.index(module) :], module))
        if module not in done:
            for following in sorted(after[module]):
                visit(following, (*path, module))
            done.add(module)

    for module in MODULES:
        visit(module, ())


@pytest.mark.parametrize("module", MODULES)
def test_public_functions_and_classes_have_a_docstring(module: str) -> None:
    tree = _tree(module)
    assert ast.get_docstring(tree) or _sources()[module].name == "__init__.py"
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    public = [n for n in tree.body if isinstance(n, kinds) and not n.name.startswith("_")]
    assert [node.name for node in public if not ast.get_docstring(node)] == []


@pytest.mark.parametrize("module", MODULES)
def test_classes_inherit_only_what_the_house_allows(module: str) -> None:
    allowed = re.compile(
        r"^(NamedTuple|Protocol|Generic|(Str|Int)?Enum|\w*(Error|Exception|Interrupt))\b"
    )
    classes = [node for node in ast.walk(_tree(module)) if isinstance(node, ast.ClassDef)]
    bases = [ast.unparse(base).rpartition(".")[2] for node in classes for base in node.bases]
    assert [base for base in bases if not allowed.match(base)] == []


@pytest.mark.parametrize("module", MODULES)
def test_files_stay_short(module: str) -> None:
    lines = _sources()[module].read_text(encoding="utf-8").count("\n")
    assert lines <= MOST_LINES, f"{lines} lines: split it"


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_are_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


def test_every_package_and_data_file_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    setuptools = project["tool"]["setuptools"]
    on_disk = {name for name, file in _sources().items() if file.name == "__init__.py"}
    assert set(setuptools["packages"]) == on_disk
    for package in on_disk:
        patterns = ["*.py", *setuptools["package-data"].get(package, [])]
        files = [f.name for f in (ROOT / Path(*package.split("."))).iterdir() if f.is_file()]
        files = [name for name in files if not name.startswith(".")]
        assert [n for n in files if not any(fnmatch(n, pattern) for pattern in patterns)] == []


def test_run_time_dependencies_are_the_four() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {re.split(r"[<>=!~ ]", name)[0] for name in project["dependencies"]} == RUN_TIME


def test_nothing_else_is_installed() -> None:
    elsewhere = [place for place in sys.path if Path(place).resolve() != ROOT]
    installed = next(iter(distributions(name="milpcore", path=elsewhere)), None)
    if installed is None:
        pytest.skip("milpcore is not installed here, only run from the checkout")
    files = installed.files or []
    if any(file.name.startswith("__editable__") for file in files):
        pytest.skip("milpcore is installed as a link to a checkout")
    folders = {file.parts[0] for file in files if file.parts[0] != ".." and len(file.parts) > 1}
    assert {name for name in folders if not name.endswith(".dist-info")} == set(PACKAGES)
    assert {file.as_posix() for file in files} >= {
        "milpcore/py.typed",
        "milpcore/data/site_400.csv",
        "preprocess/py.typed",
    }


def _tracked() -> list[Path]:
    """Files under version control; skips where git does not know."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "-z"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no checkout of a repository")
    if not listed:
        pytest.skip("the repository has no files yet")
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_top_level_folders_are_the_ones_agreed() -> None:
    found = {file.relative_to(ROOT).parts[0] for file in _tracked() if file.parent != ROOT}
    assert found - TOP_LEVEL == set()


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    places = re.compile(r"(?<![\w.:/}])/(?:work|home|root|tmp|Users)/\w")
    assert _offenders(places) == []


def test_no_file_holds_unfinished_business() -> None:
    words = re.compile(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")
    assert _offenders(words) == []


def _offenders(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for file in _tracked():
        if file.suffix in TEXT:
            lines = file.read_text(encoding="utf-8").splitlines()
            numbers = [n for n, line in enumerate(lines, 1) if pattern.search(line)]
            found += [f"{file.relative_to(ROOT)}:{number}" for number in numbers]
    return found
