"""UUIDs that are UUIDs, numbers that are spread."""

import uuid
from collections import Counter

from portico.ipc.random import UUIDS_A_BATCH, BatchedRandom


def test_uuids_are_version_4_and_never_repeat() -> None:
    random = BatchedRandom()
    texts = [random.uuid4() for _ in range(3 * UUIDS_A_BATCH)]
    for text in texts:
        parsed = uuid.UUID(text.decode())
        assert parsed.version == 4
        assert parsed.variant == uuid.RFC_4122
        assert str(parsed).encode() == text
    assert len(set(texts)) == len(texts)


def test_every_random_digit_of_a_uuid_varies() -> None:
    random = BatchedRandom()
    columns = list(zip(*(random.uuid4() for _ in range(500)), strict=True))
    kinds = [len(set(column)) for column in columns]
    assert [place for place, kind in enumerate(kinds) if kind == 1] == [8, 13, 14, 18, 23]
    assert kinds[19] == 4
    assert all(kind == 16 for place, kind in enumerate(kinds) if place not in (8, 13, 14, 18, 19, 23))


def test_below_covers_its_range_evenly() -> None:
    random = BatchedRandom()
    counts = Counter(random.below(10) for _ in range(10_000))
    assert set(counts) == set(range(10))
    assert min(counts.values()) > 800  # 1000 expected, standard deviation 30


def test_below_one_is_zero() -> None:
    assert BatchedRandom().below(1) == 0
