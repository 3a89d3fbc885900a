"""What a route may ask of a request besides its path."""

from __future__ import annotations

from typing import Final

from mypy_extensions import mypyc_attr

from portico.api.headers import RequestHeaders
from portico.api.stream_info import StreamInfo
from portico.matching.cookie import CookieMatcher
from portico.matching.filter_state import FilterStateMatcher
from portico.matching.fraction import RuntimeFraction
from portico.matching.header import HeaderMatcher
from portico.matching.query import QueryMatcher, query_of
from portico.matching.value import MetadataMatcher

_GRPC: Final = b"application/grpc"


@mypyc_attr(allow_interpreted_subclasses=True)
class Criterion:
    """One condition; a route's are asked in order until one is not met."""

    def is_met(self, headers: RequestHeaders, info: StreamInfo, random_value: int) -> bool:
        raise NotImplementedError


class RuntimeCriterion(Criterion):
    def __init__(self, fraction: RuntimeFraction) -> None:
        self.fraction = fraction

    def is_met(self, headers: RequestHeaders, info: StreamInfo, random_value: int) -> bool:
        return self.fraction.includes(random_value)


class GrpcCriterion(Criterion):
    def is_met(self, headers: RequestHeaders, info: StreamInfo, random_value: int) -> bool:
        return is_grpc_request(headers)


class HeaderCriterion(Criterion):
    def __init__(self, matcher: HeaderMatcher) -> None:
        self.matcher = matcher

    def is_met(self, headers: RequestHeaders, info: StreamInfo, random_value: int) -> bool:
        return self.matcher.matches(headers)


class QueryCriterion(Criterion):
    def __init__(self, matchers: list[QueryMatcher]) -> None:
        self.matchers = matchers

    def is_met(self, headers: RequestHeaders, info: StreamInfo, random_value: int) -> bool:
        query = query_of(headers.path)
        for matcher in self.matchers:
            if not matcher.matches(query):
                return False
        return True


class CookieCriterion(Criterion):
    def __init__(self, matcher: CookieMatcher) -> None:
        self.matcher = matcher

    def is_met(self, headers: RequestHeaders, info: StreamInfo, random_value: int) -> bool:
        return self.matcher.matches(headers)


class TlsCriterion(Criterion):
    """``tls_context``: None = not asked. Without TLS no certificate was presented or validated."""

    def __init__(self, presented: bool | None, validated: bool | None) -> None:
        self.presented = presented
        self.validated = validated

    def is_met(self, headers: RequestHeaders, info: StreamInfo, random_value: int) -> bool:
        tls = info.connection.tls
        presented: bool = tls is not None and tls.peer_certificate != ""
        validated: bool = tls is not None and tls.is_peer_validated
        if self.presented is not None and self.presented != presented:
            return False
        return self.validated is None or self.validated == validated


class MetadataCriterion(Criterion):
    def __init__(self, matcher: MetadataMatcher) -> None:
        self.matcher = matcher

    def is_met(self, headers: RequestHeaders, info: StreamInfo, random_value: int) -> bool:
        return self.matcher.matches(info.dynamic_metadata)


class FilterStateCriterion(Criterion):
    def __init__(self, matcher: FilterStateMatcher) -> None:
        self.matcher = matcher

    def is_met(self, headers: RequestHeaders, info: StreamInfo, random_value: int) -> bool:
        return self.matcher.matches(info)


class ConnectCriterion(Criterion):
    """CONNECT, or an HTTP/1.1 ``upgrade: connect-udp`` (RFC 9298 §3.2)."""

    def is_met(self, headers: RequestHeaders, info: StreamInfo, random_value: int) -> bool:
        if headers.method == b"CONNECT":
            return True
        upgrade = headers.get(b"upgrade")
        return upgrade is not None and upgrade.lower() == b"connect-udp"


def is_grpc_request(headers: RequestHeaders) -> bool:
    """``application/grpc``, alone or with a ``+`` suffix; grpc-web is not gRPC."""
    content_type = headers.get(b"content-type")
    if content_type is None or not content_type.startswith(_GRPC):
        return False
    return len(content_type) == len(_GRPC) or content_type[len(_GRPC)] == 43  # ord("+")
