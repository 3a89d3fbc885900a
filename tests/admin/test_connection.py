"""The admin listener's bytes, against what Envoy's sends."""

import asyncio
from contextlib import suppress

import pytest

from portico.admin.connection import MAX_BODY_BYTES, AdminTimeouts
from portico.api.stats import Unit

from .listening import Listening, answer_to, while_listening

COMMON = (
    b"content-type: text/plain; charset=UTF-8\r\n"
    b"cache-control: no-cache, max-age=0\r\n"
    b"x-content-type-options: nosniff\r\n"
    b"date: Fri, 20 Nov 2026 13:39:08 GMT\r\n"
    b"server: envoy\r\n"
)


def test_the_answer_is_chunked_under_envoys_headers() -> None:
    assert answer_to(b"GET /ready HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n") == (
        b"HTTP/1.1 200 OK\r\n" + COMMON + b"connection: close\r\ntransfer-encoding: chunked\r\n\r\n"
        b"5\r\nLIVE\n\r\n0\r\n\r\n"
    )


def test_head_has_the_headers_and_no_body() -> None:
    """Envoy sends the body without its chunks; a client would read it as the next answer."""
    assert answer_to(b"HEAD /ready HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n") == (
        b"HTTP/1.1 200 OK\r\n" + COMMON + b"connection: close\r\ntransfer-encoding: chunked\r\n\r\n"
    )


def test_requests_on_one_connection_are_answered_in_order() -> None:
    answer = answer_to(
        b"GET /hot_restart_version HTTP/1.1\r\nhost: a\r\n\r\n"
        b"POST /healthcheck/fail HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n"
        b"GET /ready HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
    )
    assert [line for line in answer.split(b"\r\n") if line in (b"11.104", b"OK\n", b"DRAINING\n")] == [
        b"11.104",
        b"OK\n",
        b"DRAINING\n",
    ]


@pytest.mark.parametrize(
    ("request_bytes", "status", "body"),
    [
        (b"BAD\r\n\r\n", b"400 Bad Request", b"Bad Request"),
        (b"GET /ready HTTP/1.0\r\n\r\n", b"426 Upgrade Required", b"Upgrade Required"),
    ],
)
def test_a_broken_request_is_answered_and_the_connection_closed(
    request_bytes: bytes, status: bytes, body: bytes
) -> None:
    assert answer_to(request_bytes) == (
        b"HTTP/1.1 %b\r\ncontent-length: %d\r\ncontent-type: text/plain\r\n"
        b"date: Fri, 20 Nov 2026 13:39:08 GMT\r\nserver: envoy\r\nconnection: close\r\n\r\n%b"
    ) % (status, len(body), body)


def test_a_request_without_host_is_refused() -> None:
    answer = answer_to(b"GET /ready HTTP/1.1\r\nconnection: close\r\n\r\n")
    assert answer == (
        b"HTTP/1.1 400 Bad Request\r\ndate: Fri, 20 Nov 2026 13:39:08 GMT\r\nserver: envoy\r\n"
        b"connection: close\r\ncontent-length: 0\r\n\r\n"
    )


@pytest.mark.parametrize(
    "head",
    [b"CONNECT a:1 HTTP/1.1\r\nhost: a", b"GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket"],
)
def test_there_is_nothing_to_upgrade_to(head: bytes) -> None:
    assert answer_to(head + b"\r\n\r\n").startswith(b"HTTP/1.1 403 Forbidden\r\n")


def test_form_fields_are_parameters() -> None:
    async def use(listening: Listening) -> None:
        body = b"a.b=7+8&x=%41"
        head = b"POST /runtime_modify HTTP/1.1\r\nhost: a\r\nconnection: close\r\n"
        kind = b"content-type: application/x-www-form-urlencoded; charset=utf-8\r\n"
        length = b"content-length: %d\r\n\r\n" % len(body)
        assert (await listening.exchange(head + kind + length + body)).startswith(b"HTTP/1.1 200")
        assert listening.fake.runtime.runtime.merged() == {"a.b": "7 8", "x": "A"}

    while_listening(use)


def test_a_body_that_is_announced_is_asked_for() -> None:
    async def use(listening: Listening) -> None:
        reader, writer = await listening.connect()
        writer.write(b"POST /ready HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"ab")
        assert (await reader.readuntil(b"\r\n")) == b"HTTP/1.1 200 OK\r\n"
        writer.close()
        await writer.wait_closed()

    while_listening(use)


def test_a_body_beyond_the_limit_is_refused() -> None:
    length = MAX_BODY_BYTES + 1
    head = b"POST /runtime_modify HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % length
    assert answer_to(head + bytes(length)).startswith(b"HTTP/1.1 413 Payload Too Large\r\n")


def test_a_strangers_page_cannot_stop_the_process() -> None:
    async def use(listening: Listening) -> None:
        for origin, host in ((b"http://evil.example", b"127.0.0.1:9901"), (b"http://evil.example", b"evil.example")):
            answer = await listening.exchange(
                b"POST /quitquitquit HTTP/1.1\r\nhost: %b\r\norigin: %b\r\nconnection: close\r\n"
                b"content-length: 0\r\n\r\n" % (host, origin)
            )
            assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n")
        assert listening.fake.process.done == []

    while_listening(use)


def test_the_home_pages_own_buttons_work() -> None:
    async def use(listening: Listening) -> None:
        await listening.exchange(
            b"POST /quitquitquit HTTP/1.1\r\nhost: 127.0.0.1:9901\r\norigin: http://127.0.0.1:9901\r\n"
            b"connection: close\r\ncontent-length: 0\r\n\r\n"
        )
        assert listening.fake.process.done == ["quit"]

    while_listening(use)


def test_an_endpoints_bug_costs_one_answer() -> None:
    async def use(listening: Listening) -> None:
        listening.fake.config.listener_list = [None]  # type: ignore[list-item]
        answer = await listening.exchange(
            b"GET /listeners HTTP/1.1\r\nhost: a\r\n\r\nGET /ready HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
        )
        assert answer.count(b"HTTP/1.1 ") == 2
        assert answer.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
        assert answer.endswith(b"LIVE\n\r\n0\r\n\r\n")

    while_listening(use)


def test_requests_are_counted_and_logged() -> None:
    async def use(listening: Listening) -> None:
        await listening.exchange(b"GET /nosuch?x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")

    listening = while_listening(use)
    (entry,) = listening.log.entries
    assert entry.request_headers is not None
    assert (entry.request_headers.path, entry.info.response_code) == (b"/nosuch?x", 404)
    assert entry.info.bytes_sent > 1000
    assert entry.info.connection.listener_address == listening.server.local
    assert listening.value("http.admin.downstream_rq_4xx") == 1
    assert listening.value("http.admin.downstream_rq_total") == 1
    assert listening.value("http.admin.downstream_cx_rx_bytes_total") == 54
    assert listening.value("http.admin.downstream_cx_active") == 0


def test_a_peer_that_leaves_in_the_middle_leaves_nothing_behind() -> None:
    async def use(listening: Listening) -> None:
        _, writer = await listening.connect()
        writer.write(b"POST /runtime_modify HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc")
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        while listening.value("listener.admin.downstream_cx_destroy") == 0:
            await asyncio.sleep(0)

    listening = while_listening(use)
    assert listening.value("http.admin.downstream_rq_rx_reset") == 1
    assert listening.value("http.admin.downstream_rq_active") == 0
    assert listening.value("http.admin.downstream_cx_destroy_remote") == 1


@pytest.mark.parametrize(
    ("sent", "timeouts"),
    [
        (b"", AdminTimeouts(idle_s=0.05)),
        (b"GET /ready HT", AdminTimeouts(request_s=0.05)),
        (b"POST /logging HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\na", AdminTimeouts(request_s=0.05)),
    ],
)
def test_a_peer_that_says_no_more_is_let_go(sent: bytes, timeouts: AdminTimeouts) -> None:
    async def use(listening: Listening) -> None:
        assert await listening.exchange(sent) == b""

    while_listening(use, timeouts=timeouts)


def test_a_peer_that_reads_nothing_is_let_go() -> None:
    async def use(listening: Listening) -> None:
        for index in range(20_000):  # more than the sockets' buffers hold
            listening.fake.stats.store.counter(f"a.long.name.of.a.counter.that.fills.the.buffers.{index}")
        _, writer = await listening.connect()
        writer.write(b"GET /stats/prometheus HTTP/1.1\r\nhost: a\r\n\r\n" * 4)
        while listening.value("listener.admin.downstream_cx_destroy") == 0:
            await asyncio.sleep(0.01)
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()

    while_listening(use, timeouts=AdminTimeouts(write_s=0.1))


def test_names_may_go_while_they_are_being_told() -> None:
    async def use(listening: Listening) -> None:
        store, merged = listening.fake.stats.store, listening.fake.stats.merged
        for index in range(5000):
            store.histogram(f"h{index}", Unit.MILLISECONDS)
        reader, writer = await listening.connect()
        writer.write(b"GET /stats/prometheus HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        await reader.readuntil(b"# TYPE envoy_h0 ")
        store.drop("h")
        merged.apply("main", store.export())
        assert (await reader.read()).endswith(b"0\r\n\r\n")
        assert "h4999" not in merged.histograms
        writer.close()
        await writer.wait_closed()

    while_listening(use)
