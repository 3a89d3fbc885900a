"""Limits on text."""

from __future__ import annotations

import pytest

from portico.config.sources import MAX_BYTES, TextError, check_size


def test_a_text_has_a_largest_size() -> None:
    check_size("f", MAX_BYTES)
    with pytest.raises(TextError, match="is 33554433 bytes long; the limit is 33554432"):
        check_size("f", MAX_BYTES + 1)
