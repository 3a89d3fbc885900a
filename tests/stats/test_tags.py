import pytest

from portico.stats.tags import FixedTag, TagProducer, TokenExtractor, default_producer, literal_start


@pytest.mark.parametrize(
    ("name", "rest", "tags"),
    [
        ("cluster.a.upstream_rq_total", "cluster.upstream_rq_total", {"envoy.cluster_name": "a"}),
        (
            "cluster.a.external.upstream_rq_200",
            "cluster.external.upstream_rq",
            {"envoy.response_code": "200", "envoy.cluster_name": "a"},
        ),
        (
            "cluster.a.upstream_rq_5xx",
            "cluster.upstream_rq_xx",
            {"envoy.response_code_class": "5", "envoy.cluster_name": "a"},
        ),
        ("http.ing.downstream_cx_total", "http.downstream_cx_total", {"envoy.http_conn_manager_prefix": "ing"}),
        (
            "listener.127.0.0.1_80.http.ing.downstream_rq_2xx",
            "listener.http.downstream_rq_xx",
            {
                "envoy.response_code_class": "2",
                "envoy.http_conn_manager_prefix": "ing",
                "envoy.listener_address": "127.0.0.1_80",
            },
        ),
        (
            "listener.[__1]_80.worker_3.downstream_cx_total",
            "listener.worker_downstream_cx_total",
            {"envoy.worker_id": "3", "envoy.listener_address": "[__1]_80"},
        ),
        ("listener.admin.downstream_cx_total", "listener.admin.downstream_cx_total", {}),
        (
            "listener.a.ssl.ciphers.AES128-SHA",
            "listener.ssl.ciphers",
            {"envoy.ssl_cipher": "AES128-SHA", "envoy.listener_address": "a"},
        ),
        (
            "vhost.v.vcluster.c.upstream_rq_time",
            "vhost.vcluster.upstream_rq_time",
            {"envoy.virtual_cluster": "c", "envoy.virtual_host": "v"},
        ),
        (
            "vhost.v.route.r.upstream_rq_503",
            "vhost.route.upstream_rq",
            {"envoy.response_code": "503", "envoy.virtual_host": "v", "envoy.route": "r"},
        ),
        (
            "cluster.c.grpc.svc.method.success",
            "cluster.grpc.success",
            {"envoy.grpc_bridge_method": "method", "envoy.grpc_bridge_service": "svc", "envoy.cluster_name": "c"},
        ),
        (
            "mongo.m.collection.c.callsite.s.query.total",
            "mongo.collection.callsite.query.total",
            {"envoy.mongo_callsite": "s", "envoy.mongo_collection": "c", "envoy.mongo_prefix": "m"},
        ),
        (
            "http.h.rds.my.routes.update_success",
            "http.rds.update_success",
            {"envoy.rds_route_config": "my.routes", "envoy.http_conn_manager_prefix": "h"},
        ),
        ("p.http_local_rate_limit.ok", "http_local_rate_limit.ok", {"envoy.local_http_ratelimit_prefix": "p"}),
        ("server.live", "server.live", {}),
    ],
)
def test_well_known_parts_become_tags_in_envoys_order(name: str, rest: str, tags: dict[str, str]) -> None:
    tagged = default_producer().tagged(name)
    assert (tagged.name, tagged.tags) == (rest, list(tags.items()))


def test_a_name_is_taken_apart_once() -> None:
    producer = default_producer()
    assert producer.tagged("cluster.a.b") is producer.tagged("cluster.a.b")
    first = producer.tagged("cluster.a.b")
    producer.forget({"cluster.a.b"})
    assert producer.tagged("cluster.a.b") is not first


def test_fixed_tags_are_on_every_name_before_those_of_some_names() -> None:
    producer = TagProducer([TokenExtractor("t", "a.$.**"), FixedTag("zone", "z")])
    tagged = producer.tagged("a.b.c")
    assert (tagged.name, tagged.tags) == ("a.c", [("zone", "z"), ("t", "b")])
    assert producer.tagged("x").tags == [("zone", "z")]


@pytest.mark.parametrize(
    ("regex", "start"),
    [
        (r"^cluster\.((.+?)_)", "cluster"),
        (r"^http$", "http"),
        ("^a.b", ""),
        ("^(a)", ""),
        (r"cluster\.", ""),
        ("^.", ""),
    ],
)
def test_an_expression_may_say_how_names_begin(regex: str, start: str) -> None:
    assert literal_start(regex) == start


def test_the_last_token_takes_the_dot_before_it() -> None:
    producer = TagProducer([TokenExtractor("t", "a.b.$")])
    assert producer.tagged("a.b.c").name == "a.b"
