"""What the router answers when an upstream does not: status, flag, body, details. Source: envoy router.cc."""

from __future__ import annotations

from typing import Final

from portico.api.response_flags import ResponseFlag
from portico.api.upstream import PoolFailure, ResetReason


class Failure:
    """One way in which a try can fail before the response started."""

    def __init__(self, text: str, flag: ResponseFlag, status: int = 503) -> None:
        self.text = text
        self.flag = flag
        self.status = status
        self.token = text.replace(" ", "_")

    def body(self, was_retried: bool) -> bytes:
        retried = "retried and the latest " if was_retried else ""
        return f"upstream connect error or disconnect/reset before headers. {retried}reset reason: {self.text}".encode()

    def details(self, detail: str, response_started: bool) -> str:
        when = "after" if response_started else "before"
        inner = f"{self.token}|{detail}" if detail else self.token
        return f"upstream_reset_{when}_response_started{{{inner}}}"


POOL_FAILURES: Final = {
    PoolFailure.OVERFLOW: Failure(PoolFailure.OVERFLOW.value, ResponseFlag.UPSTREAM_OVERFLOW),
    PoolFailure.REMOTE_CONNECTION_FAILURE: Failure(
        PoolFailure.REMOTE_CONNECTION_FAILURE.value, ResponseFlag.UPSTREAM_CONNECTION_FAILURE
    ),
    PoolFailure.LOCAL_CONNECTION_FAILURE: Failure(
        PoolFailure.LOCAL_CONNECTION_FAILURE.value, ResponseFlag.UPSTREAM_CONNECTION_FAILURE
    ),
    PoolFailure.TIMEOUT: Failure(PoolFailure.TIMEOUT.value, ResponseFlag.UPSTREAM_CONNECTION_FAILURE),
}

RESETS: Final = {
    ResetReason.CONNECTION_TERMINATION: Failure(
        ResetReason.CONNECTION_TERMINATION.value, ResponseFlag.UPSTREAM_CONNECTION_TERMINATION
    ),
    ResetReason.PROTOCOL_ERROR: Failure(
        ResetReason.PROTOCOL_ERROR.value, ResponseFlag.UPSTREAM_PROTOCOL_ERROR, status=502
    ),
    ResetReason.REMOTE_RESET: Failure(ResetReason.REMOTE_RESET.value, ResponseFlag.UPSTREAM_REMOTE_RESET),
    ResetReason.REMOTE_REFUSED_STREAM_RESET: Failure(
        ResetReason.REMOTE_REFUSED_STREAM_RESET.value, ResponseFlag.UPSTREAM_REMOTE_RESET
    ),
    ResetReason.LOCAL_RESET: Failure(ResetReason.LOCAL_RESET.value, ResponseFlag.LOCAL_RESET),
    ResetReason.LOCAL_REFUSED_STREAM_RESET: Failure(
        ResetReason.LOCAL_REFUSED_STREAM_RESET.value, ResponseFlag.LOCAL_RESET
    ),
    ResetReason.OVERFLOW: Failure(ResetReason.OVERFLOW.value, ResponseFlag.UPSTREAM_OVERFLOW),
    ResetReason.HTTP1_PREMATURE_UPSTREAM_CLOSE: Failure(
        ResetReason.HTTP1_PREMATURE_UPSTREAM_CLOSE.value, ResponseFlag.UPSTREAM_CONNECTION_TERMINATION
    ),
}
