"""Settings that all tests share."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numba
import pytest
from hypothesis import HealthCheck, Phase, settings

os.environ.setdefault("MPLBACKEND", "Agg")

# A shell that starts a script in the background has it ignore Ctrl-C, and so would every process
# that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

JIT_IS_OFF = bool(numba.config.DISABLE_JIT)
"""Kernels run as plain Python: a hundred times slower, and open to coverage and debuggers."""

# No deadline: the first call of a kernel compiles it. CI draws the same examples on every run, a
# third of what other runs draw anew, and shows a failing one as it is: to shrink one that needs
# many solver calls takes up to five minutes, in which a run looks as if it hung.
settings.register_profile(
    "local",
    deadline=None,
    max_examples=20 if JIT_IS_OFF else 100,
    suppress_health_check=[HealthCheck.too_slow],
    phases=tuple(phase for phase in Phase if phase is not Phase.explain),  # traces every line
)
settings.register_profile(
    "reproducible",
    settings.get_profile("local"),
    derandomize=True,
    max_examples=20 if JIT_IS_OFF else 30,
    phases=(Phase.explicit, Phase.generate),
)
settings.load_profile("reproducible" if os.environ.get("CI") else "local")


HAS_KERNELS = (
    *("preprocess", "compare", "site_path_search", "site_front", "site_alternatives", "site_kinks"),
    *("site_fixed_levels", "site_operations", "site_periods", "site_ranked", "site_near"),
    *("site_connections", "site_retrofit", "site_pareto", "site_slot", "site_size_extremes"),
    *("loops_bound_rings", "loops_lower_bound"),
)
"""Beginnings of the names of tests of kernels, which CI runs once more with plain Python."""
SAME_KERNELS = (
    *("site_periods_options", "site_periods_sizes", "site_periods_retrofit"),
    *("site_retrofit_connected", "site_retrofit_options"),
)
"""Of these, those of options, which call the same kernels as the others."""
collect_ignore = [
    path.name
    for path in Path(__file__).parent.glob("test_*.py")
    if JIT_IS_OFF and os.environ.get("CI")
    for name in [path.stem.removeprefix("test_")]
    if not name.startswith(HAS_KERNELS) or name.startswith(SAME_KERNELS)
]
"""What calls no kernels, or the same as the other tests, only more slowly: not twice in CI."""
COMPILED_DOCTESTS = {
    "milpcore.loops.design.design",
    "milpcore.loops.lower_bound.lower_bound",
    "milpcore.site.any_temperature.any_temperature_bound",
    "milpcore.site.pareto.pareto",
}
"""Examples that are too slow without compiled kernels."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs compiled kernels when there are none."""
    if not JIT_IS_OFF:
        return
    skip = pytest.mark.skip(reason="needs compiled kernels, and NUMBA_DISABLE_JIT is set")
    for item in items:
        if "compiled" in item.keywords or item.name in COMPILED_DOCTESTS:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def project_root() -> Path:
    """Folder of the checkout."""
    return Path(__file__).resolve().parents[1]
