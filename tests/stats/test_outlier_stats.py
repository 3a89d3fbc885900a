from portico.stats.outlier_stats import OutlierDetectionStats

from .tables import stat_names


def test_table_holds_envoys_names() -> None:
    names = stat_names(OutlierDetectionStats)
    assert len(names) == 21
    assert (names["ejections_active"], names["ejections_total"]) == ("gauge", "counter")
