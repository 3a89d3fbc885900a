"""Chance for a whole process: drawn from the kernel in batches, since a system call per request is dear."""

from __future__ import annotations

import os
from array import array
from typing import Final

from portico.api.clock import Random

UUIDS_A_BATCH: Final = 256
WORDS_A_BATCH: Final = 512
UUID_BYTES: Final = 36
# Where the 32 hex digits stand between the dashes of 8-4-4-4-12.
DIGIT_PLACES: Final = [place for place in range(UUID_BYTES) if place not in (8, 13, 18, 23)]
VERSION_PLACE: Final = 14
VARIANT_PLACE: Final = 19
# RFC 9562 §4.1: the variant's two top bits are 10, so the digit is 8, 9, a or b.
VARIANT_OF: Final = bytes.maketrans(b"0123456789abcdef", b"89ab89ab89ab89ab")


class BatchedRandom(Random):
    """os.urandom, some kilobytes at a time. Never carried across a fork: each process makes its own."""

    def __init__(self) -> None:
        self._uuids = b""
        self._next_uuid = 0
        self._words: array[int] = array("Q")

    def below(self, limit: int) -> int:
        """Modulo of 64 random bits: the bias is limit / 2**64."""
        if not self._words:
            self._words = array("Q", os.urandom(8 * WORDS_A_BATCH))
        return self._words.pop() % limit

    def uuid4(self) -> bytes:
        start = self._next_uuid
        if start == len(self._uuids):
            self._uuids = uuid_batch()
            start = 0
        self._next_uuid = start + UUID_BYTES
        return self._uuids[start : start + UUID_BYTES]


def uuid_batch() -> bytes:
    """UUIDS_A_BATCH random UUIDs end to end. Filled by column: one slice a place, not a format a UUID."""
    digits = os.urandom(16 * UUIDS_A_BATCH).hex().encode()
    batch = bytearray(b"-" * (UUID_BYTES * UUIDS_A_BATCH))
    for digit, place in enumerate(DIGIT_PLACES):
        batch[place::UUID_BYTES] = digits[digit::32]
    # RFC 9562 §5.4: version 4.
    batch[VERSION_PLACE::UUID_BYTES] = b"4" * UUIDS_A_BATCH
    batch[VARIANT_PLACE::UUID_BYTES] = batch[VARIANT_PLACE::UUID_BYTES].translate(VARIANT_OF)
    return bytes(batch)
