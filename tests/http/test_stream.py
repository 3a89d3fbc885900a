"""One request from its headers to its log line."""

import pytest

from portico.api.buffer import Buffer
from portico.api.headers import RequestHeaders, ResponseHeaders
from portico.api.http_filter import DataStatus, HeadersStatus, HttpFilter
from portico.testing.filter_harness import FilterHarness
from tests.http.filters import Answers, Says, get, post
from tests.http.proxy import Proxy, body_of, fields_of, request, status_of


def names_of(answer: bytes) -> list[bytes]:
    return [line.partition(b":")[0] for line in fields_of(answer)]


# --- headers of the response ------------------------------------------------------------------------------------------


def test_upstreams_order_is_kept_and_ours_come_after_it() -> None:
    proxy = Proxy()
    client = proxy.connect().send(request())
    proxy.upstream.respond(200, b"ok", b="1", content_length="2", a="2")
    assert names_of(client.received()) == [
        b"b",
        b"content-length",
        b"a",
        b"x-envoy-upstream-service-time",
        b"date",
        b"server",
    ]


def test_headers_meant_for_this_hop_end_here() -> None:
    proxy = Proxy()
    client = proxy.connect().send(request())
    proxy.upstream.respond(200, b"", connection="x", keep_alive="1", proxy_connection="x", upgrade="x", x="kept")
    names = names_of(client.received())
    assert b"x" in names
    assert not {b"connection", b"keep-alive", b"proxy-connection", b"upgrade"} & set(names)


@pytest.mark.parametrize(
    ("mode", "theirs", "expected"),
    [
        ("OVERWRITE", "nginx", b"server: edge"),
        ("OVERWRITE", None, b"server: edge"),
        ("APPEND_IF_ABSENT", "nginx", b"server: nginx"),
        ("APPEND_IF_ABSENT", None, b"server: edge"),
        ("PASS_THROUGH", "nginx", b"server: nginx"),
        ("PASS_THROUGH", None, None),
    ],
)
def test_server_is_named_as_configured(mode: str, theirs: str | None, expected: bytes | None) -> None:
    proxy = Proxy(server_name="edge", server_header_transformation=mode)
    client = proxy.connect().send(request())
    proxy.upstream.respond(200, b"", **({} if theirs is None else {"server": theirs}))
    assert [line for line in fields_of(client.received()) if line.startswith(b"server")] == (
        [] if expected is None else [expected]
    )


def test_date_of_the_upstream_stays() -> None:
    proxy = Proxy()
    client = proxy.connect().send(request())
    proxy.upstream.respond(200, b"", date="yesterday")
    assert [line for line in fields_of(client.received()) if line.startswith(b"date")] == [b"date: yesterday"]


def test_request_id_is_told_to_the_client_on_demand() -> None:
    proxy = Proxy(always_set_request_id_in_response=True)
    client = proxy.connect().send(request(fields="X-Request-Id: mine\r\n"))
    proxy.upstream.respond(200, b"")
    assert b"x-request-id: mine" in fields_of(client.received())


def test_via_is_added_both_ways() -> None:
    proxy = Proxy(via="me")
    client = proxy.connect().send(request())
    got = proxy.upstream.got.request
    assert got is not None
    assert got.get(b"via") == b"me"
    proxy.upstream.respond(200, b"", via="them")
    assert b"via: them, me" in fields_of(client.received())


# --- routes and filters -----------------------------------------------------------------------------------------------


def test_table_is_the_one_the_stream_began_with() -> None:
    proxy = Proxy()
    holds = Says()
    holds.on_request = HeadersStatus.STOP_ITERATION
    proxy.insert_filter("holds", holds)
    proxy.connect().send(request())
    proxy.config.routes.table = None
    holds.callbacks.continue_decoding()
    assert proxy.upstream.got.is_complete


def test_without_a_table_every_request_is_404() -> None:
    proxy = Proxy()
    proxy.config.routes.table = None
    client = proxy.connect().send(request())
    assert status_of(client.received()) == 404


class Rewrites(HttpFilter):
    """Moves the request elsewhere, and says so or not."""

    def __init__(self, says_so: bool) -> None:
        self.says_so = says_so

    def decode_headers(self, headers: RequestHeaders, end_stream: bool) -> HeadersStatus:
        headers.path = b"/new"
        if self.says_so:
            self.callbacks.clear_route_cache()
        return HeadersStatus.CONTINUE


@pytest.mark.parametrize(("says_so", "status"), [(True, 202), (False, 201)])
def test_route_is_chosen_anew_when_a_filter_asks_for_it(says_so: bool, status: int) -> None:
    proxy = Proxy(
        "[{match: {path: /new}, direct_response: {status: 202}}, {match: {prefix: /}, direct_response: {status: 201}}]"
    )
    proxy.insert_filter("rewrites", Rewrites(says_so))
    assert status_of(proxy.connect().send(request("/old")).received()) == status


DISABLED = "{'@type': type.googleapis.com/envoy.config.route.v3.FilterConfig, disabled: true}"
ENABLED = "{'@type': type.googleapis.com/envoy.config.route.v3.FilterConfig, config: {}}"


@pytest.mark.parametrize(
    ("by_default", "route", "runs"),
    [(False, "", True), (True, "", False), (False, DISABLED, False), (True, ENABLED, True)],
)
def test_route_switches_filters_off_and_on(by_default: bool, route: str, runs: bool) -> None:
    config = f", typed_per_filter_config: {{answers: {route}}}" if route else ""
    proxy = Proxy("- {match: {prefix: /}, direct_response: {status: 204}" + config + "}")
    proxy.insert_filter("answers", Answers("decode_headers"))
    proxy.config.filters[0].is_disabled = by_default
    assert status_of(proxy.connect().send(request()).received()) == (403 if runs else 204)


# --- sizes, times, log ------------------------------------------------------------------------------------------------


def test_stream_info_counts_bodies_and_times() -> None:
    chain = FilterHarness(Says())
    clock = chain.server.clock
    chain.headers(post()).data(b"abc")
    clock.advance(1.0)
    chain.data(b"de", end_stream=True)
    clock.advance(1.0)
    chain.respond(200)
    clock.advance(1.0)
    chain.respond_data(b"1234", end_stream=True)
    info = chain.log.entries[0].info
    assert (info.bytes_received, info.bytes_sent) == (5, 4)
    assert [info.last_downstream_rx - info.start, info.first_downstream_tx - info.start, info.end - info.start] == [
        1,
        2,
        3,
    ]


def test_logged_once_with_what_was_sent() -> None:
    chain = FilterHarness(Says())
    chain.headers(get(b"/p"), True).respond(200, b"x", x_a="1")
    (entry,) = chain.log.entries
    assert entry.request_headers is not None
    assert entry.response_headers is not None
    assert (entry.request_headers.path, entry.response_headers.get(b"x-a")) == (b"/p", b"1")
    assert entry.log_type == "DownstreamEnd"


def test_trailers_of_the_response_reach_the_log() -> None:
    chain = FilterHarness(Says())
    chain.headers(get(), True).respond(200).respond_trailers((b"t", b"1"))
    assert chain.log.entries[0].response_trailers is not None


def test_responses_are_counted_by_class_here_and_for_the_listener() -> None:
    proxy = Proxy("- {match: {prefix: /}, direct_response: {status: 404}}")
    proxy.connect().send(request())
    counted = proxy.changed("http.in.downstream_rq_")
    assert (counted["4xx"], counted["completed"], counted["total"], counted["http1_total"]) == (1, 1, 1, 1)
    assert "active" not in counted
    assert proxy.changed("listener.l.http.in.downstream_rq_") == {"4xx": 1, "completed": 1}


def test_prints_where_it_stands() -> None:
    holds = Says()
    holds.on_request = HeadersStatus.STOP_ITERATION
    chain = FilterHarness(holds).headers(get(), True)
    assert repr(chain.stream) == "Stream(1, requesting)"


# --- what raises ------------------------------------------------------------------------------------------------------


def test_factory_that_raises_is_a_500_for_its_stream() -> None:
    proxy = Proxy()

    def raises() -> HttpFilter:
        raise ValueError("cannot be made")

    proxy.insert_filter("broken", Says())
    proxy.config.filters[0].factory = raises
    client = proxy.connect().send(request())
    answer = client.received()
    assert (status_of(answer), body_of(answer)) == (500, b"Internal Server Error")
    assert client.is_open()
    proxy.config.filters[0].factory = Says
    client.send(request())
    assert proxy.upstream.got.is_complete


class GrowsBodies(HttpFilter):
    """Adds to the response without saying so in content-length."""

    def encode_headers(self, headers: ResponseHeaders, end_stream: bool) -> HeadersStatus:
        return HeadersStatus.CONTINUE

    def encode_data(self, data: Buffer, end_stream: bool) -> DataStatus:
        data.append(b"more")
        return DataStatus.CONTINUE


def test_filter_that_breaks_the_framing_ends_its_own_response_only() -> None:
    proxy = Proxy()
    proxy.insert_filter("grows", GrowsBodies())
    client = proxy.connect().send(request())
    proxy.upstream.respond(200, b"x", content_length="1")
    assert not client.is_open()
    assert proxy.log.lines() == ["GET / 200 - filter_exception"]
    assert proxy.value("http.in.filter_exception") == 1
    assert status_of(proxy_answer_after(proxy)) == 200


def proxy_answer_after(proxy: Proxy) -> bytes:
    client = proxy.connect().send(request())
    proxy.upstream.respond(200)
    proxy.upstream.respond_data(b"x", end_stream=True)
    return client.received()
