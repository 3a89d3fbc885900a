from portico.api.address import Address
from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders
from portico.api.host import Host, Locality
from portico.api.response_flags import ResponseFlag
from portico.api.stream_info import ConnectionInfo, StreamInfo
from portico.router.try_log import TryLog
from portico.testing.fake_clock import FakeClock
from portico.testing.filter_harness import RecordingLog


def downstream() -> StreamInfo:
    info = StreamInfo(ConnectionInfo(1, Address("127.0.0.1", 50000), Address("127.0.0.1", 80)))
    info.upstream_cluster = "api"
    info.bytes_sent = 99
    info.add_flag(ResponseFlag.DELAY_INJECTED)
    return info


def test_line_tells_the_upstreams_side() -> None:
    clock = FakeClock()
    log = RecordingLog()
    info = downstream()
    written = TryLog([log], info, RequestHeaders(b"POST", b"/p", b"h", []), clock)
    written.sent(b"1234")
    response = ResponseHeaders(200, [(b"x", b"y")])
    written.received_headers(response)
    response.add(b"server", b"envoy")
    written.received(b"ok")
    written.received_trailers(HeaderMap([(b"t", b"1")]))
    info.upstream_host = Host(Address("192.0.2.1", 80), Locality(), 1)
    info.upstream_wire_bytes_sent = 70
    clock.advance(0.25)
    written.end(None)
    (entry,) = log.entries
    assert entry.log_type == "UpstreamEnd"
    own = entry.info
    assert (own.response_code, own.bytes_sent, own.bytes_received, own.upstream_wire_bytes_sent) == (200, 4, 2, 70)
    assert (own.upstream_cluster, own.upstream_host, own.response_flags) == ("api", info.upstream_host, ())
    assert own.end - own.start == 0.25
    assert entry.response_headers is not None
    assert not entry.response_headers.has(b"server")
    assert entry.response_trailers is not None


def test_try_that_failed_has_its_flag_and_no_status() -> None:
    log = RecordingLog()
    TryLog([log], downstream(), RequestHeaders(b"GET", b"/", b"h", []), FakeClock()).end(
        ResponseFlag.UPSTREAM_CONNECTION_FAILURE
    )
    (entry,) = log.entries
    assert (entry.info.response_code, entry.info.response_flags) == (0, (ResponseFlag.UPSTREAM_CONNECTION_FAILURE,))
    assert entry.response_headers is None
