"""What a request must satisfy before any filter sees it, and what is done to it."""

from __future__ import annotations

from typing import Final

from portico.api.headers import RequestHeaders, ResponseHeaders
from portico.api.stream_info import Protocol
from portico.http.config import HttpConfig
from portico.http.path_rules import PathRules, PathVerdict
from portico.http.stream import Stream

_EXPECT: Final = b"expect"
_FRAGMENT: Final = 35  # ord("#")
_INTERNAL: Final = b"x-envoy-internal"


def check_request(stream: Stream, headers: RequestHeaders, config: HttpConfig) -> bool:
    """Rewrite ``headers`` as the filters shall see them; False = the stream has been answered already.

    Order: envoy ConnectionManagerImpl::ActiveStream::decodeHeaders.
    """
    if config.server.overload.stops_requests():
        config.stats.downstream_rq_overload_close.value += 1
        stream.must_close = True
        stream.local_reply(503, b"envoy overloaded", "overload", None, None)
        return False
    if headers.has(_EXPECT) and not config.proxy_100_continue:
        _answer_expectation(stream, headers)
    if not headers.authority and not headers.has_empty_authority:
        stream.local_reply(400, b"", "missing_host_header", None, None)
        return False
    path = headers.path
    if (path[:1] != b"/" or _FRAGMENT in path) and not _accepts_target(stream, headers, config):
        return False
    paths = config.paths
    if paths is not None and not _check_path(stream, headers, config, paths):
        return False
    is_upgrade = stream.is_upgrade and headers.method != b"CONNECT"
    if not config.forwarding.apply(headers, stream.info, config.server.random, is_upgrade):
        config.stats.downstream_rq_rejected_via_ip_detection.value += 1
        stream.local_reply(403, b"", "original_ip_detection_failed", None, None)
        return False
    if is_upgrade and not _allows_upgrade(headers, config):
        stream.refresh_route()  # for the log: no filter sees this request
        config.stats.downstream_rq_ws_on_non_ws_route.value += 1
        stream.must_close = True
        stream.local_reply(403, b"", "upgrade_failed", None, None)
        return False
    table = stream.table
    if table is not None and table.internal_only_headers and not headers.has(_INTERNAL):
        headers.remove_any(table.internal_only_headers)
    return True


def _answer_expectation(stream: Stream, headers: RequestHeaders) -> None:
    """RFC 9110 §10.1.1: the proxy answers for the upstream, which never sees the expectation."""
    value = headers.get(_EXPECT) or b""
    if value.lower() != b"100-continue" or stream.info.protocol is not Protocol.HTTP11:
        return
    stream.send_continue(ResponseHeaders(100))
    headers.remove(_EXPECT)


def _accepts_target(stream: Stream, headers: RequestHeaders, config: HttpConfig) -> bool:
    """Whether a target that does not begin with a slash, or has a fragment, may be routed."""
    if headers.path[:1] != b"/":
        if headers.method == b"CONNECT":
            return True
        stream.local_reply(404, b"", "absolute_path_rejected", None, None)
        return False
    config.stats.downstream_rq_failed_path_normalization.value += 1
    stream.local_reply(400, b"", "path_normalization_failed", None, None)
    return False


def _check_path(stream: Stream, headers: RequestHeaders, config: HttpConfig, paths: PathRules) -> bool:
    if paths.drops_underscores:
        for name in headers.names():
            if b"_" in name:
                config.codec_stats.dropped_headers_with_underscores.value += 1
                headers.remove(name)
    verdict = paths.apply(headers, stream.info.connection.local_address.port)
    if verdict is PathVerdict.REJECT:
        config.stats.downstream_rq_failed_path_normalization.value += 1
        stream.local_reply(400, b"", "path_normalization_failed", None, None)
        return False
    if verdict is PathVerdict.REDIRECT:
        config.stats.downstream_rq_redirected_with_normalized_path.value += 1
        stream.local_reply(307, b"", "path_normalization_failed", [(b"location", headers.path)], None)
        return False
    return True


def _allows_upgrade(headers: RequestHeaders, config: HttpConfig) -> bool:
    wanted = headers.get(b"upgrade") or b""
    return wanted.lower() in config.upgrades
