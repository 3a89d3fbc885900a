import pytest

from portico.api.headers import RequestHeaders
from portico.router.timeouts import announce, grpc_timeout, grpc_timeout_ms, request_timeouts


def asking(**fields: str) -> RequestHeaders:
    pairs = [(f"x-envoy-{name.replace('_', '-')}".encode(), value.encode()) for name, value in fields.items()]
    return RequestHeaders(b"GET", b"/", b"h", pairs)


@pytest.mark.parametrize(
    ("fields", "total_s", "per_try_s", "expected_s"),
    [
        ({}, 15.0, 0.0, 15.0),
        ({"upstream_rq_timeout_ms": "700"}, 0.7, 0.0, 0.7),
        ({"upstream_rq_timeout_ms": "0"}, 0.0, 0.0, 0.0),
        ({"upstream_rq_timeout_ms": "soon"}, 15.0, 0.0, 15.0),
        ({"upstream_rq_timeout_ms": "-1"}, 15.0, 0.0, 15.0),
        ({"upstream_rq_per_try_timeout_ms": "2000"}, 15.0, 2.0, 2.0),
        ({"upstream_rq_timeout_ms": "1000", "upstream_rq_per_try_timeout_ms": "2000"}, 1.0, 0.0, 1.0),
        ({"upstream_rq_timeout_ms": "0", "upstream_rq_per_try_timeout_ms": "2000"}, 0.0, 2.0, 2.0),
    ],
)
def test_callers_word_beats_the_routes(
    fields: dict[str, str], total_s: float, per_try_s: float, expected_s: float
) -> None:
    timeouts = request_timeouts(15.0, 0.0, asking(**fields))
    assert (timeouts.total_s, timeouts.per_try_s, timeouts.expected_s()) == (total_s, per_try_s, expected_s)


def test_control_headers_go_no_further() -> None:
    headers = asking(upstream_rq_timeout_ms="1", retry_on="5xx", max_retries="3", other="kept")
    request_timeouts(15.0, 0.0, headers)
    assert headers.items() == [(b"x-envoy-other", b"kept")]


def test_huge_numbers_are_clamped_and_not_an_overflow() -> None:
    assert request_timeouts(15.0, 0.0, asking(upstream_rq_timeout_ms="9" * 400)).total_s == 999999999.999


def test_alternative_answer_is_asked_for_by_its_presence() -> None:
    assert request_timeouts(15.0, 0.0, asking(upstream_rq_timeout_alt_response="no")).answers_204
    assert not request_timeouts(15.0, 0.0, asking()).answers_204


def test_upstream_is_told_whole_milliseconds_or_nothing() -> None:
    headers = asking(expected_rq_timeout_ms="1")
    announce(headers, 2.3456)
    assert headers.get(b"x-envoy-expected-rq-timeout-ms") == b"2345"
    announce(headers, 0.0)
    assert not headers.has(b"x-envoy-expected-rq-timeout-ms")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"1H", 3600000.0), (b"2M", 120000.0), (b"3S", 3000.0), (b"4m", 4.0), (b"5u", 0.005),
        (b"99999999H", 3.5999999640e14),
        (None, None), (b"", None), (b"1", None), (b"S", None), (b"1x", None), (b"-1S", None), (b"123456789S", None),
    ],
)  # fmt: skip
def test_grpc_spells_a_timeout_with_a_unit(value: bytes | None, expected: float | None) -> None:
    found = grpc_timeout_ms(value)
    assert found == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(("milliseconds", "text"), [(0, b"0m"), (1500, b"1500m"), (100000000, b"100000S")])
def test_grpc_timeout_is_written_in_the_smallest_unit_that_has_room(milliseconds: int, text: bytes) -> None:
    assert grpc_timeout(milliseconds) == text
