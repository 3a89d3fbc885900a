"""Rewrites of the path and of the host, one class per kind."""

from __future__ import annotations

from mypy_extensions import mypyc_attr

from portico.api.access_log import LogEntry
from portico.api.headers import RequestHeaders
from portico.api.stream_info import StreamInfo
from portico.formatter.formatter import Formatter
from portico.matching.regex import RegexRewrite
from portico.router.match.path import PathMatch
from portico.router.match.route_match import path_without_query
from portico.router.match.uri_template import TemplateRewrite


@mypyc_attr(allow_interpreted_subclasses=True)
class PathRewrite:
    """Makes a request's new path, query included; empty = leave the request as it is."""

    def rewrite(self, headers: RequestHeaders, info: StreamInfo) -> bytes:
        raise NotImplementedError


class PrefixRewrite(PathRewrite):
    """Puts ``replacement`` where the matched bytes are."""

    def __init__(self, replacement: bytes, match: PathMatch) -> None:
        self.replacement = replacement
        self.match = match

    def rewrite(self, headers: RequestHeaders, info: StreamInfo) -> bytes:
        path = headers.path
        matched = self.match.matched_bytes
        if matched < 0:
            matched = len(path_without_query(path))
        elif path.find(b";", 0, matched) >= 0 and not self.match.matches(path[:matched]):
            # Where parameters are left out of matching, one of them may stand in between: Envoy rewrites nothing then.
            return b""
        return self.replacement + path[matched:]


class RegexPathRewrite(PathRewrite):
    def __init__(self, regex: RegexRewrite) -> None:
        self.regex = regex

    def rewrite(self, headers: RequestHeaders, info: StreamInfo) -> bytes:
        path = path_without_query(headers.path)
        new = self.regex.replace_all(path)
        return new + headers.path[len(path) :] if new else b""


class TemplatePathRewrite(PathRewrite):
    """``path_rewrite_policy`` with a URI template; a path that no longer matches stays as it is."""

    def __init__(self, template: TemplateRewrite) -> None:
        self.template = template

    def rewrite(self, headers: RequestHeaders, info: StreamInfo) -> bytes:
        path = path_without_query(headers.path)
        new = self.template.rewrite(path)
        return headers.path if new is None else new + headers.path[len(path) :]


class FormatPathRewrite(PathRewrite):
    """``path_rewrite``: a format string."""

    def __init__(self, formatter: Formatter) -> None:
        self.formatter = formatter

    def rewrite(self, headers: RequestHeaders, info: StreamInfo) -> bytes:
        path = path_without_query(headers.path)
        new = formatted(self.formatter, headers, info)
        return new + headers.path[len(path) :] if new else b""


@mypyc_attr(allow_interpreted_subclasses=True)
class HostRewrite:
    """Makes a request's new authority; empty = leave it."""

    def host(self, headers: RequestHeaders, info: StreamInfo) -> bytes:
        raise NotImplementedError


class LiteralHost(HostRewrite):
    def __init__(self, value: bytes) -> None:
        self.value = value

    def host(self, headers: RequestHeaders, info: StreamInfo) -> bytes:
        return self.value


class HeaderHost(HostRewrite):
    """The first value of a request header."""

    def __init__(self, name: bytes) -> None:
        self.name = name

    def host(self, headers: RequestHeaders, info: StreamInfo) -> bytes:
        return headers.get(self.name) or b""


class PathRegexHost(HostRewrite):
    """``host_rewrite_path_regex``: the path, without query, rewritten."""

    def __init__(self, regex: RegexRewrite) -> None:
        self.regex = regex

    def host(self, headers: RequestHeaders, info: StreamInfo) -> bytes:
        return self.regex.replace_all(path_without_query(headers.path))


class FormatHost(HostRewrite):
    """``host_rewrite``: a format string."""

    def __init__(self, formatter: Formatter) -> None:
        self.formatter = formatter

    def host(self, headers: RequestHeaders, info: StreamInfo) -> bytes:
        return formatted(self.formatter, headers, info)


def formatted(formatter: Formatter, headers: RequestHeaders, info: StreamInfo) -> bytes:
    """A value fit for a request line: what would end the line, or the target, is dropped (CVE-2023-27493)."""
    return formatter.format(LogEntry(info, headers)).translate(None, b"\r\n\0 ")
