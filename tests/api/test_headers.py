"""HeaderMap against a plain list of fields: whatever is done to it, and with or without a shared block behind it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico.api.headers import HeaderBlock, HeaderMap, RequestHeaders, ResponseHeaders

NAMES = [b"a", b"b", b"c", b"x-one", b"x-two"]
SETS = [frozenset([b"a"]), frozenset([b"b", b"x-one"]), frozenset([b"nobody"]), frozenset(NAMES)]

names = st.sampled_from(NAMES)
values = st.sampled_from([b"", b"1", b"2", b"3,4"])
fields = st.lists(st.tuples(names, values), max_size=8)


class Model:
    """What a HeaderMap must look like from outside: a list of fields."""

    def __init__(self, fields: list[tuple[bytes, bytes]]) -> None:
        self.fields = list(fields)

    def get_all(self, name: bytes) -> list[bytes]:
        return [value for each, value in self.fields if each == name]

    def set(self, name: bytes, value: bytes) -> None:
        if not self.get_all(name):
            self.fields.append((name, value))
            return
        at = [each for each, _ in self.fields].index(name)
        self.fields = [
            (name, value) if index == at else field
            for index, field in enumerate(self.fields)
            if index == at or field[0] != name
        ]

    def remove(self, names: frozenset[bytes]) -> None:
        self.fields = [field for field in self.fields if field[0] not in names]


Step = Callable[[HeaderMap, Model], None]


def add(name: bytes, value: bytes) -> Step:
    def step(headers: HeaderMap, model: Model) -> None:
        headers.add(name, value)
        model.fields.append((name, value))

    return step


def set_to(name: bytes, value: bytes) -> Step:
    def step(headers: HeaderMap, model: Model) -> None:
        headers.set(name, value)
        model.set(name, value)

    return step


def append(name: bytes, value: bytes) -> Step:
    def step(headers: HeaderMap, model: Model) -> None:
        headers.append(name, value)
        old = model.get_all(name)
        model.set(name, old[0] + b"," + value if old and old[0] else value)

    return step


def remove(name: bytes) -> Step:
    def step(headers: HeaderMap, model: Model) -> None:
        assert headers.remove(name) is bool(model.get_all(name))
        model.remove(frozenset([name]))

    return step


def remove_any(names: frozenset[bytes]) -> Step:
    def step(headers: HeaderMap, model: Model) -> None:
        assert headers.has_any(names) is any(name in names for name, _ in model.fields)
        headers.remove_any(names)
        model.remove(names)

    return step


def remove_prefix(prefix: bytes) -> Step:
    def step(headers: HeaderMap, model: Model) -> None:
        headers.remove_prefix(prefix)
        model.fields = [field for field in model.fields if not field[0].startswith(prefix)]

    return step


steps = st.lists(
    st.one_of(
        st.builds(add, names, values),
        st.builds(set_to, names, values),
        st.builds(append, names, values),
        st.builds(remove, names),
        st.builds(remove_any, st.sampled_from(SETS)),
        st.builds(remove_prefix, st.sampled_from([b"x-", b"z", b""])),
    ),
    max_size=12,
)


def assert_same(headers: HeaderMap, model: Model) -> None:
    fields = model.fields
    assert list(headers) == headers.items() == headers.all_items() == fields
    assert len(headers) == len(fields)
    assert headers.wire() == b"".join(name + b": " + value + b"\r\n" for name, value in fields)
    assert headers.byte_size() == sum(len(name) + len(value) for name, value in fields)
    assert sorted(headers.names()) == sorted({name for name, _ in fields})
    for name in [*NAMES, b"nobody", b""]:
        found = model.get_all(name)
        assert headers.get_all(name) == found
        assert headers.get(name) == (found[0] if found else None)
        assert headers.has(name) is bool(found)
        assert headers.joined(name) == (b",".join(found) if found else None)
    for each in SETS:
        assert headers.has_any(each) is any(name in each for name, _ in fields)
    assert headers.copy() == headers


@given(fields, steps)
def test_behaves_like_a_list_of_fields(start: list[tuple[bytes, bytes]], todo: list[Step]) -> None:
    headers, model = HeaderMap(list(start)), Model(start)
    for step in todo:
        step(headers, model)
        assert_same(headers, model)


def block_of(fields: list[tuple[bytes, bytes]], came_again: bool) -> HeaderBlock:
    """A block that came again remembers what is done to it."""
    block = HeaderBlock(list(fields))
    if came_again:
        block.came_again()
    return block


@given(fields, st.booleans(), steps, steps)
def test_maps_of_one_block_never_see_each_other(
    start: list[tuple[bytes, bytes]], came_again: bool, first: list[Step], second: list[Step]
) -> None:
    block = block_of(start, came_again)
    one, other = HeaderMap(None, block), HeaderMap(None, block)
    one_model, other_model = Model(start), Model(start)
    for at in range(max(len(first), len(second))):
        if at < len(first):
            first[at](one, one_model)
        if at < len(second):
            second[at](other, other_model)
        assert_same(one, one_model)
        assert_same(other, other_model)
    assert_same(HeaderMap(None, block), Model(start))
    assert block.fields == start


@given(fields, st.booleans(), steps)
def test_copy_is_another_map(start: list[tuple[bytes, bytes]], came_again: bool, todo: list[Step]) -> None:
    headers = HeaderMap(None, block_of(start, came_again))
    copied, model = headers.copy(), Model(start)
    for step in todo:
        step(copied, model)
    assert_same(copied, model)
    assert_same(headers, Model(start))


def test_block_keeps_few_variants_whatever_is_asked_of_it() -> None:
    block = block_of([(b"a", b"1"), (b"b", b"2")], came_again=True)
    block.came_again()
    memory = block.memory
    assert memory is not None
    for number in range(1000):
        HeaderMap(None, block).remove_any(frozenset([b"a", b"%d" % number]))
        HeaderMap(None, block).set(b"b", b"%d" % number)
        HeaderMap(None, block).has_any(frozenset([b"%d" % number]))
    assert max(memory.variants()) <= 8


def test_block_that_came_once_remembers_nothing() -> None:
    block = HeaderBlock([(b"a", b"1")])
    assert block.memory is None
    HeaderMap(None, block).remove_any(frozenset([b"a"]))
    assert block.memory is None


def test_pseudo_headers_of_a_request_are_asked_for_like_fields() -> None:
    headers = RequestHeaders(b"GET", b"/p", b"h", [(b"a", b"1")])
    assert [headers.get(name) for name in (b":method", b":path", b":authority", b":scheme", b":status")] == [
        b"GET",
        b"/p",
        b"h",
        b"http",
        None,
    ]
    for name in (b":method", b":path", b":authority", b":scheme"):
        headers.set(name, b"new")
        assert headers.get_all(name) == [b"new"]
    assert (headers.method, headers.path, headers.authority, headers.scheme) == (b"new", b"new", b"new", b"new")
    assert headers.items() == [(b"a", b"1")]


def test_pseudo_headers_come_first_in_http_2s_order() -> None:
    headers = RequestHeaders(b"GET", b"/p", b"h", [(b"a", b"1")], b"https")
    assert headers.all_items() == [
        (b":method", b"GET"),
        (b":scheme", b"https"),
        (b":authority", b"h"),
        (b":path", b"/p"),
        (b"a", b"1"),
    ]
    assert ResponseHeaders(204).all_items() == [(b":status", b"204")]


def test_empty_pseudo_header_is_an_absent_one() -> None:
    headers = RequestHeaders(b"CONNECT", b"", b"", [])
    assert (headers.get(b":path"), headers.has(b":authority"), headers.get_all(b":path")) == (None, False, [])


def test_status_is_a_number_behind_its_name() -> None:
    headers = ResponseHeaders(200)
    headers.set(b":status", b"503")
    assert (headers.status, headers.get(b":status")) == (503, b"503")


@pytest.mark.parametrize("headers", [RequestHeaders(b"GET", b"/", b"h"), ResponseHeaders(200), HeaderMap()])
def test_unknown_pseudo_header_cannot_be_set(headers: HeaderMap) -> None:
    with pytest.raises(KeyError):
        headers.set(b":unknown", b"1")


def test_copies_keep_their_kind() -> None:
    request = RequestHeaders(b"GET", b"/", b"h", [(b"a", b"1")], b"https")
    assert request.copy() == request
    assert ResponseHeaders(200, [(b"a", b"1")]).copy() == ResponseHeaders(200, [(b"a", b"1")])
    assert repr(ResponseHeaders(200)) == "ResponseHeaders([(b':status', b'200')])"


def test_has_no_hash_because_it_changes() -> None:
    with pytest.raises(TypeError, match="no hash"):
        hash(HeaderMap())


def test_copies_of_messages_are_written_as_the_messages_are() -> None:
    request = RequestHeaders(b"GET", b"/", b"")
    request.has_empty_authority = True
    request.original_names = {b"x": b"X"}
    copied = request.copy()
    assert (copied.get(b":authority"), copied.original_names) == (b"", {b"x": b"X"})
    response = ResponseHeaders(200)
    response.original_names = {b"x": b"X"}
    response.reason = b"Fine"
    assert (response.copy().original_names, response.copy().reason) == ({b"x": b"X"}, b"Fine")
