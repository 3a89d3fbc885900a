"""The process around what is tested: time, chance, runtime, stats and clusters that a test controls."""

from __future__ import annotations

from portico.api.clock import Random
from portico.api.context import LocalInfo, ServerContext
from portico.api.runtime import Runtime
from portico.api.upstream import Cluster, ClusterManager
from portico.stats.store import StatsStore
from portico.testing.fake_clock import FakeClock


class FakeRandom(Random):
    """Always ``value``, and one UUID."""

    def __init__(self, value: int = 0) -> None:
        self.value = value
        self.uuid = b"0a0a0a0a-0000-4000-8000-000000000001"

    def below(self, limit: int) -> int:
        return self.value % limit

    def uuid4(self) -> bytes:
        return self.uuid


class FakeRuntime(Runtime):
    """Numbers by key; the key of a fraction holds a percentage."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}

    def get(self, key: str) -> str | None:
        return str(self.values[key]) if key in self.values else None

    def integer(self, key: str, default: int) -> int:
        return int(self.values.get(key, default))

    def number(self, key: str, default: float) -> float:
        return float(self.values.get(key, default))

    def boolean(self, key: str, default: bool) -> bool:
        return bool(self.values.get(key, default))

    def fraction_enabled(self, key: str, numerator: int, denominator: int, random_value: int) -> bool:
        if key in self.values:
            return random_value % 100 < self.values[key]
        return random_value % denominator < numerator


class FakeClusterManager(ClusterManager):
    """Clusters the test put into ``clusters``."""

    def __init__(self) -> None:
        self.clusters: dict[str, Cluster] = {}

    def get(self, name: str) -> Cluster | None:
        return self.clusters.get(name)


class FakeServer:
    """A worker: ``context`` is what factories and filters get, the rest is the test's hand on it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.random = FakeRandom()
        self.runtime = FakeRuntime()
        self.stats = StatsStore()
        self.clusters = FakeClusterManager()
        local_info = LocalInfo("node", "cluster", "zone", "192.0.2.1")
        self.context = ServerContext(self.stats, self.clock, self.random, self.runtime, self.clusters, local_info)

    def value(self, name: str) -> int:
        """Of a counter or gauge by its full name; KeyError when nobody created it."""
        counter = self.stats.counters.get(name)
        return counter.value if counter is not None else self.stats.gauges[name].value

    def changed(self, prefix: str = "") -> dict[str, int]:
        """Every counter and gauge below ``prefix`` that is not 0, without the prefix."""
        values = {name: each.value for name, each in self.stats.counters.items()}
        values |= {name: each.value for name, each in self.stats.gauges.items()}
        return {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix) and value}
