"""One version of a cluster's configuration, settled: what from_proto makes and ActiveCluster runs on."""

from __future__ import annotations

from enum import Enum

from portico.api.load_balancer import LoadBalancingPolicy
from portico.api.upstream import ClusterInfo, ResourcePriority
from portico.codec.http1.settings import DEFAULT_SETTINGS, Http1Settings
from portico.net.connect import ConnectOptions
from portico.upstream.host_spec import Assignment
from portico.upstream.limits import Thresholds
from portico.upstream.tracked_requests import TrackedRequests


class DiscoveryType(Enum):
    """Where hosts come from. The value is Envoy's name in configuration."""

    STATIC = "STATIC"
    STRICT_DNS = "STRICT_DNS"
    LOGICAL_DNS = "LOGICAL_DNS"


class ClusterConfig:
    """Everything about a cluster but its traffic."""

    def __init__(self, info: ClusterInfo, discovery: DiscoveryType, policy: LoadBalancingPolicy) -> None:
        self.info = info
        self.discovery = discovery
        self.policy = policy
        self.assignment = Assignment([])  # STATIC: all hosts; otherwise main discovers them
        self.connect_options = ConnectOptions(info.connect_timeout_s, info.per_connection_buffer_limit_bytes)
        self.http1: Http1Settings = DEFAULT_SETTINGS
        self.thresholds: dict[ResourcePriority, Thresholds] = {
            ResourcePriority.DEFAULT: Thresholds(),
            ResourcePriority.HIGH: Thresholds(),
        }
        self.panic_threshold_percent = 50.0  # Source: CommonLbConfig.healthy_panic_threshold default
        self.closes_connections_on_host_change = False
        self.tracked: TrackedRequests | None = None  # Cluster.track_cluster_stats
        self.has_pool_per_downstream = False  # Cluster.connection_pool_per_downstream_connection
        self.waits_for_first_hosts = True  # Cluster.wait_for_warm_on_init
