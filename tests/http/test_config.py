from portico.http.config import Timeouts
from portico.testing.fake_server import FakeRandom


def test_jitter_lengthens_a_connections_life_by_chance() -> None:
    timeouts = Timeouts()
    timeouts.max_connection_duration_s = 10.0
    random = FakeRandom(1 << 19)
    assert timeouts.connection_duration_s(random) == 10.0
    timeouts.max_connection_duration_jitter = 0.5
    assert timeouts.connection_duration_s(random) == 12.5
    random.value = 0
    assert timeouts.connection_duration_s(random) == 10.0
