"""Frames in any pieces, with their descriptors."""

import os

import pytest

from portico.ipc.frames import HEADER, MAX_BODY_BYTES, FrameReader, close_all, frame_of
from portico.ipc.messages import Applied, ReopenLogs, StatsRequest

STREAM = frame_of(Applied(1), 0) + frame_of(ReopenLogs(), 0) + frame_of(StatsRequest(2), 0)


@pytest.mark.parametrize("cut", range(len(STREAM) + 1))
def test_frames_survive_a_cut_anywhere(cut: int) -> None:
    reader = FrameReader()
    arrived = []
    for piece in (STREAM[:cut], STREAM[cut:]):
        reader.feed(piece, [])
        while (one := reader.next()) is not None:
            arrived.append(one[0])
    assert arrived == [Applied(1), ReopenLogs(), StatsRequest(2)]


def test_a_frame_waits_for_its_descriptors_and_takes_no_others() -> None:
    reader = FrameReader()
    reader.feed(frame_of(Applied(1), 2) + frame_of(Applied(2), 1), [10])
    assert reader.next() is None
    reader.feed(b"", [11, 12])
    assert reader.next() == (Applied(1), [10, 11])
    assert reader.next() == (Applied(2), [12])


def test_an_impossible_length_is_out_of_step() -> None:
    reader = FrameReader()
    reader.feed(HEADER.pack(MAX_BODY_BYTES + 1, 0), [])
    with pytest.raises(ValueError, match="a message of"):
        reader.next()


def test_closes_the_descriptors_nobody_claimed() -> None:
    read_end, write_end = os.pipe()
    reader = FrameReader()
    reader.feed(b"", [write_end])
    reader.close()
    assert os.read(read_end, 1) == b""
    close_all([read_end])
