import ipaddress
from typing import Any

import pytest

from portico.api.address import Address
from portico.api.errors import ConfigError, ConfigErrors
from portico.api.headers import RequestHeaders
from portico.api.stream_info import ConnectionInfo
from portico.extensions.http.original_ip_detection.xff import TrustedHops, TrustedNetworks, xff
from portico.http.forwarded import AddressDetector
from tests.formatter.messages import context, message

NETWORKS = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8")]


def detected(detector: AddressDetector, forwarded: bytes | None, peer: str = "10.9.9.9") -> tuple[str, bool] | None:
    fields = [] if forwarded is None else [(b"x-forwarded-for", forwarded)]
    connection = ConnectionInfo(1, Address(peer, 4000), Address("192.0.2.1", 80))
    found = detector.detect(RequestHeaders(b"GET", b"/", b"h", fields), connection)
    return None if found is None else (found.address.ip, found.is_trusted)


@pytest.mark.parametrize(
    ("hops", "forwarded", "found"),
    [
        (0, b"1.1.1.1, 2.2.2.2", ("2.2.2.2", False)),
        (0, b"2.2.2.2", ("2.2.2.2", True)),
        (1, b"1.1.1.1, 2.2.2.2, 3.3.3.3", ("2.2.2.2", False)),
        (3, b"1.1.1.1, 2.2.2.2, 3.3.3.3", None),
        (0, b"junk", None),
        (0, None, None),
    ],
)
def test_hops_are_counted_from_the_right(hops: int, forwarded: bytes | None, found: tuple[str, bool] | None) -> None:
    assert detected(TrustedHops(hops), forwarded) == found


@pytest.mark.parametrize(
    ("forwarded", "found"),
    [
        (b"1.1.1.1, 2.2.2.2, 10.3.3.3", ("2.2.2.2", False)),
        (b"2.2.2.2, fd00::1", ("2.2.2.2", False)),
        (b"10.1.1.1, 10.3.3.3", ("10.1.1.1", False)),
        (b"junk, 10.3.3.3", None),
        (None, None),
    ],
)
def test_trusted_networks_are_skipped_from_the_right(forwarded: bytes | None, found: tuple[str, bool] | None) -> None:
    assert detected(TrustedNetworks(NETWORKS), forwarded) == found


def test_a_peer_outside_the_trusted_networks_tells_nothing() -> None:
    assert detected(TrustedNetworks(NETWORKS), b"1.1.1.1", peer="192.0.2.7") is None


def configured(**fields: Any) -> AddressDetector:
    kind = "envoy.extensions.http.original_ip_detection.xff.v3.XffConfig"
    detector: AddressDetector = xff(message(kind, fields), context())
    return detector


def cidrs(prefix: str) -> dict[str, Any]:
    return {"cidrs": [{"address_prefix": prefix, "prefix_len": 8}]}


def test_configuration_chooses_between_hops_and_networks() -> None:
    assert detected(configured(xff_num_trusted_hops=1), b"1.1.1.1, 2.2.2.2") == ("1.1.1.1", False)
    assert detected(configured(xff_trusted_cidrs=cidrs("10.0.0.0")), b"1.1.1.1, 10.2.2.2") == ("1.1.1.1", False)


@pytest.mark.parametrize(("fields", "appends"), [({}, False), ({"skip_xff_append": False}, True)])
def test_the_peer_is_appended_only_when_asked_for(fields: dict[str, Any], appends: bool) -> None:
    assert configured(**fields).appends_peer is appends


def test_hops_and_networks_exclude_each_other() -> None:
    with pytest.raises(ConfigError, match="Cannot set both"):
        configured(xff_num_trusted_hops=1, xff_trusted_cidrs={})


def test_a_bad_network_is_named() -> None:
    with pytest.raises((ConfigError, ConfigErrors), match="'nowhere/8'"):
        configured(xff_trusted_cidrs=cidrs("nowhere"))
