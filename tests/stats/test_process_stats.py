"""Every name a dashboard may ask for exists before the first request."""

import re
from pathlib import Path

from portico.stats.cluster_stats import CircuitBreakerStats, ClusterStats, RemainingStats
from portico.stats.codec_stats import Http1CodecStats, Http2CodecStats
from portico.stats.http_stats import HttpConnectionManagerStats, HttpListenerStats, RouterStats, TracingStats
from portico.stats.listener_stats import ExtensionConfigStats, ListenerStats, WorkerListenerStats
from portico.stats.merged import MergedStats
from portico.stats.process_stats import (
    ClusterManagerStats,
    FilesystemStats,
    ListenerManagerStats,
    OverloadStats,
    RuntimeStats,
    ServerStats,
    ThreadLocalClusterManagerStats,
    WatchdogStats,
)
from portico.stats.store import StatsStore
from portico.stats.tcp_proxy_stats import TcpProxyStats

# What Envoy 1.40 printed after some traffic through seven listeners and eight clusters.
OBSERVED = (Path(__file__).parent / "envoy_stat_names.txt").read_text().split()

CLUSTERS = ["blackhole", "cb", "empty", "h2bad", "maint", "refused", "tlsbad", "up"]
HTTP_LISTENERS = {"ing": "21100", "edge": "21101", "edge1": "21102", "norm": "21103", "noh": "21104"}
TCP_LISTENERS = {"t": "21105", "tb": "21106"}

NOT_AT_LOAD = [
    # Exist once a response was seen, see test_response_codes.
    r"upstream_rq_(\d\d\d|\dxx)$",
    r"(external|internal|retry)\.upstream_rq_(completed|time)$",
    r"^cluster\.\w+\.upstream_rq_time$",
    # Created with the first upstream connection of that protocol.
    r"^cluster\.\w+\.http[12]\.",
    # Belong to extensions: the TLS transport socket, the Zipkin tracer.
    r"^cluster\.\w+\.(ssl|client_ssl_socket_factory)\.",
    r"^tracing\.zipkin\.",
]


def load(store: StatsStore) -> None:
    """The objects a bootstrap like the one Envoy ran would create."""
    for name in CLUSTERS:
        scope = store.scope(f"cluster.{name}")
        ClusterStats(scope)
        for priority in ("default", "high"):
            CircuitBreakerStats(scope.scope(f"circuit_breakers.{priority}"))
    RemainingStats(store.scope("cluster.cb.circuit_breakers.default"))
    for prefix, port in HTTP_LISTENERS.items():
        HttpConnectionManagerStats(store.scope(f"http.{prefix}"))
        RouterStats(store.scope(f"http.{prefix}"))
        TracingStats(store.scope(f"http.{prefix}.tracing"))
        HttpListenerStats(store.scope(f"listener.127.0.0.1:{port}.http.{prefix}"))
    for prefix in TCP_LISTENERS:
        TcpProxyStats(store.scope(f"tcp.{prefix}"))
    for port in [*HTTP_LISTENERS.values(), *TCP_LISTENERS.values()]:
        scope = store.scope(f"listener.127.0.0.1:{port}")
        ListenerStats(scope)
        ExtensionConfigStats(scope)
        WorkerListenerStats(scope.scope("worker_0"))
    ListenerStats(store.scope("listener.admin"))
    WorkerListenerStats(store.scope("listener.admin.main_thread"))
    HttpConnectionManagerStats(store.scope("http.admin"))
    HttpListenerStats(store.scope("listener.admin.http.admin"))
    for watched in ("workers", "main_thread", "server.main_thread", "server.worker_0"):
        WatchdogStats(store.scope(watched))
    ServerStats(store.scope("server"))
    ClusterManagerStats(store.scope("cluster_manager"))
    ListenerManagerStats(store.scope("listener_manager"))
    RuntimeStats(store.scope("runtime"))
    FilesystemStats(store.scope("filesystem"))
    for thread in ("main_thread", "worker_0"):
        ThreadLocalClusterManagerStats(store.scope(f"thread_local_cluster_manager.{thread}"))
    OverloadStats(store)
    RouterStats(store.scope("http.async-client"))  # of requests that the proxy itself makes
    Http1CodecStats(store.scope("http1"))
    Http2CodecStats(store.scope("http2"))


def test_every_name_envoy_has_at_load_exists_at_zero() -> None:
    store, merged = StatsStore(), MergedStats()
    load(store)
    merged.apply("main", store.export())
    excused = re.compile("|".join(NOT_AT_LOAD))
    expected = {name for name in OBSERVED if not excused.search(name)}
    # Of the five statuses below, the listener- and manager-wide classes do exist at load.
    expected |= {name for name in OBSERVED if re.search(r"downstream_rq_\dxx$", name)}
    present = merged.numbers.keys() | merged.histograms.keys()
    assert expected - present == set()
    assert present - set(OBSERVED) == set()
    assert {number.value for number in merged.numbers.values()} == {0}
