"""Mirroring: the copy that nobody waits for."""

import pytest

from portico.api.upstream import PoolFailure, ResetReason
from portico.router.shadow import shadow_host
from tests.http.proxy import Proxy, request, status_of

MIRRORED = "- {match: {prefix: /}, route: {cluster: api, timeout: 2s, request_mirror_policies: [{cluster: copy%s}]}}"
POST = b"POST /p HTTP/1.1\r\nHost: h.test\r\nContent-Length: 4\r\n\r\n"


def mirroring(more: str = "") -> Proxy:
    return Proxy(MIRRORED % more, clusters={"copy": 9090})


@pytest.mark.parametrize(
    ("authority", "expected"),
    [
        (b"h.test", b"h.test-shadow"),
        (b"h.test:80", b"h.test-shadow:80"),
        (b"[::1]", b"[::1]-shadow"),
        (b"[::1]:80", b"[::1]-shadow:80"),
    ],
)
def test_host_says_that_it_is_a_shadow(authority: bytes, expected: bytes) -> None:
    assert shadow_host(authority) == expected


def test_copy_of_headers_and_body_goes_to_the_other_cluster() -> None:
    proxy = mirroring()
    proxy.connect().send(POST + b"ping")
    copy = proxy.pool_of("copy").streams[0]
    assert copy.got.body == proxy.upstream.got.body == b"ping"
    assert copy.got.is_complete
    assert copy.got.request is not None
    assert (copy.got.request.path, copy.got.request.authority) == (b"/p", b"h.test-shadow")
    assert copy.got.request.get(b"x-envoy-internal") == b"true"


def test_client_gets_the_real_answer_whatever_the_mirror_says() -> None:
    proxy = mirroring()
    client = proxy.connect().send(request())
    copy = proxy.pool_of("copy").streams[0]
    copy.respond(500, b"mirror")
    assert client.received() == b""
    proxy.upstream.respond(200, b"")
    assert status_of(client.received()) == 200
    assert proxy.value("cluster.copy.upstream_rq_500") == 1
    assert proxy.value("cluster.copy.internal.upstream_rq_500") == 1
    assert len(proxy.log.entries) == 1


def test_mirror_with_the_whole_request_outlives_it() -> None:
    proxy = mirroring()
    client = proxy.connect().send(request())
    proxy.upstream.respond(200, b"")
    client.leave()
    copy = proxy.pool_of("copy").streams[0]
    assert not copy.was_reset
    copy.respond(200, b"late")
    assert proxy.value("cluster.copy.upstream_rq_200") == 1
    assert proxy.server.clock.deadlines() == []


def test_half_a_request_is_given_up_with_the_real_one() -> None:
    proxy = mirroring()
    client = proxy.connect().send(POST + b"pi")
    client.leave()
    assert proxy.pool_of("copy").streams[0].was_reset


def test_mirror_that_never_answers_is_given_up_after_the_routes_timeout() -> None:
    proxy = mirroring()
    proxy.connect().send(request())
    proxy.upstream.respond(200, b"")
    proxy.server.clock.advance(2.1)
    assert proxy.pool_of("copy").streams[0].was_reset
    assert proxy.value("cluster.copy.upstream_rq_timeout") == 1


@pytest.mark.parametrize("failure", [PoolFailure.OVERFLOW, PoolFailure.REMOTE_CONNECTION_FAILURE])
def test_mirror_that_cannot_be_reached_does_not_matter(failure: PoolFailure) -> None:
    proxy = mirroring()
    proxy.pool_of("copy").refusal = failure
    client = proxy.connect().send(POST + b"ping")
    proxy.upstream.respond(200, b"")
    assert status_of(client.received()) == 200
    assert proxy.value("cluster.copy.upstream_rq_503") == 1


def test_mirror_that_resets_does_not_matter() -> None:
    proxy = mirroring()
    client = proxy.connect().send(POST + b"pi")
    proxy.pool_of("copy").streams[0].fail(ResetReason.CONNECTION_TERMINATION)
    client.send(b"ng")
    assert proxy.upstream.got.body == b"ping"


def test_slow_mirror_is_given_up_at_its_buffer_limit_and_slows_nobody() -> None:
    proxy = mirroring()
    proxy.add_cluster("copy", 9090, per_connection_buffer_limit_bytes=10)
    proxy.pool_of("copy").holds = True
    client = proxy.connect().send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n" + b"x" * 9)
    assert len(proxy.pool_of("copy").waiting) == 1
    client.send(b"x" * 9)
    assert proxy.pool_of("copy").waiting == []
    assert client.connection.read_pauses == 0


def test_fraction_draws_with_the_requests_own_number() -> None:
    proxy = mirroring(", runtime_fraction: {default_value: {numerator: 0}}")
    proxy.connect().send(request())
    assert proxy.pool_of("copy").streams == []


def test_unknown_cluster_is_no_mirror() -> None:
    proxy = Proxy("- {match: {prefix: /}, route: {cluster: api, request_mirror_policies: [{cluster_header: x-to}]}}")
    client = proxy.connect().send(request(fields="X-To: nobody\r\n"))
    proxy.upstream.respond(200, b"")
    assert status_of(client.received()) == 200
