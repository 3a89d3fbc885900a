from portico.stats.listener_stats import ExtensionConfigStats, ListenerStats, WorkerListenerStats

from .tables import stat_names


def test_tables_hold_envoys_names() -> None:
    names = stat_names(ListenerStats)
    assert (names["downstream_cx_total"], names["downstream_cx_active"]) == ("counter", "gauge")
    assert names["connections_accepted_per_socket_event"] == "histogram"
    assert set(stat_names(WorkerListenerStats)) == {"downstream_cx_active", "downstream_cx_total"}
    assert set(stat_names(ExtensionConfigStats)) == {"extension_config_missing", "network_extension_config_missing"}
