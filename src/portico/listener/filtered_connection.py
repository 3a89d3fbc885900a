"""A connection whose writes pass the network filters first, the last filter of the chain seeing them first."""

from __future__ import annotations

from portico.api.buffer import Buffer
from portico.api.connection import CloseType, Connection
from portico.api.network_filter import NetworkFilter, NetworkStatus
from portico.api.stats import Counter
from portico.listener.filter_chain import overrides_on_write


class FilteredConnection(Connection):
    """Made only for chains in which a filter overrides ``on_write``."""

    def __init__(self, inner: Connection, filters: list[NetworkFilter]) -> None:
        self.info = inner.info
        self._inner = inner
        self._writers = [each for each in reversed(filters) if overrides_on_write(each)]

    def write(self, data: bytes, end_stream: bool = False) -> None:
        if not self._inner.is_open():
            return
        buffer = Buffer(data)
        for each in self._writers:
            if each.on_write(buffer, end_stream) is NetworkStatus.STOP_ITERATION or not self._inner.is_open():
                return
        self._inner.write(buffer.take(), end_stream)

    def close(self, how: CloseType, details: str = "") -> None:
        self._inner.close(how, details)

    def pause_reading(self) -> None:
        self._inner.pause_reading()

    def resume_reading(self) -> None:
        self._inner.resume_reading()

    def detect_early_close(self) -> None:
        self._inner.detect_early_close()

    def enable_half_close(self) -> None:
        self._inner.enable_half_close()

    def count_bytes(self, received: Counter, sent: Counter) -> None:
        self._inner.count_bytes(received, sent)

    def traffic(self) -> tuple[int, int]:
        return self._inner.traffic()

    def set_delayed_close(self, delay_s: float, expired: Counter | None = None) -> None:
        self._inner.set_delayed_close(delay_s, expired)

    def is_open(self) -> bool:
        return self._inner.is_open()

    def is_above_high_watermark(self) -> bool:
        return self._inner.is_above_high_watermark()

    def __repr__(self) -> str:
        return f"FilteredConnection({self._inner!r})"
