"""Clients that do not share connections."""

from portico.api.address import Address
from portico.api.stream_info import ConnectionInfo, StreamInfo
from portico.upstream.pool_per_downstream import PoolPerDownstream
from tests.upstream.peers import OK, Surroundings, Wants


def of_client(number: int) -> Wants:
    wants = Wants()
    wants.info = StreamInfo(ConnectionInfo(number, Address("192.0.2.1", number), Address("192.0.2.2", 80)))
    return wants


def per_downstream() -> tuple[Surroundings, PoolPerDownstream]:
    around = Surroundings()
    return around, PoolPerDownstream(around.host, around.context)


def test_each_client_has_connections_of_its_own() -> None:
    around, pool = per_downstream()
    for client in (1, 2):
        pool.new_stream(of_client(client))
        around.dialer.attempts[-1].succeed().receive(OK)
    assert len(around.dialer.attempts) == 2
    again = of_client(1)
    pool.new_stream(again)
    assert len(around.dialer.attempts) == 2
    assert again.stream is not None
    assert around.dialer.attempts[0].transport.take_sent().count(b"GET") == 2


def test_a_pool_goes_with_its_last_connection() -> None:
    around, pool = per_downstream()
    pool.new_stream(of_client(1))
    transport = around.dialer.attempts[-1].succeed()
    transport.receive(OK)
    assert repr(pool) == "PoolPerDownstream(192.0.2.9:8080: 1 pools)"
    transport.peer_closes()
    assert repr(pool) == "PoolPerDownstream(192.0.2.9:8080: 0 pools)"


def test_it_is_drained_when_every_client_s_pool_is() -> None:
    around, pool = per_downstream()
    transports = []
    for client in (1, 2):
        pool.new_stream(of_client(client))
        transports.append(around.dialer.attempts[-1].succeed())
    drained: list[bool] = []
    pool.drain(lambda: drained.append(True))
    transports[0].receive(OK)
    assert drained == []
    transports[1].receive(OK)
    assert drained == [True]


def test_without_clients_it_is_drained_at_once() -> None:
    _, pool = per_downstream()
    drained: list[bool] = []
    pool.drain(lambda: drained.append(True))
    assert drained == [True]
