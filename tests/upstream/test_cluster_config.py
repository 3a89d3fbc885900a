from portico.api.load_balancer import LoadBalancingPolicy
from portico.api.upstream import ClusterInfo, ResourcePriority
from portico.stats.store import StatsStore
from portico.upstream.cluster_config import ClusterConfig, DiscoveryType


def test_connects_as_the_cluster_says_until_told_otherwise() -> None:
    info = ClusterInfo("api", StatsStore())
    info.connect_timeout_s = 0.5
    info.per_connection_buffer_limit_bytes = 7
    config = ClusterConfig(info, DiscoveryType.STATIC, LoadBalancingPolicy())
    assert (config.connect_options.timeout_s, config.connect_options.buffer_limit_bytes) == (0.5, 7)
    assert config.assignment.hosts == []


def test_priorities_do_not_share_thresholds() -> None:
    config = ClusterConfig(ClusterInfo("api", StatsStore()), DiscoveryType.STATIC, LoadBalancingPolicy())
    config.thresholds[ResourcePriority.HIGH].max_requests = 1
    assert config.thresholds[ResourcePriority.DEFAULT].max_requests == 1024
