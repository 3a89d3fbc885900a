from hypothesis import given
from hypothesis import strategies as st

from portico.api.buffer import Buffer

pieces = st.lists(st.binary(max_size=5), max_size=6)


def filled(chunks: list[bytes]) -> Buffer:
    buffer = Buffer()
    for chunk in chunks:
        buffer.append(chunk)
    return buffer


@given(pieces, st.integers(min_value=0, max_value=30))
def test_is_the_bytes_that_were_put_in_whatever_pieces_they_came_in(chunks: list[bytes], count: int) -> None:
    whole = b"".join(chunks)
    assert len(filled(chunks)) == len(whole)
    assert filled(chunks).peek() == filled(chunks).take() == whole
    assert b"".join(filled(chunks).chunks()) == whole
    drained = filled(chunks)
    assert (drained.drain(count), drained.peek(), len(drained)) == (whole[:count], whole[count:], len(whole[count:]))


@given(pieces, pieces)
def test_move_leaves_the_other_empty(one: list[bytes], other: list[bytes]) -> None:
    first, second = filled(one), filled(other)
    first.move(second)
    assert (first.peek(), len(second), second.peek()) == (b"".join(one + other), 0, b"")


def test_take_empties() -> None:
    buffer = Buffer(b"abc")
    assert (buffer.take(), len(buffer), buffer.take()) == (b"abc", 0, b"")


def test_nothing_is_joined_until_somebody_asks() -> None:
    buffer = filled([b"a", b"", b"b"])
    assert buffer.chunks() == [b"a", b"b"]
    buffer.peek()
    assert buffer.chunks() == [b"ab"]


def test_prepend_replace_and_clear() -> None:
    buffer = Buffer(b"b")
    buffer.prepend(b"a")
    buffer.prepend(b"")
    assert (repr(buffer), len(buffer)) == ("Buffer(b'ab')", 2)
    buffer.replace(b"new")
    assert (buffer.peek(), len(buffer)) == (b"new", 3)
    buffer.clear()
    assert (buffer.peek(), len(buffer)) == (b"", 0)
