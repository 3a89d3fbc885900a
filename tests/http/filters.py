"""Filters that do as a test says, and what they heard."""

from portico.api.buffer import Buffer
from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders
from portico.api.http_filter import DataStatus, HeadersStatus, HttpFilter, TrailersStatus

GET = RequestHeaders(b"GET", b"/", b"h.test")


def get(path: bytes = b"/", *fields: tuple[bytes, bytes]) -> RequestHeaders:
    return RequestHeaders(b"GET", path, b"h.test", list(fields))


def post(path: bytes = b"/", *fields: tuple[bytes, bytes]) -> RequestHeaders:
    return RequestHeaders(b"POST", path, b"h.test", list(fields))


class Says(HttpFilter):
    """Answers with the statuses it was given, by the name of the call; ``heard`` is what it was asked."""

    def __init__(self, name: str = "filter", heard: list[str] | None = None) -> None:
        self.name = name
        self.heard: list[str] = heard if heard is not None else []
        self.on_request = HeadersStatus.CONTINUE
        self.on_request_data = DataStatus.CONTINUE
        self.on_request_trailers = TrailersStatus.CONTINUE
        self.on_response = HeadersStatus.CONTINUE
        self.on_response_data = DataStatus.CONTINUE
        self.on_response_trailers = TrailersStatus.CONTINUE
        self.raises_in = ""
        self.destroyed = 0

    def decode_headers(self, headers: RequestHeaders, end_stream: bool) -> HeadersStatus:
        self._note("decode_headers", "end" if end_stream else "")
        return self.on_request

    def decode_data(self, data: Buffer, end_stream: bool) -> DataStatus:
        self._note("decode_data", data.peek().decode() + (" end" if end_stream else ""))
        return self.on_request_data

    def decode_trailers(self, trailers: HeaderMap) -> TrailersStatus:
        self._note("decode_trailers", "")
        return self.on_request_trailers

    def encode_headers(self, headers: ResponseHeaders, end_stream: bool) -> HeadersStatus:
        self._note("encode_headers", f"{headers.status}" + (" end" if end_stream else ""))
        return self.on_response

    def encode_data(self, data: Buffer, end_stream: bool) -> DataStatus:
        self._note("encode_data", data.peek().decode() + (" end" if end_stream else ""))
        return self.on_response_data

    def encode_trailers(self, trailers: HeaderMap) -> TrailersStatus:
        self._note("encode_trailers", "")
        return self.on_response_trailers

    def on_destroy(self) -> None:
        self.destroyed += 1
        self._note("on_destroy", "")

    def _note(self, call: str, what: str) -> None:
        self.heard.append(f"{self.name}.{call} {what}".rstrip())
        if self.raises_in == call:
            raise ValueError("told to")


class Answers(HttpFilter):
    """Answers by itself in one of its calls."""

    def __init__(self, call: str, status: int = 403, body: bytes = b"no") -> None:
        self.call = call
        self.status = status
        self.body = body
        self.headers: list[tuple[bytes, bytes]] | None = None

    def decode_headers(self, headers: RequestHeaders, end_stream: bool) -> HeadersStatus:
        return HeadersStatus.STOP_ITERATION if self._answers("decode_headers") else HeadersStatus.CONTINUE

    def decode_data(self, data: Buffer, end_stream: bool) -> DataStatus:
        return DataStatus.STOP_ITERATION_NO_BUFFER if self._answers("decode_data") else DataStatus.CONTINUE

    def decode_trailers(self, trailers: HeaderMap) -> TrailersStatus:
        return TrailersStatus.STOP_ITERATION if self._answers("decode_trailers") else TrailersStatus.CONTINUE

    def encode_headers(self, headers: ResponseHeaders, end_stream: bool) -> HeadersStatus:
        return HeadersStatus.STOP_ITERATION if self._answers("encode_headers") else HeadersStatus.CONTINUE

    def _answers(self, call: str) -> bool:
        if call != self.call:
            return False
        self.call = ""
        self.callbacks.send_local_reply(self.status, self.body, "told_to_answer", self.headers)
        return True
