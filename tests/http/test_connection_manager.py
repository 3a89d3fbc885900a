"""The network filter around the HTTP connection: bytes in, bytes counted, watermarks and the end passed on."""

from portico.api.buffer import Buffer
from portico.api.network_filter import NetworkStatus
from tests.http.proxy import Proxy, request


def test_takes_every_byte_and_counts_it() -> None:
    proxy = Proxy()
    client = proxy.connect()
    data = Buffer(request())
    assert client.manager.on_data(data, False) is NetworkStatus.STOP_ITERATION
    assert len(data) == 0
    assert proxy.value("http.in.downstream_cx_rx_bytes_total") == len(request())


def test_counts_what_it_writes() -> None:
    proxy = Proxy("- {match: {prefix: /}, direct_response: {status: 204}}")
    client = proxy.connect().send(request())
    assert proxy.value("http.in.downstream_cx_tx_bytes_total") == len(client.received())


def test_connections_are_counted_from_accept_to_close() -> None:
    proxy = Proxy("- {match: {prefix: /}, direct_response: {status: 204}}")
    clients = [proxy.connect().send(request()) for _ in range(3)]
    assert proxy.value("http.in.downstream_cx_active") == 3
    clients[0].leave()
    clients[1].send(b"FOO / HTTP/1.1\r\n\r\n")
    clients[1].leave()
    counted = proxy.changed("http.in.downstream_cx_")
    assert (counted["total"], counted["active"], counted["destroy"]) == (3, 1, 2)
    assert (counted["http1_total"], counted["http1_active"]) == (3, 1)


def test_bytes_after_the_close_are_nobodys() -> None:
    proxy = Proxy()
    client = proxy.connect()
    client.leave()
    client.manager.on_data(Buffer(request()), False)
    assert proxy.changed("http.in.downstream_rq_") == {}
