"""Options in a file: read back as written, every fault named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_site_options import level_options, limits, prices, pump_options

from milpcore.economics import SiteEconomics, read_economics
from milpcore.faults import InputError
from milpcore.site_options import (
    CopPoint,
    ExistingPump,
    ExternalHeatOptions,
    ForbiddenLevels,
    ForbiddenPumps,
    HeatPumpOptions,
    LevelOptions,
    LimitOptions,
    PriceOptions,
    PriceStep,
    SiteOptions,
)
from milpcore.site_options_file import read_site_options, write_site_options


@settings(max_examples=30)
@given(pump_options(), level_options(), prices(), limits(), st.floats(1.0, 100.0))
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    pumps: HeatPumpOptions,
    levels: LevelOptions,
    steps: PriceOptions,
    most: LimitOptions,
    price: float,
) -> None:
    path = tmp_path_factory.mktemp("options") / "mine.toml"
    economics = SiteEconomics(gas_price_EUR_per_MWh=price)
    options = SiteOptions(
        heat_pumps=pumps,
        levels=levels,
        external_heat=ExternalHeatOptions(prices=steps.prices),
        cooling=steps,
        limits=most,
    )
    write_site_options(economics, options, path)
    assert read_site_options(path) == (economics, options)


def test_a_file_of_prices_has_no_options(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text("[site]\ngas_price_EUR_per_MWh = 50\n", encoding="utf-8")
    assert read_site_options(path) == (read_economics(path), SiteOptions())


def test_other_commands_say_who_takes_options(tmp_path: Path) -> None:
    path = tmp_path / "options.toml"
    path.write_text("[site]\n[levels]\ninvestment_EUR = 5\n", encoding="utf-8")
    message = r"\[levels\]: holds options, which are not known here; milpcore greenfield and "
    message += r"retrofit take them"
    with pytest.raises(InputError, match=message):
        read_economics(path)


def test_all_faults_of_a_file_come_at_once(tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_text(
        """
[site]
gas_price_EUR_per_MWh = -1

[heat_pumps]
fixed_investment_EUR = "much"
max_nummer = 3
min_size_kW = 5

[[heat_pumps.existing]]
source_C = 35
size_kW = 0

[[heat_pumps.forbidden]]
source_from_C = 50
source_to_C = 40

[levels]
forced_C = [80, "hot", 1e9]
forbidden = 3

[levells]
""",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        read_site_options(path)
    lines = str(caught.value).splitlines()[1:]
    assert lines == [
        "  - [heat_pumps]: max_nummer = 3: unknown key; did you mean 'max_number'?",
        "  - [[heat_pumps.existing]] 1: sink_C: is missing; give it",
        "  - [[heat_pumps.forbidden]] 1: source_to_C = 40: must be at least source_from_C = 50; "
        "exchange them",
        "  - [heat_pumps]: fixed_investment_EUR = 'much': must be a finite number (EUR); "
        "write a number without quotes",
        "  - [[levels.forbidden]] = int: must be a list of tables; put the keys below a line "
        "[[levels.forbidden]]",
        "  - [levels] position 2: forced_C = 'hot': must be a finite number (°C); "
        "write a number without quotes",
        "  - [levels] position 3: forced_C = 1000000000.0: must be at least -273.15 and at most "
        "5000 °C; give a temperature in °C",
        "  - levells: unknown table; did you mean 'levels'?",
        "  - [site]: gas_price_EUR_per_MWh = -1: must be at least 0 and at most 100000 EUR/MWh; "
        "give the price per MWh",
    ]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: HeatPumpOptions(fixed_investment_EUR=-1.0),
            "fixed_investment_EUR = -1.0: must be",
        ),
        (lambda: HeatPumpOptions(max_size_kW=0.0), "max_size_kW = 0.0: must be above 0"),
        (lambda: HeatPumpOptions(min_size_kW=5, max_size_kW=4), "at least min_size_kW = 5"),
        (lambda: HeatPumpOptions(max_number=1.5), "max_number = 1.5: must be a whole number"),  # type: ignore[arg-type]
        (lambda: HeatPumpOptions(existing=3), "must be a tuple of ExistingPump"),  # type: ignore[arg-type]
        (
            lambda: HeatPumpOptions(existing=(ExistingPump(source_C=1, sink_C=2, size_kW=3),) * 2),
            "existing = 1 → 2 °C: must not come twice; add up their sizes",
        ),
        (lambda: ExistingPump(source_C=5, sink_C=5, size_kW=1), "must be above source_C = 5 °C"),
        (lambda: ForbiddenPumps(sink_from_C=3, sink_to_C=2), "at least sink_from_C = 3"),
        (lambda: ForbiddenLevels(from_C=3, to_C=2), "at least from_C = 3"),
        (lambda: PriceStep(price_EUR_per_MWh=-1), "price_EUR_per_MWh = -1: must be at least 0"),
        (
            lambda: PriceOptions(prices=(PriceStep(from_C=3, price_EUR_per_MWh=1),) * 2),
            "from_C = 3 °C: must not come twice; remove one step",
        ),
        (lambda: PriceOptions(prices=3), "must be a tuple of PriceStep"),  # type: ignore[arg-type]
        (lambda: LimitOptions(external_heat_kW=-1), "external_heat_kW = -1: must be at least 0"),
        (lambda: LevelOptions(forced_C=(5.0, 5.0)), "5 °C: must not come twice"),
        (lambda: LevelOptions(forced_C="80"), "must be a list of temperatures"),  # type: ignore[arg-type]
        (lambda: LevelOptions(forced_C=(True,)), "position 1: forced_C = True: must be a finite"),
        (
            lambda: LevelOptions(
                forced_C=(80.0,), forbidden=(ForbiddenLevels(from_C=70.0, to_C=90.0),)
            ),
            "80 °C: is forbidden at the same time; choose one of both",
        ),
    ],
)
def test_options_out_of_range_are_refused(make: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()  # type: ignore[operator]


def test_a_cop_table_comes_from_a_file(tmp_path: Path) -> None:
    rows = "source_C,sink_C,cop\n35,65,4.5\n35,105,2.5\n60,65,9\n60,105,4\n"
    (tmp_path / "cop.csv").write_text(rows, encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text('[heat_pumps]\ncop_table = "cop.csv"\n', encoding="utf-8")
    economics, options = read_site_options(path)
    table = options.heat_pumps.cop_table
    assert table[1] == CopPoint(source_C=35.0, sink_C=105.0, cop=2.5)
    assert len(table) == 4
    copy = tmp_path / "copy.toml"
    write_site_options(economics, options, copy)
    assert read_site_options(copy) == (economics, options)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", r"cop.csv: header = a,b: must have the columns source_C, sink_C, cop"),
        ("source_C,sink_C,cop\n1,2,x\n", "cop.csv: table: is no table of numbers"),
        ("source_C,sink_C,cop\n1,2,-3\n", r"\[\[heat_pumps.cop_table\]\] 1: cop = -3.0: must be"),
        ("source_C,sink_C,cop\n1,2,3\n1,2,3\n", "1 → 2 °C: must not come twice"),
        (None, "cop.csv"),
    ],
)
def test_faults_of_a_cop_table_are_named(tmp_path: Path, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / "cop.csv").write_text(text, encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text('[heat_pumps]\ncop_table = "cop.csv"\n', encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_site_options(path)
