"""The collector of input faults and the error it raises."""

from __future__ import annotations

import pickle
import re

import pytest

from milpcore.faults import Fault, FaultList, InputError


def _two_faults() -> FaultList:
    faults = FaultList()
    faults.add("row 2 (site/H001)", "heat_flow", -5.0, "must be positive (kW)", "give the amount")
    faults.add("row 9", "t_supply", "warm", "must be a number (°C)", "correct it")
    return faults


def test_nothing_is_raised_without_faults() -> None:
    faults = FaultList()
    faults.raise_if_any("streams.csv")
    assert len(faults) == 0


def test_one_error_lists_every_fault_in_the_order_of_the_input() -> None:
    faults = _two_faults()
    assert len(faults) == 2
    with pytest.raises(InputError) as caught:
        faults.raise_if_any("streams.csv")
    assert str(caught.value) == (
        "streams.csv: 2 faults\n"
        "  - row 2 (site/H001): heat_flow = -5.0: must be positive (kW); give the amount\n"
        "  - row 9: t_supply = warm: must be a number (°C); correct it"
    )
    assert caught.value.title == "streams.csv"
    assert [fault.field for fault in caught.value.faults] == ["heat_flow", "t_supply"]


def test_a_single_fault_is_counted_in_the_singular() -> None:
    faults = FaultList()
    faults.add("", "file", "x.csv", "does not exist", "check the path")
    message = "x.csv: 1 fault\n  - file = x.csv: does not exist; check the path"
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        faults.raise_if_any("x.csv")


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        (
            Fault("row 1", "kind", "warm", "must be hot", "say so"),
            "row 1: kind = warm: must be hot; say so",
        ),
        (Fault("", "kind", "", "is missing", "add it"), "kind: is missing; add it"),
        (Fault("row 1", "kind", "", "is missing", "add it"), "row 1: kind: is missing; add it"),
    ],
)
def test_a_fault_reads_as_one_line(fault: Fault, line: str) -> None:
    assert str(fault) == line


def test_no_value_reads_as_no_value() -> None:
    faults = FaultList()
    faults.add("row 1", "heat_flow", None, "is missing", "add it")
    with pytest.raises(InputError, match=r"row 1: heat_flow: is missing; add it"):
        faults.raise_if_any("table")


def test_a_zero_is_a_value() -> None:
    faults = FaultList()
    faults.add("row 1", "heat_flow", 0, "must not be zero", "remove the stream")
    with pytest.raises(InputError, match=r"heat_flow = 0: must not be zero"):
        faults.raise_if_any("table")


def test_the_error_is_a_value_error_that_crosses_processes_whole() -> None:
    with pytest.raises(ValueError, match="2 faults") as caught:
        _two_faults().raise_if_any("streams.csv")
    error = caught.value
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is InputError
    assert str(copy) == str(error)
    assert isinstance(error, InputError)
    assert copy.faults == error.faults
    assert all(isinstance(fault, Fault) for fault in copy.faults)


def test_raising_leaves_the_list_as_it_was() -> None:
    faults = _two_faults()
    for _ in range(2):
        with pytest.raises(InputError, match="2 faults"):
            faults.raise_if_any("streams.csv")
