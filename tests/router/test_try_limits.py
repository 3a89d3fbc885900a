from portico.router.try_limits import TryLimits
from portico.testing.fake_clock import FakeClock


def limits(clock: FakeClock, per_try_s: float, duration_s: float) -> tuple[TryLimits, list[str]]:
    heard: list[str] = []
    made = TryLimits(clock, per_try_s, duration_s)
    made.report_to(lambda: heard.append("per try"), lambda: heard.append("duration"))
    return made, heard


def test_time_of_a_try_runs_from_the_end_of_the_request() -> None:
    clock = FakeClock()
    made, heard = limits(clock, 1.0, 0.0)
    made.stream_begins()
    clock.advance(5.0)
    made.request_ends()
    clock.advance(0.9)
    assert heard == []
    clock.advance(0.2)
    assert heard == ["per try"]


def test_duration_runs_from_the_beginning_of_the_stream() -> None:
    clock = FakeClock()
    made, heard = limits(clock, 0.0, 1.0)
    clock.advance(5.0)
    made.stream_begins()
    made.request_ends()
    clock.advance(1.1)
    assert heard == ["duration"]


def test_nothing_is_heard_of_a_try_that_ended() -> None:
    clock = FakeClock()
    made, heard = limits(clock, 1.0, 1.0)
    made.stream_begins()
    made.request_ends()
    made.cancel()
    made.request_ends()
    clock.advance(5.0)
    assert heard == []
