"""x-request-id: when one is made, kept or replaced (envoy.extensions.request_id.uuid.v3)."""

from __future__ import annotations

from typing import Final

from portico.api.clock import Random
from portico.api.headers import RequestHeaders
from portico.api.stream_info import StreamInfo

X_REQUEST_ID: Final = b"x-request-id"


class RequestIdRules:
    """How one connection manager treats x-request-id."""

    def __init__(self, generate: bool, preserve_external: bool) -> None:
        self.generate = generate
        self.preserve_external = preserve_external

    def apply(self, headers: RequestHeaders, info: StreamInfo, is_edge: bool, random: Random) -> None:
        """Put the request's id into the block and into ``info``."""
        if not self.generate:
            info.request_id = headers.get(X_REQUEST_ID) or b""
            return
        given = headers.get(X_REQUEST_ID)
        if given and (not is_edge or self.preserve_external):
            info.request_id = given
            return
        info.request_id = random.uuid4()
        headers.set(X_REQUEST_ID, info.request_id)
