"""Optional packages: imported where used, named when missing."""

from __future__ import annotations

import math
import re
import sys

import pytest

from milpcore.extras import MissingExtraError, require


def test_an_installed_package_is_returned() -> None:
    assert require("math", "plot", "rounding") is math


def test_a_module_inside_a_package_is_returned_itself() -> None:
    module = require("importlib.metadata", "plot", "reading versions")
    assert module.__name__ == "importlib.metadata"


def test_a_missing_package_names_purpose_package_and_command() -> None:
    message = (
        'drawing figures needs the package no_such_package: python -m pip install ".[plot]" in a '
        'source checkout, otherwise "milpcore[plot]"'
    )
    with pytest.raises(MissingExtraError, match=f"^{re.escape(message)}$") as caught:
        require("no_such_package.pyplot", "plot", "drawing figures")
    assert isinstance(caught.value, ImportError)
    assert isinstance(caught.value.__cause__, ImportError)


def test_a_package_blocked_from_import_counts_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingExtraError, match=r'openpyxl: python -m pip .*"milpcore\[xlsx\]"$'):
        require("openpyxl", "xlsx", "reading spreadsheets")
