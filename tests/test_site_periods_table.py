"""The table of periods: both layouts, and every fault in one error."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import milpcore
from milpcore import InputError
from milpcore.site.periods import Periods, prepare_periods, read_periods
from milpcore.site.periods.table import HOURS

STREAMS = milpcore.load_case("two_streams")
WIDE = """zone,name,summer,winter
,hours_h_per_a,3000,5000
site,C1,0,900
site,H1,1200,1000.5
"""
LONG = """zone,name,period,heat_flow
site,H1,summer,1200
site,H1,winter,1000.5
site,C1,summer,0
site,C1,winter,900
,hours_h_per_a,summer,3000
,hours_h_per_a,winter,5000
"""


def faults_of(error: pytest.ExceptionInfo[InputError]) -> list[str]:
    return [str(fault) for fault in error.value.faults]


@pytest.mark.parametrize("text", [WIDE, LONG, WIDE.replace(",", ";")])
def test_both_layouts_say_the_same(text: str, tmp_path: Path) -> None:
    path = tmp_path / "periods.csv"
    path.write_text(text, encoding="utf-8")
    periods = read_periods(path, STREAMS)
    assert periods.names == ("summer", "winter")
    np.testing.assert_array_equal(periods.hours_h_per_a, [3000.0, 5000.0])
    np.testing.assert_array_equal(periods.duty_kW, [[1200.0, 0.0], [1000.5, 900.0]])
    assert not periods.duty_kW.flags.writeable


def test_all_faults_of_a_table_come_at_once(tmp_path: Path) -> None:
    path = tmp_path / "periods.csv"
    path.write_text(
        "zone,name,summer,winter\nsite,H1,much,1000\nsite,H1,5,5\nsite,X9,1,1\n", encoding="utf-8"
    )
    with pytest.raises(InputError) as error:
        read_periods(path, STREAMS)
    assert faults_of(error) == [
        "line 2: summer = much: must be a number (kW); give one, 0 if it stands still",
        "line 3: summer = 5: has a value for site/H1 already; remove one of them",
        "line 3: winter = 5: has a value for site/H1 already; remove one of them",
        "line 4: name = site/X9: is no stream of the stream table; "
        "correct zone and name, or remove it",
        "site/C1: has no value in summer, winter; add it, 0 kW for a standstill",
        "hours_h_per_a: has no value in summer, winter; add the hours of each period",
    ]


def test_columns_that_are_missing_or_unknown() -> None:
    with pytest.raises(InputError) as error:
        read_periods(pd.DataFrame({"name": ["H1"], "summer": [1.0]}), STREAMS)
    (fault,) = faults_of(error)
    assert fault.endswith("zone: the column is missing; name the stream of each row")
    frame = pd.DataFrame(
        {"zone": ["site"], "name": ["H1"], "period": [None], "heat_flow": [1.0], "dt": [1.0]}
    )
    with pytest.raises(InputError) as error:
        read_periods(frame, STREAMS)
    text = "\n".join(faults_of(error))
    assert "dt: is no column of the long layout; remove it; columns are zone, name" in text
    assert "period: is blank; name the period" in text
    assert "period: must name at least one period; add a column for each period" in text


@pytest.mark.parametrize(
    ("names", "hours", "duty_kW", "rule"),
    [
        ((), [], np.zeros((0, 2)), "there must be at least one period; name it"),
        (("a", "a"), [1.0, 1.0], [[1.0], [1.0]], "must differ; rename periods"),
        (("a",), [1.0, 2.0], [[1.0]], "must have the shapes (1,) and (1, streams)"),
        (("a",), [0.0], [[1.0]], "hours_h_per_a = 0.0: must be above 0 (h/a); give its duration"),
        (("a", "b"), [5e3, 5e3], [[1.0], [1.0]], "must not exceed 8784 h/a together"),
        (("a",), [9.0], [[-1.0, 1.0]], "stream 1, period a: heat_flow = -1.0: must not be negat"),
        (("a",), [9.0], [[np.nan, 1.0]], "stream 1, period a: heat_flow = nan: must not be neg"),
        (("a",), [9.0], [[1e-9, 1.0]], "is less than 1e-08 of all duties of the period"),
        (("a",), [9.0], [[0.0, 1.0]], "stream 1: heat_flow = 0: stands still in every period"),
    ],
)
def test_periods_that_make_no_sense(
    names: tuple[str, ...], hours: list[float], duty_kW: list[list[float]], rule: str
) -> None:
    with pytest.raises(InputError) as error:
        Periods(names, np.array(hours), np.array(duty_kW))
    assert any(rule in fault for fault in faults_of(error)), faults_of(error)


def test_periods_and_site_must_fit() -> None:
    periods = Periods(("a",), np.array([9.0]), np.array([[1.0]]))
    with pytest.raises(InputError, match="streams = 1: must be 2, as in the stream table"):
        prepare_periods(STREAMS, periods)
    with pytest.raises(InputError, match="must be Periods; read them with"):
        prepare_periods(STREAMS, "periods.csv")  # type: ignore[arg-type]
    fitting = Periods(("a",), np.array([9.0]), np.array([[1.0, 1.0]]))
    cheap = milpcore.SiteEconomics(electricity_price_EUR_per_MWh=-90.0)
    with pytest.raises(InputError, match="cost"):
        prepare_periods(STREAMS, fitting, economics=cheap)


def test_electricity_that_earns_money_is_refused() -> None:
    fitting = Periods(("a",), np.array([9.0]), np.array([[1.0, 1.0]]))
    economics = milpcore.SiteEconomics(
        electricity_price_EUR_per_MWh=-60.0,
        electricity_emission_t_per_MWh=0.0,
        heat_pump_investment_EUR_per_kW=1e5,
    )
    with pytest.raises(InputError, match="must not cost less than nothing, its CO2 included"):
        prepare_periods(STREAMS, fitting, economics=economics)


@pytest.mark.parametrize("header", ["winter [MW]", "winter (MW)", "winter/MW"])
def test_a_header_may_have_the_unit_of_its_duties(header: str) -> None:
    streams = milpcore.load_case("two_streams")
    table = pd.DataFrame(
        {"zone": [None, "site", "site"], "name": [HOURS, "H1", "C1"]}
        | {"summer": [3000, 1200, 0], header: [5000, 1.0, 0.9]}
    )
    found = read_periods(table, streams)
    assert found.names == ("summer", "winter")
    assert found.hours_h_per_a.tolist() == [3000.0, 5000.0]
    assert found.duty_kW.tolist() == [[1200.0, 0.0], [1000.0, 900.0]]
    with pytest.raises(InputError, match=r"winter.*contradicts heat_unit = kW"):
        read_periods(table, streams, heat_unit="kW")
    long = pd.DataFrame(
        [(None, HOURS, "day", 8000.0), ("site", "H1", "day", 1.2), ("site", "C1", "day", 0.9)],
        columns=["zone", "name", "period", "heat_flow [MW]"],
    )
    assert read_periods(long, streams).duty_kW.tolist() == [[1200.0, 900.0]]


def test_duties_without_a_unit_are_in_the_unit_asked_for() -> None:
    streams = milpcore.load_case("two_streams")
    table = pd.DataFrame(
        {"zone": [None, "site", "site"], "name": [HOURS, "H1", "C1"]}
        | {"all (rainy)": [5000, 1.0, 0.9]}
    )
    found = read_periods(table, streams, heat_unit="MW")
    assert found.names == ("all (rainy)",)
    assert found.duty_kW.tolist() == [[1000.0, 900.0]]
    unknown = table.rename(columns={"all (rainy)": "all [BTU]"})
    with pytest.raises(InputError, match=r"all \[BTU\].*unknown unit.*kW"):
        read_periods(unknown, streams)


def test_negative_duties_are_told_with_their_place() -> None:
    table = pd.DataFrame(
        {"zone": [None, "site", "site"], "name": [HOURS, "H1", "C1"], "day": [8000, 1200, -900]}
    )
    with pytest.raises(InputError, match=r"index 2.*site/C1 must not be negative"):
        read_periods(table, milpcore.load_case("two_streams"))
