from portico.api.host import HealthFlag
from portico.api.upstream import ResourcePriority
from portico.upstream.endpoints.from_proto import assignment
from portico.upstream.host_spec import Assignment
from tests.upstream.surroundings import ANYWHERE, Process, assignment_message, endpoint, ports, static


def to(*endpoint_ports: int) -> Assignment:
    listed = ", ".join(endpoint(port) for port in endpoint_ports)
    return assignment(assignment_message(f"{{cluster_name: api, endpoints: [{{lb_endpoints: [{listed}]}}]}}"))


def test_chooses_among_its_hosts() -> None:
    cluster = Process().add(static(1, 2))
    chosen = {repr(cluster.choose_host(ANYWHERE)) for _ in range(4)}
    assert chosen == {"Host(127.0.0.1:1)", "Host(127.0.0.1:2)"}


def test_without_hosts_there_is_none_to_choose() -> None:
    assert Process().add("{name: api}").choose_host(ANYWHERE) is None


def test_pool_is_made_once_for_host_and_priority() -> None:
    process = Process()
    cluster = process.add(static(1, 2))
    first, second = cluster.priorities.hosts()
    pool = cluster.http_pool(first, ResourcePriority.DEFAULT, None)
    assert cluster.http_pool(first, ResourcePriority.DEFAULT, None) is pool
    assert cluster.http_pool(first, ResourcePriority.HIGH, None) is not pool
    assert cluster.http_pool(second, ResourcePriority.DEFAULT, None) is not pool
    assert [(each.host, each.priority.value) for each in process.pools] == [
        (first, "default"),
        (first, "high"),
        (second, "default"),
    ]


def test_pools_of_a_removed_host_drain() -> None:
    process = Process()
    cluster = process.add(static(1, 2))
    for host in cluster.priorities.hosts():
        cluster.http_pool(host, ResourcePriority.DEFAULT, None)
    cluster.update_hosts(to(1))
    assert [pool.on_drained is not None for pool in process.pools] == [False, True]
    assert ports(cluster.priorities.hosts()) == [1]


def test_host_that_comes_back_gets_a_new_pool() -> None:
    process = Process()
    cluster = process.add(static(1))
    old = cluster.http_pool(cluster.priorities.hosts()[0], ResourcePriority.DEFAULT, None)
    cluster.update_hosts(to())
    cluster.update_hosts(to(1))
    assert cluster.http_pool(cluster.priorities.hosts()[0], ResourcePriority.DEFAULT, None) is not old


def test_host_change_can_close_all_connections() -> None:
    process = Process()
    cluster = process.add(static(1), common_lb_config={"close_connections_on_host_set_change": True})
    cluster.http_pool(cluster.priorities.hosts()[0], ResourcePriority.DEFAULT, None)
    cluster.update_hosts(to(1))
    assert process.pools[0].on_drained is None
    cluster.update_hosts(to(1, 2))
    assert process.pools[0].on_drained is not None


def test_membership_is_told() -> None:
    process = Process()
    cluster = process.add(static(1, 2))
    assert process.changed("cluster.api.membership_") == {"change": 1, "healthy": 2, "total": 2}
    cluster.update_hosts(to(1, 2))
    assert process.value("cluster.api.membership_change") == 1
    cluster.update_hosts(to(3))
    assert process.changed("cluster.api.membership_") == {"change": 2, "healthy": 1, "total": 1}
    assert process.value("cluster.api.default.total_match_count") == 5  # a choice for each host of each update
    # Envoy leaves it at 0 for static clusters.
    assert process.value("cluster.api.max_host_weight") == 0


def test_change_counts_once_for_each_priority() -> None:
    process = Process()
    groups = f"[{{lb_endpoints: [{endpoint(1)}]}}, {{priority: 1, lb_endpoints: [{endpoint(2)}]}}]"
    process.add(f"{{name: api, load_assignment: {{cluster_name: api, endpoints: {groups}}}}}")
    assert process.value("cluster.api.membership_change") == 2


def test_health_flip_changes_who_is_chosen() -> None:
    process = Process()
    cluster = process.add(static(1, 2))
    cluster.set_health("127.0.0.1:1", int(HealthFlag.FAILED_ACTIVE_HC))
    assert {repr(cluster.choose_host(ANYWHERE)) for _ in range(4)} == {"Host(127.0.0.1:2)"}
    assert process.value("cluster.api.membership_healthy") == 1
    cluster.set_health("127.0.0.1:1", 0)
    assert process.value("cluster.api.membership_healthy") == 2


def test_panic_threshold_comes_from_configuration_then_runtime() -> None:
    process = Process()
    cluster = process.add(static(1), common_lb_config={"healthy_panic_threshold": {"value": 0}})
    cluster.set_health("127.0.0.1:1", int(HealthFlag.FAILED_ACTIVE_HC))
    assert cluster.choose_host(ANYWHERE) is None
    process.runtime.values["upstream.healthy_panic_threshold"] = 50
    process.manager.read_runtime()
    assert repr(cluster.choose_host(ANYWHERE)) == "Host(127.0.0.1:1)"
    assert process.value("cluster.api.lb_healthy_panic") == 1
    process.runtime.values.clear()
    process.manager.read_runtime()
    assert cluster.choose_host(ANYWHERE) is None


def test_pool_beyond_the_limit_is_refused() -> None:
    process = Process()
    breakers = {"thresholds": [{"max_connection_pools": 1}]}
    cluster = process.add(static(1, 2), circuit_breakers=breakers)
    first, second = cluster.priorities.hosts()
    cluster.http_pool(first, ResourcePriority.DEFAULT, None)
    assert process.value("cluster.api.circuit_breakers.default.cx_pool_open") == 1
    assert cluster.http_pool(second, ResourcePriority.DEFAULT, None) is None
    assert len(process.pools) == 1
    assert process.value("cluster.api.upstream_cx_pool_overflow") == 1
    cluster.update_hosts(to(2))
    cluster.http_pool(second, ResourcePriority.DEFAULT, None)
    assert len(process.pools) == 2


def test_closed_when_every_pool_is_drained() -> None:
    process = Process()
    cluster = process.add(static(1, 2))
    for host in cluster.priorities.hosts():
        cluster.http_pool(host, ResourcePriority.DEFAULT, None)
    cluster.update_hosts(to(1))
    heard: list[str] = []
    cluster.close(lambda: heard.append("closed"))
    process.pools[0].finish()
    assert heard == []
    process.pools[1].finish()
    assert heard == ["closed"]


def test_pools_get_the_clusters_options() -> None:
    process = Process()
    cluster = process.add(
        static(1),
        connect_timeout="0.25s",
        http_protocol_options={"enable_trailers": True},
        circuit_breakers={"thresholds": [{"priority": "HIGH", "max_requests": 7}]},
    )
    high = cluster.context(ResourcePriority.HIGH)
    assert high.connect_options.timeout_s == 0.25
    assert high.http1.enable_trailers
    assert high.limits.requests.ceiling() == 7
    assert cluster.context(ResourcePriority.DEFAULT).limits.requests.ceiling() == 1024


def test_repr_names_the_cluster_and_its_health() -> None:
    assert repr(Process().add(static(1))) == "ActiveCluster(api: [HostSet(0: 1 of 1 healthy)])"
