"""``Route.direct_response``: answer without an upstream."""

from __future__ import annotations

from portico.api.access_log import LogEntry
from portico.api.headers import RequestHeaders
from portico.api.stream_info import StreamInfo
from portico.formatter.formatter import Formatter
from portico.router.action.action import Action


class DirectResponseAction(Action):
    """A compiled ``DirectResponseAction``."""

    def __init__(
        self, status: int, body: bytes, body_format: Formatter | None = None, content_type: bytes = b""
    ) -> None:
        self.status = status
        self.content_type = content_type  # b"" = the body format has no opinion
        self._body = body
        self._format = body_format

    def body(self, headers: RequestHeaders, info: StreamInfo) -> bytes:
        """The configured bytes, or the body_format with them as %LOCAL_REPLY_BODY%."""
        if self._format is None:
            return self._body
        return self._format.format(LogEntry(info, headers, local_reply_body=self._body))

    def location(self, headers: RequestHeaders) -> bytes:
        """The request's own URL for 201 and 3xx, which Envoy sends with a location; "" for all others."""
        if self.status != 201 and not 300 <= self.status < 400:
            return b""
        return headers.scheme + b"://" + headers.authority + headers.path
