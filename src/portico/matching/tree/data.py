"""What a matcher tree may look at."""

from __future__ import annotations

from mypy_extensions import mypyc_attr

from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders
from portico.api.stream_info import ConnectionInfo, StreamInfo


class MatchData:
    """One request, response or connection at the moment of the question; None = not there (yet)."""

    def __init__(
        self,
        connection: ConnectionInfo,
        info: StreamInfo | None = None,
        request: RequestHeaders | None = None,
        response: ResponseHeaders | None = None,
    ) -> None:
        self.connection = connection
        self.info = info
        self.request = request
        self.response = response
        self.request_trailers: HeaderMap | None = None
        self.response_trailers: HeaderMap | None = None
        # Set by whatever asked for a part that is None: the tree's None then means "not decided", not "no match".
        self.is_incomplete = False


@mypyc_attr(allow_interpreted_subclasses=True)
class MatchInput:
    """Where a predicate's value comes from. Open: extensions bring their own."""

    def value(self, data: MatchData) -> bytes | None:
        """None = there is no such value, or not yet: then ``data.is_incomplete`` is set as well."""
        raise NotImplementedError


@mypyc_attr(allow_interpreted_subclasses=True)
class ValuePredicate:
    """What a predicate asks of its input's value (``value_match``, ``custom_match``)."""

    def accepts(self, value: bytes | None) -> bool:
        """``value`` None: the input had none."""
        raise NotImplementedError
