"""The admin listener's own stats: a listener and a connection manager like any other."""

from __future__ import annotations

from portico.api.stats import StatsScope
from portico.stats.codec_stats import Http1CodecStats
from portico.stats.http_stats import HttpConnectionManagerStats, HttpListenerStats
from portico.stats.listener_stats import ListenerStats, WorkerListenerStats


class AdminStats:
    """`listener.admin.`, `listener.admin.main_thread.`, `listener.admin.http.admin.`, `http.admin.`, `http1.`"""

    def __init__(self, root: StatsScope) -> None:
        listener = root.scope("listener.admin")
        self.listener = ListenerStats(listener)
        self.main_thread = WorkerListenerStats(listener.scope("main_thread"))
        self.http_listener = HttpListenerStats(listener.scope("http.admin"))
        self.http = HttpConnectionManagerStats(root.scope("http.admin"))
        self.codec = Http1CodecStats(root.scope("http1"))

    def connection_opened(self) -> None:
        self.listener.connections_accepted_per_socket_event.record(1)
        for active in (self.listener.downstream_cx_active, self.main_thread.downstream_cx_active):
            active.add()
        for total in (self.listener.downstream_cx_total, self.main_thread.downstream_cx_total):
            total.add()
        self.http.downstream_cx_total.add()
        self.http.downstream_cx_active.add()
        self.http.downstream_cx_http1_total.add()
        self.http.downstream_cx_http1_active.add()

    def connection_closed(self, by_peer: bool, length_ms: int) -> None:
        http = self.http
        for active in (
            self.listener.downstream_cx_active,
            self.main_thread.downstream_cx_active,
            http.downstream_cx_active,
            http.downstream_cx_http1_active,
        ):
            active.sub()
        self.listener.downstream_cx_destroy.add()
        http.downstream_cx_destroy.add()
        (http.downstream_cx_destroy_remote if by_peer else http.downstream_cx_destroy_local).add()
        self.listener.downstream_cx_length_ms.record(length_ms)
        http.downstream_cx_length_ms.record(length_ms)

    def request_started(self) -> None:
        self.http.downstream_rq_total.add()
        self.http.downstream_rq_http1_total.add()
        self.http.downstream_rq_active.add()

    def request_ended(self, status: int, elapsed_ms: int) -> None:
        """``status`` 0: the peer left before it got an answer."""
        self.http.downstream_rq_active.sub()
        self.http.downstream_rq_time.record(elapsed_ms)
        if status == 0:
            self.http.downstream_rq_rx_reset.add()
            return
        for completed in (self.http.downstream_rq_completed, self.http_listener.downstream_rq_completed):
            completed.add()
        for by_class in (self.http.downstream_rq_xx, self.http_listener.downstream_rq_xx):
            by_class[status // 100].add()
