"""Request mirroring: a copy of the request goes to another cluster, and nobody waits for what it answers."""

from __future__ import annotations

from portico.api.access_log import LogEntry
from portico.api.context import ServerContext
from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders
from portico.api.host import Host
from portico.api.load_balancer import LoadBalancerContext
from portico.api.stream_info import StreamInfo
from portico.api.upstream import ResourcePriority
from portico.router.action.forward import ShadowPolicy
from portico.router.outcome import Failure
from portico.router.upstream_request import TryOwner, UpstreamRequest
from portico.upstream.cluster import ActiveCluster


class ShadowRequests:
    """The mirrors of one request, chosen before it was rewritten for its own upstream."""

    def __init__(
        self,
        server: ServerContext,
        policies: list[ShadowPolicy],
        headers: RequestHeaders,
        info: StreamInfo,
        random_value: int,
    ) -> None:
        self._server = server
        self._info = info
        self._chosen: list[tuple[ShadowPolicy, ActiveCluster]] = []
        self._running: list[Shadow] = []
        self._is_complete = False
        for policy in policies:
            cluster = server.cluster_manager.get(policy.cluster_name(headers))
            if cluster is not None and policy.fraction.includes(random_value):
                assert isinstance(cluster, ActiveCluster)
                self._chosen.append((policy, cluster))

    def headers(self, headers: RequestHeaders, end_stream: bool) -> None:
        """``headers`` as the request's own upstream gets them."""
        self._is_complete = end_stream
        for policy, cluster in self._chosen:
            copied = headers.copy()
            if policy.host_rewrite:
                copied.authority = policy.host_rewrite
            elif policy.appends_host_suffix:
                copied.authority = shadow_host(copied.authority)
            for mutation in policy.mutations:
                mutation.apply(copied, LogEntry(self._info, copied))
            shadow = Shadow(self._server, cluster, copied, self._info, end_stream)
            if shadow.start():
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
        self, server: ServerContext, cluster: ActiveCluster, headers: RequestHeaders, info: StreamInfo, end_stream: bool
    ) -> None:
        self._cluster = cluster
        self._headers = headers
        own = StreamInfo(info.connection)
        self._try: UpstreamRequest | None = UpstreamRequest(self, own, server.clock, headers, end_stream)
        self._timer = server.clock.timer(self._on_timeout)
        self._is_internal = headers.has(b"x-envoy-internal")

    def start(self) -> bool:
        host = self._cluster.choose_host(LoadBalancerContext())
        if host is None:
            self._cluster.stats.upstream_cx_none_healthy.value += 1
            return False
        pool = self._cluster.http_pool(host, ResourcePriority.DEFAULT, None)
        if pool is None:
            return False
        # Source: envoy RouteAction.timeout default; a mirror must end some time.
        self._timer.start(15.0)
        assert self._try is not None
        self._try.start(pool)
        return self._try is not None

    def data(self, data: bytes, end_stream: bool) -> None:
        if self._try is not None:
            self._try.encode_data(data, end_stream)
            self._try.flush()
            limit = self._cluster.info.per_connection_buffer_limit_bytes
            if limit and self.buffered_bytes() > limit:
                self.cancel()

    def buffered_bytes(self) -> int:
        return 0 if self._try is None else self._try.buffered_bytes

    def trailers(self, trailers: HeaderMap) -> None:
        if self._try is not None:
            self._try.encode_trailers(trailers)

    def cancel(self) -> None:
        self._timer.cancel()
        attempt = self._try
        self._try = None
        if attempt is not None:
            attempt.cancel()

    def on_try_ready(self) -> None:
        pass

    def on_try_headers(self, headers: ResponseHeaders, end_stream: bool) -> None:
        self._cluster.codes.record(headers.status, self._is_internal, False)
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
        self._cluster.codes.record(failure.status, self._is_internal, False)
        self._finish()

    def on_try_watermark(self, is_above: bool) -> None:
        """A mirror never slows the request down; past the buffer limit it is given up."""

    def on_try_exception(self, error: Exception) -> None:
        """Nobody waits for a mirror: it just ends."""
        self.cancel()

    def _on_timeout(self) -> None:
        self._cluster.stats.upstream_rq_timeout.value += 1
        self.cancel()

    def _finish(self) -> None:
        self._timer.cancel()
        self._try = None


def shadow_host(authority: bytes) -> bytes:
    """``host:port`` -> ``host-shadow:port``, so that logs tell mirrored traffic apart."""
    at = authority.rfind(b":")
    if at > authority.rfind(b"]"):
        return authority[:at] + b"-shadow" + authority[at:]
    return authority + b"-shadow"
