"""Ports for the listeners of a proxy under test.

They lie below the kernel's ephemeral range, so no outgoing connection can take one between our choice and the
proxy's bind, and in blocks that are locked by holding the first port, so two runs on one machine do not meet.
"""

import random
import socket

FIRST, LAST, BLOCK = 12000, 32000, 250


class PortBlock:
    """Up to 249 free ports, ours until `release`. All have five digits: lengths do not vary from run to run."""

    def __init__(self) -> None:
        starts = list(range(FIRST, LAST, BLOCK))
        random.shuffle(starts)
        for start in starts:
            lock = socket.socket()
            try:
                lock.bind(("127.0.0.1", start))
            except OSError:
                lock.close()
                continue
            lock.listen()
            self._lock = lock
            self._next = start + 1
            self._end = start + BLOCK
            return
        raise RuntimeError("no block of ports is free")

    def take(self) -> int:
        while self._next < self._end:
            port = self._next
            self._next += 1
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("0.0.0.0", port))
                except OSError:
                    continue
            return port
        raise RuntimeError(f"more than {BLOCK - 1} ports asked of one block")

    def release(self) -> None:
        self._lock.close()
