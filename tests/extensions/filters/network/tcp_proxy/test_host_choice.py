from portico.api.stream_info import StreamInfo
from portico.extensions.filters.network.tcp_proxy.hash_policy import SourceIpHash
from portico.extensions.filters.network.tcp_proxy.host_choice import HostChoice
from tests.listener.surroundings import info


def test_balancer_may_ask_for_the_connection_and_a_hash() -> None:
    stream = StreamInfo(info())
    choice = HostChoice(stream, None, SourceIpHash())
    assert choice.downstream_connection() is stream.connection
    assert choice.hash_key() is not None
    assert HostChoice(stream, None, None).hash_key() is None


def test_dynamic_metadata_goes_over_what_is_configured() -> None:
    stream = StreamInfo(info())
    configured: dict[str, object] = {"stage": "prod", "version": "1"}
    assert HostChoice(stream, configured, None).metadata_match() == configured
    stream.metadata("envoy.lb")["version"] = "2"
    assert HostChoice(stream, configured, None).metadata_match() == {"stage": "prod", "version": "2"}
    assert HostChoice(stream, None, None).metadata_match() == {"version": "2"}
