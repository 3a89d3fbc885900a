"""Request lines and status lines (RFC 9112 §3 and §4)."""

from __future__ import annotations

import re
from typing import Final

# The methods Envoy 1.40 takes unless allow_custom_methods is set.
# Source: envoy source/common/http/http1/balsa_parser.cc.
METHODS: Final = frozenset(
    b"ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MOVE M-SEARCH NOTIFY "
    b"OPTIONS PATCH POST PROPFIND PROPPATCH PURGE PUT REBIND REPORT SEARCH SOURCE SUBSCRIBE TRACE UNBIND UNLINK UNLOCK "
    b"UNSUBSCRIBE".split()
)

# What nearly every request line is: nothing in it needs a second look.
USUAL_REQUEST_LINE: Final = re.compile(
    rb"(GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS) (/[\x21\x22\x24-\x7e]*) HTTP/1\.1\r\n"
)

_METHOD_STARTS: Final = bytes({method[0] for method in METHODS})

# RFC 3986 characters, and those beyond them that clients send and Envoy forwards. "#" is for the next layer to refuse.
_TARGET_BYTES: Final = bytes(range(0x21, 0x7F))
_USUAL_TARGET_BYTES: Final = _TARGET_BYTES.replace(b"#", b"")
_TOKEN_BYTES: Final = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VERSION: Final = re.compile(rb"HTTP/\d\.\d")
_ABSOLUTE: Final = re.compile(rb"([A-Za-z][A-Za-z0-9+.\-]*)://([^/?]*)(.*)")
# RFC 3986 §3.2.2 host with an optional port; RFC 9110 §4.2.4: userinfo is refused.
_AUTHORITY: Final = re.compile(rb"(?:\[[0-9A-Fa-f:.%A-Za-z]+\]|[A-Za-z0-9\-._~%!$&'()*+,;=]*)(?::[0-9]*)?")

# Envoy 1.40 takes any version of this form, and all but 1.1 for 1.0.
_STATUS_LINE: Final = re.compile(rb"HTTP/([0-9]\.[0-9]) ([1-9][0-9]{2})(?: ([\t\x20-\x7e\x80-\xff]*))?")


class StartLineError(Exception):
    """Why a start line was refused: ``(status_hint, details)``. Stays inside the codec."""

    def __init__(self, status_hint: int, details: str) -> None:
        super().__init__(status_hint, details)
        self.status_hint = status_hint
        self.details = details


class RequestLine:
    """A request line taken apart; ``authority`` is the target's own, b"" in origin-form."""

    def __init__(self, method: bytes, path: bytes, authority: bytes, is_http_10: bool) -> None:
        self.method = method
        self.path = path
        self.authority = authority
        self.is_http_10 = is_http_10


def split_request_line(line: bytes, allow_custom_methods: bool) -> tuple[bytes, bytes, bytes]:
    """(method, target, version) with each part's alphabet checked. Raises StartLineError."""
    parts = line.split(b" ")
    if len(parts) > 3 and parts[0] and parts[-1]:
        parts = [part for part in parts if part]  # more than one space between them is Envoy's leniency
    if len(parts) != 3:
        raise _malformed(parts)
    method = parts[0]
    target = parts[1]
    if method not in METHODS and not (allow_custom_methods and method and not method.translate(None, _TOKEN_BYTES)):
        raise StartLineError(400, "http1.codec_error")
    if not target or target.translate(None, _TARGET_BYTES):
        raise StartLineError(400, "http1.codec_error")
    if _VERSION.fullmatch(parts[2]) is None:
        raise StartLineError(400, "http1.codec_error")
    return method, target, parts[2]


def may_start_method(data: bytes, allow_custom_methods: bool) -> bool:
    """Whether ``data`` can begin a request line; what cannot is refused before its line ends."""
    return data[0] in (_TOKEN_BYTES if allow_custom_methods else _METHOD_STARTS)


def parse_request_line(
    line: bytes, allow_custom_methods: bool, accept_http_10: bool, allow_absolute_url: bool = True
) -> RequestLine:
    """Any request line but the usual ``METHOD /path HTTP/1.1``, which the codec takes apart by itself.

    Without ``allow_absolute_url`` an absolute target is a path like any other, which no slash begins.
    """
    method, target, version = split_request_line(line, allow_custom_methods)
    is_http_10 = version == b"HTTP/1.0"
    if version != b"HTTP/1.1" and not (is_http_10 and accept_http_10):
        raise StartLineError(426, "low_version")
    if method == b"CONNECT":
        if not is_authority(target) or b":" not in target:
            raise StartLineError(400, "http1.invalid_url")
        return RequestLine(method, b"", target, is_http_10)
    if target[:1] == b"/" or (target == b"*" and method == b"OPTIONS"):
        return RequestLine(method, target, b"", is_http_10)
    match = _ABSOLUTE.fullmatch(target)
    if match is None:
        raise StartLineError(400, "http1.invalid_url" if target == b"*" else "http1.codec_error")
    if match[1].lower() not in (b"http", b"https"):
        raise StartLineError(400, "http1.invalid_scheme")
    if not match[2] or not is_authority(match[2]):
        raise StartLineError(400, "http1.invalid_url")
    if not allow_absolute_url:
        return RequestLine(method, target, b"", is_http_10)
    path: bytes = match[3]
    return RequestLine(method, path if path[:1] == b"/" else b"/" + path, match[2], is_http_10)


def is_target(target: bytes) -> bool:
    """Whether every byte may stand in a request target, and none makes it unusual."""
    return not target.translate(None, _USUAL_TARGET_BYTES)


def is_authority(host: bytes) -> bool:
    """Whether ``host`` may stand in a Host field: no userinfo, no path."""
    known = _AUTHORITIES.get(host)
    if known is None:
        known = _AUTHORITY.fullmatch(host) is not None
        if len(_AUTHORITIES) >= _MAX_KNOWN:
            _AUTHORITIES.clear()
        if len(host) <= _MAX_KNOWN_BYTES:
            _AUTHORITIES[host] = known
    return known


# The same hosts and status lines come again and again; what a stranger sends is bounded in number and size.
_AUTHORITIES: Final[dict[bytes, bool]] = {}
_STATUS_LINES: Final[dict[bytes, tuple[int, bytes, bool]]] = {}
_MAX_KNOWN: Final = 1024
_MAX_KNOWN_BYTES: Final = 256


def parse_status_line(line: bytes) -> tuple[int, bytes, bool]:
    """(status, reason, is HTTP/1.0). Raises StartLineError."""
    known = _STATUS_LINES.get(line)
    if known is not None:
        return known
    match = _STATUS_LINE.fullmatch(line)
    if match is None:
        raise StartLineError(502, "http1.codec_error")
    parsed = (int(match[2]), match[3] or b"", match[1] != b"1.1")
    if len(_STATUS_LINES) >= _MAX_KNOWN:
        _STATUS_LINES.clear()
    if len(line) <= _MAX_KNOWN_BYTES:
        _STATUS_LINES[line] = parsed
    return parsed


def _malformed(parts: list[bytes]) -> StartLineError:
    # HTTP/0.9 has no version: "GET /" is answered as any version that is too old.
    if len(parts) == 2 and parts[0] in METHODS and parts[1][:1] == b"/":
        return StartLineError(426, "low_version")
    return StartLineError(400, "http1.codec_error")
