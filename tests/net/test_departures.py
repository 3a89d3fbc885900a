"""Who leaves while nothing is read from them is noticed, and nobody else."""

import asyncio
import socket
import struct
import sys
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from portico.net.departures import Departures

DEADLINE_S = 10.0

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the end apart from data that waits")


def run(scenario: Callable[[Departures], Awaitable[None]]) -> None:
    async def main() -> None:
        await asyncio.wait_for(scenario(Departures(asyncio.get_running_loop())), DEADLINE_S)

    uvloop.run(main())


def pair() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        return listener.accept()[0], client


def reset(peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


@pytest.mark.parametrize(
    ("leave", "is_reset"),
    [(socket.socket.close, False), (lambda peer: peer.shutdown(socket.SHUT_WR), False), (reset, True)],
    ids=["close", "half close", "RST"],
)
def test_peer_that_leaves_is_told_of_once_with_its_data_unread(
    leave: Callable[[socket.socket], None], is_reset: bool
) -> None:
    async def scenario(departures: Departures) -> None:
        own, peer = pair()
        peer.sendall(b"unread")
        told: list[bool] = []
        departures.watch(own.fileno(), told.append)
        await asyncio.sleep(0.02)
        assert told == []
        leave(peer)
        while not told:
            await asyncio.sleep(0)
        await asyncio.sleep(0.02)
        assert told == [is_reset]
        own.close()
        peer.close()

    run(scenario)


def test_forgotten_peer_is_not_told_of_nor_who_got_its_descriptor() -> None:
    async def scenario(departures: Departures) -> None:
        own, peer = pair()
        departures.watch(own.fileno(), lambda _: pytest.fail("was forgotten"))
        descriptor = own.fileno()
        own.close()
        departures.forget(descriptor)
        departures.forget(descriptor)
        peer.close()
        own, peer = pair()
        told: list[bool] = []
        departures.watch(own.fileno(), told.append)
        peer.close()
        while not told:
            await asyncio.sleep(0)
        own.close()

    run(scenario)
