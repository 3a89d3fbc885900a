"""One downstream connection, the attempts to connect it upstream, and the bytes between the two."""

from __future__ import annotations

from typing import Final

from portico.api.access_log import LogEntry
from portico.api.buffer import Buffer
from portico.api.clock import Timer
from portico.api.connection import CloseType, Connection, ConnectionEvent
from portico.api.host import Host
from portico.api.network_filter import NetworkFilter, NetworkStatus
from portico.api.response_flags import ResponseFlag
from portico.api.stream_info import StreamInfo
from portico.api.upstream import Cancellable, Cluster, PoolFailure, TcpCallbacks
from portico.extensions.filters.network.tcp_proxy.config import ConnectMode, Destination, TcpProxyConfig
from portico.extensions.filters.network.tcp_proxy.hash_policy import filter_state
from portico.extensions.filters.network.tcp_proxy.host_choice import HostChoice
from portico.extensions.filters.network.tcp_proxy.upstream_side import UpstreamOwner, UpstreamSide

CLUSTER_KEY: Final = "envoy.tcp_proxy.cluster"
IDLE_TIMEOUT_KEY: Final = "envoy.tcp_proxy.per_connection_idle_timeout_ms"

# %DOWNSTREAM_LOCAL_CLOSE_REASON%, misspelled as in Envoy: the number is why.
_CONNECT_FAILED: Final = "tcp_initializion_failure:0"
_NO_HEALTHY_HOST: Final = "tcp_initializion_failure:1"
_OVERFLOW: Final = "tcp_initializion_failure:2"
_NO_CLUSTER: Final = "tcp_initializion_failure:3"


class TcpProxyFilter(NetworkFilter):
    """The last filter of a TCP listener.

    Nothing is read before the upstream is connected, unless ``max_early_data_bytes`` says so: what cannot be sent
    stays in the kernel, and in the peer.
    """

    def __init__(self, config: TcpProxyConfig) -> None:
        self._config = config
        self._upstream: UpstreamSide | None = None  # None until connected, and after the end
        self._events = UpstreamEvents(self)
        self._attempt: Cancellable | None = None
        self._attempts = 0
        self._early = Buffer()  # what came before the upstream was connected
        self._early_end = False
        self._is_paused = False  # reading waits for the upstream connection
        self._is_connecting = False
        self._is_closed = False
        self._idle_timeout_s = config.idle_timeout_s
        self._idle_timer: Timer | None = None
        self._retry_timer: Timer | None = None
        self._duration_timer: Timer | None = None
        self._log_timer: Timer | None = None

    # --- NetworkFilter: the downstream side -----------------------------------------------------------------------

    def on_new_connection(self) -> NetworkStatus:
        config = self._config
        stats = config.stats
        connection = self.connection
        stats.downstream_cx_total.value += 1
        self.callbacks.stream_info.upstream_detected_close_type = "Normal"  # as Envoy says before there is one
        connection.enable_half_close()
        connection.count_bytes(stats.downstream_cx_rx_bytes_total, stats.downstream_cx_tx_bytes_total)
        if config.max_early_data_bytes < 0:
            self._pause()
        self._start_timers()
        if config.log_options.on_start:
            self._log("TcpConnectionStart")
        # Plaintext has no handshake to wait for.
        if config.connect_mode is not ConnectMode.ON_DOWNSTREAM_DATA:
            self._connect()
        return NetworkStatus.STOP_ITERATION

    def on_data(self, data: Buffer, end_stream: bool) -> NetworkStatus:
        upstream = self._upstream
        if upstream is None:
            self._keep(data, end_stream)
            return NetworkStatus.STOP_ITERATION
        upstream.connection.write(data.take(), end_stream)
        if self._idle_timer is not None:
            self._idle_timer.start(self._idle_timeout_s)
        if self._config.checks_drain:
            self._close_if_draining()
        return NetworkStatus.STOP_ITERATION

    def on_event(self, event: ConnectionEvent) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        self._cancel_timers()
        if self._attempt is not None:
            self._attempt.cancel()
            self._attempt = None
        upstream = self._upstream
        if upstream is not None:
            self._upstream = None
            self._let_go(upstream, event)
            self._note_upstream(upstream)
        self._log("TcpConnectionEnd")

    def on_above_write_buffer_high_watermark(self) -> None:
        if self._upstream is not None:
            self._upstream.pause()

    def on_below_write_buffer_low_watermark(self) -> None:
        if self._upstream is not None:
            self._upstream.resume()

    # --- connecting -----------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        """Choose a cluster and a host and connect; what fails at once is settled before this returns."""
        self._is_connecting = True
        config = self._config
        info = self.callbacks.stream_info
        destination = self._destination(info)
        cluster = config.server.cluster_manager.get(destination.cluster)
        if cluster is None:
            config.stats.downstream_cx_no_route.value += 1
            self._give_up(ResponseFlag.NO_CLUSTER_FOUND, _NO_CLUSTER)
            return
        info.upstream_cluster = cluster.info.observability_name
        info.upstream_cluster_raw = cluster.info.name
        if self._attempts >= config.max_connect_attempts:
            count(cluster, "upstream_cx_connect_attempts_exceeded")
            self._give_up(ResponseFlag.UPSTREAM_RETRY_LIMIT_EXCEEDED, _CONNECT_FAILED)
            return
        host = cluster.choose_host(HostChoice(info, destination.metadata_match, config.hash_policy))
        if host is None:
            count(cluster, "upstream_cx_none_healthy")
            self._give_up(ResponseFlag.NO_HEALTHY_UPSTREAM, _NO_HEALTHY_HOST)
            return
        self._attempts += 1
        info.upstream_connect_start = config.server.clock.now()
        self._attempt = cluster.connect(host, ConnectOutcome(self, cluster))

    def _destination(self, info: StreamInfo) -> Destination:
        named = filter_state(info, CLUSTER_KEY)
        if named is not None:
            return Destination(str(named), 1, None)
        return self._config.destinations.choose(self._config.server.random)

    def on_connected(self, cluster: Cluster, connection: Connection, host: Host) -> None:
        self._attempt = None
        config = self._config
        clock = config.server.clock
        info = self.callbacks.stream_info
        self._note_host(info, host)
        info.upstream_connect_complete = clock.now()
        info.upstream_connection_id = connection.info.connection_id
        info.upstream_attempted_connection_ids += (connection.info.connection_id,)
        info.upstream_local_address = connection.info.local_address
        info.upstream_remote_address = host.address
        upstream = UpstreamSide(self._events, connection, self.connection, cluster)
        self._upstream = upstream
        if self._idle_timeout_s > 0:
            self._idle_timer = upstream.idle_timer = clock.timer(self._on_idle)
            upstream.idle_timeout_s = self._idle_timeout_s
            self._idle_timer.start(self._idle_timeout_s)
        if self.connection.is_above_high_watermark():
            upstream.pause()
        if len(self._early) or self._early_end:
            connection.write(self._early.take(), self._early_end)
        self._resume()
        if config.log_options.on_established:
            self._log("TcpUpstreamConnected")

    def on_connect_failure(self, failure: PoolFailure, detail: str, host: Host | None) -> None:
        self._attempt = None
        if self._is_closed:
            return
        info = self.callbacks.stream_info
        if failure is PoolFailure.OVERFLOW:
            self._attempts -= 1
            self._give_up(ResponseFlag.UPSTREAM_OVERFLOW, _OVERFLOW)
            return
        if host is not None:
            self._note_host(info, host)
        info.upstream_transport_failure_reason = detail
        if failure is not PoolFailure.LOCAL_CONNECTION_FAILURE:
            info.add_flag(ResponseFlag.UPSTREAM_CONNECTION_FAILURE)
        backoff = self._config.backoff
        if backoff is None or self._attempts >= self._config.max_connect_attempts:
            self._connect()
            return
        self._retry_timer = self._config.server.clock.timer(self._connect)
        self._retry_timer.start(backoff.delay_s(self._attempts, self._config.server.random))

    def _note_host(self, info: StreamInfo, host: Host) -> None:
        info.upstream_host = host
        info.upstream_attempted_hosts += (host,)
        info.upstream_request_attempt_count = self._attempts

    def _give_up(self, flag: ResponseFlag, reason: str) -> None:
        self.callbacks.stream_info.add_flag(flag)
        self.connection.close(CloseType.NO_FLUSH, reason)

    # --- the upstream side ----------------------------------------------------------------------------------------

    def on_upstream_closed(self, upstream: UpstreamSide, event: ConnectionEvent) -> None:
        """The upstream connection ended first, or failed."""
        if self._is_closed:
            return
        self._upstream = None
        self._note_upstream(upstream)
        if upstream.was_reset():
            self.callbacks.stream_info.add_flag(ResponseFlag.UPSTREAM_REMOTE_RESET)
            self.connection.close(CloseType.ABORT_RESET)
        else:
            self.connection.close(CloseType.FLUSH_WRITE)

    def on_upstream_watermark(self, is_above: bool) -> None:
        """The upstream takes bytes slower than the downstream sends them, or caught up."""
        stats = self._config.stats
        if is_above:
            stats.downstream_flow_control_paused_reading_total.value += 1
            self.connection.pause_reading()
        else:
            stats.downstream_flow_control_resumed_reading_total.value += 1
            self.connection.resume_reading()

    def on_upstream_written(self) -> None:
        """Bytes from upstream were handed to the downstream connection."""
        if self._config.checks_drain:
            self._close_if_draining()

    def _let_go(self, upstream: UpstreamSide, event: ConnectionEvent) -> None:
        """The downstream is gone: the upstream gets what is left, or learns of the reset."""
        if event is ConnectionEvent.LOCAL_CLOSE:
            upstream.close(CloseType.NO_FLUSH, self.connection.info.local_close_reason)
        elif self.connection.info.detected_close_type == "RemoteReset":
            upstream.close(CloseType.ABORT_RESET, "")
        else:
            upstream.flush_and_close(self._config)

    def _note_upstream(self, upstream: UpstreamSide) -> None:
        info = self.callbacks.stream_info
        received, sent = upstream.connection.traffic()
        info.upstream_wire_bytes_received = received
        info.upstream_wire_bytes_sent = sent
        if upstream.was_reset():
            info.upstream_detected_close_type = "RemoteReset"
        info.upstream_local_close_reason = upstream.connection.info.local_close_reason

    # --- before the upstream is connected -------------------------------------------------------------------------

    def _keep(self, data: Buffer, end_stream: bool) -> None:
        config = self._config
        if end_stream and not len(data) and not self._is_connecting:
            # Waiting for data that will never come.
            self.connection.close(CloseType.NO_FLUSH)
            return
        if not len(self._early):
            config.stats.early_data_received_count_total.value += 1
        self._early.move(data)
        self._early_end = end_stream
        if len(self._early) > max(config.max_early_data_bytes, 0):
            self._pause()
        if not self._is_connecting:
            self._connect()

    def _pause(self) -> None:
        if not self._is_paused:
            self._is_paused = True
            self.connection.pause_reading()

    def _resume(self) -> None:
        if self._is_paused:
            self._is_paused = False
            self.connection.resume_reading()

    # --- timers and the log ---------------------------------------------------------------------------------------

    def _start_timers(self) -> None:
        config = self._config
        clock = config.server.clock
        override_ms = filter_state(self.callbacks.stream_info, IDLE_TIMEOUT_KEY)
        if isinstance(override_ms, int):
            self._idle_timeout_s = override_ms / 1000
        duration_s = config.max_connection_duration_s
        if duration_s > 0:
            if config.max_duration_jitter > 0:
                duration_s *= 1 + config.max_duration_jitter * config.server.random.below(1 << 20) / (1 << 20)
            self._duration_timer = clock.timer(self._on_max_duration)
            self._duration_timer.start(duration_s)
        if config.log_options.interval_s > 0 and config.access_logs:
            self._log_timer = clock.timer(self._on_log_interval)
            self._log_timer.start(config.log_options.interval_s)

    def _cancel_timers(self) -> None:
        for timer in (self._idle_timer, self._retry_timer, self._duration_timer, self._log_timer):
            if timer is not None:
                timer.cancel()

    def _on_idle(self) -> None:
        self._config.stats.idle_timeout.value += 1
        self.connection.close(CloseType.NO_FLUSH, "tcp_session_idle_timeout")

    def _on_max_duration(self) -> None:
        self._config.stats.max_downstream_connection_duration.value += 1
        self.callbacks.stream_info.add_flag(ResponseFlag.DURATION_TIMEOUT)
        self.connection.close(CloseType.NO_FLUSH, "max_connection_duration_reached")

    def _on_log_interval(self) -> None:
        self._log("TcpPeriodic")
        if self._log_timer is not None:
            self._log_timer.start(self._config.log_options.interval_s)

    def _close_if_draining(self) -> None:
        if self._config.drain.should_close() and self.connection.is_open():
            self._config.stats.downstream_cx_drain_close.value += 1
            self.connection.close(CloseType.FLUSH_WRITE, "tcp_proxy_drain_close")

    def _log(self, kind: str) -> None:
        config = self._config
        info = self.callbacks.stream_info
        received, sent = self.connection.traffic()
        info.bytes_received = info.downstream_wire_bytes_received = received
        info.bytes_sent = info.downstream_wire_bytes_sent = sent
        if not config.access_logs:
            return
        if self._upstream is not None:
            self._note_upstream(self._upstream)
        info.end = config.server.clock.now()
        entry = LogEntry(info)
        entry.log_type = kind
        for each in config.access_logs:
            each.log(entry)


class UpstreamEvents(UpstreamOwner):
    """The filter, as its upstream connection sees it."""

    def __init__(self, proxy: TcpProxyFilter) -> None:
        self._proxy = proxy

    def on_upstream_closed(self, upstream: UpstreamSide, event: ConnectionEvent) -> None:
        self._proxy.on_upstream_closed(upstream, event)

    def on_upstream_watermark(self, is_above: bool) -> None:
        self._proxy.on_upstream_watermark(is_above)

    def on_upstream_written(self) -> None:
        self._proxy.on_upstream_written()


class ConnectOutcome(TcpCallbacks):
    """What becomes of one attempt."""

    def __init__(self, proxy: TcpProxyFilter, cluster: Cluster) -> None:
        self._proxy = proxy
        self._cluster = cluster

    def on_connected(self, connection: Connection, host: Host) -> None:
        self._proxy.on_connected(self._cluster, connection, host)

    def on_connect_failure(self, failure: PoolFailure, detail: str, host: Host | None) -> None:
        self._proxy.on_connect_failure(failure, detail, host)


def count(cluster: Cluster, name: str) -> None:
    """A stat of the cluster's, by name: only for what is rare."""
    cluster.info.scope.counter(name).value += 1
