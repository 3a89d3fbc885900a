import pytest

from portico.admin.origin_guard import OriginGuard, own_host_names

GUARD = OriginGuard(frozenset(["proxy-1"]))


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (None, "anything.example"),
        ("http://127.0.0.1:9901", "127.0.0.1:9901"),
        ("http://[::1]:9901", "[::1]:9901"),
        ("http://localhost:9901", "localhost:9901"),
        ("http://proxy-1:9901", "proxy-1:9901"),
        ("https://admin.localhost", "admin.localhost"),
    ],
)
def test_scripts_and_the_admin_pages_themselves_are_allowed(origin: str | None, host: str) -> None:
    assert GUARD.allows(origin, host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://evil.example", "127.0.0.1:9901"),
        ("http://127.0.0.1:8000", "127.0.0.1:9901"),
        ("null", "127.0.0.1:9901"),
        ("", "127.0.0.1:9901"),
        ("file://127.0.0.1:9901", "127.0.0.1:9901"),
        ("http://rebound.example:9901", "rebound.example:9901"),
    ],
)
def test_strangers_pages_and_rebound_names_are_refused(origin: str, host: str) -> None:
    assert not GUARD.allows(origin, host)


def test_this_machines_name_is_known() -> None:
    (name,) = own_host_names()
    assert OriginGuard(own_host_names()).allows(f"http://{name}:9901", f"{name}:9901")
