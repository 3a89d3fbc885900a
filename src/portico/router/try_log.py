"""Router.upstream_log: a line for each try, told from the upstream's side."""

from __future__ import annotations

from portico.api.access_log import AccessLog, LogEntry
from portico.api.clock import Clock
from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders
from portico.api.response_flags import ResponseFlag
from portico.api.stream_info import StreamInfo


class TryLog:
    """One try. Made only where something is to be written."""

    def __init__(self, logs: list[AccessLog], info: StreamInfo, request: RequestHeaders, clock: Clock) -> None:
        self._logs = logs
        self._downstream = info
        self._request = request
        self._response: ResponseHeaders | None = None
        self._trailers: HeaderMap | None = None
        self._clock = clock
        own = StreamInfo(info.connection)
        own.protocol = info.protocol
        own.start = clock.time
        own.start_wall = clock.wall()
        own.remote_address = info.remote_address
        own.request_id = info.request_id
        own.is_health_check = info.is_health_check
        own.is_traced = info.is_traced
        own.route_name = info.route_name
        own.virtual_host_name = info.virtual_host_name
        own.upstream_cluster = info.upstream_cluster
        own.upstream_cluster_raw = info.upstream_cluster_raw
        own.upstream_request_attempt_count = info.upstream_request_attempt_count
        self.info = own

    def sent(self, body: bytes) -> None:
        self.info.bytes_sent += len(body)

    def received_headers(self, headers: ResponseHeaders) -> None:
        self.info.response_code = headers.status
        self._response = headers.copy()  # the downstream response changes it

    def received(self, body: bytes) -> None:
        self.info.bytes_received += len(body)

    def received_trailers(self, trailers: HeaderMap) -> None:
        self._trailers = trailers.copy()

    def end(self, flag: ResponseFlag | None) -> None:
        """``flag``: why the try failed."""
        own = self.info
        if flag is not None:
            own.add_flag(flag)
        own.end = self._clock.time
        self._note_upstream(self._downstream)
        entry = LogEntry(own, self._request, self._response, self._trailers)
        entry.log_type = "UpstreamEnd"
        for each in self._logs:
            each.log(entry)

    def _note_upstream(self, info: StreamInfo) -> None:
        own = self.info
        own.upstream_host = info.upstream_host
        own.upstream_local_address = info.upstream_local_address
        own.upstream_remote_address = info.upstream_remote_address
        own.upstream_connection_id = info.upstream_connection_id
        own.upstream_protocol = info.upstream_protocol
        own.upstream_transport_failure_reason = info.upstream_transport_failure_reason
        own.upstream_wire_bytes_sent = info.upstream_wire_bytes_sent
        own.upstream_wire_bytes_received = info.upstream_wire_bytes_received
        own.upstream_header_bytes_sent = info.upstream_header_bytes_sent
        own.upstream_header_bytes_received = info.upstream_header_bytes_received
        own.upstream_connect_start = info.upstream_connect_start
        own.upstream_connect_complete = info.upstream_connect_complete
        own.upstream_pool_wait_s = info.upstream_pool_wait_s
        own.first_upstream_tx = info.first_upstream_tx
        own.last_upstream_tx = info.last_upstream_tx
        own.first_upstream_rx = info.first_upstream_rx
        own.first_upstream_body_rx = info.first_upstream_body_rx
        own.last_upstream_rx = info.last_upstream_rx
