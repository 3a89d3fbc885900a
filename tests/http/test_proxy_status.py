import pytest

from portico.api.headers import ResponseHeaders
from portico.api.response_flags import ResponseFlag
from portico.api.stream_info import StreamInfo
from portico.http.proxy_status import ProxyStatusRules
from portico.testing.fake_connection import FakeConnection


def stream_info(details: str, *flags: ResponseFlag) -> StreamInfo:
    info = StreamInfo(FakeConnection().info)
    info.response_code_details = details
    for flag in flags:
        info.add_flag(flag)
    return info


def proxy_status(rules: ProxyStatusRules, info: StreamInfo, *fields: tuple[bytes, bytes]) -> bytes | None:
    headers = ResponseHeaders(503, list(fields))
    rules.apply(headers, info)
    return headers.get(b"proxy-status")


def test_names_error_details_and_flags() -> None:
    info = stream_info("route_not_found", ResponseFlag.NO_ROUTE_FOUND)
    text = b'edge; error=destination_not_found; details="route_not_found; NR"'
    assert proxy_status(ProxyStatusRules("edge"), info) == text


def test_is_appended_to_what_the_upstream_said() -> None:
    rules = ProxyStatusRules("edge")
    rules.tells_details = False
    info = stream_info("x", ResponseFlag.UPSTREAM_OVERFLOW)
    told = proxy_status(rules, info, (b"proxy-status", b"inner"))
    assert told == b"inner, edge; error=connection_limit_reached"


def test_a_response_without_error_has_none() -> None:
    assert proxy_status(ProxyStatusRules("edge"), stream_info("via_upstream")) is None


def test_a_flag_that_is_no_error_has_none() -> None:
    info = stream_info("x", ResponseFlag.DELAY_INJECTED)
    assert proxy_status(ProxyStatusRules("edge"), info) is None


def test_the_first_flag_of_the_list_counts_not_the_first_that_was_set() -> None:
    info = stream_info("x", ResponseFlag.UPSTREAM_RETRY_LIMIT_EXCEEDED, ResponseFlag.UPSTREAM_CONNECTION_FAILURE)
    rules = ProxyStatusRules("edge")
    rules.tells_flags = False
    assert proxy_status(rules, info) == b'edge; error=connection_refused; details="x"'


def test_quotes_in_details_stay_inside_the_string() -> None:
    rules = ProxyStatusRules("edge")
    rules.tells_flags = False
    info = stream_info('a"b\\c', ResponseFlag.NO_ROUTE_FOUND)
    assert proxy_status(rules, info) == b'edge; error=destination_not_found; details="a\\"b\\\\c"'


@pytest.mark.parametrize(
    ("flag", "status"),
    [
        (ResponseFlag.NO_ROUTE_FOUND, 500),
        (ResponseFlag.UPSTREAM_CONNECTION_FAILURE, 502),
        (ResponseFlag.UPSTREAM_REQUEST_TIMEOUT, 504),
        (ResponseFlag.DOWNSTREAM_PROTOCOL_ERROR, 400),
    ],
)
def test_sets_the_recommended_status_where_there_is_one(flag: ResponseFlag, status: int) -> None:
    rules = ProxyStatusRules("edge")
    rules.sets_recommended_status = True
    headers = ResponseHeaders(400)
    info = stream_info("x", flag)
    info.response_code = 400
    rules.apply(headers, info)
    assert (headers.status, info.response_code) == (status, status)
