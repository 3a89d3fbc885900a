"""Who is asked to leave, and when."""

import pytest

from portico.api.clock import Random
from portico.testing.fake_clock import FakeClock
from portico.worker.drain import ProcessDrain


class Fixed(Random):
    def __init__(self, value: int) -> None:
        self.value = value

    def below(self, limit: int) -> int:
        assert limit == 10
        return self.value


def test_nobody_before_it_drains() -> None:
    drain = ProcessDrain(FakeClock(), Fixed(0), 10, is_gradual=False)
    assert not drain.should_close()


def test_everyone_at_once_by_the_immediate_strategy() -> None:
    drain = ProcessDrain(FakeClock(), Fixed(9), 10, is_gradual=False)
    drain.set_draining(True)
    assert drain.should_close()
    drain.set_draining(False)
    assert not drain.should_close()


@pytest.mark.parametrize(
    ("elapsed_s", "chance", "closes"),
    [(0, 0, False), (3, 2, True), (3, 3, False), (9, 8, True), (10, 9, True), (11, 9, True)],
)
def test_ever_more_by_the_gradual_one(elapsed_s: float, chance: int, closes: bool) -> None:
    clock = FakeClock()
    drain = ProcessDrain(clock, Fixed(chance), 10, is_gradual=True)
    drain.set_draining(True)
    clock.advance(elapsed_s)
    assert drain.should_close() is closes


def test_asking_twice_does_not_start_the_time_anew() -> None:
    clock = FakeClock()
    drain = ProcessDrain(clock, Fixed(9), 10, is_gradual=True)
    drain.set_draining(True)
    clock.advance(10)
    drain.set_draining(True)
    assert drain.should_close()


def test_a_drain_time_of_0_is_over_at_once() -> None:
    drain = ProcessDrain(FakeClock(), Fixed(9), 0, is_gradual=True)
    drain.set_draining(True)
    assert drain.should_close()
