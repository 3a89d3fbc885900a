"""Virtual clusters and what they count."""

from portico.matching.header import HeaderPresence
from portico.router.virtual_cluster import RequestStats, VirtualCluster
from portico.stats.store import StatsStore
from tests.router.tables import get


def test_stats_stand_under_the_scope_from_the_start() -> None:
    store = StatsStore()
    stats = RequestStats(store.scope("vhost.v.vcluster.c."))
    stats.upstream_rq_total.value += 1
    stats.codes.record(503)
    values = {name: counter.value for name, counter in store.counters.items()}
    assert values == {
        "vhost.v.vcluster.c.upstream_rq_retry": 0,
        "vhost.v.vcluster.c.upstream_rq_retry_limit_exceeded": 0,
        "vhost.v.vcluster.c.upstream_rq_retry_overflow": 0,
        "vhost.v.vcluster.c.upstream_rq_retry_success": 0,
        "vhost.v.vcluster.c.upstream_rq_timeout": 0,
        "vhost.v.vcluster.c.upstream_rq_total": 1,
        "vhost.v.vcluster.c.upstream_rq_completed": 1,
        "vhost.v.vcluster.c.upstream_rq_5xx": 1,
        "vhost.v.vcluster.c.upstream_rq_503": 1,
    }


def test_all_its_headers_have_to_match() -> None:
    stats = RequestStats(StatsStore())
    cluster = VirtualCluster("c", [HeaderPresence(b"a", True), HeaderPresence(b"b", True)], stats)
    assert cluster.matches(get("/", a="", b=""))
    assert not cluster.matches(get("/", a=""))
    assert VirtualCluster("other", [], stats).matches(get("/"))
