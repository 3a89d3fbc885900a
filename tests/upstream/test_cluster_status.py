import marshal

from portico.api.host import HealthFlag
from portico.upstream.cluster_status import HOST_COUNTERS, add_up, from_plain, status_of
from tests.upstream.surroundings import Process, endpoint, static


def test_says_all_that_clusters_prints() -> None:
    process = Process()
    listed = endpoint(80).replace("{endpoint: {", "{endpoint: {hostname: h, ")
    group = f"{{locality: {{region: r, zone: z, sub_zone: s}}, priority: 0, lb_endpoints: [{listed}]}}"
    cluster = process.add(
        f"{{name: api, alt_stat_name: other, load_assignment: {{cluster_name: api, endpoints: [{group}]}}}}",
        circuit_breakers={"thresholds": [{"priority": "HIGH", "max_retries": 9}]},
    )
    host = cluster.priorities.hosts()[0]
    host.cx_total = 3
    host.rq_error = 2
    status = status_of(cluster)
    assert (status.name, status.observability_name, status.added_via_api) == ("api", "other", False)
    assert status.default_limits == (1024, 1024, 1024, 3)
    assert status.high_limits == (1024, 1024, 1024, 9)
    (told,) = status.hosts
    counters = dict(zip(HOST_COUNTERS, told.counters, strict=True))
    assert counters == {**dict.fromkeys(HOST_COUNTERS, 0), "cx_total": 3, "rq_error": 2}
    assert (told.address, told.hostname, told.weight, told.locality) == ("127.0.0.1:80", "h", 1, ("r", "z", "s"))
    assert (told.health_flags, told.canary, told.priority) == (0, False, 0)


def test_travels_as_plain_values() -> None:
    cluster = Process().add(static(1, 2))
    cluster.priorities.hosts()[1].unhealthy = HealthFlag.FAILED_EDS_HEALTH | HealthFlag.FAILED_ACTIVE_HC
    status = status_of(cluster)
    assert from_plain(marshal.loads(marshal.dumps(status.plain()))) == status
    assert [host.health_flags for host in status.hosts] == [0, 5]


def test_counters_of_workers_add_up_host_by_host() -> None:
    processes = [Process(), Process()]
    clusters = [process.add(static(1, 2, 2)) for process in processes]
    for worker, cluster in enumerate(clusters):
        for place, host in enumerate(cluster.priorities.hosts()):
            host.rq_total = 10 ** (worker * 3 + place)
    sums = [status_of(clusters[0])]
    add_up(sums, [status_of(clusters[1])])
    assert [host.counters[-1] for host in sums[0].hosts] == [1001, 10010, 100100]


def test_hosts_and_clusters_of_another_moment_are_left_out() -> None:
    mine, theirs = status_of(Process().add(static(1))), status_of(Process().add(static(2)))
    add_up([mine], [theirs, status_of(Process().add(static(1, name="other")))])
    assert [host.address for host in mine.hosts] == ["127.0.0.1:1"]
    assert sum(mine.hosts[0].counters) == 0
