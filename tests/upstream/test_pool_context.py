from tests.upstream.peers import Surroundings


def test_limits_of_responses_and_connects_are_the_clusters() -> None:
    around = Surroundings()
    settings = around.context.http1
    assert settings.max_headers_bytes == around.info.max_response_headers_kb * 1024
    assert settings.max_headers_count == around.info.max_response_headers_count
    assert around.context.connect_options.timeout_s == around.info.connect_timeout_s
    assert around.context.connect_options.buffer_limit_bytes == around.info.per_connection_buffer_limit_bytes


def test_bytes_of_all_pools_are_counted_under_the_cluster() -> None:
    around = Surroundings()
    around.context.counters.received.add(3)
    around.context.counters.sent.add(4)
    assert (around.value("upstream_cx_rx_bytes_total"), around.value("upstream_cx_tx_bytes_total")) == (3, 4)
