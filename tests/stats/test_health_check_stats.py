from portico.stats.health_check_stats import HealthCheckStats

from .tables import stat_names


def test_table_holds_envoys_names() -> None:
    names = stat_names(HealthCheckStats)
    assert (names["attempt"], names["healthy"], names["degraded"]) == ("counter", "gauge", "gauge")
    assert len(names) == 8
