"""One HTTP message as somebody got it, piece by piece."""

from __future__ import annotations

from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders


class Message:
    """What has arrived so far. ``steps`` keeps the order and the sizes: ``["headers", "data 5", "end"]``."""

    def __init__(self) -> None:
        self.request: RequestHeaders | None = None
        self.response: ResponseHeaders | None = None
        self.informational: list[int] = []
        self.body = b""
        self.trailers: HeaderMap | None = None
        self.is_complete = False
        self.is_reset = False
        self.steps: list[str] = []

    def on_headers(self, headers: HeaderMap, end_stream: bool) -> None:
        if isinstance(headers, RequestHeaders):
            self.request = headers
        elif isinstance(headers, ResponseHeaders):
            if headers.status < 200 and headers.status != 101:
                self.informational.append(headers.status)
                return
            assert self.response is None, f"a second response: {headers!r}"
            self.response = headers
        self._step("headers", end_stream)

    def on_data(self, data: bytes, end_stream: bool) -> None:
        self.body += data
        self._step(f"data {len(data)}", end_stream)

    def on_trailers(self, trailers: HeaderMap) -> None:
        self.trailers = trailers
        self._step("trailers", True)

    def on_reset(self) -> None:
        self.is_reset = True
        self._step("reset", False)

    def _step(self, what: str, end_stream: bool) -> None:
        assert not self.is_complete, f"{what} after the end: {self!r}"
        self.steps.append(what)
        if end_stream:
            self.is_complete = True
            self.steps.append("end")

    def __repr__(self) -> str:
        head = "nothing"
        if self.request is not None:
            head = f"{self.request.method.decode()} {self.request.path.decode()}"
        elif self.response is not None:
            head = str(self.response.status)
        return f"Message({head}: {', '.join(self.steps)})"
