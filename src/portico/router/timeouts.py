"""How long a request may take: the route's word, and what trusted callers may ask for by header."""

from __future__ import annotations

from typing import Final

from portico.api.headers import RequestHeaders
from portico.router.action.forward import ForwardAction

# Consumed here; upstream never sees them. Source: envoy router.cc, FilterUtility::finalTimeout.
_CONTROL: Final = frozenset(
    [
        b"x-envoy-upstream-rq-timeout-ms",
        b"x-envoy-upstream-rq-per-try-timeout-ms",
        b"x-envoy-upstream-rq-timeout-alt-response",
        b"x-envoy-hedge-on-per-try-timeout",
        b"x-envoy-retry-on",
        b"x-envoy-retry-grpc-on",
        b"x-envoy-max-retries",
        b"x-envoy-retriable-status-codes",
        b"x-envoy-retriable-header-names",
        b"x-envoy-upstream-alt-stat-name",
    ]
)
_EXPECTED: Final = b"x-envoy-expected-rq-timeout-ms"

GRPC_DEADLINE_EXCEEDED: Final = 4
_GRPC_TIMEOUT: Final = b"grpc-timeout"
# gRPC over HTTP/2, "Requests": at most eight digits and a unit; here in milliseconds.
_GRPC_UNITS_MS: Final = {b"H": 3600000.0, b"M": 60000.0, b"S": 1000.0, b"m": 1.0, b"u": 0.001, b"n": 0.000001}
_GRPC_DIGITS_END: Final = 100000000


_SMALL: Final = [b"%d" % number for number in range(1024)]
_FREQUENT: Final[dict[int, bytes]] = {}  # route timeouts in ms: as many as the configuration has
_MAX_FREQUENT: Final = 256


def decimal(number: int) -> bytes:
    """``number`` (>= 0) in digits; formatting is slow, and the same few numbers come again and again."""
    if number < 1024:
        return _SMALL[number] if number >= 0 else b"0"
    text = _FREQUENT.get(number)
    if text is None:
        text = b"%d" % number
        if len(_FREQUENT) < _MAX_FREQUENT:
            _FREQUENT[number] = text
    return text


class RequestTimeouts:
    """Seconds; 0.0 = no limit."""

    def __init__(self, total_s: float, per_try_s: float, answers_204: bool) -> None:
        self.total_s = total_s
        self.per_try_s = per_try_s
        self.answers_204 = answers_204  # x-envoy-upstream-rq-timeout-alt-response: a timeout is 204, not 504

    def expected_s(self) -> float:
        """What is announced to the upstream: the shorter of the two."""
        if self.per_try_s > 0 and (self.total_s <= 0 or self.per_try_s < self.total_s):
            return self.per_try_s
        return self.total_s


def request_timeouts(
    route_timeout_s: float, per_try_s: float, headers: RequestHeaders, respects_expected: bool = False
) -> RequestTimeouts:
    """The limits of one request; removes the control headers from ``headers``.

    Order: x-envoy-upstream-rq-timeout-ms, then the route's. They reach this place only from trusted peers:
    http.forwarded dropped everybody else's. ``respects_expected``: what an Envoy before us announced comes first.
    """
    timeouts = RequestTimeouts(route_timeout_s, per_try_s, False)
    expected = headers.get(_EXPECTED) if respects_expected else None
    if headers.has_any(_CONTROL):
        total = headers.get(b"x-envoy-upstream-rq-timeout-ms")
        if total is not None and total.isdigit():
            timeouts.total_s = int(total[:12]) / 1000.0
        per_try = headers.get(b"x-envoy-upstream-rq-per-try-timeout-ms")
        if per_try is not None and per_try.isdigit():
            timeouts.per_try_s = int(per_try[:12]) / 1000.0
        timeouts.answers_204 = headers.has(b"x-envoy-upstream-rq-timeout-alt-response")
        headers.remove_any(_CONTROL)
    if expected is not None and expected.isdigit():
        timeouts.total_s = int(expected[:12]) / 1000.0
    if timeouts.total_s > 0 and timeouts.per_try_s >= timeouts.total_s:
        timeouts.per_try_s = 0.0
    return timeouts


def announce(headers: RequestHeaders, seconds: float) -> None:
    """Tell the upstream how long its answer is waited for."""
    if seconds > 0:
        headers.set(_EXPECTED, decimal(int(seconds * 1000.0)))
    else:
        headers.remove(_EXPECTED)


def grpc_duration_s(forward: ForwardAction, headers: RequestHeaders, otherwise_s: float) -> float:
    """How long the stream may last: what ``grpc-timeout`` says, within what the route allows.

    The upstream is told the same. ``otherwise_s`` without the header, or with one that makes no sense.
    Source: envoy ConnectionManagerImpl::ActiveStream::refreshDurationTimeout.
    """
    asked_ms = grpc_timeout_ms(headers.get(_GRPC_TIMEOUT))
    if asked_ms is None:
        return otherwise_s
    most_ms = (forward.grpc_timeout_header_max_s or 0.0) * 1000.0
    if most_ms > 0:
        asked_ms = min(asked_ms, most_ms)
    asked_ms = max(asked_ms - forward.grpc_timeout_header_offset_s * 1000.0, 0.0)
    headers.set(_GRPC_TIMEOUT, grpc_timeout(int(asked_ms)))
    return max(asked_ms / 1000.0, 0.001)


def grpc_timeout_ms(value: bytes | None) -> float | None:
    """None when there is none, or nothing that gRPC allows."""
    if value is None or not 2 <= len(value) <= 9 or not value[:-1].isdigit():
        return None
    unit_ms = _GRPC_UNITS_MS.get(value[-1:])
    return None if unit_ms is None else int(value[:-1]) * unit_ms


def grpc_timeout(milliseconds: int) -> bytes:
    """As the header spells it, in the smallest unit from milliseconds up that has room for it."""
    for unit in (b"m", b"S", b"M", b"H"):
        amount = int(milliseconds / _GRPC_UNITS_MS[unit])
        if amount < _GRPC_DIGITS_END:
            return b"%d%b" % (amount, unit)
    return b"%dH" % (_GRPC_DIGITS_END - 1)
