"""Conversations through a TCP proxy; flags and close reasons are those Envoy 1.40 logs."""

from __future__ import annotations

from typing import Any

import pytest

from portico.api.access_log import AccessLog, LogEntry
from portico.api.clock import Random
from portico.api.connection import CloseType
from portico.api.response_flags import ResponseFlag
from portico.api.stream_info import StreamInfo
from portico.api.upstream import PoolFailure
from portico.extensions.filters.network.tcp_proxy.filter import TcpProxyFilter
from portico.extensions.filters.network.tcp_proxy.from_proto import tcp_proxy_config
from portico.listener.network_chain import NetworkChain
from portico.testing.fake_connection import FakeConnection
from tests.extensions.filters.network.surroundings import (
    HOST,
    Attempt,
    FakeCluster,
    FakeClusters,
    Owner,
    factory_context,
    message,
)
from tests.listener.surroundings import Process, chain


class Lines(AccessLog):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def log(self, entry: LogEntry) -> None:
        info = entry.info
        flags = ",".join(flag.value for flag in info.response_flags) or "-"
        host = info.upstream_host.address.text if info.upstream_host else "-"
        counts = f"{info.bytes_received} {info.bytes_sent}"
        upstream = f"{info.upstream_wire_bytes_sent} {info.upstream_wire_bytes_received}"
        self.lines.append(f"{entry.log_type} {flags} {counts} {upstream} {host} {info.upstream_cluster or '-'}")


class FixedRandom(Random):
    """Always the same number."""

    def __init__(self, value: int) -> None:
        self._value = value

    def below(self, limit: int) -> int:
        return self._value % limit


class Dialogue:
    """A client, a proxy to the cluster ``up``, and whatever connects."""

    def __init__(self, start: bool = True, **fields: Any) -> None:
        self.process = Process()
        self.clusters = FakeClusters(self.process, "up", "other")
        self.process.context.cluster_manager = self.clusters
        fields = {"stat_prefix": "p", **({"cluster": "up"} if "weighted_clusters" not in fields else {}), **fields}
        text = message("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", fields)
        config = tcp_proxy_config(text, factory_context(self.process))
        self.log = Lines()
        config.access_logs = [self.log]
        self.client = FakeConnection()
        self.info = StreamInfo(self.client.info)
        self.proxy = TcpProxyFilter(config)
        self.chain = NetworkChain(Owner(), chain(self.proxy), self.client, self.info)
        self.client.handler = self.chain
        if start:
            self.chain.start()

    @property
    def up(self) -> FakeCluster:
        return self.clusters.by_name["up"]

    def attempt(self) -> Attempt:
        return self.up.attempts[-1]

    def connect(self) -> FakeConnection:
        return self.attempt().succeed()

    def count(self, name: str) -> int:
        return self.process.counter(name)

    def flags(self) -> str:
        return ",".join(flag.value for flag in self.info.response_flags)

    def closed(self) -> tuple[CloseType | None, str]:
        return self.client.closed, self.client.close_details


def test_bytes_go_both_ways() -> None:
    dialogue = Dialogue()
    server = dialogue.connect()
    dialogue.client.receive(b"question")
    assert server.take_sent() == b"question"
    server.receive(b"answer")
    assert dialogue.client.take_sent() == b"answer"


def test_one_write_for_each_read() -> None:
    dialogue = Dialogue()
    server = dialogue.connect()
    for _ in range(3):
        dialogue.client.receive(b"x")
        server.receive(b"y")
    assert (server.writes, dialogue.client.writes) == (3, 3)


def test_client_is_not_read_before_the_upstream_is_connected() -> None:
    dialogue = Dialogue()
    dialogue.client.receive(b"early")
    assert dialogue.client.unread_bytes() == 5
    assert dialogue.connect().sent == b"early"


def test_bytes_injected_before_the_upstream_is_connected_are_kept() -> None:
    dialogue = Dialogue()
    dialogue.chain.on_data(b"peeked", False)
    server = dialogue.connect()
    dialogue.client.receive(b" and read")
    assert server.sent == b"peeked and read"


def test_half_close_is_relayed_in_both_directions() -> None:
    dialogue = Dialogue()
    server = dialogue.connect()
    assert dialogue.client.is_half_close_enabled
    assert server.is_half_close_enabled
    dialogue.client.receive(b"last", end_stream=True)
    assert (server.sent, server.sent_end) == (b"last", True)
    server.receive(b"answer")
    server.receive(b"", end_stream=True)
    assert (dialogue.client.sent, dialogue.client.sent_end) == (b"answer", True)


def test_client_that_leaves_lets_the_upstream_have_the_rest() -> None:
    dialogue = Dialogue()
    server = dialogue.connect()
    dialogue.client.peer_closes()
    assert server.closed is CloseType.FLUSH_WRITE
    assert dialogue.log.lines == ["TcpConnectionEnd - 0 0 0 0 192.0.2.9:8080 up"]


def test_client_that_resets_resets_the_upstream() -> None:
    dialogue = Dialogue()
    server = dialogue.connect()
    dialogue.client.info.detected_close_type = "RemoteReset"
    dialogue.client.peer_closes()
    assert server.closed is CloseType.ABORT_RESET


def test_client_that_leaves_early_cancels_the_connect() -> None:
    dialogue = Dialogue()
    dialogue.client.peer_closes()
    assert dialogue.attempt().is_cancelled
    assert len(dialogue.log.lines) == 1


def test_upstream_that_closes_lets_the_client_have_the_rest() -> None:
    dialogue = Dialogue()
    server = dialogue.connect()
    server.receive(b"bye")
    server.peer_closes()
    assert dialogue.closed() == (CloseType.FLUSH_WRITE, "")
    assert dialogue.log.lines == ["TcpConnectionEnd - 0 3 0 3 192.0.2.9:8080 up"]


def test_upstream_that_resets_resets_the_client() -> None:
    dialogue = Dialogue()
    server = dialogue.connect()
    server.info.detected_close_type = "RemoteReset"
    server.peer_closes()
    assert dialogue.closed() == (CloseType.ABORT_RESET, "")
    assert dialogue.flags() == "UR"
    assert dialogue.info.upstream_detected_close_type == "RemoteReset"


def test_slow_client_pauses_the_upstream() -> None:
    dialogue = Dialogue()
    server = dialogue.connect()
    dialogue.client.fill()
    assert server.read_pauses == 1
    dialogue.client.empty()
    assert server.read_pauses == 0
    assert dialogue.count("cluster.up.upstream_flow_control_paused_reading_total") == 1
    assert dialogue.count("cluster.up.upstream_flow_control_resumed_reading_total") == 1


def test_slow_upstream_pauses_the_client() -> None:
    dialogue = Dialogue()
    server = dialogue.connect()
    server.fill()
    assert dialogue.client.read_pauses == 1
    server.empty()
    assert dialogue.client.read_pauses == 0
    assert dialogue.count("tcp.p.downstream_flow_control_paused_reading_total") == 1
    assert dialogue.count("tcp.p.downstream_flow_control_resumed_reading_total") == 1


def test_upstream_that_connects_while_the_client_is_slow_starts_paused() -> None:
    dialogue = Dialogue()
    dialogue.client.fill()
    server = dialogue.connect()
    assert server.read_pauses == 1
    dialogue.client.empty()
    assert server.read_pauses == 0


def test_refused_connect_closes_the_client() -> None:
    dialogue = Dialogue()
    dialogue.attempt().fail(detail="delayed connect error: Connection refused")
    assert dialogue.closed() == (CloseType.NO_FLUSH, "tcp_initializion_failure:0")
    assert dialogue.flags() == "UF,URX"
    assert dialogue.info.upstream_host is HOST
    assert dialogue.info.upstream_transport_failure_reason == "delayed connect error: Connection refused"
    assert dialogue.count("cluster.up.upstream_cx_connect_attempts_exceeded") == 1


def test_connect_is_tried_as_often_as_configured() -> None:
    dialogue = Dialogue(max_connect_attempts=3)
    for _ in range(3):
        assert dialogue.client.is_open()
        dialogue.attempt().fail()
    assert len(dialogue.up.attempts) == 3
    assert dialogue.flags() == "UF,URX"
    assert dialogue.info.upstream_request_attempt_count == 3


def test_second_connect_may_succeed() -> None:
    dialogue = Dialogue(max_connect_attempts=2)
    dialogue.attempt().fail(PoolFailure.TIMEOUT)
    server = dialogue.connect()
    dialogue.client.receive(b"x")
    assert server.sent == b"x"
    assert dialogue.flags() == "UF"
    assert dialogue.info.upstream_attempted_hosts == (HOST, HOST)


def test_backoff_waits_between_attempts() -> None:
    dialogue = Dialogue(max_connect_attempts=2, backoff_options={"base_interval": "1s"})
    dialogue.attempt().fail()
    assert len(dialogue.up.attempts) == 1
    dialogue.process.clock.advance(1.0)
    assert len(dialogue.up.attempts) == 2


def test_no_host() -> None:
    dialogue = Dialogue(start=False)
    dialogue.up.host = None
    dialogue.chain.start()
    assert dialogue.closed() == (CloseType.NO_FLUSH, "tcp_initializion_failure:1")
    assert dialogue.flags() == "UH"
    assert dialogue.count("cluster.up.upstream_cx_none_healthy") == 1


def test_too_many_connections() -> None:
    dialogue = Dialogue(start=False)
    dialogue.up.is_full = True
    dialogue.chain.start()
    assert dialogue.closed() == (CloseType.NO_FLUSH, "tcp_initializion_failure:2")
    assert dialogue.flags() == "UO"
    assert (dialogue.info.upstream_host, dialogue.info.upstream_request_attempt_count) == (None, 0)


def test_unknown_cluster() -> None:
    dialogue = Dialogue(cluster="nowhere")
    assert dialogue.closed() == (CloseType.NO_FLUSH, "tcp_initializion_failure:3")
    assert dialogue.flags() == "NC"
    assert dialogue.log.lines == ["TcpConnectionEnd NC 0 0 0 0 - -"]
    assert dialogue.count("tcp.p.downstream_cx_no_route") == 1


def test_weights_choose_the_cluster() -> None:
    weights = {"clusters": [{"name": "up", "weight": 1}, {"name": "other", "weight": 3}]}
    chosen = []
    for value in range(4):
        dialogue = Dialogue(start=False, weighted_clusters=weights)
        dialogue.process.context.random = FixedRandom(value)
        dialogue.chain.start()
        chosen.append(dialogue.info.upstream_cluster)
    assert chosen == ["up", "other", "other", "other"]


def test_earlier_filter_may_name_the_cluster() -> None:
    dialogue = Dialogue(start=False)
    dialogue.info.filter_state = {"envoy.tcp_proxy.cluster": "other"}
    dialogue.chain.start()
    assert dialogue.info.upstream_cluster == "other"


def test_idle_pair_is_closed() -> None:
    dialogue = Dialogue(idle_timeout="10s")
    server = dialogue.connect()
    dialogue.process.clock.advance(9.0)
    server.receive(b"x")
    dialogue.process.clock.advance(9.0)
    dialogue.client.receive(b"x")
    dialogue.process.clock.advance(9.9)
    assert dialogue.client.is_open()
    dialogue.process.clock.advance(0.1)
    assert dialogue.closed() == (CloseType.NO_FLUSH, "tcp_session_idle_timeout")
    assert server.closed is CloseType.NO_FLUSH
    assert dialogue.count("tcp.p.idle_timeout") == 1


def test_idle_timeout_is_an_hour_or_none() -> None:
    dialogue = Dialogue()
    dialogue.connect()
    assert dialogue.process.clock.deadlines() == [3600.0]
    dialogue = Dialogue(idle_timeout="0s")
    dialogue.connect()
    assert dialogue.process.clock.deadlines() == []


def test_earlier_filter_may_set_the_idle_timeout() -> None:
    dialogue = Dialogue(start=False)
    dialogue.info.filter_state = {"envoy.tcp_proxy.per_connection_idle_timeout_ms": 1500}
    dialogue.chain.start()
    dialogue.connect()
    assert dialogue.process.clock.deadlines() == [1.5]


def test_connection_has_a_longest_duration() -> None:
    dialogue = Dialogue(max_downstream_connection_duration="5s")
    dialogue.connect()
    dialogue.process.clock.advance(5.0)
    assert dialogue.closed() == (CloseType.NO_FLUSH, "max_connection_duration_reached")
    assert dialogue.flags() == "DT"
    assert dialogue.count("tcp.p.max_downstream_connection_duration") == 1


def test_no_timer_outlives_the_connection() -> None:
    dialogue = Dialogue(max_downstream_connection_duration="5s", access_log_options={"access_log_flush_interval": "1s"})
    dialogue.connect()
    dialogue.client.peer_closes()
    assert dialogue.process.clock.deadlines() == []


def test_log_at_start_connect_intervals_and_end() -> None:
    dialogue = Dialogue(
        access_log_options={
            "flush_access_log_on_start": True,
            "flush_access_log_on_connected": True,
            "access_log_flush_interval": "1s",
        }
    )
    server = dialogue.connect()
    server.receive(b"xy")
    dialogue.process.clock.advance(2.0)
    dialogue.client.peer_closes()
    host = "192.0.2.9:8080 up"
    assert dialogue.log.lines == [
        "TcpConnectionStart - 0 0 0 0 - -",
        f"TcpUpstreamConnected - 0 0 0 0 {host}",
        f"TcpPeriodic - 0 2 0 2 {host}",
        f"TcpPeriodic - 0 2 0 2 {host}",
        f"TcpConnectionEnd - 0 2 0 2 {host}",
    ]


def test_connect_may_wait_for_data() -> None:
    dialogue = Dialogue(upstream_connect_mode="ON_DOWNSTREAM_DATA", max_early_data_bytes=8)
    assert dialogue.up.attempts == []
    dialogue.client.receive(b"hello")
    assert len(dialogue.up.attempts) == 1
    dialogue.client.receive(b" world")
    assert dialogue.client.read_pauses == 1
    dialogue.client.receive(b"!")
    server = dialogue.connect()
    assert server.sent == b"hello world!"
    assert dialogue.count("tcp.p.early_data_received_count_total") == 1


def test_client_that_ends_before_its_data_is_not_waited_for() -> None:
    dialogue = Dialogue(upstream_connect_mode="ON_DOWNSTREAM_DATA", max_early_data_bytes=8)
    dialogue.client.receive(b"", end_stream=True)
    assert dialogue.client.closed is CloseType.NO_FLUSH


def test_early_end_reaches_the_upstream() -> None:
    dialogue = Dialogue(max_early_data_bytes=8)
    dialogue.client.receive(b"all", end_stream=True)
    server = dialogue.connect()
    assert (server.sent, server.sent_end) == (b"all", True)


@pytest.mark.parametrize("side", ["client", "server"])
def test_draining_listener_closes_after_the_next_bytes(side: str) -> None:
    dialogue = Dialogue(check_drain_close=True)
    server = dialogue.connect()
    dialogue.process.context.drain.is_draining = True
    assert dialogue.client.is_open()
    (dialogue.client if side == "client" else server).receive(b"x")
    assert dialogue.client.closed is CloseType.FLUSH_WRITE
    assert dialogue.count("tcp.p.downstream_cx_drain_close") == 1


def test_draining_listener_is_ignored_by_default() -> None:
    dialogue = Dialogue()
    dialogue.connect()
    dialogue.process.context.drain.is_draining = True
    dialogue.client.receive(b"x")
    assert dialogue.client.is_open()


def test_stream_info_knows_the_upstream() -> None:
    dialogue = Dialogue()
    dialogue.connect()
    info = dialogue.info
    assert info.upstream_local_address.text == "192.0.2.1:50000"
    assert info.upstream_remote_address.text == "192.0.2.9:8080"
    assert info.upstream_connection_id == 100
    assert info.upstream_attempted_connection_ids == (100,)
    assert not info.has_flag(ResponseFlag.UPSTREAM_CONNECTION_FAILURE)
