from portico.http.date import DateCache
from portico.testing.fake_clock import FakeClock


def test_is_the_second_it_is_asked_in() -> None:
    clock = FakeClock(now=0.0, wall=784111777.0)
    date = DateCache(clock)
    assert date.now() == b"Sun, 06 Nov 1994 08:49:37 GMT"
    clock.advance(0.5)
    first = date.now()
    clock.advance(0.4)
    assert date.now() is first
    clock.advance(0.2)
    assert date.now() == b"Sun, 06 Nov 1994 08:49:38 GMT"


def test_clock_that_is_set_back_is_followed() -> None:
    clock = FakeClock(now=100.0, wall=784111777.0)
    date = DateCache(clock)
    date.now()
    earlier = FakeClock(now=0.0, wall=784111776.0)
    assert DateCache(earlier).now() == b"Sun, 06 Nov 1994 08:49:36 GMT"
