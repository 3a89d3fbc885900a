"""Who used the two cores: the proxy, the load side, and whoever else is on the machine."""

import os
from dataclasses import dataclass

from bench import procfs
from bench.stage import Stage


@dataclass(frozen=True)
class CoreTimes:
    """CPU seconds, by core and by what ran there; a core's total also has what neither side used."""

    proxy_s: float
    proxy_core_s: float
    load_s: float
    load_core_s: float

    def since(self, before: "CoreTimes") -> "CoreTimes":
        return CoreTimes(
            self.proxy_s - before.proxy_s,
            self.proxy_core_s - before.proxy_core_s,
            self.load_s - before.load_s,
            self.load_core_s - before.load_core_s,
        )


def read_core_times(stage: Stage, proxy_pid: int) -> CoreTimes:
    """The load side is the upstream, this process and every load generator that has ended."""
    own = os.times()
    ended = own.children_user + own.children_system
    return CoreTimes(
        proxy_s=procfs.cpu_seconds(proxy_pid),
        proxy_core_s=procfs.core_busy_seconds(stage.proxy_core),
        load_s=procfs.cpu_seconds(stage.upstream.process.pid) + own.user + own.system + ended,
        load_core_s=procfs.core_busy_seconds(stage.load_core),
    )
