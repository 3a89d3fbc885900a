import pytest

from portico.formatter.compiler import compile_format
from portico.formatter.time_fields import whole_units
from portico.testing.fake_clock import FakeClock
from tests.formatter.entries import START_WALL, entry, server, stream, text

# Each point of time, in milliseconds after the start of the stream.
MOMENTS = {
    "downstream_headers_rx": 1,
    "last_downstream_rx": 2,
    "upstream_connect_start": 3,
    "upstream_connect_complete": 4,
    "upstream_handshake_complete": 5,
    "first_upstream_tx": 6,
    "last_upstream_tx": 7,
    "first_upstream_rx": 8,
    "first_upstream_body_rx": 9,
    "last_upstream_rx": 10,
    "first_downstream_tx": 11,
    "last_downstream_tx": 12,
}

PRINTED = {
    "%REQUEST_DURATION%": b"2",
    "%REQUEST_TX_DURATION%": b"7",
    "%RESPONSE_DURATION%": b"8",
    "%RESPONSE_TX_DURATION%": b"4",
    "%COMMON_DURATION(DS_RX_BEG:DS_RX_HDR_END:us)%": b"1000",
    "%COMMON_DURATION(DS_RX_BEG:DS_RX_END)%": b"2",
    "%COMMON_DURATION(US_CX_BEG:US_CX_END:ms)%": b"1",
    "%COMMON_DURATION(US_CX_BEG:US_HS_END:ns)%": b"2000000",
    "%COMMON_DURATION(US_TX_BEG:US_TX_END:us)%": b"1000",
    "%COMMON_DURATION(US_RX_BEG:US_RX_BODY_BEG:us)%": b"1000",
    "%COMMON_DURATION(DS_RX_BEG:US_RX_END:us)%": b"10000",
    "%COMMON_DURATION(DS_TX_BEG:DS_TX_END:us)%": b"1000",
    "%COMMON_DURATION(DS_CX_BEG:DS_CX_END:ms)%": b"30",
    "%DOWNSTREAM_HANDSHAKE_DURATION%": b"20",
    # Missing: in the wrong order, or never reached.
    "%COMMON_DURATION(DS_TX_END:DS_RX_BEG:us)%": b"-",
    "%COMMON_DURATION(DS_RX_BEG:foo:us)%": b"-",
    "%ROUNDTRIP_DURATION%": b"-",
}


@pytest.mark.parametrize(("format_text", "printed"), PRINTED.items())
def test_durations_are_between_two_moments(format_text: str, printed: bytes) -> None:
    info = stream()
    for name, after_ms in MOMENTS.items():
        setattr(info, name, info.start + after_ms / 1000)
    info.connection.start = 10.0
    info.connection.handshake_complete = 10.02
    info.connection.end = 10.03
    assert text(format_text, entry(info=info)) == printed


@pytest.mark.parametrize(
    "name", ["REQUEST_DURATION", "REQUEST_TX_DURATION", "RESPONSE_DURATION", "RESPONSE_TX_DURATION"]
)
def test_durations_are_missing_until_they_ended(name: str) -> None:
    assert text(f"%{name}%", entry()) == b"-"


def test_duration_ends_with_the_stream_or_with_this_moment() -> None:
    info = stream()
    assert text("%DURATION%", entry(info=info)) == b"1"
    info.end = 0.0
    assert text("%DURATION%", entry(info=info)) == b"50000"
    assert compile_format("%DURATION%").format(entry(info=info)) == b"-"


def test_start_time_and_emit_time() -> None:
    context = server()
    formatter = compile_format("%START_TIME(%s.%3f)% %EMIT_TIME(%s.%3f)% %EMIT_TIME%", context)
    assert formatter.format(entry()) == b"1795182132.335 1795182133.335 2026-11-20T13:42:13.335Z"
    assert isinstance(context.clock, FakeClock)
    context.clock.advance(2.0)
    assert formatter.format(entry()).split()[1] == b"%d.335" % (START_WALL + 3)


def test_whole_units_survive_binary_fractions() -> None:
    assert whole_units(0.3 - 0.1, 1000.0) == 200
    assert whole_units(0.0019999, 1000.0) == 1
