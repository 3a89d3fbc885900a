"""How messages lie on a byte stream, and the descriptors beside them.

    4 bytes   length of the body, big-endian
    1 byte    how many descriptors belong to this frame
    body      the encoded message

Descriptors travel by SCM_RIGHTS with the first byte of their frame. A stream socket keeps their order but not their
place, so the receiver queues them and each frame takes as many as its header says.
"""

from __future__ import annotations

import os
import struct
from collections import deque
from collections.abc import Iterable
from typing import Final

from portico.ipc.messages import Message, decode, encode

HEADER: Final = struct.Struct("!IB")
MAX_BODY_BYTES: Final = 256 * 1024 * 1024  # a length above this means that the two ends are out of step
MAX_DESCRIPTORS: Final = 200  # Linux: SCM_MAX_FD is 253 in one message


def frame_of(message: Message, descriptor_count: int) -> bytes:
    body = encode(message)
    return HEADER.pack(len(body), descriptor_count) + body


class FrameReader:
    """What has arrived and is not yet a message."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._descriptors: deque[int] = deque()

    def feed(self, data: bytes, descriptors: Iterable[int]) -> None:
        """The descriptors are the reader's from here on."""
        self._bytes += data
        self._descriptors.extend(descriptors)

    def next(self) -> tuple[Message, list[int]] | None:
        """The next whole message and its descriptors, now the caller's. ValueError: the stream is out of step."""
        if len(self._bytes) < HEADER.size:
            return None
        length, count = HEADER.unpack_from(self._bytes)
        end = HEADER.size + length
        if length > MAX_BODY_BYTES:
            raise ValueError(f"a message of {length} bytes")
        if len(self._bytes) < end or len(self._descriptors) < count:
            return None
        body = bytes(memoryview(self._bytes)[HEADER.size : end])
        del self._bytes[:end]
        return decode(body), [self._descriptors.popleft() for _ in range(count)]

    def close(self) -> None:
        """Close the descriptors no frame has claimed."""
        close_all(self._descriptors)
        self._descriptors.clear()


def close_all(descriptors: Iterable[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
