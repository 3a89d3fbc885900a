"""``Route.redirect``, and the redirect that require_tls makes."""

from __future__ import annotations

from portico.api.headers import RequestHeaders
from portico.api.stream_info import StreamInfo
from portico.formatter.formatter import Formatter
from portico.router.action.action import Action
from portico.router.action.rewrite import PathRewrite, formatted


class RedirectAction(Action):
    """A compiled ``RedirectAction``; empty parts are the request's own."""

    scheme: bytes = b""
    host: bytes = b""
    port: bytes = b""  # with its colon
    path: bytes = b""  # path_redirect
    strip_query: bool = False
    path_rewrite: PathRewrite | None = None  # prefix_rewrite, regex_rewrite
    path_format: Formatter | None = None  # RedirectAction.path_rewrite

    def __init__(self, status: int = 301) -> None:
        self.status = status

    def rewrite_path(self, headers: RequestHeaders, info: StreamInfo, insert_envoy_original_path: bool) -> None:
        """Apply prefix_rewrite or regex_rewrite to the request itself, as Envoy does: its log shows the new path."""
        if self.path_rewrite is None:
            return
        new = self.path_rewrite.rewrite(headers, info)
        if not new:
            return
        if insert_envoy_original_path:
            headers.set(b"x-envoy-original-path", headers.path)
        headers.path = new

    def location(self, headers: RequestHeaders, info: StreamInfo) -> bytes:
        """The location header. Call ``rewrite_path`` before."""
        # The URL's scheme, not the connection's: a TLS terminator in front may have sent x-forwarded-proto.
        scheme = self.scheme or headers.scheme
        host = self.host or self._request_host(headers, scheme)
        return scheme + b"://" + host + self.port + self._path(headers, info)

    def _path(self, headers: RequestHeaders, info: StreamInfo) -> bytes:
        new = self.path if self.path_format is None else formatted(self.path_format, headers, info)
        if b"?" in new:
            return new  # a query of its own beats the request's, and is never stripped
        path, question_mark, query = headers.path.partition(b"?")
        if new:
            path = new
        return path if self.strip_query else path + question_mark + query

    def _request_host(self, headers: RequestHeaders, scheme: bytes) -> bytes:
        """The authority, without a port that the redirect replaces or that was the old scheme's default."""
        authority = headers.authority
        end = port_start(authority)
        if end < 0:
            return authority
        if self.port:
            return authority[:end]
        # By x-forwarded-proto, so that http://foo:80 keeps its port when it came over TLS.
        protocol = headers.get(b"x-forwarded-proto")
        if scheme != protocol:
            port = authority[end:]
            if (protocol == b"https" and port == b":443") or (protocol == b"http" and port == b":80"):
                return authority[:end]
        return authority


class TlsRedirectAction(RedirectAction):
    """``require_tls``: the same URL with https, whatever its port."""

    def location(self, headers: RequestHeaders, info: StreamInfo) -> bytes:
        return b"https://" + headers.authority + headers.path


def port_start(authority: bytes) -> int:
    """Where ``:port`` begins; -1 when there is none. Colons inside ``[…]`` belong to the address."""
    if authority.startswith(b"["):
        end = authority.rfind(b"]:")
        return end + 1 if end >= 0 else -1
    return authority.rfind(b":")
