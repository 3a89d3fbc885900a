"""What a listener counts: `listener.<address>.`"""

from __future__ import annotations

from portico.api.stats import StatsScope, Unit


class ListenerStats:
    """All workers together. `listener.admin.` has the same, except for the two about extension discovery."""

    def __init__(self, scope: StatsScope) -> None:
        self.connections_accepted_per_socket_event = scope.histogram(
            "connections_accepted_per_socket_event", Unit.UNSPECIFIED
        )
        self.downstream_cx_active = scope.gauge("downstream_cx_active")
        self.downstream_cx_destroy = scope.counter("downstream_cx_destroy")
        self.downstream_cx_length_ms = scope.histogram("downstream_cx_length_ms", Unit.MILLISECONDS)
        self.downstream_cx_overflow = scope.counter("downstream_cx_overflow")
        self.downstream_cx_overload_reject = scope.counter("downstream_cx_overload_reject")
        self.downstream_cx_total = scope.counter("downstream_cx_total")
        self.downstream_cx_transport_socket_connect_timeout = scope.counter(
            "downstream_cx_transport_socket_connect_timeout"
        )
        self.downstream_global_cx_overflow = scope.counter("downstream_global_cx_overflow")
        self.downstream_listener_filter_error = scope.counter("downstream_listener_filter_error")
        self.downstream_listener_filter_remote_close = scope.counter("downstream_listener_filter_remote_close")
        self.downstream_pre_cx_active = scope.gauge("downstream_pre_cx_active")
        self.downstream_pre_cx_timeout = scope.counter("downstream_pre_cx_timeout")
        self.no_filter_chain_match = scope.counter("no_filter_chain_match")


class ExtensionConfigStats:
    """`listener.<address>.`: connections that came before their filter configuration did."""

    def __init__(self, scope: StatsScope) -> None:
        self.extension_config_missing = scope.counter("extension_config_missing")
        self.network_extension_config_missing = scope.counter("network_extension_config_missing")


class WorkerListenerStats:
    """`listener.<address>.worker_<i>.`: one worker alone; `main_thread.` for the admin listener."""

    def __init__(self, scope: StatsScope) -> None:
        self.downstream_cx_active = scope.gauge("downstream_cx_active")
        self.downstream_cx_total = scope.counter("downstream_cx_total")
