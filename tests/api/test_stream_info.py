from portico.api.address import Address
from portico.api.host import Host, Locality
from portico.api.response_flags import ResponseFlag
from portico.api.stream_info import ConnectionInfo, StreamInfo

FIRST = Host(Address("192.0.2.1", 80), Locality(), 1)
SECOND = Host(Address("192.0.2.2", 80), Locality(), 1)


def stream() -> StreamInfo:
    return StreamInfo(ConnectionInfo(1, Address("127.0.0.1", 50000), Address("127.0.0.1", 80)))


def test_only_try_needs_no_list_of_hosts() -> None:
    info = stream()
    assert (info.hosts_attempted(), info.connection_ids_attempted(), info.upstream_close_type()) == ((), (), "")
    info.upstream_host = FIRST
    info.upstream_connection_id = 7
    assert (info.hosts_attempted(), info.connection_ids_attempted()) == ((FIRST,), (7,))
    assert info.upstream_close_type() == "Normal"


def test_several_tries_are_told_in_order() -> None:
    info = stream()
    info.upstream_host = SECOND
    info.upstream_attempted_hosts = (FIRST, SECOND)
    info.upstream_attempted_connection_ids = (3, 4)
    assert info.hosts_attempted() == (FIRST, SECOND)
    assert info.connection_ids_attempted() == (3, 4)


def test_flag_is_set_once() -> None:
    info = stream()
    info.add_flag(ResponseFlag.UPSTREAM_OVERFLOW)
    info.add_flag(ResponseFlag.UPSTREAM_OVERFLOW)
    assert info.response_flags == (ResponseFlag.UPSTREAM_OVERFLOW,)
    assert not info.has_flag(ResponseFlag.NO_ROUTE_FOUND)


def test_metadata_of_a_namespace_is_made_when_first_asked_for() -> None:
    info = stream()
    info.metadata("a")["k"] = 1
    assert info.metadata("a") == {"k": 1}
    assert info.dynamic_metadata == {"a": {"k": 1}}
