"""What the router answers: each failure with its status, body, flag, details and counts, as Envoy 1.40 gives them."""

from typing import Any

import pytest

from portico.api.headers import ResponseHeaders
from portico.api.host import HealthFlag
from portico.api.http_filter import HeadersStatus, HttpFilter
from portico.api.upstream import PoolFailure, ResetReason
from portico.upstream.cluster import ActiveCluster
from tests.http.proxy import Proxy, body_of, fields_of, request, status_of
from tests.upstream.surroundings import cluster_message

BEFORE = b"upstream connect error or disconnect/reset before headers. reset reason: "


def answer_of(proxy: Proxy, path: str = "/", fields: str = "") -> bytes:
    return proxy.connect().send(request(path, fields=fields)).received()


# --- no upstream ------------------------------------------------------------------------------------------------------


def test_no_route_is_404() -> None:
    proxy = Proxy("- {match: {prefix: /only}, route: {cluster: api}}")
    answer = answer_of(proxy, "/other")
    assert (status_of(answer), body_of(answer)) == (404, b"")
    assert proxy.log.lines() == ["GET /other 404 NR route_not_found"]
    assert (proxy.value("http.in.no_route"), proxy.value("http.in.rq_total")) == (1, 1)


@pytest.mark.parametrize(("code", "status"), [("", 503), (", cluster_not_found_response_code: NOT_FOUND", 404)])
def test_unknown_cluster_is_503_or_what_the_route_says(code: str, status: int) -> None:
    proxy = Proxy("- {match: {prefix: /}, route: {cluster_header: x-cluster" + code + "}}")
    answer = answer_of(proxy, fields="X-Cluster: nobody\r\n")
    assert (status_of(answer), body_of(answer)) == (status, b"")
    assert proxy.log.lines() == [f"GET / {status} NC cluster_not_found"]
    assert proxy.value("http.in.no_cluster") == 1


def test_no_healthy_host_is_503() -> None:
    proxy = Proxy()
    proxy.manager.add_or_update(empty_cluster("api"))
    answer = answer_of(proxy)
    assert (status_of(answer), body_of(answer)) == (503, b"no healthy upstream")
    assert proxy.log.lines() == ["GET / 503 UH no_healthy_upstream"]
    assert proxy.value("cluster.api.upstream_cx_none_healthy") == 1
    assert proxy.value("cluster.api.upstream_rq_503") == 1


def empty_cluster(name: str) -> Any:
    return cluster_message(f"{{name: {name}}}")


def test_direct_response() -> None:
    proxy = Proxy("- {match: {prefix: /}, direct_response: {status: 202, body: {inline_string: hello}}}")
    answer = answer_of(proxy)
    assert (status_of(answer), body_of(answer)) == (202, b"hello")
    assert fields_of(answer)[:2] == [b"content-length: 5", b"content-type: text/plain"]
    assert proxy.log.lines() == ["GET / 202 - direct_response"]
    assert proxy.value("http.in.rq_direct_response") == 1


def test_redirect() -> None:
    proxy = Proxy("- {match: {prefix: /}, redirect: {host_redirect: new.test, path_redirect: /there}}")
    answer = answer_of(proxy)
    assert status_of(answer) == 301
    assert fields_of(answer)[0] == b"location: http://new.test/there"
    assert proxy.log.lines() == ["GET / 301 - direct_response"]


def test_response_mutations_reach_answers_that_come_from_here() -> None:
    proxy = Proxy(
        "- {match: {prefix: /}, direct_response: {status: 200},"
        " response_headers_to_add: [{header: {key: x-added, value: 'yes'}}]}"
    )
    assert b"x-added: yes" in fields_of(answer_of(proxy))


def test_maintenance_mode_turns_its_share_away() -> None:
    proxy = Proxy()
    proxy.server.runtime.values["upstream.maintenance_mode.api"] = 40
    proxy.server.random.value = 39
    answer = answer_of(proxy)
    assert (status_of(answer), body_of(answer)) == (503, b"maintenance mode")
    assert b"x-envoy-overloaded: true" in fields_of(answer)
    assert proxy.log.lines() == ["GET / 503 UO maintenance_mode"]
    assert proxy.value("cluster.api.upstream_rq_maintenance_mode") == 1
    proxy.server.random.value = 40
    assert answer_of(proxy) == b""
    assert len(proxy.pool_of().streams) == 1


@pytest.mark.parametrize(
    ("share", "drawn", "flag", "text"),
    [(1.0, 999999, "UDO", "unconditional drop overload"), (0.4, 399999, "DO", "drop overload")],
)
def test_assignment_says_what_share_is_dropped(share: float, drawn: int, flag: str, text: str) -> None:
    proxy = Proxy()
    cluster = proxy.manager.get("api")
    assert isinstance(cluster, ActiveCluster)
    cluster.drop_share = share
    proxy.server.random.value = drawn
    answer = answer_of(proxy)
    assert (status_of(answer), body_of(answer)) == (503, text.encode())
    assert b"x-envoy-" + text.replace(" ", "-").encode() + b": true" in fields_of(answer)
    assert proxy.log.lines() == [f"GET / 503 {flag} {text.replace(' ', '_')}"]
    assert proxy.value("cluster.api.upstream_rq_503") == 1


def test_what_is_not_dropped_goes_up() -> None:
    proxy = Proxy()
    cluster = proxy.manager.get("api")
    assert isinstance(cluster, ActiveCluster)
    cluster.drop_share = 0.4
    proxy.server.random.value = 400000
    assert answer_of(proxy) == b""
    assert len(proxy.pool_of().streams) == 1


# --- failures of the upstream -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failure", "flag", "text"),
    [
        (PoolFailure.REMOTE_CONNECTION_FAILURE, "UF", "remote connection failure"),
        (PoolFailure.LOCAL_CONNECTION_FAILURE, "UF", "local connection failure"),
        (PoolFailure.TIMEOUT, "UF", "connection timeout"),
        (PoolFailure.OVERFLOW, "UO", "overflow"),
    ],
)
def test_no_connection(failure: PoolFailure, flag: str, text: str) -> None:
    proxy = Proxy()
    proxy.pool_of().refusal = failure
    answer = answer_of(proxy)
    assert status_of(answer) == 503
    assert body_of(answer).startswith(BEFORE + text.encode())
    assert (b"x-envoy-overloaded: true" in fields_of(answer)) == (failure is PoolFailure.OVERFLOW)
    token = text.replace(" ", "_")
    assert proxy.log.lines() == [f"GET / 503 {flag} upstream_reset_before_response_started{{{token}}}"]
    assert proxy.value("cluster.api.upstream_rq_503") == 1
    assert proxy.value("cluster.api.upstream_rq_5xx") == 1


def test_words_of_the_transport_reach_details_and_log() -> None:
    proxy = Proxy()
    pool = proxy.pool_of()
    pool.holds = True
    client = proxy.connect().send(request())
    pool.fail(PoolFailure.REMOTE_CONNECTION_FAILURE, "delayed connect error: Connection refused")
    assert status_of(client.received()) == 503
    info = proxy.log.entries[0].info
    assert info.response_code_details.startswith("upstream_reset_before_response_started{remote_connection_failure|")
    assert "Connection refused" in info.response_code_details or "connect_error" in info.response_code_details
    assert info.upstream_transport_failure_reason == "delayed connect error: Connection refused"
    assert info.upstream_host is pool.host


@pytest.mark.parametrize(
    ("reason", "status", "flag", "text"),
    [
        (ResetReason.CONNECTION_TERMINATION, 503, "UC", "connection termination"),
        (ResetReason.PROTOCOL_ERROR, 502, "UPE", "protocol error"),
        (ResetReason.REMOTE_RESET, 503, "UR", "remote reset"),
        (ResetReason.REMOTE_REFUSED_STREAM_RESET, 503, "UR", "remote refused stream reset"),
        (ResetReason.LOCAL_RESET, 503, "LR", "local reset"),
        (ResetReason.OVERFLOW, 503, "UO", "overflow"),
    ],
)
def test_reset_before_the_response(reason: ResetReason, status: int, flag: str, text: str) -> None:
    proxy = Proxy()
    client = proxy.connect().send(request("/p"))
    proxy.upstream.fail(reason)
    answer = client.received()
    assert (status_of(answer), body_of(answer)) == (status, BEFORE + text.encode())
    token = text.replace(" ", "_")
    assert proxy.log.lines() == [f"GET /p {status} {flag} upstream_reset_before_response_started{{{token}}}"]
    assert proxy.value(f"cluster.api.upstream_rq_{status}") == 1
    assert client.is_open()
    assert proxy.pool_of().host.rq_error == 1


def test_reset_after_the_response_began_cuts_it_off() -> None:
    proxy = Proxy()
    client = proxy.connect().send(request("/p"))
    proxy.upstream.respond(200)
    proxy.upstream.respond_data(b"part")
    proxy.upstream.fail(ResetReason.CONNECTION_TERMINATION)
    assert client.received().endswith(b"4\r\npart\r\n")
    assert not client.is_open()
    assert proxy.log.lines() == ["GET /p 200 UC upstream_reset_after_response_started{connection_termination}"]
    assert proxy.value("http.in.rq_reset_after_downstream_response_started") == 0  # Envoy means gRPC responses alone
    assert proxy.value("cluster.api.upstream_rq_200") == 1


# --- timeouts ---------------------------------------------------------------------------------------------------------


def test_response_that_is_late_is_504() -> None:
    proxy = Proxy("- {match: {prefix: /}, route: {cluster: api, timeout: 2s}}")
    client = proxy.connect().send(request("/p"))
    proxy.server.clock.advance(1.9)
    assert client.received() == b""
    proxy.server.clock.advance(0.2)
    answer = client.received()
    assert (status_of(answer), body_of(answer)) == (504, b"upstream request timeout")
    assert proxy.upstream.was_reset
    assert proxy.log.lines() == ["GET /p 504 UT response_timeout"]
    assert proxy.value("cluster.api.upstream_rq_timeout") == 1
    assert proxy.value("cluster.api.upstream_rq_504") == 1
    assert proxy.pool_of().host.rq_timeout == 1


def test_timeout_is_15_seconds_by_default_and_counts_from_the_end_of_the_request() -> None:
    proxy = Proxy()
    client = proxy.connect().send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na")
    proxy.server.clock.advance(60.0)
    client.send(b"b")
    proxy.server.clock.advance(14.9)
    assert client.received() == b""
    proxy.server.clock.advance(0.2)
    assert status_of(client.received()) == 504


def test_timeout_0_waits_for_ever() -> None:
    proxy = Proxy("- {match: {prefix: /}, route: {cluster: api, timeout: 0s}}", stream_idle_timeout="0s")
    client = proxy.connect().send(request())
    proxy.server.clock.advance(3000.0)
    assert (client.received(), client.is_open()) == (b"", True)


def test_timeout_covers_the_wait_for_a_connection() -> None:
    proxy = Proxy("- {match: {prefix: /}, route: {cluster: api, timeout: 2s}}")
    proxy.pool_of().holds = True
    client = proxy.connect().send(request())
    proxy.server.clock.advance(2.1)
    assert status_of(client.received()) == 504
    assert proxy.pool_of().waiting == []


def test_response_that_began_in_time_but_never_ends_is_cut_off() -> None:
    proxy = Proxy("- {match: {prefix: /}, route: {cluster: api, timeout: 2s}}")
    client = proxy.connect().send(request("/p"))
    proxy.upstream.respond(200)
    proxy.server.clock.advance(2.1)
    assert not client.is_open()
    assert proxy.log.lines() == ["GET /p 200 UT response_timeout"]


def test_timeout_of_an_answered_request_does_not_hit_the_next_one() -> None:
    proxy = Proxy("- {match: {prefix: /}, route: {cluster: api, timeout: 2s}}")
    client = proxy.connect().send(request("/1"))
    proxy.server.clock.advance(1.5)
    proxy.upstream.respond(200, b"")
    client.received()
    client.send(request("/2"))
    proxy.server.clock.advance(1.5)
    assert client.received() == b""
    proxy.server.clock.advance(0.6)
    assert status_of(client.received()) == 504


INTERNAL: dict[str, Any] = {
    "internal_address_config": {"cidr_ranges": [{"address_prefix": "192.0.2.0", "prefix_len": 24}]}
}


def test_trusted_caller_sets_its_own_timeout() -> None:
    proxy = Proxy(use_remote_address=True, **INTERNAL)
    client = proxy.connect().send(request(fields="x-envoy-upstream-rq-timeout-ms: 700\r\n"))
    got = proxy.upstream.got.request
    assert got is not None
    assert got.get(b"x-envoy-expected-rq-timeout-ms") == b"700"
    assert not got.has(b"x-envoy-upstream-rq-timeout-ms")
    proxy.server.clock.advance(0.8)
    assert status_of(client.received()) == 504


def test_stranger_does_not() -> None:
    proxy = Proxy(use_remote_address=True)
    proxy.connect().send(request(fields="x-envoy-upstream-rq-timeout-ms: 700\r\n"))
    got = proxy.upstream.got.request
    assert got is not None
    assert got.get(b"x-envoy-expected-rq-timeout-ms") == b"15000"


def test_timeout_may_be_answered_204_to_a_trusted_caller() -> None:
    proxy = Proxy(use_remote_address=True, **INTERNAL)
    fields = "x-envoy-upstream-rq-timeout-ms: 100\r\nx-envoy-upstream-rq-timeout-alt-response: 1\r\n"
    client = proxy.connect().send(request(fields=fields))
    proxy.server.clock.advance(0.2)
    answer = client.received()
    assert (status_of(answer), body_of(answer)) == (204, b"")


# --- what is added and counted ----------------------------------------------------------------------------------------


def test_response_gets_the_time_it_took() -> None:
    proxy = Proxy()
    client = proxy.connect().send(request())
    proxy.server.clock.advance(0.25)
    proxy.upstream.respond(200, b"", x_envoy_upstream_service_time="9")
    names = [line.partition(b":")[0] for line in fields_of(client.received())]
    assert names.count(b"x-envoy-upstream-service-time") == 1
    assert b"x-envoy-upstream-service-time" in names


def test_attempts_are_counted_where_the_virtual_host_says_so() -> None:
    proxy = Proxy(
        route_config={
            "virtual_hosts": [
                {
                    "name": "v",
                    "domains": ["*"],
                    "include_request_attempt_count": True,
                    "include_attempt_count_in_response": True,
                    "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "api"}}],
                }
            ]
        }
    )
    client = proxy.connect().send(request(fields="x-envoy-attempt-count: 9\r\n"))
    got = proxy.upstream.got.request
    assert got is not None
    assert got.get_all(b"x-envoy-attempt-count") == [b"1"]
    proxy.upstream.respond(200, b"")
    assert b"x-envoy-attempt-count: 1" in fields_of(client.received())
    assert proxy.log.entries[0].info.upstream_request_attempt_count == 1


def test_envoy_headers_can_be_suppressed() -> None:
    proxy = Proxy(router={"suppress_envoy_headers": True})
    client = proxy.connect().send(request())
    got = proxy.upstream.got.request
    assert got is not None
    assert not got.has(b"x-envoy-expected-rq-timeout-ms")
    proxy.upstream.respond(200, b"")
    assert b"x-envoy" not in client.received()


def test_strictly_checked_header_that_makes_no_sense_is_400() -> None:
    proxy = Proxy(router={"strict_check_headers": ["x-envoy-max-retries"]}, use_remote_address=True, **INTERNAL)
    answer = answer_of(proxy, fields="x-envoy-max-retries: many\r\n")
    assert (status_of(answer), body_of(answer)) == (400, b"invalid header 'x-envoy-max-retries' with value 'many'")
    assert proxy.log.lines() == ["GET / 400 IH request_headers_failed_strict_check{x-envoy-max-retries}"]


@pytest.mark.parametrize(("status", "group"), [(200, "2xx"), (302, "3xx"), (404, "4xx"), (500, "5xx")])
def test_response_is_charged_to_cluster_and_host(status: int, group: str) -> None:
    proxy = Proxy()
    client = proxy.connect().send(request())
    proxy.upstream.respond(status, b"")
    client.received()
    counted = proxy.changed("cluster.api.")
    for name in (f"upstream_rq_{group}", f"upstream_rq_{status}", "upstream_rq_completed"):
        assert counted[name] == counted[f"external.{name}"] == 1
    host = proxy.pool_of().host
    assert (host.rq_success, host.rq_error) == ((0, 1) if status >= 500 else (1, 0))


def test_internal_requests_and_canaries_have_stats_of_their_own() -> None:
    proxy = Proxy(use_remote_address=True, **INTERNAL)
    proxy.connect().send(request())
    proxy.upstream.respond(200, b"", x_envoy_upstream_canary="true")
    counted = proxy.changed("cluster.api.")
    assert (counted["internal.upstream_rq_200"], counted["canary.upstream_rq_200"]) == (1, 1)
    assert "external.upstream_rq_200" not in counted


def test_virtual_cluster_and_route_count_along() -> None:
    virtual_host = {
        "name": "v",
        "domains": ["*"],
        "virtual_clusters": [{"name": "posts", "headers": [{"name": ":method", "string_match": {"exact": "GET"}}]}],
        "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "api"}, "stat_prefix": "main"}],
    }
    proxy = Proxy(route_config={"virtual_hosts": [virtual_host]})
    proxy.connect().send(request())
    proxy.upstream.respond(200, b"")
    for scope in ("vhost.v.vcluster.posts.", "vhost.v.route.main."):
        counted = proxy.changed(scope)
        assert (counted["upstream_rq_total"], counted["upstream_rq_200"]) == (1, 1)
    assert proxy.log.entries[0].info.virtual_cluster_name == "posts"


def test_without_dynamic_stats_no_codes_are_counted() -> None:
    proxy = Proxy(router={"dynamic_stats": False})
    proxy.connect().send(request())
    proxy.upstream.respond(200, b"")
    assert not [name for name in proxy.changed("cluster.api.") if name.startswith("upstream_rq_2")]


def test_unhealthy_hosts_are_passed_over() -> None:
    proxy = Proxy()
    cluster = proxy.add_cluster("api", 1, 2, common_lb_config={"healthy_panic_threshold": {"value": 0}})
    cluster.set_health("127.0.0.1:1", HealthFlag.FAILED_ACTIVE_HC)
    for _ in range(4):
        proxy.connect().send(request())
    assert proxy.pools["api"].host.address.port == 2


# --- interim, exceptions ----------------------------------------------------------------------------------------------


class RaisesAtTheResponse(HttpFilter):
    def encode_headers(self, headers: ResponseHeaders, end_stream: bool) -> HeadersStatus:
        raise KeyError("broken filter")


def test_exception_on_the_way_back_ends_the_stream_and_cancels_the_upstream() -> None:
    proxy = Proxy()
    proxy.insert_filter("broken", RaisesAtTheResponse())
    client = proxy.connect().send(request())
    proxy.upstream.respond(200)
    answer = client.received()
    assert (status_of(answer), body_of(answer)) == (500, b"Internal Server Error")
    assert proxy.upstream.was_reset
    assert client.is_open()
