"""The path and host options of one connection manager, in the order they apply."""

from __future__ import annotations

from enum import Enum

from portico.api.headers import RequestHeaders
from portico.http.host_normalization import strip_port, strip_trailing_dot
from portico.http.path_normalization import EscapedSlashes, escaped_slashes, merge_slashes, normalize


class PathVerdict(Enum):
    """What becomes of a request after its path was looked at."""

    ACCEPT = 1
    REJECT = 2  # 400
    REDIRECT = 3  # 307 to the path it has by now


class PathRules:
    """Host stripping first, then escaped slashes, normalisation, merging.

    Source: envoy conn_manager_impl.cc, path_utility.cc.
    """

    def __init__(self) -> None:
        self.normalize = False
        self.merge_slashes = False
        self.escaped_slashes = EscapedSlashes.KEEP_UNCHANGED
        self.strip_matching_port = False
        self.strip_any_port = False
        self.strip_trailing_dot = False
        self.drops_underscores = False  # fields whose names have one

    def changes_nothing(self) -> bool:
        return not (
            self.normalize
            or self.merge_slashes
            or self.escaped_slashes is not EscapedSlashes.KEEP_UNCHANGED
            or self.strip_matching_port
            or self.strip_any_port
            or self.strip_trailing_dot
            or self.drops_underscores
        )

    def apply(self, headers: RequestHeaders, local_port: int) -> PathVerdict:
        if headers.authority:
            self._apply_host(headers, local_port)
        if not headers.path or headers.path == b"*":
            return PathVerdict.ACCEPT
        path, mark, query = headers.path.partition(b"?")
        verdict = PathVerdict.ACCEPT
        if self.escaped_slashes is not EscapedSlashes.KEEP_UNCHANGED:
            unescaped = escaped_slashes(path)
            if unescaped != path:
                if self.escaped_slashes is EscapedSlashes.REJECT_REQUEST:
                    headers.path = unescaped + mark + query  # what logs show of it
                    return PathVerdict.REJECT
                path = unescaped
                if self.escaped_slashes is EscapedSlashes.UNESCAPE_AND_REDIRECT:
                    verdict = PathVerdict.REDIRECT
        if self.normalize:
            normal = normalize(path)
            if normal is None:
                return PathVerdict.REJECT
            path = normal
        if self.merge_slashes:
            path = merge_slashes(path)
        headers.path = path + mark + query
        return verdict

    def _apply_host(self, headers: RequestHeaders, local_port: int) -> None:
        authority = headers.authority
        if self.strip_trailing_dot:
            authority = strip_trailing_dot(authority)
        if self.strip_any_port:
            authority = strip_port(authority, None)
        elif self.strip_matching_port:
            authority = strip_port(authority, local_port)
        headers.authority = authority
