"""One downstream connection and its network filters: bytes go down the list, bytes for the peer go up."""

from __future__ import annotations

from typing import Final

from mypy_extensions import mypyc_attr

from portico.api.buffer import Buffer
from portico.api.connection import CloseType, Connection, ConnectionEvent, ConnectionHandler
from portico.api.network_filter import NetworkFilterCallbacks, NetworkStatus
from portico.api.stream_info import StreamInfo
from portico.listener.filter_chain import FilterChain, overrides_on_write
from portico.listener.filtered_connection import FilteredConnection


@mypyc_attr(allow_interpreted_subclasses=True)
class ChainOwner:
    """Who keeps count of chains: the listener."""

    def on_chain_closed(self, chain: NetworkChain) -> None:
        """Called once, after the filters were told."""
        raise NotImplementedError

    def on_filter_exception(self, chain: NetworkChain, error: Exception) -> None:
        """A filter raised: our bug, or its author's. The connection is closed after this."""
        raise NotImplementedError


class NetworkChain(ConnectionHandler):
    """The filters of one connection.

    Bytes stay in one buffer until a filter takes them: the next call sees what is left and what came since.
    Source: envoy source/common/network/filter_manager_impl.cc.
    """

    def __init__(self, owner: ChainOwner, config: FilterChain, connection: Connection, info: StreamInfo) -> None:
        self.config = config
        self.connection = connection
        self.info = info
        self._owner = owner
        self._buffer = Buffer()
        self._end_stream = False
        self._started = 0  # so many filters, from the first, have been told of the connection
        self._is_closed = False
        self.filters = [slot.factory() for slot in config.slots]
        # The usual chain is one filter long and needs no loop.
        self._only = self.filters[0] if len(self.filters) == 1 else None
        self._introduce()

    def start(self) -> None:
        """Tell the filters, top down, until one stops."""
        try:
            self._read_from(0)
        except Exception as error:  # noqa: BLE001  boundary: a filter's bug costs its own connection
            self._fail(error)

    # --- ConnectionHandler ----------------------------------------------------------------------------------------

    def on_data(self, data: bytes, end_stream: bool) -> None:
        self._buffer.append(data)
        if end_stream:
            self._end_stream = True
        try:
            if self._only is not None and self._started:
                self._only.on_data(self._buffer, end_stream)
            else:
                self._read_from(0)
        except Exception as error:  # noqa: BLE001  boundary: as in start
            self._fail(error)

    def on_event(self, event: ConnectionEvent) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        for each in self.filters:
            try:
                each.on_event(event)
            except Exception as error:  # noqa: BLE001  boundary: as in start
                self._owner.on_filter_exception(self, error)
        self._owner.on_chain_closed(self)
        # Filters, callbacks and the connection point at each other; none of them waits for the collector.
        self.filters = []
        self._only = None
        self.connection.handler = _CLOSED

    def on_above_write_buffer_high_watermark(self) -> None:
        try:
            for each in self.filters:
                each.on_above_write_buffer_high_watermark()
        except Exception as error:  # noqa: BLE001  boundary: as in start
            self._fail(error)

    def on_below_write_buffer_low_watermark(self) -> None:
        try:
            for each in self.filters:
                each.on_below_write_buffer_low_watermark()
        except Exception as error:  # noqa: BLE001  boundary: as in start
            self._fail(error)

    # --- for the filters ------------------------------------------------------------------------------------------

    def read_on(self, after: int) -> None:
        """Go on with the filter below number ``after``."""
        try:
            self._read_from(after + 1)
        except Exception as error:  # noqa: BLE001  boundary: as in start
            self._fail(error)

    def inject(self, after: int, data: bytes, end_stream: bool) -> None:
        """Give the filters below number ``after`` bytes that did not come from the peer."""
        try:
            self._pass(after + 1, Buffer(data), end_stream)
        except Exception as error:  # noqa: BLE001  boundary: as in start
            self._fail(error)

    # --- inside ---------------------------------------------------------------------------------------------------

    def _introduce(self) -> None:
        """Filters see the connection itself, unless one of them wants to see what others write."""
        connection = self.connection
        if any(overrides_on_write(each) for each in self.filters):
            connection = FilteredConnection(connection, self.filters)
        for index, each in enumerate(self.filters):
            each.connection = connection
            each.callbacks = ChainCallbacks(self, index, connection)

    def _read_from(self, first: int) -> None:
        self._pass(first, self._buffer, self._end_stream)

    def _pass(self, first: int, buffer: Buffer, end_stream: bool) -> None:
        for index in range(first, len(self.filters)):
            # A filter may have closed the connection and gone on.
            if not self.connection.is_open():
                return
            each = self.filters[index]
            if index >= self._started:
                self._started = index + 1
                if each.on_new_connection() is NetworkStatus.STOP_ITERATION or not self.connection.is_open():
                    return
            if (len(buffer) or end_stream) and each.on_data(buffer, end_stream) is NetworkStatus.STOP_ITERATION:
                return

    def _fail(self, error: Exception) -> None:
        self._owner.on_filter_exception(self, error)
        self.connection.close(CloseType.NO_FLUSH, "filter_exception")

    def __repr__(self) -> str:
        return f"NetworkChain({self.config.name!r}, {self.connection!r})"


class ClosedHandler(ConnectionHandler):
    """Takes the chain's place once it was told of the end; nothing is told after that."""

    def on_data(self, data: bytes, end_stream: bool) -> None:
        pass

    def on_event(self, event: ConnectionEvent) -> None:
        pass


_CLOSED: Final = ClosedHandler()


class ChainCallbacks(NetworkFilterCallbacks):
    """What filter number ``index`` may ask of its chain."""

    def __init__(self, chain: NetworkChain, index: int, connection: Connection) -> None:
        self.connection = connection
        self.stream_info = chain.info
        self._chain = chain
        self._index = index

    def continue_reading(self) -> None:
        self._chain.read_on(self._index)

    def inject_read_data(self, data: bytes, end_stream: bool) -> None:
        self._chain.inject(self._index, data, end_stream)
