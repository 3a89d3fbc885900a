from portico.stats.codec_stats import Http1CodecStats, Http2CodecStats

from .tables import stat_names


def test_tables_hold_envoys_names() -> None:
    assert len(stat_names(Http1CodecStats)) == 4
    names = stat_names(Http2CodecStats)
    assert (names["rx_reset"], names["streams_active"], names["header_count"]) == ("counter", "gauge", "histogram")
