"""One transport connection, downstream or upstream, as filters and codecs see it."""

from __future__ import annotations

from enum import Enum

from mypy_extensions import mypyc_attr

from portico.api.stats import Counter
from portico.api.stream_info import ConnectionInfo


class CloseType(Enum):
    """How to let go of a connection."""

    FLUSH_WRITE = 1  # close once everything written has left
    FLUSH_WRITE_AND_DELAY = 2  # then half-close and wait for the peer's FIN or delayed_close_timeout
    NO_FLUSH = 3  # close at once; what was not sent yet is lost
    ABORT_RESET = 4  # RST


class ConnectionEvent(Enum):
    """What became of a connection. The last two are told once, and nothing after them."""

    CONNECTED = 1
    REMOTE_CLOSE = 2
    LOCAL_CLOSE = 3


@mypyc_attr(allow_interpreted_subclasses=True)
class ConnectionHandler:
    """The one owner a connection reports to: a network filter chain, or a codec client."""

    def on_data(self, data: bytes, end_stream: bool) -> None:
        """Bytes arrived; ``end_stream``: the peer sent FIN (``data`` may be empty then)."""
        raise NotImplementedError

    def on_event(self, event: ConnectionEvent) -> None:
        raise NotImplementedError

    def on_above_write_buffer_high_watermark(self) -> None:
        """Too much unsent: stop what feeds ``write`` until the next call."""

    def on_below_write_buffer_low_watermark(self) -> None:
        """Room again."""


@mypyc_attr(allow_interpreted_subclasses=True)
class Connection:
    """Bytes in order, both ways. Writes of one event-loop turn leave together."""

    info: ConnectionInfo
    handler: ConnectionHandler  # set by the owner before the first event

    def write(self, data: bytes, end_stream: bool = False) -> None:
        """Queue ``data``; ``end_stream`` half-closes after it. Ignored once closed."""
        raise NotImplementedError

    def close(self, how: CloseType, details: str = "") -> None:
        """Idempotent. LOCAL_CLOSE is told before this returns, except while flushing.

        ``details``: why, in Envoy's words, for %DOWNSTREAM_LOCAL_CLOSE_REASON% and its upstream twin.
        """
        raise NotImplementedError

    def pause_reading(self) -> None:
        """Counted: as many resumes as pauses let bytes in again."""
        raise NotImplementedError

    def resume_reading(self) -> None:
        raise NotImplementedError

    def detect_early_close(self) -> None:
        """Let the peer's FIN or RST close the connection even while reading is paused, where the system can tell."""
        raise NotImplementedError

    def enable_half_close(self) -> None:
        """Go on writing after the peer's FIN, which otherwise closes the connection.

        It closes by itself when both sides have said their last: what we wrote is sent first.
        """
        raise NotImplementedError

    def count_bytes(self, received: Counter, sent: Counter) -> None:
        """Count in these from here on: a connection's bytes appear under one name, that of its last filter."""
        raise NotImplementedError

    def traffic(self) -> tuple[int, int]:
        """Bytes received and bytes written so far."""
        raise NotImplementedError

    def set_delayed_close(self, delay_s: float, expired: Counter | None = None) -> None:
        """How long FLUSH_WRITE_AND_DELAY waits for the peer's FIN, and any flush for a peer that takes nothing.

        ``expired`` counts those that waited in vain.
        """
        raise NotImplementedError

    def is_open(self) -> bool:
        raise NotImplementedError

    def is_above_high_watermark(self) -> bool:
        raise NotImplementedError
