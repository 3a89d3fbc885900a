from portico.api.address import Address
from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders
from portico.api.host import Host, Locality
from portico.api.upstream import PoolFailure, ResetReason, UpstreamCallbacks, UpstreamStream
from portico.testing.fake_upstream import FakePool

HOST = Host(Address("127.0.0.1", 80), Locality(), 1)


class Hears(UpstreamCallbacks):
    def __init__(self) -> None:
        self.heard: list[str] = []
        self.stream: UpstreamStream | None = None

    def on_pool_ready(self, stream: UpstreamStream, host: Host) -> None:
        self.stream = stream
        self.heard.append("ready")

    def on_pool_failure(self, failure: PoolFailure, detail: str, host: Host | None) -> None:
        self.heard.append(f"{failure.value} {detail}".rstrip())

    def on_response_headers(self, headers: ResponseHeaders, end_stream: bool) -> None:
        self.heard.append(f"{headers.status}{' end' if end_stream else ''}")

    def on_response_data(self, data: bytes, end_stream: bool) -> None:
        self.heard.append(f"{data.decode()}{' end' if end_stream else ''}")

    def on_response_trailers(self, trailers: HeaderMap) -> None:
        self.heard.append("trailers")

    def on_response_batch_end(self) -> None:
        self.heard.append("batch end")

    def on_stream_reset(self, reason: ResetReason, detail: str) -> None:
        self.heard.append(reason.value)


def test_gives_a_stream_that_keeps_the_request_and_speaks_for_the_upstream() -> None:
    pool, hears = FakePool(HOST), Hears()
    assert pool.new_stream(hears) is None
    assert hears.stream is not None
    hears.stream.encode_headers(RequestHeaders(b"GET", b"/", b"h"), True)
    stream = pool.streams[0]
    assert repr(stream) == "FakeUpstreamStream(Message(GET /: headers, end))"
    stream.respond(200)
    stream.respond_data(b"a")
    stream.respond_data(b"b", end_stream=True)
    assert hears.heard == ["ready", "200", "a", "batch end", "b end"]


def test_holds_requests_until_the_test_connects_or_fails_them() -> None:
    pool = FakePool(HOST)
    pool.holds = True
    first, second, third = Hears(), Hears(), Hears()
    for each in (first, second):
        pool.new_stream(each)
    withdrawn = pool.new_stream(third)
    assert withdrawn is not None
    withdrawn.cancel()
    pool.connect()
    pool.fail(PoolFailure.TIMEOUT, "slow")
    assert (first.heard, second.heard, third.heard, pool.waiting) == (["ready"], ["connection timeout slow"], [], [])


def test_refuses_when_told_to() -> None:
    pool, hears = FakePool(HOST), Hears()
    pool.refusal = PoolFailure.OVERFLOW
    pool.new_stream(hears)
    assert hears.heard == ["overflow"]
