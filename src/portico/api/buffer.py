"""Bytes on their way through filters: a queue of the chunks that arrived."""

from __future__ import annotations


class Buffer:
    """Chunks in order. Nothing is joined or copied until somebody asks for the whole."""

    def __init__(self, data: bytes = b"") -> None:
        self._chunks: list[bytes] = [data] if data else []
        self._length = len(data)

    def append(self, data: bytes) -> None:
        if data:
            self._chunks.append(data)
            self._length += len(data)

    def prepend(self, data: bytes) -> None:
        if data:
            self._chunks.insert(0, data)
            self._length += len(data)

    def move(self, other: Buffer) -> None:
        """Append all of ``other`` and leave it empty."""
        self._chunks.extend(other._chunks)
        self._length += other._length
        other.clear()

    def take(self) -> bytes:
        """Everything as one piece, leaving the buffer empty."""
        chunks = self._chunks
        if not chunks:
            return b""
        data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        self._chunks = []
        self._length = 0
        return data

    def peek(self) -> bytes:
        """Everything as one piece; the buffer keeps it."""
        if len(self._chunks) > 1:
            self._chunks = [b"".join(self._chunks)]
        return self._chunks[0] if self._chunks else b""

    def drain(self, count: int) -> bytes:
        """The first ``count`` bytes, removed; fewer when there are fewer."""
        data = self.take()
        self.append(data[count:])
        return data[:count]

    def replace(self, data: bytes) -> None:
        self._chunks = [data] if data else []
        self._length = len(data)

    def clear(self) -> None:
        self._chunks = []
        self._length = 0

    def chunks(self) -> list[bytes]:
        """The pieces in order, for writing without a join. Read only."""
        return self._chunks

    def __len__(self) -> int:
        return self._length

    def __repr__(self) -> str:
        return f"Buffer({self.peek()!r})"
