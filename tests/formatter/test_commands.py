"""Every text here is Envoy 1.40's own, from --mode validate."""

import pytest

from portico.api.errors import ConfigError
from portico.formatter.commands import Commands
from portico.formatter.compiler import compile_format
from portico.formatter.operator import Operator
from portico.formatter.parser import Command
from tests.formatter.entries import Fixed, entry, server, text

REFUSED = {
    "%NOPE%": "Not supported field in StreamInfo: NOPE",
    "%NOPE(x)%": "Not supported field in StreamInfo: NOPE",
    "%REQ_(a)%": "Not supported field in StreamInfo: REQ_",
    "%REQ_WITHOUT_QUERY(a)%": "Not supported field in StreamInfo: REQ_WITHOUT_QUERY",
    "%REQ()%": "REQ requires parameters",
    "%RESP%": "RESP requires parameters",
    "%TRAILER%": "TRAILER requires parameters",
    "%QUERY_PARAM()%": "QUERY_PARAM requires parameters",
    "%ENVIRONMENT%": "ENVIRONMENT requires parameters",
    "%DYNAMIC_METADATA()%": "DYNAMIC_METADATA requires parameters",
    "%COMMON_DURATION%": "COMMON_DURATION requires parameters",
    "%COALESCE%": "COALESCE requires parameters",
    "%PROTOCOL(x)%": "PROTOCOL does not take any parameters or length",
    "%PROTOCOL:3%": "PROTOCOL does not take any parameters or length",
    "%BYTES_SENT():2%": "BYTES_SENT does not take any parameters or length",
    "%DURATION():3%": "DURATION does not take any parameters or length",
    "%HOSTNAME(x)%": "HOSTNAME does not take any parameters or length",
    "%UNIQUE_ID(x)%": "UNIQUE_ID does not take any parameters or length",
    "%ACCESS_LOG_TYPE(x)%": "ACCESS_LOG_TYPE does not take any parameters or length",
    "%LOCAL_REPLY_BODY(x)%": "LOCAL_REPLY_BODY does not take any parameters or length",
    "%TRACE_ID(x)%": "TRACE_ID does not take any parameters or length",
    "%CUSTOM_FLAGS(x)%": "CUSTOM_FLAGS does not take any parameters or length",
    "%UPSTREAM_HOST():2%": "UPSTREAM_HOST does not take any parameters or length",
    "%TLS_JA3_FINGERPRINT(x)%": "TLS_JA3_FINGERPRINT does not take any parameters or length",
    "%DOWNSTREAM_REMOTE_ADDRESS(3)%": "DOWNSTREAM_REMOTE_ADDRESS does not take any parameters or length",
    "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(8):2%": (
        "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT does not allow length to be specified."
    ),
    "%START_TIME:3%": "START_TIME does not allow length to be specified.",
    "%EMIT_TIME():2%": "EMIT_TIME does not allow length to be specified.",
    "%GRPC_STATUS():2%": "GRPC_STATUS does not allow length to be specified.",
    "%DOWNSTREAM_PEER_CERT_V_START:2%": "DOWNSTREAM_PEER_CERT_V_START does not allow length to be specified.",
    "%START_TIME(%n)%": "Invalid header configuration. Format string contains newline.",
    "%EMIT_TIME(%0n)%": "Invalid header configuration. Format string contains newline.",
    "%REQ(a?b?c)%": "More than 1 alternative header specified in token: a?b?c",
    "%REQ(a b)%": "Invalid header configuration. Format string contains invalid characters.",
    "%REQ(a(b))%": "Invalid header configuration. Format string contains invalid characters.",
    "%QUERY_PARAMS(X)%": "Invalid QUERY_PARAMS option: 'X', only 'ORIG'/'DECODED' are allowed",
    "%PATH(X)%": "Invalid PATH option: 'X', only 'WQ'/'NQ' are allowed",
    "%PATH(NQ:X)%": "Invalid PATH option: 'X', only 'ORIG'/'PATH'/'ORIG_OR_PATH' are allowed",
    "%METADATA%": " is not supported type of metadata",
    "%METADATA(X:y)%": "X is not supported type of metadata",
    "%FILTER_STATE()%": "Invalid filter state configuration, key cannot be empty.",
    "%FILTER_STATE(:PLAIN)%": "Invalid filter state configuration, key cannot be empty.",
    "%FILTER_STATE(a:X)%": "Invalid filter state serialize type, only support PLAIN/TYPED/FIELD.",
    "%FILTER_STATE(a:FIELD)%": "Invalid filter state serialize type, FIELD should be used with the field name.",
    "%FILTER_STATE(a:PLAIN:x)%": "Invalid filter state serialize type, FIELD should be used with the field name.",
    "%GRPC_STATUS(X)%": "GrpcStatusFormatter only supports CAMEL_STRING, SNAKE_STRING or NUMBER. Got: X",
    "%COMMON_DURATION(a)%": "Invalid common duration configuration: a.",
    "%COMMON_DURATION(a:b:c)%": "Invalid common duration precision: c.",
    "%COMMON_DURATION(a:b:ms:d)%": "Invalid common duration configuration: a:b:ms:d.",
    "%REQUESTED_SERVER_NAME(X)%": (
        "Invalid REQUESTED_SERVER_NAME option: 'X', only 'SNI_ONLY'/'SNI_FIRST'/'HOST_FIRST' are allowed"
    ),
    "%REQUESTED_SERVER_NAME(SNI_FIRST:X)%": (
        "Invalid REQUESTED_SERVER_NAME option: 'X', only 'ORIG_OR_HOST'/'HOST'/'ORIG' are allowed"
    ),
    "%COALESCE({})%": "COALESCE: JSON configuration must contain 'operators' array",
    '%COALESCE({"operators":[]})%': "COALESCE: 'operators' array must not be empty",
    '%COALESCE({"operators":["NOPE"]})%': "COALESCE: failed to parse operator at index 0: unknown command: 'NOPE'",
    '%COALESCE({"operators":[{"command":"REQ"}]})%': (
        "COALESCE: failed to parse operator at index 0: REQ requires parameters"
    ),
    '%COALESCE({"operators":["PROTOCOL",1]})%': (
        "COALESCE: failed to parse operator at index 1: operator entry must be either a string (command name) "
        "or an object with 'command' field"
    ),
    # portico's own
    "%CEL(x)%": "CEL is not implemented",
    '%COALESCE({"operators":[{"command":"PATH","max_length":-1}]})%': (
        "COALESCE: failed to parse operator at index 0: 'max_length' must be a positive integer, got -1"
    ),
}


@pytest.mark.parametrize(("format_text", "message"), REFUSED.items())
def test_refuses_in_envoys_words(format_text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        compile_format(format_text, server())
    assert caught.value.message == message


ACCEPTED = [
    "%PATH(NQ:PATH:X)%",
    "%RESPONSE_CODE_DETAILS(X)%",
    "%COMMON_DURATION(a:b)%",
    "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(x)%",
    "%REQUESTED_SERVER_NAME(SNI_FIRST:HOST:x)%",
    "%QUERY_PARAM(a b)%",
    "%REQ(X?)%",
    "%REQ(?X)%",
    "%START_TIME(%10f)%",
]


@pytest.mark.parametrize("format_text", ACCEPTED)
def test_accepts_what_envoy_accepts(format_text: str) -> None:
    assert text(format_text, entry())


# `strings` of the Envoy 1.40 binary, each of them accepted by it.
ENVOYS_COMMANDS = """
ACCESS_LOG_TYPE BYTES_RECEIVED BYTES_RETRANSMITTED BYTES_SENT CONNECTION_ID CONNECTION_TERMINATION_DETAILS CUSTOM_FLAGS
DOWNSTREAM_CX_RTT DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT
DOWNSTREAM_DETECTED_CLOSE_TYPE DOWNSTREAM_DIRECT_LOCAL_ADDRESS DOWNSTREAM_DIRECT_LOCAL_ADDRESS_ENDPOINT_ID
DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT DOWNSTREAM_DIRECT_LOCAL_PORT DOWNSTREAM_DIRECT_REMOTE_ADDRESS
DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT DOWNSTREAM_DIRECT_REMOTE_PORT DOWNSTREAM_HANDSHAKE_DURATION
DOWNSTREAM_HEADER_BYTES_RECEIVED DOWNSTREAM_HEADER_BYTES_SENT DOWNSTREAM_LOCAL_ADDRESS
DOWNSTREAM_LOCAL_ADDRESS_ENDPOINT_ID DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT DOWNSTREAM_LOCAL_CLOSE_REASON
DOWNSTREAM_LOCAL_DNS_SAN DOWNSTREAM_LOCAL_EMAIL_SAN DOWNSTREAM_LOCAL_IP_SAN DOWNSTREAM_LOCAL_OTHERNAME_SAN
DOWNSTREAM_LOCAL_PORT DOWNSTREAM_LOCAL_SUBJECT DOWNSTREAM_LOCAL_URI_SAN DOWNSTREAM_PEER_CERT
DOWNSTREAM_PEER_CERT_V_END DOWNSTREAM_PEER_CERT_V_START DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_1
DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_256 DOWNSTREAM_PEER_CHAIN_SERIALS DOWNSTREAM_PEER_DNS_SAN DOWNSTREAM_PEER_EMAIL_SAN
DOWNSTREAM_PEER_FINGERPRINT_1 DOWNSTREAM_PEER_FINGERPRINT_256 DOWNSTREAM_PEER_IP_SAN DOWNSTREAM_PEER_ISSUER
DOWNSTREAM_PEER_ISSUER_FINGERPRINT_256 DOWNSTREAM_PEER_ISSUER_SERIAL DOWNSTREAM_PEER_OTHERNAME_SAN
DOWNSTREAM_PEER_SERIAL DOWNSTREAM_PEER_SUBJECT DOWNSTREAM_PEER_URI_SAN DOWNSTREAM_REMOTE_ADDRESS
DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT DOWNSTREAM_REMOTE_PORT DOWNSTREAM_TLS_CIPHER DOWNSTREAM_TLS_GROUP
DOWNSTREAM_TLS_SESSION_ID DOWNSTREAM_TLS_VERSION DOWNSTREAM_TRANSPORT_FAILURE_REASON DOWNSTREAM_WIRE_BYTES_RECEIVED
DOWNSTREAM_WIRE_BYTES_SENT DURATION EMIT_TIME EMIT_TIME_LOCAL FILTER_CHAIN_NAME GRPC_STATUS GRPC_STATUS_NUMBER HOSTNAME
LISTENER_NAME LOCAL_REPLY_BODY PACKETS_RETRANSMITTED PATH PROTOCOL QUERY_PARAMS REQUESTED_SERVER_NAME REQUEST_DURATION
REQUEST_HEADERS_BYTES REQUEST_TX_DURATION RESPONSE_CODE RESPONSE_CODE_DETAILS RESPONSE_DURATION RESPONSE_FLAGS
RESPONSE_FLAGS_LONG RESPONSE_HEADERS_BYTES RESPONSE_TRAILERS_BYTES RESPONSE_TX_DURATION ROUNDTRIP_DURATION ROUTE_NAME
SPAN_ID START_TIME START_TIME_LOCAL STREAM_ID TLS_JA3_FINGERPRINT TLS_JA4_FINGERPRINT TRACE_ID UNIQUE_ID
UPSTREAM_CLUSTER UPSTREAM_CLUSTER_RAW UPSTREAM_CONNECTION_ID UPSTREAM_CONNECTION_IDS_ATTEMPTED
UPSTREAM_CONNECTION_POOL_READY_DURATION UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED
UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT UPSTREAM_DETECTED_CLOSE_TYPE UPSTREAM_HEADER_BYTES_RECEIVED
UPSTREAM_HEADER_BYTES_SENT UPSTREAM_HOST UPSTREAM_HOSTS_ATTEMPTED UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT
UPSTREAM_HOST_NAME UPSTREAM_HOST_NAMES_ATTEMPTED UPSTREAM_HOST_NAMES_ATTEMPTED_WITHOUT_PORT
UPSTREAM_HOST_NAME_WITHOUT_PORT UPSTREAM_LOCAL_ADDRESS UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT UPSTREAM_LOCAL_CLOSE_REASON
UPSTREAM_LOCAL_DNS_SAN UPSTREAM_LOCAL_IP_SAN UPSTREAM_LOCAL_PORT UPSTREAM_LOCAL_URI_SAN UPSTREAM_PEER_CERT
UPSTREAM_PEER_CERT_V_END UPSTREAM_PEER_CERT_V_START UPSTREAM_PEER_DNS_SAN UPSTREAM_PEER_IP_SAN UPSTREAM_PEER_ISSUER
UPSTREAM_PEER_SUBJECT UPSTREAM_PEER_URI_SAN UPSTREAM_PROTOCOL UPSTREAM_REMOTE_ADDRESS
UPSTREAM_REMOTE_ADDRESS_ENDPOINT_ID UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT UPSTREAM_REMOTE_PORT
UPSTREAM_REQUEST_ATTEMPT_COUNT UPSTREAM_SERVER_NAME UPSTREAM_TLS_CIPHER UPSTREAM_TLS_GROUP UPSTREAM_TLS_SESSION_ID
UPSTREAM_TLS_VERSION UPSTREAM_TRANSPORT_FAILURE_REASON UPSTREAM_WIRE_BYTES_RECEIVED UPSTREAM_WIRE_BYTES_SENT
VIRTUAL_CLUSTER_NAME
"""


@pytest.mark.parametrize("name", ENVOYS_COMMANDS.split())
def test_knows_every_command_of_envoy(name: str) -> None:
    compile_format(f"%{name}%", server())


def test_clock_and_chance_are_refused_where_there_is_no_process() -> None:
    with pytest.raises(ConfigError, match="EMIT_TIME is not available here"):
        compile_format("%EMIT_TIME%")
    with pytest.raises(ConfigError, match="UNIQUE_ID is not available here"):
        compile_format("%UNIQUE_ID%")


def test_coalesce_takes_the_first_value_that_is_neither_missing_nor_empty() -> None:
    fallback = '%COALESCE({"operators":["REQUESTED_SERVER_NAME",{"command":"REQ","param":"x-e"},%s]})%'
    authority = '{"command":"REQ","param":":authority"}'
    assert text(fallback.replace("%s", authority), entry((b"x-e", b""))) == b"h.com"
    assert text(fallback.replace("%s", '"TRACE_ID"'), entry()) == b"-"
    short = '%COALESCE({"operators":[{"command":"REQ","param":":authority","max_length":2}]}):1%'
    assert text(short, entry()) == b"h"


def test_commands_of_an_extension_come_first() -> None:
    def extension(command: Command) -> Operator | None:
        return Fixed(b"mine") if command.name in ("MINE", "PROTOCOL") else None

    commands = Commands(extensions=[extension])
    assert [commands.compile(Command(name)).text(entry()) for name in ("MINE", "PROTOCOL", "RESPONSE_CODE")] == [
        b"mine",
        b"mine",
        b"200",
    ]
