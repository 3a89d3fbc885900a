"""Finding one header of a browser's thirteen: a slot settled at parse time, a dict, or a scan of pairs."""

from collections.abc import Callable
from typing import Final

from bench.headers import BROWSER_HEADERS

_PAIRS: Final = [(name.lower().encode(), value.encode()) for name, value in BROWSER_HEADERS]
_DICT: Final = dict(_PAIRS)


class SlottedHeaders:
    """The header the proxy itself reads has a field of its own; the rest stay a list."""

    __slots__ = ("accept_encoding", "pairs")

    def __init__(self, pairs: list[tuple[bytes, bytes]]) -> None:
        self.pairs = pairs
        self.accept_encoding = dict(pairs).get(b"accept-encoding")


_SLOTTED: Final = SlottedHeaders(_PAIRS)


def _scan() -> bytes | None:
    for name, value in _PAIRS:
        if name == b"accept-encoding":
            return value
    return None


def _scan_absent() -> bytes | None:
    for name, value in _PAIRS:
        if name == b"x-forwarded-for":
            return value
    return None


def _dict_get() -> bytes | None:
    return _DICT.get(b"accept-encoding")


def _slot() -> bytes | None:
    return _SLOTTED.accept_encoding


VARIANTS: Final[dict[str, Callable[[], object]]] = {
    "scan of pairs, present": _scan,
    "scan of pairs, absent": _scan_absent,
    "dict": _dict_get,
    "slot": _slot,
}
