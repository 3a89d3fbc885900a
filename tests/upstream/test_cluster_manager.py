import pytest

from portico.api.errors import ConfigErrors
from portico.api.host import HealthFlag
from portico.api.upstream import ResourcePriority
from portico.upstream.cluster import ActiveCluster
from portico.upstream.cluster_manager import http1_pool
from portico.upstream.endpoints.from_proto import assignment
from portico.upstream.host_spec import Assignment
from portico.upstream.pool import Http1Pool
from tests.upstream.surroundings import ANYWHERE, Process, assignment_message, endpoint, ports, static

DNS = static(80).replace("name: api", "name: api, type: STRICT_DNS", 1).replace("127.0.0.1", "api.test")
RESOLVED = assignment(
    assignment_message(f"{{cluster_name: api, endpoints: [{{lb_endpoints: [{endpoint(80, '10.0.0.1')}]}}]}}")
)


def test_static_cluster_is_there_at_once() -> None:
    process = Process()
    assert process.manager.get("api") is None
    cluster = process.add(static(1))
    assert process.manager.get("api") is cluster
    assert process.changed("cluster_manager.") == {"cluster_added": 1, "active_clusters": 1}


def test_dns_cluster_warms_until_its_first_hosts() -> None:
    process = Process()
    cluster = process.add(DNS)
    assert process.manager.get("api") is None
    assert process.manager.warming_names() == ["api"]
    assert process.changed("cluster_manager.") == {"cluster_added": 1, "warming_clusters": 1}
    assert process.value("cluster.api.warming_state") == 1
    process.manager.update_hosts("api", RESOLVED)
    assert process.manager.get("api") is cluster
    assert repr(cluster.choose_host(ANYWHERE)) == "Host(10.0.0.1:80)"
    assert process.value("cluster_manager.warming_clusters") == 0
    assert process.value("cluster.api.warming_state") == 0
    assert process.value("cluster.api.max_host_weight") == 1


def test_failed_discovery_ends_the_warming_too() -> None:
    process = Process()
    process.add(DNS)
    process.manager.update_hosts("api", Assignment([]))
    cluster = process.manager.get("api")
    assert cluster is not None
    assert cluster.choose_host(ANYWHERE) is None


def test_cluster_need_not_wait() -> None:
    process = Process()
    cluster = process.add(DNS, wait_for_warm_on_init=False)
    assert process.manager.get("api") is cluster


def test_old_version_serves_until_the_new_one_is_warm() -> None:
    process = Process()
    old = process.add(static(1))
    new = process.add(DNS)
    assert process.manager.get("api") is old
    process.manager.update_hosts("api", RESOLVED)
    assert process.manager.get("api") is new
    assert process.changed("cluster_manager.") == {"cluster_added": 1, "cluster_modified": 1, "active_clusters": 1}


def test_replaced_version_drains() -> None:
    process = Process()
    old = process.add(static(1))
    old.http_pool(old.priorities.hosts()[0], ResourcePriority.DEFAULT, None)
    process.add(static(2))
    assert process.pools[0].on_drained is not None
    process.pools[0].finish()


def test_version_replaced_while_it_warms_never_serves() -> None:
    process = Process()
    process.add(DNS)
    newer = process.add(DNS, connect_timeout="1s")
    process.manager.update_hosts("api", RESOLVED)
    assert process.manager.get("api") is newer


def test_removed_cluster_is_gone_and_drains() -> None:
    process = Process()
    cluster = process.add(static(1))
    cluster.http_pool(cluster.priorities.hosts()[0], ResourcePriority.DEFAULT, None)
    assert process.manager.remove("api")
    assert process.manager.get("api") is None
    assert process.pools[0].on_drained is not None
    assert not process.manager.remove("api")
    assert process.changed("cluster_manager.") == {"cluster_added": 1, "cluster_removed": 1}


def test_stats_of_a_removed_cluster_go_when_it_is_drained() -> None:
    process = Process()
    cluster = process.add(static(1))
    cluster.http_pool(cluster.priorities.hosts()[0], ResourcePriority.DEFAULT, None)
    process.manager.remove("api")
    assert cluster_stats(process)
    process.pools[0].finish()
    assert not cluster_stats(process)


def test_stats_of_a_name_that_is_in_use_again_stay() -> None:
    process = Process()
    cluster = process.add(static(1))
    cluster.http_pool(cluster.priorities.hosts()[0], ResourcePriority.DEFAULT, None)
    process.manager.remove("api")
    process.add(static(1))
    process.pools[0].finish()
    assert cluster_stats(process)


def cluster_stats(process: Process) -> list[str]:
    return [name for name in process.stats.counters if name.startswith("cluster.api.")]


def test_broken_cluster_changes_nothing() -> None:
    process = Process()
    cluster = process.add(static(1))
    with pytest.raises(ConfigErrors):
        process.add("{name: api, type: EDS}")
    assert process.manager.get("api") is cluster
    assert process.value("cluster_manager.cluster_modified") == 0


def test_hosts_of_an_active_cluster_are_replaced() -> None:
    process = Process()
    cluster = process.add(DNS)
    process.manager.update_hosts("api", RESOLVED)
    process.manager.update_hosts("api", Assignment([]))
    assert ports(cluster.priorities.hosts()) == []
    assert process.value("cluster_manager.cluster_updated") == 1


def test_hosts_of_nobody_are_dropped() -> None:
    Process().manager.update_hosts("nobody", RESOLVED)


def test_health_reaches_every_version() -> None:
    process = Process()
    cluster = process.add(static(1))
    process.manager.set_health("api", "127.0.0.1:1", int(HealthFlag.FAILED_ACTIVE_HC))
    assert cluster.priorities.hosts()[0].unhealthy == HealthFlag.FAILED_ACTIVE_HC


def test_status_lists_clusters_in_order() -> None:
    process = Process()
    process.add(static(1, name="b"))
    process.add(static(1, name="a"))
    assert [each.name for each in process.manager.status()] == ["b", "a"]


def test_production_pool_speaks_http1() -> None:
    process = Process()
    cluster = process.add(static(1))
    assert isinstance(cluster, ActiveCluster)
    pool = http1_pool(cluster, cluster.priorities.hosts()[0], ResourcePriority.DEFAULT, None)
    assert isinstance(pool, Http1Pool)
