from portico.api.clock import Random
from portico.extensions.filters.network.tcp_proxy.config import Backoff, Destination, Destinations


class Largest(Random):
    def below(self, limit: int) -> int:
        return limit - 1


class Smallest(Random):
    def below(self, limit: int) -> int:
        return 0


def test_single_destination_needs_no_chance() -> None:
    only = Destination("a", 1, None)
    assert Destinations([only]).choose(Random()) is only


def test_shares_follow_the_weights() -> None:
    destinations = Destinations([Destination("a", 2, None), Destination("b", 1, None)])
    assert destinations.choose(Smallest()).cluster == "a"
    assert destinations.choose(Largest()).cluster == "b"


def test_weights_may_add_up_past_32_bits() -> None:
    destinations = Destinations([Destination("a", 0xFFFFFFFF, None), Destination("b", 0xFFFFFFFF, None)])
    assert destinations.choose(Largest()).cluster == "b"


def test_backoff_doubles_up_to_its_limit() -> None:
    backoff = Backoff(1.0, 5.0)
    assert [backoff.delay_s(attempts, Largest()) for attempts in (1, 2, 3, 4, 100)] == [
        0.999,
        1.999,
        3.999,
        4.999,
        4.999,
    ]
    assert backoff.delay_s(3, Smallest()) == 0.0
