from portico.stats.merge_rules import takes_maximum


def test_what_every_process_sees_is_not_added_up() -> None:
    assert takes_maximum("cluster.a.membership_total")
    assert takes_maximum("cluster.a.circuit_breakers.default.rq_open")
    assert takes_maximum("server.live")


def test_what_each_process_does_is_added_up() -> None:
    assert not takes_maximum("cluster.a.upstream_rq_total")
    assert not takes_maximum("cluster.a.upstream_cx_active")
    assert not takes_maximum("listener.admin.downstream_cx_active")
