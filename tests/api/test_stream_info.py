from portico.api.address import Address
from portico.api.response_flags import ResponseFlag
from portico.api.stream_info import ConnectionInfo, StreamInfo

PEER, OWN = Address("203.0.113.9", 40000), Address("192.0.2.1", 80)


def info() -> StreamInfo:
    return StreamInfo(ConnectionInfo(7, PEER, OWN))


def test_flags_keep_the_order_they_were_set_in_and_come_once() -> None:
    stream = info()
    for flag in (ResponseFlag.UPSTREAM_RETRY_LIMIT_EXCEEDED, ResponseFlag.UPSTREAM_REQUEST_TIMEOUT):
        stream.add_flag(flag)
        stream.add_flag(flag)
    assert [flag.value for flag in stream.response_flags] == ["URX", "UT"]
    assert stream.has_flag(ResponseFlag.UPSTREAM_REQUEST_TIMEOUT)
    assert not stream.has_flag(ResponseFlag.LOCAL_RESET)


def test_streams_share_their_connection_and_nothing_else() -> None:
    connection = ConnectionInfo(7, PEER, OWN)
    one, other = StreamInfo(connection), StreamInfo(connection)
    one.metadata("ns")["key"] = 1
    one.add_flag(ResponseFlag.LOCAL_RESET)
    one.bytes_sent = 5
    assert (other.dynamic_metadata, other.response_flags, other.bytes_sent) == (None, (), 0)
    assert one.connection is other.connection


def test_metadata_is_made_once_for_each_namespace() -> None:
    stream = info()
    assert stream.metadata("a") is stream.metadata("a")
    assert stream.metadata("a") is not stream.metadata("b")


def test_client_is_the_peer_until_somebody_knows_better() -> None:
    stream = info()
    assert stream.downstream_remote_address() == PEER
    stream.remote_address = Address("1.2.3.4", 0)
    assert stream.downstream_remote_address().text == "1.2.3.4:0"
