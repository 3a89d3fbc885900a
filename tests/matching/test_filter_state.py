"""Filter state of streams and connections."""

from portico.api.address import Address, pipe
from portico.matching.cidr import CidrSet, IpNumber
from portico.matching.filter_state import FilterStateAddress, FilterStateText, filter_state_object, serialized
from portico.matching.string import ExactMatcher
from tests.router.tables import stream_info


def test_the_streams_object_hides_the_connections() -> None:
    info = stream_info()
    assert filter_state_object(info, "k") is None
    info.connection.filter_state = {"k": "connection", "j": "only"}
    assert filter_state_object(info, "k") == "connection"
    info.filter_state = {"k": "stream"}
    assert filter_state_object(info, "k") == "stream"
    assert filter_state_object(info, "j") == "only"


def test_text_of_an_object() -> None:
    info = stream_info()
    matcher = FilterStateText("k", ExactMatcher(b"x"))
    assert not matcher.matches(info)
    info.filter_state = {"k": "x"}
    assert matcher.matches(info)
    assert serialized(b"raw") == b"raw"
    assert serialized(Address("::1", 80)) == b"[::1]:80"
    assert serialized(7) == b"7"


def test_address_of_an_object() -> None:
    ranges = CidrSet()
    ranges.add(IpNumber(32, 10 << 24), 8)
    inside, outside = FilterStateAddress("k", ranges, invert=False), FilterStateAddress("k", ranges, invert=True)
    info = stream_info()
    info.filter_state = {"k": Address("10.1.1.1", 1)}
    assert (inside.matches(info), outside.matches(info)) == (True, False)
    info.filter_state = {"k": Address("11.1.1.1", 1)}
    assert (inside.matches(info), outside.matches(info)) == (False, True)
    for other in ("10.1.1.1", pipe("/run/x"), None):
        info.filter_state = {"k": other}
        assert (inside.matches(info), outside.matches(info)) == (False, False)
