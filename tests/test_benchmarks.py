"""The benchmarks' command line and what each module offers; nothing is measured here."""

from __future__ import annotations

import inspect
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import milpcore
from benchmarks import BENCHMARKS, __main__, provenance
from milpcore.extras import MissingExtraError

FOLDER = Path(__main__.__file__).parent


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A benchmark that takes no time."""
    module = SimpleNamespace(NAME="kernels", SUMMARY="nothing", run=lambda _: _table())
    monkeypatch.setattr(__main__, "load", lambda _: module)
    return module


def _table() -> pd.DataFrame:
    return pd.DataFrame({"case": ["a", "b"], "median_s": [0.25, 0.5]})


def test_every_module_is_listed_and_every_listed_module_exists() -> None:
    helpers = {
        "__init__",
        "__main__",
        "baselines",
        "candidates_figure",
        "greenfield_figure",
        "greenfield_targets",
        "other_tools",
        "provenance",
        "random_sites",
        "retrofit_models",
        "search_profile",
        "sizing_figure",
        "sizing_rows",
        "sizing_targets",
        "stream_steps_figure",
    }
    modules = {file.stem for file in FOLDER.glob("*.py") if not file.stem.startswith("_")}
    assert set(BENCHMARKS) == modules - helpers


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_has_name_summary_and_run(name: str) -> None:
    module = __main__.load(name)
    assert name == module.NAME
    assert 10 < len(module.SUMMARY) <= 120
    assert "\n" not in module.SUMMARY
    required = [
        parameter.name
        for parameter in inspect.signature(module.run).parameters.values()
        if parameter.default is inspect.Parameter.empty
    ]
    assert required == ["out_dir"]


def test_without_a_name_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(BENCHMARKS)
    assert all(
        __main__.load(name).SUMMARY in line for name, line in zip(BENCHMARKS, lines, strict=True)
    )


@pytest.mark.usefixtures("fake")
def test_a_run_writes_a_table_with_versions_and_machine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert __main__.main(["kernels", "--out", str(tmp_path / "new" / "folder")]) == 0
    written = tmp_path / "new" / "folder" / "kernels.csv"
    assert [file.name for file in written.parent.iterdir()] == ["kernels.csv"]
    table = pd.read_csv(written)
    assert list(table.columns) == [*_table().columns, *provenance.provenance()]
    assert table["median_s"].tolist() == [0.25, 0.5]
    assert set(table["milpcore"]) == {milpcore.__version__}
    assert set(table["python"]) == {provenance.provenance()["python"]}
    assert (table["n_cores"] >= 1).all()
    printed = capsys.readouterr().out
    assert "0.25" in printed
    assert str(written) in printed


def test_a_wrong_name_is_refused_before_anything_runs(
    fake: SimpleNamespace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.run = lambda _: pytest.fail("must not run")
    assert __main__.main(["kernels", "kernel", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "no benchmark 'kernel': did you mean 'kernels'?\n"


def test_a_missing_package_is_named(
    fake: SimpleNamespace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(_: Path) -> pd.DataFrame:
        raise MissingExtraError("comparing needs the package linopy")

    fake.run = run
    assert __main__.main(["kernels", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "comparing needs the package linopy\n"
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_run_leaves_the_old_table(
    fake: SimpleNamespace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "kernels.csv").write_text("old", encoding="utf-8")

    def run(_: Path) -> pd.DataFrame:
        raise KeyboardInterrupt

    fake.run = run
    assert __main__.main(["kernels", "--out", str(tmp_path)]) == 130
    assert "interrupted" in capsys.readouterr().err
    assert (tmp_path / "kernels.csv").read_text(encoding="utf-8") == "old"


@pytest.mark.usefixtures("fake")
def test_a_folder_that_cannot_be_made_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert __main__.main(["kernels", "--out", str(tmp_path / "file" / "below")]) == 2
    assert "Not a directory" in capsys.readouterr().err


def test_a_table_must_not_hide_the_provenance() -> None:
    with pytest.raises(ValueError, match=r"columns \['numpy'\] are those of the provenance"):
        provenance.with_provenance(pd.DataFrame({"numpy": [1.0]}))


def test_an_absent_package_is_said_to_be_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "PACKAGES", ("no_such_package",))
    assert provenance.provenance()["no_such_package"] == "absent"
