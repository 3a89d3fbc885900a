"""What the proxy answers itself, after ``local_reply_config`` had its say about status, headers and body."""

from __future__ import annotations

from typing import Final

from portico.access_log.filter import LogFilter
from portico.api.access_log import LogEntry
from portico.formatter.formatter import Formatter
from portico.formatter.grpc_status import is_grpc, status_of_http
from portico.router.mutation.header_mutation import HeaderMutations

TEXT_PLAIN: Final = b"text/plain"
_CONTENT_LENGTH: Final = b"content-length"
_CONTENT_TYPE: Final = b"content-type"


class LocalReply:
    """The answer. Its ``content_type`` only means something when there is a body."""

    def __init__(self, status: int, body: bytes, content_type: bytes) -> None:
        self.status = status
        self.body = body
        self.content_type = content_type

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LocalReply) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"LocalReply({self.status}, {self.body!r}, {self.content_type!r})"

    def _key(self) -> tuple[int, bytes, bytes]:
        return (self.status, self.body, self.content_type)


class BodyFormat:
    """How a body is written. Without a formatter it stays as it is."""

    def __init__(self, formatter: Formatter | None = None, content_type: bytes = TEXT_PLAIN) -> None:
        self.formatter = formatter
        self.content_type = content_type


class ReplyMapper:
    """One rule: which replies, and what is different about them. None = as it was."""

    def __init__(self, log_filter: LogFilter) -> None:
        self.filter = log_filter
        self.status: int | None = None
        self.body: bytes | None = None
        self.headers: HeaderMutations | None = None
        self.body_format: BodyFormat | None = None


class LocalReplies:
    """The rules of one connection manager; the first that matches counts."""

    def __init__(self, mappers: list[ReplyMapper] | None = None, body_format: BodyFormat | None = None) -> None:
        self._mappers = mappers or []
        self._body_format = body_format or BodyFormat()

    def rewrite(self, entry: LogEntry, status: int, body: bytes) -> LocalReply:
        """The reply to send. ``entry.response_headers`` must be there: status and a mapper's headers are written to it.

        Order: the filters and the added headers see the status and flags the reply was made with; the body format
        sees the mapped status, and the mapped body as LOCAL_REPLY_BODY. (Measured on Envoy 1.40.)
        """
        self._set_status(entry, status)
        body_format = self._body_format
        for mapper in self._mappers:
            if mapper.filter.allows(entry):
                if mapper.body is not None:
                    body = mapper.body
                if mapper.headers is not None and entry.response_headers is not None:
                    mapper.headers.apply(entry.response_headers, entry)
                if mapper.status is not None:
                    status = mapper.status
                    self._set_status(entry, status)
                body_format = mapper.body_format or body_format
                break
        if body_format.formatter is None:
            return LocalReply(status, body, body_format.content_type)
        entry.local_reply_body = body
        written = body_format.formatter.format(entry)
        # Access logs print LOCAL_REPLY_BODY as empty, as Envoy 1.40 does: it is known to body formats only.
        entry.local_reply_body = b""
        return LocalReply(status, written, body_format.content_type)

    def complete(self, entry: LogEntry, status: int, body: bytes, grpc_status: int | None) -> bytes:
        """Finish ``entry.response_headers`` for a reply of ``status`` and ``body``; the body to send after them.

        ``grpc_status``: of a reply to a gRPC call, where the HTTP status does not tell it.
        """
        headers = entry.response_headers
        assert headers is not None
        given = headers.get(_CONTENT_TYPE)
        reply = self.rewrite(entry, status, body)
        if is_grpc(entry):
            self._set_status(entry, 200)
            headers.set(_CONTENT_TYPE, b"application/grpc")
            if not headers.has(b"grpc-status"):
                number = grpc_status if grpc_status is not None else status_of_http(reply.status)
                headers.set(b"grpc-status", b"%d" % number)
            if reply.body:
                headers.set(b"grpc-message", percent_encoded(reply.body))
            headers.remove(_CONTENT_LENGTH)
            return b""
        if not reply.body or reply.status == 204:  # RFC 9110 §15.3.5: no body, whatever the configuration says
            headers.remove(_CONTENT_LENGTH)
            headers.remove(_CONTENT_TYPE)
            return b""
        headers.set(_CONTENT_LENGTH, b"%d" % len(reply.body))
        # A type the reply came with was that of its old body; one that a mapper added is meant.
        is_stale = reply.body != body and headers.get(_CONTENT_TYPE) == given
        if is_stale or not headers.has(_CONTENT_TYPE):
            headers.set(_CONTENT_TYPE, reply.content_type)
        return reply.body

    def _set_status(self, entry: LogEntry, status: int) -> None:
        entry.info.response_code = status
        if entry.response_headers is not None:
            entry.response_headers.status = status


def percent_encoded(message: bytes) -> bytes:
    """As grpc-message wants it. Source: gRPC over HTTP/2, "Responses"; Envoy 1.40 encodes ``~`` too."""
    if not message.translate(None, _GRPC_PLAIN):
        return message
    return b"".join([b"%c" % byte if byte in _GRPC_PLAIN else b"%%%02X" % byte for byte in message])


_GRPC_PLAIN: Final = bytes([byte for byte in range(0x20, 0x7E) if byte != 0x25])
