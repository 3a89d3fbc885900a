from portico.api.address import Address
from portico.api.host import Locality
from portico.upstream.host_spec import HostSpec


def test_specs_with_the_same_values_are_equal() -> None:
    one, other = (HostSpec(Address("10.0.0.1", 1), Locality("r", "z")) for _ in range(2))
    assert one == other
    for name, value in {"weight": 2, "priority": 1, "hostname": "h", "canary": True, "eds_health": 4}.items():
        changed = HostSpec(Address("10.0.0.1", 1), Locality("r", "z"))
        setattr(changed, name, value)
        assert changed != one, name


def test_repr_is_the_address() -> None:
    assert repr(HostSpec(Address("::1", 1), Locality())) == "HostSpec([::1]:1)"
