import pytest

from portico.api.address import Address, pipe
from portico.api.host import Host, Locality
from portico.api.response_flags import ResponseFlag
from portico.api.stream_info import Protocol
from portico.formatter.stream_fields import masked
from tests.formatter.entries import entry, stream, tcp_entry, text

PRINTED = {
    "%RESPONSE_CODE%": b"200",
    "%BYTES_SENT%": b"278",
    "%BYTES_RECEIVED%": b"0",
    "%BYTES_RETRANSMITTED%": b"0",
    "%CONNECTION_ID%": b"7",
    "%UPSTREAM_CONNECTION_ID%": b"0",
    "%UPSTREAM_REQUEST_ATTEMPT_COUNT%": b"0",
    "%PROTOCOL%": b"HTTP/1.1",
    "%UPSTREAM_PROTOCOL%": b"-",
    "%RESPONSE_FLAGS%": b"-",
    "%ROUTE_NAME%": b"-",
    "%CUSTOM_FLAGS%": b"",
    "%UPSTREAM_HOST%": b"127.0.0.1:21001",
    "%UPSTREAM_HOST_NAME%": b"127.0.0.1:21001",
    "%UPSTREAM_HOST_NAME_WITHOUT_PORT%": b"127.0.0.1",
    "%DOWNSTREAM_REMOTE_ADDRESS%": b"10.1.10.23:40000",
    "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%": b"10.1.10.23",
    "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(16)%": b"10.1.0.0/16",
    "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(129)%": b"10.1.10.23/32",
    "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(-1)%": b"",
    "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(x)%": b"10.1.10.23",
    "%DOWNSTREAM_REMOTE_PORT%": b"40000",
    "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%": b"10.1.10.23:40000",
    "%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT(0)%": b"0.0.0.0/0",
    "%DOWNSTREAM_DIRECT_LOCAL_PORT%": b"10000",
    "%DOWNSTREAM_LOCAL_ADDRESS_ENDPOINT_ID%": b"",
    "%UPSTREAM_REMOTE_ADDRESS%": b"-",
    "%UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(9)%": b"-",
    "%UPSTREAM_REMOTE_PORT%": b"-",
    "%UPSTREAM_REMOTE_ADDRESS_ENDPOINT_ID%": b"-",
    "%DOWNSTREAM_DETECTED_CLOSE_TYPE%": b"Normal",
    "%UPSTREAM_DETECTED_CLOSE_TYPE%": b"Normal",
}


@pytest.mark.parametrize(("format_text", "printed"), PRINTED.items())
def test_prints_the_field(format_text: str, printed: bytes) -> None:
    assert text(format_text, tcp_entry()) == printed


def test_flags_are_joined_in_the_order_they_were_set() -> None:
    info = stream()
    info.add_flag(ResponseFlag.UPSTREAM_RETRY_LIMIT_EXCEEDED)
    info.add_flag(ResponseFlag.UPSTREAM_REQUEST_TIMEOUT)
    printed = text("%RESPONSE_FLAGS% %RESPONSE_FLAGS_LONG%", entry(info=info))
    assert printed == b"URX,UT UpstreamRetryLimitExceeded,UpstreamRequestTimeout"


def test_spaces_of_a_failure_reason_become_underscores() -> None:
    info = stream()
    info.upstream_transport_failure_reason = "delayed_connect_error: Connection refused"
    printed = text("%UPSTREAM_TRANSPORT_FAILURE_REASON%", entry(info=info))
    assert printed == b"delayed_connect_error:_Connection_refused"


def test_names_of_the_upstream_and_of_every_host_tried() -> None:
    info = stream()
    named = Host(Address("10.0.0.1", 80), Locality(), 1, hostname="h.up:80")
    bare = Host(Address("::1", 81), Locality(), 1)
    info.upstream_host = named
    info.upstream_attempted_hosts = (bare, named)
    info.upstream_attempted_connection_ids = (2, 3)
    info.upstream_protocol = Protocol.HTTP2
    commands = (
        "%UPSTREAM_HOST_NAME% %UPSTREAM_HOST_NAME_WITHOUT_PORT% %UPSTREAM_HOSTS_ATTEMPTED% "
        "%UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT% %UPSTREAM_HOST_NAMES_ATTEMPTED% "
        "%UPSTREAM_HOST_NAMES_ATTEMPTED_WITHOUT_PORT% %UPSTREAM_CONNECTION_IDS_ATTEMPTED% %UPSTREAM_PROTOCOL%"
    )
    assert text(commands, entry(info=info)) == (
        b"h.up:80 h.up [::1]:81,10.0.0.1:80 ::1,10.0.0.1 [::1]:81,h.up:80 ::1,h.up 2,3 HTTP/2"
    )


def test_the_client_is_who_forwarded_for_says_and_the_peer_who_connected() -> None:
    info = stream()
    info.remote_address = Address("1.2.3.4", 0)
    printed = text("%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_DIRECT_REMOTE_ADDRESS%", entry(info=info))
    assert printed == b"1.2.3.4:0 10.1.10.23:40000"


def test_pipes_have_a_path_and_no_port() -> None:
    info = stream()
    info.upstream_remote_address = pipe("/run/up.sock")
    formats = "%UPSTREAM_REMOTE_ADDRESS% %UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(8)% %UPSTREAM_REMOTE_PORT%"
    assert text(formats, entry(info=info)) == b"/run/up.sock /run/up.sock -"


def test_masks_both_families() -> None:
    assert masked("2001:db8:1234:5678:9abc:def0:1234:5678", 64) == b"2001:db8:1234:5678::/64"
    assert masked("fe80::1%eth0", 200) == b"fe80::1/128"
