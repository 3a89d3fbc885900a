from portico.api.stream_info import StreamInfo
from portico.extensions.filters.network.tcp_proxy.hash_policy import FilterStateHash, SourceIpHash, filter_state
from tests.listener.surroundings import info


def test_source_ip_is_hashed_without_its_port() -> None:
    policy = SourceIpHash()
    first = policy.hash_key(StreamInfo(info(remote="192.0.2.7:1")))
    assert first is not None
    assert first == policy.hash_key(StreamInfo(info(remote="192.0.2.7:2")))
    assert first != policy.hash_key(StreamInfo(info(remote="192.0.2.8:1")))


def test_pipe_has_no_source_ip() -> None:
    assert SourceIpHash().hash_key(StreamInfo(info(remote="/run/socket"))) is None


def test_filter_state_is_the_streams_own_before_the_connections() -> None:
    stream = StreamInfo(info())
    assert filter_state(stream, "key") is None
    assert FilterStateHash("key").hash_key(stream) is None
    stream.connection.filter_state = {"key": "connection"}
    assert filter_state(stream, "key") == "connection"
    stream.filter_state = {"key": "stream"}
    assert filter_state(stream, "key") == "stream"
    assert FilterStateHash("key").hash_key(stream) is not None
