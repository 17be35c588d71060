"""What a child tells its parent: not too often, and whether it is to stop."""

from __future__ import annotations

import pytest
from helpers_cli import Channel

from milpcore.cli import observing


def test_progress_is_sent_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    clock = iter([5.0, 5.05, 5.0999, 5.1001, 5.15, 7.0])
    monkeypatch.setattr(observing.time, "monotonic", lambda: next(clock))
    observe = observing.observer_of(Channel(told.append))  # type: ignore[arg-type]
    for number in range(6):
        assert observe(number) is False
    assert told == [0, 3, 5]


def test_an_observer_says_when_to_stop() -> None:
    channel = Channel(lambda _: None)
    observe = observing.observer_of(channel)  # type: ignore[arg-type]
    assert observe("before") is False
    channel.should_stop.set()
    assert observe("after") is True
