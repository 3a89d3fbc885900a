from portico.api.upstream import ResourcePriority
from portico.upstream.host_pools import HostPools
from tests.upstream.surroundings import FakePool, host


def test_drained_when_every_pool_is() -> None:
    pools = HostPools()
    pools.default = default = FakePool(host(1), ResourcePriority.DEFAULT)
    pools.high = high = FakePool(host(1), ResourcePriority.HIGH)
    heard: list[str] = []
    pools.drain(lambda: heard.append("drained"))
    default.finish()
    assert heard == []
    high.finish()
    assert heard == ["drained"]


def test_drained_at_once_without_pools() -> None:
    heard: list[str] = []
    HostPools().drain(lambda: heard.append("drained"))
    assert heard == ["drained"]
