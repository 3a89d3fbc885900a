"""The upstream half of a proxied connection."""

from __future__ import annotations

from mypy_extensions import mypyc_attr

from portico.api.clock import Timer
from portico.api.connection import CloseType, Connection, ConnectionEvent, ConnectionHandler
from portico.api.stats import Gauge
from portico.api.upstream import Cluster
from portico.extensions.filters.network.tcp_proxy.config import TcpProxyConfig


@mypyc_attr(allow_interpreted_subclasses=True)
class UpstreamOwner:
    """Who the upstream connection reports to, while there is a downstream one."""

    def on_upstream_closed(self, upstream: UpstreamSide, event: ConnectionEvent) -> None:
        raise NotImplementedError

    def on_upstream_watermark(self, is_above: bool) -> None:
        raise NotImplementedError

    def on_upstream_written(self) -> None:
        raise NotImplementedError


class UpstreamSide(ConnectionHandler):
    """Bytes from upstream go straight to the downstream connection."""

    def __init__(self, owner: UpstreamOwner, connection: Connection, downstream: Connection, cluster: Cluster) -> None:
        self.connection = connection
        self.idle_timer: Timer | None = None  # the connection pair's
        self.idle_timeout_s = 0.0
        self._owner: UpstreamOwner | None = owner  # None once the downstream is gone
        self._downstream = downstream
        self._cluster = cluster
        self._is_closed = False
        self._is_paused = False
        self._flushing: Gauge | None = None  # counts this connection while its last bytes leave
        connection.handler = self
        connection.enable_half_close()

    # --- ConnectionHandler ----------------------------------------------------------------------------------------

    def on_data(self, data: bytes, end_stream: bool) -> None:
        owner = self._owner
        if owner is None:
            return
        self._downstream.write(data, end_stream)
        if self.idle_timer is not None:
            self.idle_timer.start(self.idle_timeout_s)
        owner.on_upstream_written()

    def on_event(self, event: ConnectionEvent) -> None:
        if self._is_closed or event is ConnectionEvent.CONNECTED:
            return
        self._is_closed = True
        if self._flushing is not None:
            self._flushing.sub()
            self._flushing = None
            if self.idle_timer is not None:
                self.idle_timer.cancel()
        owner = self._owner
        if owner is not None:
            self._owner = None
            owner.on_upstream_closed(self, event)

    def on_above_write_buffer_high_watermark(self) -> None:
        if self._owner is not None:
            self._owner.on_upstream_watermark(True)

    def on_below_write_buffer_low_watermark(self) -> None:
        if self._owner is not None:
            self._owner.on_upstream_watermark(False)

    # --- called by the filter -------------------------------------------------------------------------------------

    def pause(self) -> None:
        if not self._is_paused:
            self._is_paused = True
            self._count("upstream_flow_control_paused_reading_total")
            self.connection.pause_reading()

    def resume(self) -> None:
        if self._is_paused:
            self._is_paused = False
            self._count("upstream_flow_control_resumed_reading_total")
            self.connection.resume_reading()

    def was_reset(self) -> bool:
        return self.connection.info.detected_close_type == "RemoteReset"

    def close(self, how: CloseType, reason: str) -> None:
        """The downstream is gone: tell nobody what follows."""
        self._owner = None
        self.connection.close(how, reason)

    def flush_and_close(self, config: TcpProxyConfig) -> None:
        """Send what is left; a host that does not take it within the idle timeout loses it."""
        is_closing = not self.connection.is_open()  # both sides have said their last
        self.close(CloseType.FLUSH_WRITE, "")
        if self._is_closed or is_closing:
            return
        stats = config.stats
        stats.upstream_flush_total.value += 1
        self._flushing = stats.upstream_flush_active
        self._flushing.add()
        if self.idle_timeout_s > 0:
            self.idle_timer = config.server.clock.timer(self._on_flush_idle)
            self.idle_timer.start(self.idle_timeout_s)

    def _on_flush_idle(self) -> None:
        self.connection.close(CloseType.NO_FLUSH, "tcp_session_idle_timeout")

    def _count(self, name: str) -> None:
        """Slow peers are rare enough for a look-up by name."""
        self._cluster.info.scope.counter(name).value += 1

    def __repr__(self) -> str:
        return f"UpstreamSide({self.connection!r})"
