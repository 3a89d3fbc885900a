import pytest

from portico.api.headers import RequestHeaders
from portico.router.header_checks import invalid_header

STRICT = (b"x-envoy-max-retries", b"x-envoy-retry-on", b"x-envoy-retry-grpc-on")


@pytest.mark.parametrize(
    ("name", "value", "is_valid"),
    [
        (b"x-envoy-max-retries", b"3", True),
        (b"x-envoy-max-retries", b"", False),
        (b"x-envoy-max-retries", b"-1", False),
        (b"x-envoy-max-retries", b"many", False),
        (b"x-envoy-max-retries", b"1" * 19, False),
        (b"x-envoy-retry-on", b"5xx", True),
        (b"x-envoy-retry-on", b"5xx, reset", True),
        (b"x-envoy-retry-on", b"5xx,never", False),
        (b"x-envoy-retry-grpc-on", b"unavailable", True),
        (b"x-envoy-retry-grpc-on", b"5xx", False),
        (b"x-envoy-other", b"anything", True),
    ],
)
def test_header_must_make_sense_where_it_is_checked(name: bytes, value: bytes, is_valid: bool) -> None:
    headers = RequestHeaders(b"GET", b"/", b"h", [(name, value)])
    assert invalid_header(headers, STRICT) == (b"" if is_valid else name)
    assert invalid_header(headers, ()) == b""


def test_first_one_that_is_wrong_is_named() -> None:
    headers = RequestHeaders(b"GET", b"/", b"h", [(STRICT[1], b"x"), (STRICT[0], b"x")])
    assert invalid_header(headers, STRICT) == STRICT[0]
