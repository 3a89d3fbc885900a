"""What an access logger is handed when a stream or a connection ends."""

from __future__ import annotations

from mypy_extensions import mypyc_attr

from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders
from portico.api.stream_info import StreamInfo


class LogEntry:
    """One finished stream. Blocks are None where there was none (TCP has none at all)."""

    def __init__(
        self,
        info: StreamInfo,
        request_headers: RequestHeaders | None = None,
        response_headers: ResponseHeaders | None = None,
        response_trailers: HeaderMap | None = None,
        local_reply_body: bytes = b"",
    ) -> None:
        self.info = info
        self.request_headers = request_headers
        self.response_headers = response_headers
        self.response_trailers = response_trailers
        self.local_reply_body = local_reply_body
        self.log_type = "NotSet"  # %ACCESS_LOG_TYPE%: DownstreamEnd, TcpConnectionEnd, ...


@mypyc_attr(allow_interpreted_subclasses=True)
class AccessLog:
    """One configured logger with its filter. Called once per finished stream; never blocks."""

    def log(self, entry: LogEntry) -> None:
        raise NotImplementedError
