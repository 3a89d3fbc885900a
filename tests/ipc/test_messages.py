"""Every message survives the wire; what is not a message is refused."""

import marshal
from dataclasses import fields

import pytest

from portico.ipc.messages import KINDS, ListenerUpdate, Message, StatsReport, decode, encode

SAMPLES = {
    "int": 7,
    "str": "café",
    "bytes": b"\x00\xff",
    "bool": True,
    "float": 1.5,
    "dict[str, int]": {"a": 1},
    "dict[str, str]": {"a": "b"},
    "tuple[str, ...]": ("a", "b"),
    "tuple[str, str, str, str]": ("a", "b", "c", "d"),
    "tuple[tuple[str, int, str], ...]": (("127.0.0.1", 1, ""), ("", 0, "/path")),
    "tuple[str, bool, str]": ("a", False, "c"),
    "tuple[int, int]": (1, 2),
    "tuple[int, bool]": (1, True),
    "Any": [{"a": [1, None]}],
}


def sample(kind: type[Message]) -> Message:
    return kind(**{field.name: SAMPLES[str(field.type)] for field in fields(kind)})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_survives_the_wire(kind: type[Message]) -> None:
    message = sample(kind)
    arrived = decode(encode(message))
    assert arrived == message
    assert type(arrived) is kind


def test_every_message_has_a_code() -> None:
    assert {kind.__name__ for kind in KINDS} == {kind.__name__ for kind in Message.__subclasses__()}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"garbage",
        encode(StatsReport(1, {}))[:-1],
        marshal.dumps((len(KINDS),)),
        marshal.dumps((0, 1)),
        marshal.dumps(5),
    ],
    ids=["empty", "garbage", "cut", "unknown code", "too few fields", "no tuple"],
)
def test_refuses_what_is_no_message(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a message"):
        decode(data)


def test_a_resource_travels_as_it_is() -> None:
    payload = bytes(range(256)) * 100
    assert decode(encode(ListenerUpdate(1, "l", payload, ()))).listener == payload  # type: ignore[attr-defined]
