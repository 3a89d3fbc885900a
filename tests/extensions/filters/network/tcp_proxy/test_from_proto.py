from typing import Any

import pytest

from portico.api.errors import ConfigErrors
from portico.extensions.filters.network.tcp_proxy import TYPE, tcp_proxy
from portico.extensions.filters.network.tcp_proxy.config import ConnectMode, TcpProxyConfig
from portico.extensions.filters.network.tcp_proxy.filter import TcpProxyFilter
from portico.extensions.filters.network.tcp_proxy.from_proto import tcp_proxy_config
from portico.extensions.filters.network.tcp_proxy.hash_policy import FilterStateHash, SourceIpHash
from tests.extensions.filters.network.surroundings import factory_context, message


def build(**fields: Any) -> TcpProxyConfig:
    return tcp_proxy_config(message(TYPE, {"stat_prefix": "p", **fields}), factory_context())


def complaints(**fields: Any) -> list[str]:
    with pytest.raises(ConfigErrors) as caught:
        build(**fields)
    return [str(error) for error in caught.value.errors]


def test_defaults_are_envoys() -> None:
    config = build(cluster="up")
    assert config.idle_timeout_s == 3600.0
    assert config.max_connect_attempts == 1
    assert config.max_connection_duration_s == 0.0
    assert config.connect_mode is ConnectMode.IMMEDIATE
    assert config.max_early_data_bytes < 0
    assert not config.checks_drain


def test_settings_are_read() -> None:
    config = build(
        cluster="up",
        idle_timeout="0s",
        max_connect_attempts=3,
        max_downstream_connection_duration="2s",
        max_downstream_connection_duration_jitter_percentage={"value": 50},
        upstream_connect_mode="ON_DOWNSTREAM_DATA",
        max_early_data_bytes=0,
        check_drain_close=True,
        flush_access_log_on_connected=True,
        access_log_flush_interval="3s",
    )
    assert config.idle_timeout_s == 0.0
    assert config.max_connect_attempts == 3
    assert (config.max_connection_duration_s, config.max_duration_jitter) == (2.0, 0.5)
    assert (config.connect_mode, config.max_early_data_bytes) == (ConnectMode.ON_DOWNSTREAM_DATA, 0)
    assert config.checks_drain
    assert (config.log_options.on_established, config.log_options.interval_s) == (True, 3.0)


def test_metadata_of_a_weight_goes_over_the_common_one() -> None:
    def match(**fields: str) -> dict[str, Any]:
        return {"filter_metadata": {"envoy.lb": fields, "other": {"x": "y"}}}

    clusters = [{"name": "a", "weight": 1, "metadata_match": match(version="2")}, {"name": "b", "weight": 1}]
    config = build(weighted_clusters={"clusters": clusters}, metadata_match=match(version="1", stage="prod"))
    first, second = config.destinations._destinations
    assert first.metadata_match == {"version": "2", "stage": "prod"}
    assert second.metadata_match == {"version": "1", "stage": "prod"}


def test_hash_policies() -> None:
    assert isinstance(build(cluster="up", hash_policy=[{"source_ip": {}}]).hash_policy, SourceIpHash)
    assert isinstance(build(cluster="up", hash_policy=[{"filter_state": {"key": "k"}}]).hash_policy, FilterStateHash)
    assert build(cluster="up").hash_policy is None
    assert complaints(cluster="up", hash_policy=[{}]) == [
        "hash_policy[0].policy_specifier: is required: one of source_ip, filter_state"
    ]


@pytest.mark.parametrize(("field", "value"), [("on_demand", {}), ("tunneling_config", {"hostname": "x"})])
def test_what_would_send_bytes_elsewhere_is_refused(field: str, value: Any) -> None:
    assert complaints(cluster="up", **{field: value}) == [
        f"{field}: is not implemented, and ignoring it would change where the bytes go"
    ]


def test_connecting_late_needs_a_limit_for_early_data() -> None:
    assert complaints(cluster="up", upstream_connect_mode="ON_DOWNSTREAM_TLS_HANDSHAKE") == [
        "max_early_data_bytes: max_early_data_bytes must be set when upstream_connect_mode is not IMMEDIATE"
    ]


def test_backoff_may_not_shrink() -> None:
    assert complaints(cluster="up", backoff_options={"base_interval": "2s", "max_interval": "1s"}) == [
        "backoff_options.max_interval: max_backoff_interval must be greater or equal to base_backoff_interval"
    ]
    assert build(cluster="up", backoff_options={"base_interval": "2s"}).backoff is not None


@pytest.mark.parametrize(
    ("field", "value"), [("access_log_flush_interval", "1s"), ("flush_access_log_on_connected", True)]
)
def test_log_options_have_one_spelling_at_a_time(field: str, value: Any) -> None:
    assert complaints(cluster="up", access_log_options={}, **{field: value}) == [
        f"{field}: Only one of {field} or access_log_options can be specified."
    ]


def test_wrong_access_log_is_located() -> None:
    (text,) = complaints(cluster="up", access_log=[{"name": "nothing"}])
    assert text.startswith("access_log[0]: ")


def test_factory_makes_a_filter_for_each_connection() -> None:
    make = tcp_proxy(message(TYPE, {"stat_prefix": "p", "cluster": "up"}), factory_context())
    first, second = make(), make()
    assert isinstance(first, TcpProxyFilter)
    assert first is not second
