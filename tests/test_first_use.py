"""The first use in fresh processes: compilation, and several at once on one empty cache."""

from __future__ import annotations

import pytest

from benchmarks import first_use


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
