"""A process that is not there: what Envoy was running when the answers in `envoy/` were recorded."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from portico.admin.admin import Admin
from portico.admin.exchange import AdminRequest, AdminResponse, parse_query
from portico.admin.state import (
    CertificateStatus,
    ClusterStatus,
    ConfigEntry,
    ConfigKind,
    ConfigSource,
    HostStats,
    HostStatus,
    ListenerStatus,
    LogControl,
    MemoryUse,
    OutlierThresholds,
    ProcessControl,
    ProcessState,
    RuntimeControl,
    ServerDetails,
    ServerState,
    StatsSource,
)
from portico.api.address import Address, pipe
from portico.api.host import HealthFlag
from portico.api.log import COMPONENT_NAMES
from portico.config.runtime_layers import LayeredRuntime, RuntimeLayer
from portico.stats.merged import MergedStats
from portico.stats.stats_config import StatsConfig
from portico.stats.store import StatsStore

RECORDED = Path(__file__).parent / "envoy"


def recorded(name: str) -> str:
    """What Envoy 1.40 answered."""
    return (RECORDED / f"{name}.txt").read_text()


class FakeProcess(ProcessControl):
    def __init__(self) -> None:
        self.current = ProcessState.LIVE
        self.done: list[str] = []
        info = json.loads(recorded("server_info"))
        self.server_details = ServerDetails(
            version=info["version"],
            uptime_current_epoch_s=int(info["uptime_current_epoch"][:-1]),
            uptime_all_epochs_s=int(info["uptime_all_epochs"][:-1]),
            hot_restart_version="11.104",
            command_line_options=info["command_line_options"],
            node=b"",
        )

    def state(self) -> ProcessState:
        return self.current

    def details(self) -> ServerDetails:
        return self.server_details

    async def memory(self) -> MemoryUse:
        return MemoryUse(7480776, 12582912, 0, 3407872, 846560, 15653694)

    def drain_listeners(self, graceful: bool, skip_exit: bool, inbound_only: bool) -> None:
        self.done.append(f"drain {graceful=} {skip_exit=} {inbound_only=}")

    def set_health_check_failed(self, failed: bool) -> None:
        self.done.append(f"health check {failed=}")
        self.current = ProcessState.DRAINING if failed else ProcessState.LIVE

    def reopen_logs(self) -> None:
        self.done.append("reopen logs")

    def quit(self) -> None:
        self.done.append("quit")


class FakeStats(StatsSource):
    def __init__(self) -> None:
        self.config = StatsConfig()
        self.store = StatsStore()
        self.merged = MergedStats()

    async def fresh(self) -> MergedStats:
        self.merged.apply("main", self.store.export())
        return self.merged

    def reset_counters(self) -> None:
        self.merged.reset_counters()


class FakeConfig(ConfigSource):
    def __init__(self) -> None:
        self.resources: list[ConfigEntry] = []
        self.versions: dict[ConfigKind, str] = {}
        self.unready: dict[str, list[str]] = {}
        self.certificate_list: list[CertificateStatus] = []
        self.cluster_list = [static_cluster(), eds_cluster(), dns_cluster()]
        self.listener_list = [
            ListenerStatus("main", (Address("127.0.0.1", 37710), Address("127.0.0.1", 37711))),
            ListenerStatus("unixl", (pipe("/tmp/envoy/l.sock"),)),
            ListenerStatus("l6", (Address("::1", 37712),)),
        ]

    def entries(self) -> list[ConfigEntry]:
        return self.resources

    def listeners(self) -> list[ListenerStatus]:
        return self.listener_list

    async def clusters(self) -> list[ClusterStatus]:
        return self.cluster_list

    def version_of(self, kind: ConfigKind) -> str:
        return self.versions.get(kind, "")

    def unready_targets(self) -> dict[str, list[str]]:
        return self.unready

    def certificates(self) -> list[CertificateStatus]:
        return self.certificate_list


class FakeRuntime(RuntimeControl):
    def __init__(self) -> None:
        self.runtime = LayeredRuntime([RuntimeLayer("base", {"a.b": "1"}), RuntimeLayer("admin", is_admin=True)])

    def layers(self) -> LayeredRuntime:
        return self.runtime

    def modify(self, values: dict[str, str]) -> None:
        self.runtime.modify(values)


class FakeLogs(LogControl):
    def __init__(self) -> None:
        self.by_name = dict.fromkeys(COMPONENT_NAMES, 2)

    def levels(self) -> dict[str, int]:
        return self.by_name

    def set_levels(self, levels: dict[str, int]) -> None:
        assert levels.keys() <= self.by_name.keys()
        self.by_name.update(levels)


class FakeServer:
    """The admin interface over fakes, asked without a socket."""

    def __init__(self) -> None:
        self.process = FakeProcess()
        self.stats = FakeStats()
        self.config = FakeConfig()
        self.runtime = FakeRuntime()
        self.logs = FakeLogs()
        self.state = ServerState(self.process, self.stats, self.config, self.runtime, self.logs)
        self.admin = Admin(self.state)

    def response(self, target: str, method: str = "GET") -> AdminResponse:
        path, _, query = target.partition("?")
        return asyncio.run(self._whole(AdminRequest(method, path, parse_query(query))))

    async def _whole(self, request: AdminRequest) -> AdminResponse:
        response = await self.admin.answer(request)
        body = response.body if isinstance(response.body, bytes) else await joined(response.body)
        return AdminResponse(response.status, body, response.content_type, response.headers)

    def get(self, target: str) -> str:
        """The body of a 200."""
        response = self.response(target)
        assert response.status == 200, response
        return text_of(response)

    def post(self, target: str) -> tuple[int, str]:
        response = self.response(target, "POST")
        return response.status, text_of(response)

    def json(self, target: str) -> Any:
        return json.loads(self.get(target))


async def joined(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


def text_of(response: AdminResponse) -> str:
    assert isinstance(response.body, bytes)
    return response.body.decode()


def dns_cluster() -> ClusterStatus:
    host = HostStatus(Address("127.0.0.1", 37722), HostStats(cx_total=1, rq_total=1), hostname="localhost")
    return ClusterStatus("out|80|v:1", "alt", (host,), outlier=OutlierThresholds())


def eds_cluster() -> ClusterStatus:
    host = HostStatus(Address("127.0.0.1", 37723), health_flags=HealthFlag.FAILED_ACTIVE_HC)
    return ClusterStatus("eds", "eds", (host,))


def static_cluster() -> ClusterStatus:
    place = ("r1", "z1", "s1")
    draining = HostStatus(
        Address("127.0.0.1", 37721),
        hostname="hhh",
        health_flags=HealthFlag.EDS_STATUS_DRAINING,
        eds_health="DRAINING",
        weight=3,
        region=place[0],
        zone=place[1],
        sub_zone=place[2],
    )
    used = HostStats(cx_total=48, rq_success=48, rq_total=48)
    plain = HostStatus(Address("127.0.0.1", 37722), used, region=place[0], zone=place[1], sub_zone=place[2])
    second = HostStatus(pipe("/tmp/envoy/u.sock"), priority=1)
    return ClusterStatus("up", "up", (draining, plain, second))
