"""A thousand chunks of one byte: with their states, or whole."""

from collections.abc import Callable, Mapping
from typing import Final

from portico.codec.http1.body import ChunkedBody

_WHOLE: Final = b"1\r\nx\r\n" * 1000
_EXTENDED: Final = b"1;\r\nx\r\n" * 1000  # an extension takes the long way


def _decode(data: bytes) -> bytes:
    return ChunkedBody(60 << 10, 100).decode(data)


VARIANTS: Final[Mapping[str, Callable[[], object]]] = {
    "state by state": lambda: _decode(_EXTENDED),
    "whole": lambda: _decode(_WHOLE),
}
