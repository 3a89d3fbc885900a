"""Fields that end at this hop because ``connection`` names them (RFC 9110 §7.6.1)."""

from __future__ import annotations

from typing import Final

# They say something about the connection; what they stand for is removed, or kept for an upgrade, by who forwards.
_OPTIONS: Final = frozenset([b"close", b"keep-alive", b"upgrade", b"connection"])
# Whoever could have these dropped could hide where a request came from.
# Source: envoy Utility::sanitizeConnectionHeader.
_FORBIDDEN: Final = frozenset([b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto"])
_MAX_TOKENS: Final = 9  # the same
_MAX_TE_BYTES: Final = 255  # the same
_TE: Final = b"te"
_TE_TRAILERS: Final = (_TE, b"trailers")


def nominated(connection: bytes) -> frozenset[bytes] | None:
    """The names that a joined ``connection`` value takes off the request; None = the request is refused."""
    tokens = [token.strip() for token in connection.lower().split(b",") if token]
    if len(tokens) > _MAX_TOKENS:
        return None
    names = frozenset(tokens) - _OPTIONS
    if not names.isdisjoint(_FORBIDDEN) or any([name.startswith(b":") for name in names]):
        return None
    return names


def without_nominated(fields: list[tuple[bytes, bytes]], names: frozenset[bytes]) -> list[tuple[bytes, bytes]] | None:
    """``fields`` less those in ``names``; None = the request is refused. ``te: trailers`` survives its nomination."""
    kept: list[tuple[bytes, bytes]] = []
    for field in fields:
        if field[0] not in names:
            kept.append(field)
        elif field[0] == _TE:
            if len(field[1]) > _MAX_TE_BYTES:
                return None
            if b"trailers" in [token.strip() for token in field[1].lower().split(b",")]:
                kept.append(_TE_TRAILERS)
    return kept
