"""Request mirroring: a copy of the request goes to another cluster, and nobody waits for what it answers.

Envoy mirrors through its asynchronous client, which speaks for the proxy itself: hence x-envoy-internal, one more entry
in x-forwarded-for, and the stats under ``http.async-client``.
"""

from __future__ import annotations

from portico.api.access_log import LogEntry
from portico.api.context import ServerContext
from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders
from portico.api.host import Host
from portico.api.load_balancer import LoadBalancerContext
from portico.api.stream_info import ConnectionInfo, StreamInfo
from portico.api.upstream import ResourcePriority
from portico.router.action.forward import ShadowPolicy
from portico.router.outcome import Failure
from portico.router.upstream_request import TryOwner, UpstreamRequest
from portico.stats.http_stats import RouterStats
from portico.upstream.cluster import ActiveCluster


class ShadowRequests:
    """The mirrors of one request."""

    def __init__(self, server: ServerContext, stats: RouterStats, info: StreamInfo, timeout_s: float) -> None:
        """``timeout_s`` is the request's own; 0.0 = no limit."""
        self._server = server
        self._stats = stats
        self._info = info
        self._timeout_s = timeout_s
        self._chosen: list[tuple[ShadowPolicy, ActiveCluster]] = []
        self._running: list[Shadow] = []
        self._is_complete = False

    def choose(self, policies: list[ShadowPolicy], headers: RequestHeaders, random_value: int) -> None:
        """``headers`` as the upstream gets them: a route may add what cluster_header names."""
        for policy in policies:
            cluster = self._server.cluster_manager.get(policy.cluster_name(headers))
            if cluster is not None and policy.fraction.includes(random_value):
                assert isinstance(cluster, ActiveCluster)
                self._chosen.append((policy, cluster))

    def headers(self, headers: RequestHeaders, end_stream: bool) -> None:
        """Send them copies of ``headers``."""
        self._is_complete = end_stream
        for policy, cluster in self._chosen:
            copied = headers.copy()
            for mutation in policy.mutations:
                mutation.apply(copied, LogEntry(self._info, copied))
            if policy.host_rewrite:
                copied.authority = policy.host_rewrite
            elif policy.appends_host_suffix:
                copied.authority = shadow_host(copied.authority)
            copied.set(b"x-envoy-internal", b"true")
            copied.append(b"x-forwarded-for", self._server.local_info.ip.encode())
            self._stats.rq_total.value += 1
            shadow = Shadow(self._server, cluster, copied, self._info.connection, self._timeout_s)
            if shadow.start(end_stream):
                self._running.append(shadow)

    def data(self, data: bytes, end_stream: bool) -> None:
        self._is_complete = end_stream
        for shadow in self._running:
            shadow.data(data, end_stream)

    def trailers(self, trailers: HeaderMap) -> None:
        self._is_complete = True
        for shadow in self._running:
            shadow.trailers(trailers)

    def abandon(self) -> None:
        """The request is over. A mirror that has the whole of it goes on; half a request helps nobody."""
        if not self._is_complete:
            for shadow in self._running:
                shadow.cancel()
        self._running = []


class Shadow(TryOwner):
    """One mirrored request. Keeps itself alive through its pool until it is answered or times out."""

    def __init__(
        self,
        server: ServerContext,
        cluster: ActiveCluster,
        headers: RequestHeaders,
        connection: ConnectionInfo,
        timeout_s: float,
    ) -> None:
        self._server = server
        self._cluster = cluster
        self._headers = headers
        self._info = StreamInfo(connection)
        self._timeout_s = timeout_s
        self._timer = server.clock.timer(self._on_timeout)
        self._try: UpstreamRequest | None = None
        self._is_canary = False
        self._complete_at = 0.0

    def start(self, end_stream: bool) -> bool:
        """False when it is over already."""
        cluster = self._cluster
        host = cluster.choose_host(LoadBalancerContext())
        if host is None:
            cluster.stats.upstream_cx_none_healthy.value += 1
        pool = None if host is None else cluster.http_pool(host, ResourcePriority.DEFAULT, None)
        if pool is None:
            self._charge(503, None)
            return False
        attempt = UpstreamRequest(self, self._info, self._server.clock, self._headers, end_stream)
        self._try = attempt
        attempt.start(pool)
        if end_stream:
            self._on_complete()
        return self.is_running()

    def is_running(self) -> bool:
        """A method, because compiled code takes an attribute it has just set for settled."""
        return self._try is not None

    def data(self, data: bytes, end_stream: bool) -> None:
        if self._try is not None:
            self._try.encode_data(data, end_stream)
            self._try.flush()
            limit = self._cluster.info.per_connection_buffer_limit_bytes
            if limit and self.buffered_bytes() > limit:
                self.cancel()
        if end_stream:
            self._on_complete()

    def buffered_bytes(self) -> int:
        return 0 if self._try is None else self._try.buffered_bytes

    def trailers(self, trailers: HeaderMap) -> None:
        if self._try is not None:
            self._try.encode_trailers(trailers)
        self._on_complete()

    def cancel(self) -> None:
        self._timer.cancel()
        attempt = self._try
        self._try = None
        if attempt is not None:
            attempt.cancel()

    def on_try_ready(self) -> None:
        pass

    def on_try_headers(self, headers: ResponseHeaders, end_stream: bool) -> None:
        attempt = self._try
        self._charge(headers.status, None if attempt is None else attempt.host, headers)
        if end_stream:
            self._finish()

    def on_try_informational(self, headers: ResponseHeaders) -> None:
        pass

    def on_try_data(self, data: bytes, end_stream: bool) -> None:
        if end_stream:
            self._finish()

    def on_try_trailers(self, trailers: HeaderMap) -> None:
        self._finish()

    def on_try_batch_end(self) -> None:
        pass

    def on_try_failure(self, failure: Failure, detail: str, host: Host | None) -> None:
        self._charge(failure.status, host)
        self._end()

    def on_try_watermark(self, is_above: bool) -> None:
        """A mirror never slows the request down; past the buffer limit it is given up."""

    def on_try_exception(self, error: Exception) -> None:
        """Nobody waits for a mirror: it just ends."""
        self.cancel()

    def _on_complete(self) -> None:
        """The last byte of the request went down: the response's clock runs from here."""
        self._complete_at = self._server.clock.time
        if self._timeout_s > 0 and self._try is not None:
            self._timer.start(self._timeout_s)

    def _on_timeout(self) -> None:
        self._cluster.stats.upstream_rq_timeout.value += 1
        host = None if self._try is None else self._try.host
        if host is not None:
            host.rq_timeout += 1
        self._charge(504, host)
        self.cancel()

    def _charge(self, status: int, host: Host | None, headers: ResponseHeaders | None = None) -> None:
        self._is_canary = host is not None and host.canary
        if headers is not None and headers.get(b"x-envoy-upstream-canary") == b"true":
            self._is_canary = True
        if host is not None:
            if status >= 500:
                host.rq_error += 1
            else:
                host.rq_success += 1
        self._cluster.codes.record(status, True, self._is_canary)

    def _finish(self) -> None:
        """The response is complete."""
        if self._complete_at:
            elapsed_ms = int((self._server.clock.time - self._complete_at) * 1000.0)
            self._cluster.codes.record_time(elapsed_ms, True, self._is_canary)
        self._end()

    def _end(self) -> None:
        self._timer.cancel()
        self._try = None


def shadow_host(authority: bytes) -> bytes:
    """``host:port`` -> ``host-shadow:port``, so that logs tell mirrored traffic apart."""
    at = authority.rfind(b":")
    if at > authority.rfind(b"]"):
        return authority[:at] + b"-shadow" + authority[at:]
    return authority + b"-shadow"
