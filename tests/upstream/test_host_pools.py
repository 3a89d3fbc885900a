from portico.api.upstream import PoolFailure, ResourcePriority, UpstreamCallbacks
from portico.upstream.host_pools import HostPools, RefusedPool
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


class Caller(UpstreamCallbacks):
    def __init__(self) -> None:
        self.failure: PoolFailure | None = None

    def on_pool_failure(self, failure: PoolFailure, detail: str, host: object) -> None:
        self.failure = failure


def test_refused_pool_overflows() -> None:
    caller = Caller()
    assert RefusedPool(host(1)).new_stream(caller) is None
    assert caller.failure is PoolFailure.OVERFLOW
    heard: list[str] = []
    RefusedPool(host(1)).drain(lambda: heard.append("drained"))
    assert heard == ["drained"]
