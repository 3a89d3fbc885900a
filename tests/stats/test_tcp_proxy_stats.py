from portico.stats.tcp_proxy_stats import TcpProxyStats

from .tables import stat_names


def test_table_holds_envoys_names() -> None:
    names = stat_names(TcpProxyStats)
    assert len(names) == 16
    assert (names["downstream_cx_no_route"], names["upstream_flush_active"]) == ("counter", "gauge")
