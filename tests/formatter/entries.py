"""Log entries and a process for format tests."""

from portico.api.access_log import LogEntry
from portico.api.address import Address
from portico.api.clock import Random
from portico.api.context import LocalInfo, ServerContext
from portico.api.headers import RequestHeaders, ResponseHeaders
from portico.api.host import Host, Locality
from portico.api.runtime import Runtime
from portico.api.stream_info import ConnectionInfo, Protocol, StreamInfo
from portico.api.upstream import ClusterManager
from portico.formatter.compiler import compile_format
from portico.formatter.operator import Operator
from portico.stats.store import StatsStore
from portico.testing.fake_clock import FakeClock

START_WALL = 1795182132.335574  # 2026-11-20T13:42:12.335574Z


class CountedRandom(Random):
    """0, 1, 2, … and identifiers that say so."""

    def __init__(self) -> None:
        self.next = 0

    def below(self, limit: int) -> int:
        self.next += 1
        return (self.next - 1) % limit

    def uuid4(self) -> bytes:
        return b"uuid-%d" % self.below(1 << 32)


class FixedRuntime(Runtime):
    def __init__(self, values: dict[str, int]) -> None:
        self.values = values

    def integer(self, key: str, default: int) -> int:
        return self.values.get(key, default)

    def fraction_enabled(self, key: str, numerator: int, denominator: int, random_value: int) -> bool:
        return random_value % denominator < self.values.get(key, numerator)


def server(runtime: dict[str, int] | None = None) -> ServerContext:
    clock = FakeClock(now=100.0, wall=START_WALL + 1.0)
    return ServerContext(
        StatsStore(), clock, CountedRandom(), FixedRuntime(runtime or {}), ClusterManager(), LocalInfo()
    )


def stream() -> StreamInfo:
    """A finished GET that an upstream answered: 1.2 ms in all."""
    connection = ConnectionInfo(7, Address("10.1.10.23", 40000), Address("127.0.0.1", 10000))
    info = StreamInfo(connection)
    info.protocol = Protocol.HTTP11
    info.response_code = 200
    info.response_code_details = "via_upstream"
    info.start_wall = START_WALL
    info.start = 50.0
    info.end = 50.0012
    info.bytes_sent = 278
    info.upstream_host = Host(Address("127.0.0.1", 21001), Locality(), 1)
    return info


def entry(
    *request_fields: tuple[bytes, bytes], path: bytes = b"/p/q?a=12&b=%20x", info: StreamInfo | None = None
) -> LogEntry:
    request = RequestHeaders(b"GET", path, b"h.com", list(request_fields))
    response = ResponseHeaders(200, [(b"server", b"envoy"), (b"x-up", b"u1"), (b"x-up", b"u2")])
    return LogEntry(info or stream(), request, response)


def tcp_entry() -> LogEntry:
    return LogEntry(stream())


def text(format_text: str, log_entry: LogEntry) -> bytes:
    return compile_format(format_text, server()).format(log_entry)


class Fixed(Operator):
    """An operator that answers what the test says."""

    def __init__(self, value: bytes | None) -> None:
        self.value = value

    def text(self, entry: LogEntry) -> bytes | None:
        return self.value
