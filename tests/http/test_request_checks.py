"""What a request must satisfy before any filter sees it."""

import pytest

from tests.http.filters import Says
from tests.http.proxy import Proxy, body_of, fields_of, request, status_of


def answer_of(proxy: Proxy, data: bytes) -> bytes:
    return proxy.connect().send(data).received()


def test_request_without_a_host_is_400_with_nothing_to_read() -> None:
    proxy = Proxy()
    seen = Says()
    proxy.insert_filter("seen", seen)
    answer = answer_of(proxy, b"GET / HTTP/1.1\r\n\r\n")
    assert (status_of(answer), body_of(answer)) == (400, b"")
    assert b"connection: close" in fields_of(answer)
    assert proxy.log.lines() == ["GET / 400 - missing_host_header"]
    assert "decode_headers" not in str(seen.heard)


def test_overloaded_proxy_refuses_and_closes() -> None:
    proxy = Proxy()
    proxy.server.context.overload.is_stopping_requests = True
    client = proxy.connect().send(request())
    answer = client.received()
    assert (status_of(answer), body_of(answer)) == (503, b"envoy overloaded")
    assert b"connection: close" in fields_of(answer)
    assert not client.is_open()
    assert proxy.log.lines() == ["GET / 503 - overload"]
    assert proxy.value("http.in.downstream_rq_overload_close") == 1


def test_upgrade_that_is_not_enabled_is_403() -> None:
    proxy = Proxy()
    client = proxy.connect().send(request(fields="Connection: Upgrade\r\nUpgrade: websocket\r\n"))
    answer = client.received()
    assert (status_of(answer), body_of(answer)) == (403, b"")
    assert proxy.log.lines() == ["GET / 403 - upgrade_failed"]
    assert not client.is_open()
    assert proxy.value("http.in.downstream_rq_ws_on_non_ws_route") == 1


def test_h2c_upgrade_is_not_taken_up_and_the_request_served() -> None:
    proxy = Proxy()
    proxy.connect().send(request(fields="Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n"))
    got = proxy.upstream.got.request
    assert got is not None
    assert not got.has(b"upgrade")


@pytest.mark.parametrize(
    ("action", "status", "passes"),
    [("ALLOW", None, True), ("REJECT_REQUEST", 400, False), ("DROP_HEADER", None, False)],
)
def test_names_with_underscores(action: str, status: int | None, passes: bool) -> None:
    proxy = Proxy(common_http_protocol_options={"headers_with_underscores_action": action})
    answer = answer_of(proxy, request(fields="a_b: 1\r\nc: 2\r\n"))
    if status is not None:
        assert status_of(answer) == status
        assert proxy.log.lines() == ["- - 400 DPE http1.unexpected_underscore"]
        return
    got = proxy.upstream.got.request
    assert got is not None
    assert (got.has(b"a_b"), got.has(b"c")) == (passes, True)
    dropped = proxy.changed("http1.").get("dropped_headers_with_underscores", 0)
    assert dropped == (0 if passes else 1)


def test_normalized_path_is_what_routes_and_upstream_see() -> None:
    proxy = Proxy("- {match: {path: /b/c}, route: {cluster: api}}", normalize_path=True, merge_slashes=True)
    proxy.connect().send(request("/a/../b//./c?q=/../"))
    got = proxy.upstream.got.request
    assert got is not None
    assert got.path == b"/b/c?q=/../"


def test_path_that_cannot_be_normalized_is_400() -> None:
    proxy = Proxy(normalize_path=True)
    answer = answer_of(proxy, request("/%00"))
    assert status_of(answer) == 400
    assert proxy.log.lines() == ["GET /%00 400 - path_normalization_failed"]
    assert proxy.value("http.in.downstream_rq_failed_path_normalization") == 1


def test_escaped_slashes_may_be_redirected() -> None:
    proxy = Proxy(path_with_escaped_slashes_action="UNESCAPE_AND_REDIRECT")
    answer = answer_of(proxy, request("/a%2Fb?q=1"))
    assert status_of(answer) == 307
    assert b"location: /a/b?q=1" in fields_of(answer)
    assert proxy.value("http.in.downstream_rq_redirected_with_normalized_path") == 1


@pytest.mark.parametrize(("target", "status"), [(b"/a#b", 400), (b"http://h/p", 404), (b"*", 404)])
def test_target_that_is_no_path_is_not_routed(target: bytes, status: int) -> None:
    proxy = Proxy(http_protocol_options={"allow_absolute_url": False})
    answer = answer_of(proxy, b"OPTIONS " + target + b" HTTP/1.1\r\nHost: h\r\n\r\n")
    assert (status_of(answer), body_of(answer)) == (status, b"")
    details = "path_normalization_failed" if status == 400 else "absolute_path_rejected"
    assert proxy.log.lines() == [f"OPTIONS {target.decode()} {status} - {details}"]


def test_empty_host_is_routed() -> None:
    proxy = Proxy()
    proxy.connect().send(b"GET / HTTP/1.1\r\nHost:\r\n\r\n")
    got = proxy.upstream.got.request
    assert got is not None
    assert (got.authority, got.has(b":authority")) == (b"", True)


def test_bad_request_keeps_its_connection_where_stream_errors_stand_alone() -> None:
    proxy = Proxy(stream_error_on_invalid_http_message=True)
    assert b"connection: close" not in fields_of(answer_of(proxy, b"GET / HTTP/1.1\r\n\r\n"))


@pytest.mark.parametrize(("client", "passes"), [("10.0.0.1", True), ("203.0.113.1", False)])
def test_internal_only_headers_are_for_internal_callers(client: str, passes: bool) -> None:
    proxy = Proxy(internal_address_config={"cidr_ranges": [{"address_prefix": "10.0.0.0", "prefix_len": 8}]})
    table = proxy.config.routes.table
    assert table is not None
    table.internal_only_headers = frozenset([b"x-inside"])
    proxy.connect().send(request(fields=f"x-forwarded-for: {client}\r\nX-Inside: 1\r\n"))
    got = proxy.upstream.got.request
    assert got is not None
    assert got.has(b"x-inside") is passes
