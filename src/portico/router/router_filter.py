"""The last HTTP filter: what a route says becomes a redirect, a direct answer, or a request to a cluster."""

from __future__ import annotations

from typing import Final

from portico.api.access_log import AccessLog
from portico.api.buffer import Buffer
from portico.api.context import ServerContext
from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders
from portico.api.host import Host
from portico.api.http_filter import DataStatus, HeadersStatus, HttpFilter, TrailersStatus
from portico.api.load_balancer import LoadBalancerContext
from portico.api.response_flags import ResponseFlag
from portico.api.stream_info import ConnectionInfo
from portico.router.action.cluster_specifier import RouteChoice
from portico.router.action.direct_response import DirectResponseAction
from portico.router.action.forward import ForwardAction
from portico.router.action.redirect import RedirectAction
from portico.router.header_checks import invalid_header
from portico.router.outcome import Failure
from portico.router.route import Route, rewrite_host
from portico.router.shadow import ShadowRequests
from portico.router.timeouts import RequestTimeouts, announce, decimal, request_timeouts
from portico.router.try_limits import TryLimits
from portico.router.try_log import TryLog
from portico.router.upstream_request import TryOwner, UpstreamRequest
from portico.router.virtual_cluster import RequestStats
from portico.stats.http_stats import RouterStats
from portico.upstream.cluster import ActiveCluster
from portico.upstream.tracked_requests import TrackedRequests

_ATTEMPT_COUNT: Final = b"x-envoy-attempt-count"
_CONTENT_TYPE: Final = b"content-type"
_SERVICE_TIME: Final = b"x-envoy-upstream-service-time"
_DROP_STEPS: Final = 1000000  # the finest denominator of a FractionalPercent
_OVERLOADED: Final = (b"x-envoy-overloaded", b"true")


class RouterConfig:
    """One configured router filter."""

    def __init__(self, server: ServerContext, stats: RouterStats) -> None:
        self.server = server
        self.stats = stats
        self.shadow_stats = RouterStats(server.scope.scope("http.async-client"))
        self.zone = server.local_info.zone  # "" = responses are not counted by zone
        self.suppress_envoy_headers = False
        self.strict_check_headers: tuple[bytes, ...] = ()
        self.dynamic_stats = True
        self.upstream_logs: list[AccessLog] = []
        self.respect_expected_rq_timeout = False


class RouterFilter(HttpFilter, TryOwner):
    """One stream's way to a cluster and back."""

    def __init__(self, config: RouterConfig) -> None:
        self._config = config
        self._route: Route | None = None
        self._choice: RouteChoice | None = None
        self._cluster: ActiveCluster | None = None
        self._try: UpstreamRequest | None = None
        self._timeouts: RequestTimeouts | None = None
        self._shadows: ShadowRequests | None = None
        self._charged: list[RequestStats] = []  # of the route and of the virtual cluster
        self._request_complete_at = 0.0
        self._is_internal = False
        self._is_canary = False
        self._response_started = False
        self._had_interim = False
        self._is_request_paused = False

    # --- the request ----------------------------------------------------------------------------------------------

    def decode_headers(self, headers: RequestHeaders, end_stream: bool) -> HeadersStatus:
        callbacks = self.callbacks
        stats = self._config.stats
        stats.rq_total.value += 1
        route: Route | None = callbacks.route()
        if route is None:
            stats.no_route.value += 1
            callbacks.stream_info.add_flag(ResponseFlag.NO_ROUTE_FOUND)
            callbacks.send_local_reply(404, b"", "route_not_found")
            return HeadersStatus.STOP_ITERATION
        self._route = route
        forward = route.forward
        if forward is None:
            self._answer(route, headers)
        else:
            self._forward(route, forward, headers, end_stream)
        return HeadersStatus.STOP_ITERATION

    def decode_data(self, data: Buffer, end_stream: bool) -> DataStatus:
        if self._shadows is not None:
            self._shadows.data(data.peek(), end_stream)
        if self._try is not None:
            self._try.encode_data(data.take(), end_stream)
            if not self._is_request_paused and self._try.buffered_bytes > self._buffer_limit():
                self._pause_request(True)
        if end_stream:
            self._on_request_complete()
        return DataStatus.STOP_ITERATION_NO_BUFFER

    def decode_trailers(self, trailers: HeaderMap) -> TrailersStatus:
        if self._shadows is not None:
            self._shadows.trailers(trailers)
        if self._try is not None:
            self._try.encode_trailers(trailers)
        self._on_request_complete()
        return TrailersStatus.STOP_ITERATION

    def on_decode_batch_end(self) -> None:
        if self._try is not None:
            self._try.flush()

    def on_response_watermark(self, is_above: bool) -> None:
        if self._try is None or self._cluster is None:
            return
        stats = self._cluster.stats
        if is_above:
            stats.upstream_flow_control_paused_reading_total.value += 1
        else:
            stats.upstream_flow_control_resumed_reading_total.value += 1
        self._try.pause_response(is_above)

    def on_destroy(self) -> None:
        attempt = self._try
        self._try = None
        if attempt is not None:
            attempt.cancel()
        if self._shadows is not None:
            self._shadows.abandon()
        cluster = self._cluster
        if cluster is not None and cluster.tracked is not None and self.callbacks.stream_info.upstream_host is not None:
            self._record_tracked(cluster.tracked)

    # --- answers without an upstream --------------------------------------------------------------------------------

    def _answer(self, route: Route, headers: RequestHeaders) -> None:
        info = self.callbacks.stream_info
        action = route.action
        stats = self._config.stats
        if isinstance(action, RedirectAction):
            stats.rq_direct_response.value += 1  # Envoy's router counts redirects here, and rq_redirect never
            action.rewrite_path(headers, info, not self._config.suppress_envoy_headers)
            self._reply(action.status, b"", "direct_response", [(b"location", action.location(headers, info))])
        elif isinstance(action, DirectResponseAction):
            stats.rq_direct_response.value += 1
            location = action.location(headers)
            body = action.body(headers, info)
            content_type = action.content_type if body else b""
            self._reply(
                action.status, body, "direct_response", [(b"location", location)] if location else None, content_type
            )
        else:
            # A filter before this one should have answered. To Envoy 1.40 it is a route whose cluster has no name.
            stats.no_cluster.value += 1
            info.add_flag(ResponseFlag.NO_CLUSTER_FOUND)
            self._reply(503, b"", "cluster_not_found")

    def _reply(
        self,
        status: int,
        body: bytes,
        details: str,
        extra: list[tuple[bytes, bytes]] | None = None,
        content_type: bytes = b"",
    ) -> None:
        """Answer for the route: what it adds to responses, it adds to these as well.

        ``content_type`` beats one that the route adds; without it, text/plain is only what is left to say.
        """
        headers = ResponseHeaders(status, extra if extra is not None else [])
        self.callbacks.stream_info.response_code_details = details
        self._finalize_response(headers)
        if content_type:
            headers.remove(_CONTENT_TYPE)
            headers.add(_CONTENT_TYPE, content_type)
        self.callbacks.send_local_reply(status, body, details, headers.items())

    def _finalize_response(self, headers: ResponseHeaders) -> None:
        route = self._route
        assert route is not None
        info = self.callbacks.stream_info
        route.finalize_response_headers(headers, self.callbacks.request_headers(), info, self._choice)
        if route.include_attempt_count_in_response and info.upstream_request_attempt_count:
            headers.set(_ATTEMPT_COUNT, b"%d" % info.upstream_request_attempt_count)

    # --- to a cluster ---------------------------------------------------------------------------------------------

    def _forward(self, route: Route, forward: ForwardAction, headers: RequestHeaders, end_stream: bool) -> None:
        config = self._config
        callbacks = self.callbacks
        info = callbacks.stream_info
        choice: RouteChoice = callbacks.route_choice()
        self._choice = choice
        cluster = config.server.cluster_manager.get(choice.cluster_name)
        info.upstream_cluster_raw = choice.cluster_name
        if cluster is None:
            config.stats.no_cluster.value += 1
            info.add_flag(ResponseFlag.NO_CLUSTER_FOUND)
            self._reply(forward.cluster_not_found_status, b"", "cluster_not_found")
            return
        assert isinstance(cluster, ActiveCluster)
        self._cluster = cluster
        info.upstream_cluster = cluster.info.observability_name
        info.upstream_cluster_metadata = cluster.info.metadata
        self._is_internal = headers.has(b"x-envoy-internal")
        if route.is_charged():
            self._charged = route.charged_stats(headers, info)
        bad = invalid_header(headers, config.strict_check_headers) if config.strict_check_headers else b""
        if bad:
            info.add_flag(ResponseFlag.INVALID_ENVOY_REQUEST_HEADERS)
            text = f"invalid header '{bad.decode()}' with value '{(headers.get(bad) or b'').decode('latin-1')}'"
            self._reply(400, text.encode("latin-1"), f"request_headers_failed_strict_check{{{bad.decode()}}}")
            return
        if self._in_maintenance(cluster, info.request_id) or (cluster.drop_share > 0.0 and self._drops(cluster)):
            return
        timeouts = request_timeouts(
            forward.timeout_s, forward.per_try_timeout_s, headers, config.respect_expected_rq_timeout
        )
        self._timeouts = timeouts
        if not config.suppress_envoy_headers:
            announce(headers, timeouts.expected_s())
        route.finalize_request_headers(headers, info, choice, not config.suppress_envoy_headers)
        if route.include_request_attempt_count:
            headers.set(_ATTEMPT_COUNT, b"1")
        if forward.shadow_policies:
            self._shadows = ShadowRequests(config.server, config.shadow_stats, info, timeouts.total_s)
            self._shadows.choose(forward.shadow_policies, headers, callbacks.random_value())
        self._start_try(route, forward, cluster, headers, end_stream)
        if self._shadows is not None:
            self._shadows.headers(headers, end_stream)
        if end_stream:
            self._on_request_complete()

    def _in_maintenance(self, cluster: ActiveCluster, request_id: bytes) -> bool:
        """``upstream.maintenance_mode.<cluster>``: the fraction of requests that is turned away."""
        runtime = self._config.server.runtime
        key = cluster.info.maintenance_mode_key
        if runtime.get(key) is None:
            return False
        drawn = self._config.server.random.below(100)
        if not runtime.fraction_enabled(key, 0, 100, drawn):
            return False
        cluster.stats.upstream_rq_maintenance_mode.value += 1
        self.callbacks.stream_info.add_flag(ResponseFlag.UPSTREAM_OVERFLOW)
        self._charge_code(503, None)
        self._reply(503, b"maintenance mode", "maintenance_mode", [_OVERLOADED])
        return True

    def _drops(self, cluster: ActiveCluster) -> bool:
        """``drop_overloads`` of the cluster's assignment: the share of requests that is turned away."""
        if cluster.drop_share >= 1.0:
            flag, text = ResponseFlag.UNCONDITIONAL_DROP_OVERLOAD, "unconditional drop overload"
        elif self._config.server.random.below(_DROP_STEPS) < cluster.drop_share * _DROP_STEPS:
            flag, text = ResponseFlag.DROP_OVERLOAD, "drop overload"
        else:
            return False
        self.callbacks.stream_info.add_flag(flag)
        self._charge_code(503, None)
        header = (b"x-envoy-" + text.replace(" ", "-").encode(), b"true")
        self._reply(503, text.encode(), text.replace(" ", "_"), [header])
        return True

    def _start_try(
        self, route: Route, forward: ForwardAction, cluster: ActiveCluster, headers: RequestHeaders, end_stream: bool
    ) -> None:
        callbacks = self.callbacks
        info = callbacks.stream_info
        info.upstream_request_attempt_count += 1
        host = cluster.choose_host(RequestContext(headers, info.connection))
        if host is None:
            cluster.stats.upstream_cx_none_healthy.value += 1
            self._answer_no_host()
            return
        pool = cluster.http_pool(host, forward.priority, info.protocol)
        if pool is None:
            self._answer_no_host()
            return
        if forward.auto_host_rewrite and host.hostname:
            insert = not self._config.suppress_envoy_headers
            rewrite_host(headers, host.hostname.encode(), forward.append_x_forwarded_host, insert)
        info.upstream_host = host  # also when the client leaves before there is a connection
        attempt = UpstreamRequest(self, info, callbacks.clock, headers, end_stream)
        attempt.charged = self._charged
        self._try = attempt
        per_try_s = self._timeouts.per_try_s if self._timeouts is not None else 0.0
        duration_s = cluster.info.max_stream_duration_s
        if per_try_s > 0 or duration_s > 0:
            attempt.limits = TryLimits(callbacks.clock, per_try_s, duration_s)
            attempt.limits.report_to(self._on_per_try_timeout, self._on_max_duration)
        if self._config.upstream_logs:
            attempt.log = TryLog(self._config.upstream_logs, info, headers, callbacks.clock)
        attempt.start(pool)

    def _answer_no_host(self) -> None:
        self.callbacks.stream_info.add_flag(ResponseFlag.NO_HEALTHY_UPSTREAM)
        self._charge_code(503, None)
        self._reply(503, b"no healthy upstream", "no_healthy_upstream")

    def _on_request_complete(self) -> None:
        """The last byte of the request went down: the response's clock runs from here."""
        self._request_complete_at = self.callbacks.clock.time
        timeouts = self._timeouts
        if timeouts is not None and timeouts.total_s > 0 and self._try is not None:
            self.callbacks.timers.await_response(timeouts.total_s, self._on_timeout)

    def _on_timeout(self) -> None:
        if self._try is None or self._cluster is None:
            return
        self._cluster.stats.upstream_rq_timeout.value += 1
        for charged in self._charged:
            charged.upstream_rq_timeout.value += 1
        self._time_out("response_timeout")

    def _on_per_try_timeout(self) -> None:
        if self._try is None or self._cluster is None:
            return
        self._cluster.stats.upstream_rq_per_try_timeout.value += 1
        self._time_out("upstream_per_try_timeout")

    def _on_max_duration(self) -> None:
        """max_stream_duration of the cluster's protocol options."""
        if self._try is None or self._cluster is None:
            return
        self._cluster.stats.upstream_rq_max_duration_reached.value += 1
        status = 504 if self.callbacks.is_request_complete() else 408
        flag = ResponseFlag.UPSTREAM_MAX_STREAM_DURATION_REACHED
        self._abandon_try(flag, status, b"upstream max stream duration reached", "upstream_max_stream_duration_reached")

    def _time_out(self, details: str) -> None:
        attempt = self._try
        if attempt is not None and attempt.host is not None:
            attempt.host.rq_timeout += 1
        flag = ResponseFlag.UPSTREAM_REQUEST_TIMEOUT
        if self._timeouts is not None and self._timeouts.answers_204:
            self._abandon_try(flag, 204, b"", details)
        else:
            self._abandon_try(flag, 504, b"upstream request timeout", details)

    def _abandon_try(self, flag: ResponseFlag, status: int, body: bytes, details: str) -> None:
        attempt = self._try
        assert attempt is not None
        self._try = None
        attempt.cancel()
        self.callbacks.stream_info.add_flag(flag)
        if self._response_started:
            self.callbacks.reset_stream(details)
            return
        self._charge_failure(status, attempt.host)
        self._reply(status, body, details)

    # --- the response ---------------------------------------------------------------------------------------------

    def on_try_headers(self, headers: ResponseHeaders, end_stream: bool) -> None:
        callbacks = self.callbacks
        info = callbacks.stream_info
        attempt = self._try
        host = attempt.host if attempt is not None else None
        self._response_started = True
        cluster = self._cluster
        if cluster is not None and cluster.tracked is not None and cluster.tracked.sizes is not None:
            cluster.tracked.sizes.record_response_head(headers)
        info.response_code = headers.status
        info.response_code_details = "via_upstream"
        if host is not None:
            if headers.status >= 500:
                host.rq_error += 1
            else:
                host.rq_success += 1
        self._charge_code(headers.status, host, headers)
        if self._request_complete_at and not self._config.suppress_envoy_headers:
            elapsed_s = info.first_upstream_rx - self._request_complete_at
            headers.set(_SERVICE_TIME, decimal(int(elapsed_s * 1000.0)))
        self._finalize_response(headers)
        if end_stream:
            self._on_response_complete()
        callbacks.encode_headers(headers, end_stream)

    def on_try_data(self, data: bytes, end_stream: bool) -> None:
        if end_stream:
            self._on_response_complete()
        self.callbacks.encode_data(data, end_stream)

    def on_try_trailers(self, trailers: HeaderMap) -> None:
        self._on_response_complete()
        self.callbacks.encode_trailers(trailers)

    def on_try_failure(self, failure: Failure, detail: str, host: Host | None) -> None:
        self._try = None
        info = self.callbacks.stream_info
        info.add_flag(failure.flag)
        details = failure.details(detail, self._response_started or self._had_interim)
        if self._response_started:
            self.callbacks.reset_stream(details)
            return
        self._charge_failure(failure.status, host)
        extra = [_OVERLOADED] if failure.flag is ResponseFlag.UPSTREAM_OVERFLOW else None
        self._reply(failure.status, failure.body(False), details, extra)

    def on_try_informational(self, headers: ResponseHeaders) -> None:
        self._had_interim = True
        self._charge_code(headers.status, None, headers)
        self.callbacks.encode_informational(headers)

    def on_try_batch_end(self) -> None:
        self.callbacks.flush_response()

    def on_try_watermark(self, is_above: bool) -> None:
        self._pause_request(is_above)

    def on_try_exception(self, error: Exception) -> None:
        self.callbacks.fail(error)

    def _on_response_complete(self) -> None:
        attempt = self._try
        self._try = None
        cluster = self._cluster
        if cluster is None or attempt is None:
            return
        if not self._config.dynamic_stats or not self._request_complete_at:
            return
        elapsed_ms = int((self.callbacks.clock.time - self._request_complete_at) * 1000.0)
        cluster.codes.record_time(elapsed_ms, self._is_internal, self._is_canary)
        if self._config.zone and attempt.host is not None and attempt.host.locality.zone:
            cluster.codes.between(self._config.zone, attempt.host.locality.zone).record_time(elapsed_ms)
        for charged in self._charged:
            charged.codes.record_time(elapsed_ms)

    def _pause_request(self, is_above: bool) -> None:
        if is_above == self._is_request_paused:
            return
        self._is_request_paused = is_above
        if is_above:
            self.callbacks.pause_request()
        else:
            self.callbacks.resume_request()

    def on_try_ready(self) -> None:
        """The try has a stream; what waited for it is gone."""
        if self._is_request_paused and self._try is not None and not self._try.is_above_watermark:
            self._pause_request(False)

    def _buffer_limit(self) -> int:
        return self._cluster.info.per_connection_buffer_limit_bytes if self._cluster is not None else 0

    # --- counting -------------------------------------------------------------------------------------------------

    def _record_tracked(self, tracked: TrackedRequests) -> None:
        callbacks = self.callbacks
        info = callbacks.stream_info
        headers = callbacks.request_headers()
        if tracked.sizes is not None and headers is not None:
            tracked.sizes.record_request(headers, info.bytes_received)
            if self._response_started:
                tracked.sizes.upstream_rs_body_size.record(info.bytes_sent)
        if tracked.budgets is not None and self._timeouts is not None and self._request_complete_at:
            elapsed_s = callbacks.clock.time - self._request_complete_at
            tracked.budgets.record(elapsed_s, self._timeouts.total_s, self._timeouts.per_try_s)

    def _charge_failure(self, status: int, host: Host | None) -> None:
        # To Envoy's counters an interim response was the answer: a failure after it is charged to nobody.
        if self._had_interim:
            return
        if host is not None:
            host.rq_error += 1
        self._charge_code(status, host)

    def _charge_code(self, status: int, host: Host | None, headers: ResponseHeaders | None = None) -> None:
        cluster = self._cluster
        if cluster is None:
            return
        if not self._config.dynamic_stats:
            return
        canary = host is not None and host.canary
        if headers is not None and headers.get(b"x-envoy-upstream-canary") == b"true":
            canary = True
        self._is_canary = canary
        cluster.codes.record(status, self._is_internal, canary)
        if self._config.zone and host is not None and host.locality.zone:
            cluster.codes.between(self._config.zone, host.locality.zone).record(status)
        for charged in self._charged:
            charged.codes.record(status)


class RequestContext(LoadBalancerContext):
    """What a balancer may ask about one request."""

    def __init__(self, headers: RequestHeaders, connection: ConnectionInfo) -> None:
        self._headers = headers
        self._connection = connection

    def request_headers(self) -> RequestHeaders | None:
        return self._headers

    def downstream_connection(self) -> ConnectionInfo | None:
        return self._connection
