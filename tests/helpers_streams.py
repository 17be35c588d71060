"""Stream tables and fault lists shared by the tests of the stream table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from milpcore.faults import InputError

HEADER = "zone,name,t_supply,t_target,heat_flow,dt_cont"


def record(**changes: object) -> dict[str, Any]:
    """A valid stream as in OpenPinch, with some values changed."""
    stream = {
        "zone": "site",
        "name": "H1",
        "t_supply": 150,
        "t_target": 60,
        "heat_flow": 900,
        "dt_cont": 5,
    }
    return {**stream, **changes}


def fault_lines(call: Callable[..., object], *args: Any, **options: Any) -> list[str]:
    """Call, expect an `InputError`, and return one line a fault."""
    with pytest.raises(InputError) as caught:
        call(*args, **options)
    return [str(fault) for fault in caught.value.faults]
