"""The page on options: its table is what formulations say, its files and code run."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers_cli import run
from test_docs import ROOT, blocks, commands, run_python, text_of

import milpcore
from milpcore.site.option_table import OPTIONS, exactness, exactness_markdown
from milpcore.site_options import SiteOptions
from milpcore.site_options_file import read_site_options

PAGE = ROOT / "docs" / "site_options.md"
MORE = ROOT / "docs" / "site_options_more.md"
CONNECTIONS = ROOT / "docs" / "connections.md"


def between(text: str, name: str) -> str:
    return text.partition(f"<!-- {name} -->")[2].partition(f"<!-- /{name} -->")[0].strip()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    milpcore.write_streams(milpcore.load_case("dairy_8"), tmp_path / "site.csv")
    (options,) = blocks(PAGE, "toml")
    corners = [(0, 40, 5.0), (0, 150, 2.0), (100, 40, 9.0), (100, 150, 5.0)]
    table = "source_C,sink_C,cop\n" + "".join(f"{i},{j},{cop}\n" for i, j, cop in corners)
    (tmp_path / "cop.csv").write_text(table, encoding="utf-8")
    (tmp_path / "options.toml").write_text(options, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_readme_links_the_page() -> None:
    assert "(docs/site_options.md)" in text_of(ROOT / "README.md")


def test_the_table_is_what_formulations_say() -> None:
    assert between(text_of(PAGE), "exactness") == exactness_markdown()


def test_something_is_exact_under_every_option() -> None:
    table = exactness().set_index("option")
    assert table.loc["none"].all()
    exact = "assignment_weak", "assignment_strong", "kink_assignment", "level_path", "set_search"
    for name in exact:
        wrong = ["investment of connections", "forbidden connections"]
        wrong = [] if name.startswith("assignment") else wrong
        if name == "set_search":
            wrong = [*wrong, *table.index[-2:]]  # limits of the whole site
        assert table.index[~table[name]].tolist() == wrong
    assert table.loc["investment of connections", "connection_search"]
    assert not table.loc["forced levels", "path_search"]
    assert table.loc["forbidden heat pumps", "path_search"]
    assert [name for name, one in OPTIONS.items() if one == SiteOptions()] == ["none"]


def test_the_file_of_the_page_has_every_key(here: Path) -> None:
    _, options = read_site_options(here / "options.toml")
    text = (here / "options.toml").read_text(encoding="utf-8")
    for table in (options.heat_pumps, options.levels, options.limits):
        keys = list(vars(table))
        assert [key for key in keys if key not in text] == []


@pytest.mark.usefixtures("here")
def test_the_code_of_the_page_runs() -> None:
    result = run_python(PAGE, {"__name__": "docs"})["result"]
    assert result.status.value == "optimal"
    assert 85.0 in result.levels["temperature_C"].tolist()


def test_the_command_of_the_page_runs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (command,) = commands(PAGE)
    answer = run(capsys, *command.split()[1:], "--quiet")
    assert answer.code == 0
    written = read_site_options(here / "results" / "inputs" / "economics.toml")
    assert written == read_site_options(here / "options.toml")
    assert "level_path" in (here / "results" / "summary.csv").read_text(encoding="utf-8")


def test_the_page_on_more_options_runs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "(site_options_more.md)" in text_of(PAGE)
    options = "\n".join(blocks(MORE, "toml"))
    (here / "retrofit.toml").write_text(options, encoding="utf-8")
    study = run_python(MORE, {"__name__": "docs"})["study"]
    assert study.best.saving_percent > 0.0
    plain, ranked = (run(capsys, *one.split()[1:], "--quiet") for one in commands(MORE))
    assert plain.code == ranked.code == 0
    assert "saving" in plain.out
    assert "Alternatives: at most 4 levels" in ranked.out


def test_the_page_on_connections_runs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "(connections.md)" in text_of(PAGE)
    (options,) = blocks(CONNECTIONS, "toml")
    (here / "connections.toml").write_text(options, encoding="utf-8")
    names = run_python(CONNECTIONS, {"__name__": "docs"})
    connections = names["result"].connections.set_index("zone")
    assert connections.loc["milk", "level_C"].max() < 160.0
    assert (connections["investment_EUR"] >= 20_000.0).all()
    assert any("exchangers of today" in note.lower() for note in names["study"].best.result.notes)
    arguments = ["site.csv", "--levels", "3", "--economics", "connections.toml", "--quiet"]
    answer = run(capsys, "greenfield", *arguments, "--out", "found")
    assert answer.code == 0
    header = (here / "found" / "connections.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header.endswith("area_m2,investment_EUR")
    retrofit = ["site.csv", "--existing", "5,40,85,205", "--economics", "connections.toml"]
    answer = run(capsys, "retrofit", *retrofit, "--quiet", "--out", "changed")
    assert answer.code == 0
    header = (here / "changed" / "connections.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header.endswith("existing_area_m2")
