"""What the proxy answers itself, after ``local_reply_config`` had its say about status, headers and body."""

from __future__ import annotations

from typing import Final

from portico.access_log.filter import LogFilter
from portico.api.access_log import LogEntry
from portico.formatter.formatter import Formatter
from portico.router.mutation.header_mutation import HeaderMutations

TEXT_PLAIN: Final = b"text/plain"


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

    def _set_status(self, entry: LogEntry, status: int) -> None:
        entry.info.response_code = status
        if entry.response_headers is not None:
            entry.response_headers.status = status
