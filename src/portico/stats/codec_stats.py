"""What the codecs count: `http1.`, `http2.`, and the same below `cluster.<name>.`"""

from __future__ import annotations

from portico.api.stats import StatsScope, Unit


class Http1CodecStats:
    """Exists from the first HTTP/1 connection on."""

    def __init__(self, scope: StatsScope) -> None:
        self.dropped_headers_with_underscores = scope.counter("dropped_headers_with_underscores")
        self.metadata_not_supported_error = scope.counter("metadata_not_supported_error")
        self.requests_rejected_with_underscores_in_headers = scope.counter(
            "requests_rejected_with_underscores_in_headers"
        )
        self.response_flood = scope.counter("response_flood")


class Http2CodecStats:
    """Exists from the first HTTP/2 connection on."""

    def __init__(self, scope: StatsScope) -> None:
        self.cookie_count = scope.histogram("cookie_count", Unit.UNSPECIFIED)
        self.cookie_size = scope.histogram("cookie_size", Unit.BYTES)
        self.cookies_total_bytes_too_large = scope.counter("cookies_total_bytes_too_large")
        self.deferred_stream_close = scope.counter("deferred_stream_close")
        self.dropped_headers_with_underscores = scope.counter("dropped_headers_with_underscores")
        self.goaway_sent = scope.counter("goaway_sent")
        self.header_count = scope.histogram("header_count", Unit.UNSPECIFIED)
        self.header_list_size = scope.histogram("header_list_size", Unit.BYTES)
        self.header_list_size_too_large = scope.counter("header_list_size_too_large")
        self.header_overflow = scope.counter("header_overflow")
        self.headers_cb_no_stream = scope.counter("headers_cb_no_stream")
        self.inbound_empty_frames_flood = scope.counter("inbound_empty_frames_flood")
        self.inbound_priority_frames_flood = scope.counter("inbound_priority_frames_flood")
        self.inbound_window_update_frames_flood = scope.counter("inbound_window_update_frames_flood")
        self.keepalive_timeout = scope.counter("keepalive_timeout")
        self.metadata_empty_frames = scope.counter("metadata_empty_frames")
        self.nghttp2_downstream_connections = scope.gauge("nghttp2_downstream_connections")
        self.nghttp2_upstream_connections = scope.gauge("nghttp2_upstream_connections")
        self.oghttp2_downstream_connections = scope.gauge("oghttp2_downstream_connections")
        self.oghttp2_upstream_connections = scope.gauge("oghttp2_upstream_connections")
        self.outbound_control_flood = scope.counter("outbound_control_flood")
        self.outbound_control_frames_active = scope.gauge("outbound_control_frames_active")
        self.outbound_flood = scope.counter("outbound_flood")
        self.outbound_frames_active = scope.gauge("outbound_frames_active")
        self.pending_send_bytes = scope.gauge("pending_send_bytes")
        self.requests_rejected_with_underscores_in_headers = scope.counter(
            "requests_rejected_with_underscores_in_headers"
        )
        self.rx_messaging_error = scope.counter("rx_messaging_error")
        self.rx_reset = scope.counter("rx_reset")
        self.stream_refused_errors = scope.counter("stream_refused_errors")
        self.streams_active = scope.gauge("streams_active")
        self.trailers = scope.counter("trailers")
        self.tx_flush_timeout = scope.counter("tx_flush_timeout")
        self.tx_reset = scope.counter("tx_reset")
