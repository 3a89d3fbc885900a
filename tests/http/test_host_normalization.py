"""Host options, as measured on Envoy 1.40."""

import pytest

from portico.http.host_normalization import strip_port, strip_trailing_dot


@pytest.mark.parametrize(
    ("authority", "without"),
    [
        (b"a.", b"a"),
        (b"a.:80", b"a:80"),
        (b"a..", b"a."),
        (b".", b""),
        (b"a:80", b"a:80"),
        (b"a.b", b"a.b"),
        (b"[::1].", b"[::1]"),
        (b"a.:x", b"a:x"),
        (b"1.2.3.4.:1", b"1.2.3.4:1"),
        (b"", b""),
    ],
)
def test_strips_one_trailing_dot(authority: bytes, without: bytes) -> None:
    assert strip_trailing_dot(authority) == without


@pytest.mark.parametrize(
    ("authority", "without"),
    [
        (b"a:80", b"a"),
        (b"a.:80", b"a."),
        (b"a:99999", b"a"),
        (b"a:080", b"a"),
        (b"a.b:+80", b"a.b"),
        (b"[::1]:80", b"[::1]"),
        (b":80", b""),
        (b"a:80:90", b"a:80"),
        (b"::1", b":"),
    ],
)
def test_strips_any_number_after_the_last_colon(authority: bytes, without: bytes) -> None:
    assert strip_port(authority, None) == without


@pytest.mark.parametrize("authority", [b"a", b"a:", b"a:x", b"a:-1", b"a:4294967296", b"[::1]", b"[::1].", b""])
def test_keeps_what_is_no_port(authority: bytes) -> None:
    assert strip_port(authority, None) == authority


def test_strips_only_the_listeners_port() -> None:
    assert strip_port(b"a:8080", 8080) == b"a"
    assert strip_port(b"[::1]:8080", 8080) == b"[::1]"
    assert strip_port(b"a:80", 8080) == b"a:80"
    assert strip_port(b"a:08080", 8080) == b"a"
