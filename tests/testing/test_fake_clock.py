from portico.testing.fake_clock import FakeClock


def test_fires_in_order_of_deadline_at_the_time_of_each() -> None:
    clock = FakeClock(now=100.0)
    heard: list[tuple[str, float]] = []
    late = clock.timer(lambda: heard.append(("late", clock.now())))
    early = clock.timer(lambda: heard.append(("early", clock.now())))
    late.start(2.0)
    early.start(1.0)
    clock.advance(5.0)
    assert heard == [("early", 101.0), ("late", 102.0)]
    assert clock.now() == 105.0


def test_starting_again_replaces_the_deadline() -> None:
    clock = FakeClock()
    heard: list[float] = []
    timer = clock.timer(lambda: heard.append(clock.now()))
    timer.start(1.0)
    timer.start(3.0)
    clock.advance(2.0)
    assert heard == []
    assert timer.is_active()
    clock.advance(1.0)
    assert len(heard) == 1
    assert not timer.is_active()


def test_cancelled_timer_stays_silent() -> None:
    clock = FakeClock()
    heard: list[float] = []
    timer = clock.timer(lambda: heard.append(clock.now()))
    timer.start(1.0)
    timer.cancel()
    clock.advance(2.0)
    assert heard == []
    assert clock.deadlines() == []


def test_timer_that_restarts_itself_fires_once_per_period() -> None:
    clock = FakeClock()
    count = 0

    def tick() -> None:
        nonlocal count
        count += 1
        timer.start(1.0)

    timer = clock.timer(tick)
    timer.start(1.0)
    clock.advance(3.5)
    assert count == 3
    assert clock.deadlines() == [0.5]


def test_soon_runs_before_time_passes() -> None:
    clock = FakeClock(now=7.0)
    heard: list[float] = []
    clock.soon(lambda: heard.append(clock.now()))
    assert heard == []
    clock.advance(1.0)
    assert heard == [7.0]


def test_wall_moves_with_the_clock() -> None:
    clock = FakeClock(now=1.0, wall=1000.0)
    clock.advance(2.5)
    assert clock.wall() == 1002.5
