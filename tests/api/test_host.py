from portico.api.address import Address
from portico.api.host import HealthFlag, Host, Locality


def test_localities_are_equal_by_their_names() -> None:
    assert Locality("r", "z") == Locality("r", "z", "")
    assert len({Locality("r", "z"), Locality("r", "z"), Locality("r", "y")}) == 2
    assert repr(Locality("r", "z", "s")) == "Locality(r/z/s)"


def test_host_prints_where_it_is_and_starts_healthy() -> None:
    host = Host(Address("1.2.3.4", 80), Locality(), 1)
    assert repr(host) == "Host(1.2.3.4:80)"
    assert host.unhealthy == 0
    host.unhealthy |= HealthFlag.FAILED_ACTIVE_HC
    assert HealthFlag(host.unhealthy) is HealthFlag.FAILED_ACTIVE_HC


def test_two_hosts_at_one_address_are_two_hosts() -> None:
    one, other = (Host(Address("1.2.3.4", 80), Locality(), 1) for _ in range(2))
    assert one != other
