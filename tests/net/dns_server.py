"""A DNS server of a few lines: answers A and AAAA from a table that a test may change, and counts what it was asked."""

import socket
import struct
import threading

A, AAAA = 1, 28
NOERROR, SERVFAIL, NXDOMAIN = 0, 2, 3


class DnsServer:
    """Runs on a thread between ``with`` and its end. A name in no table does not exist."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, int], list[tuple[str, int]]] = {}  # (name, type) -> (address, ttl)
        self.failing: set[str] = set()  # names answered with SERVFAIL
        self.is_silent = False
        self.questions: list[tuple[str, int]] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "DnsServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join()
        self._socket.close()

    def put(self, name: str, *addresses: str, ttl: int = 60) -> None:
        """Replace the records of ``name`` in both families."""
        for kind in (A, AAAA):
            chosen = [(each, ttl) for each in addresses if (":" in each) == (kind == AAAA)]
            self.records[name, kind] = chosen

    def asked(self, name: str, kind: int) -> int:
        return self.questions.count((name, kind))

    def _serve(self) -> None:
        while True:
            query, peer = self._socket.recvfrom(4096)
            if not query:
                return
            name, kind, end = parse_question(query)
            self.questions.append((name, kind))
            if not self.is_silent:
                self._socket.sendto(self._answer(query, name, kind, end), peer)

    def _answer(self, query: bytes, name: str, kind: int, end: int) -> bytes:
        exists = (name, A) in self.records or (name, AAAA) in self.records
        code = SERVFAIL if name in self.failing else NOERROR if exists else NXDOMAIN
        records = self.records.get((name, kind), []) if code == NOERROR else []
        # RFC 1035 §4.1.1: a response, recursion desired and available.
        head = query[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, len(records), 0, 0)
        return head + query[12:end] + b"".join(record(kind, address, ttl) for address, ttl in records)


def parse_question(query: bytes) -> tuple[str, int, int]:
    """Name, type, and where the question ends."""
    labels = []
    at = 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += 1 + query[at]
    kind = struct.unpack("!H", query[at + 1 : at + 3])[0]
    return ".".join(labels).lower(), kind, at + 5


def record(kind: int, address: str, ttl: int) -> bytes:
    """One resource record about the name of the question (a pointer to offset 12)."""
    packed = socket.inet_pton(socket.AF_INET6 if kind == AAAA else socket.AF_INET, address)
    return b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, ttl, len(packed)) + packed
