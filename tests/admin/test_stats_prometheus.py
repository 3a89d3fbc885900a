from portico.admin.stats_prometheus import escaped, labels, metric_name
from portico.api.stats import Unit
from portico.stats.matcher import ACCEPT_ALL
from portico.stats.stats_config import BucketSetting, StatsConfig
from portico.stats.tags import FixedTag, TagProducer, default_extractors

from .fakes import FakeServer


def test_names_and_label_values_are_legal() -> None:
    assert metric_name("cluster.a-b.c:d") == "envoy_cluster_a_b_c_d"
    assert labels([("envoy.cluster_name", 'a"b\\c\nd')]) == 'envoy_cluster_name="a\\"b\\\\c\\nd"'
    assert escaped("plain") == "plain"


def test_a_family_of_many_clusters_has_one_type_line() -> None:
    server = FakeServer()
    for name in ("b", "a"):
        server.stats.store.counter(f"cluster.{name}.upstream_rq_200").value += 1
    assert server.get("/stats/prometheus").splitlines() == [
        "# TYPE envoy_cluster_upstream_rq counter",
        'envoy_cluster_upstream_rq{envoy_response_code="200",envoy_cluster_name="a"} 1',
        'envoy_cluster_upstream_rq{envoy_response_code="200",envoy_cluster_name="b"} 1',
    ]


def test_configured_buckets_and_fixed_tags_show() -> None:
    server = FakeServer()
    server.stats.config = StatsConfig(
        ACCEPT_ALL,
        TagProducer([*default_extractors(), FixedTag("zone", "z")]),
        [BucketSetting(lambda name: name == "ms", [1.0, 2.5])],
    )
    histogram = server.stats.store.histogram("ms", Unit.MILLISECONDS)
    histogram.record(2)
    server.get("/stats")
    server.stats.merged.flush()
    assert server.get("/stats/prometheus").splitlines() == [
        "# TYPE envoy_ms histogram",
        'envoy_ms_bucket{zone="z",le="1"} 0',
        'envoy_ms_bucket{zone="z",le="2.5"} 1',
        'envoy_ms_bucket{zone="z",le="+Inf"} 1',
        'envoy_ms_sum{zone="z"} 2.0487804878048780921062643756159',
        'envoy_ms_count{zone="z"} 1',
    ]


def test_text_readouts_become_labels() -> None:
    server = FakeServer()
    server.stats.store.text_readout("control_plane.identifier", 'x"y')
    assert server.get("/stats/prometheus") == ""
    assert server.get("/stats/prometheus?text_readouts").splitlines() == [
        "# TYPE envoy_control_plane_identifier gauge",
        'envoy_control_plane_identifier{text_value="x\\"y"} 0',
    ]
