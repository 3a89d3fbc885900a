"""One end of the socketpair between main and a worker, on an event loop."""

from __future__ import annotations

import asyncio
import os
import socket
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from portico.ipc.frames import MAX_DESCRIPTORS, FrameReader, close_all, frame_of
from portico.ipc.messages import Message

READ_BYTES: Final = 256 * 1024
# A peer that lets this much pile up is stuck; it is cut off, and a successor gets the state, not the backlog.
MAX_QUEUED_BYTES: Final = 256 * 1024 * 1024
RESUME_BYTES: Final = 1024 * 1024  # `drained` returns below this

MessageCallback = Callable[[Message, list[int]], None]


class Channel:
    """Messages in order, both ways, until either end closes.

    ``on_message`` owns the descriptors it is given. ``on_closed`` is called once, whatever ended the channel.
    """

    def __init__(
        self,
        end: socket.socket,
        loop: asyncio.AbstractEventLoop,
        on_message: MessageCallback,
        on_closed: Callable[[], None],
    ) -> None:
        end.setblocking(False)
        self._socket = end
        self._loop = loop
        self._on_message = on_message
        self._on_closed = on_closed
        self._outgoing: deque[tuple[memoryview, list[int]]] = deque()
        self._reader = FrameReader()
        self._room = asyncio.Event()
        self._room.set()
        self.is_open = True
        self.queued_bytes = 0
        loop.add_reader(end.fileno(), self._on_readable)

    def send(self, message: Message, descriptors: Sequence[int] = ()) -> None:
        """Queue a message; ignored once closed. The descriptors stay the caller's: copies travel."""
        if not self.is_open:
            return
        assert len(descriptors) <= MAX_DESCRIPTORS
        frame = memoryview(frame_of(message, len(descriptors)))
        if self._outgoing:
            self._enqueue(frame, descriptors)
            return
        sent = self._write(frame, descriptors)
        if sent < 0:
            self.close()
        elif sent < len(frame):
            self._enqueue(frame[sent:], () if sent else descriptors)
            self._loop.add_writer(self._socket.fileno(), self._on_writable)

    async def drained(self) -> None:
        """Until the peer has read all but the last RESUME_BYTES, or the channel is closed."""
        await self._room.wait()

    def close(self) -> None:
        """Idempotent. What is queued is lost; the peer reads EOF."""
        if not self.is_open:
            return
        self.is_open = False
        self._loop.remove_reader(self._socket.fileno())
        self._loop.remove_writer(self._socket.fileno())
        self._socket.close()
        for _, copies in self._outgoing:
            close_all(copies)
        self._outgoing.clear()
        self._reader.close()
        self._room.set()
        self._on_closed()

    def _enqueue(self, frame: memoryview, descriptors: Sequence[int]) -> None:
        # One frame may be larger than the limit: the limit is on what waits behind it.
        if self._outgoing and self.queued_bytes + len(frame) > MAX_QUEUED_BYTES:
            self.close()
            return
        # Copies, since the caller may close its own before the queue moves.
        self._outgoing.append((frame, [os.dup(descriptor) for descriptor in descriptors]))
        self.queued_bytes += len(frame)
        if self.queued_bytes > RESUME_BYTES:
            self._room.clear()

    def _on_writable(self) -> None:
        while self._outgoing:
            frame, copies = self._outgoing.popleft()
            sent = self._write(frame, copies)
            if sent:
                close_all(copies)
                copies = []
            if sent < 0:
                self.close()
                return
            self.queued_bytes -= sent
            if self.queued_bytes <= RESUME_BYTES:
                self._room.set()
            if sent < len(frame):
                self._outgoing.appendleft((frame[sent:], copies))
                return
        self._loop.remove_writer(self._socket.fileno())

    def _write(self, frame: memoryview, descriptors: Sequence[int]) -> int:
        """Bytes taken; 0 = try later; -1 = the peer is gone."""
        try:
            if descriptors:
                return socket.send_fds(self._socket, [frame], list(descriptors))
            return self._socket.send(frame)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            return -1

    def _on_readable(self) -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._socket, READ_BYTES, MAX_DESCRIPTORS)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.close()
            return
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        self._reader.feed(data, descriptors)
        if not data:
            self.close()
            return
        while self.is_open and (arrived := self._next()) is not None:
            self._on_message(*arrived)

    def _next(self) -> tuple[Message, list[int]] | None:
        try:
            return self._reader.next()
        except ValueError:
            self.close()
            return None
