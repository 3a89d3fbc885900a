"""Files of every format."""

from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf import text_format

from portico.api.errors import ConfigError
from portico.config.proto_pool import message_class
from portico.config.source_text import Format, ReadMessage, format_of, read_file, read_text
from portico.config.sources import MAX_BYTES, TextError
from portico.config.unknown_fields import UnknownFields

LOCALITY = "envoy.config.core.v3.Locality"
WANTED = message_class(LOCALITY)(region="r", zone="z")


def read(path: Path) -> ReadMessage:
    return read_file(str(path), LOCALITY, UnknownFields.REJECT)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.yaml", b"region: r\nzone: z\n"),
        ("a.YML", b"{region: r, zone: z}"),
        ("a.json", b'{"region": "r", "zone": "z"}'),
        ("a.pb", WANTED.SerializeToString()),
        ("a.pb_text", text_format.MessageToBytes(WANTED)),
        ("a.txtpb", text_format.MessageToBytes(WANTED)),
        ("a", b"region: r\nzone: z\n"),
        ("a.conf", b' {"region": "r", "zone": "z"}'),
    ],
)
def test_the_name_says_the_format(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert read(path).message == WANTED


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.yaml", b"hello", "1:1: expected an object (envoy.config.core.v3.Locality), found 'hello'"),
        ("a.yaml", b"", "1:1: expected an object (envoy.config.core.v3.Locality), found nothing"),
        ("a.json", b'{"region": \n x', "2:2: invalid JSON: expected a value, found 'x'"),
        ("a.json", b'{"region":\n "\xff"}', "2:3: byte 0xff is not UTF-8"),
        ("a.pb", b"\xff", "0:0: is not a serialized envoy.config.core.v3.Locality"),
        ("a.pb_text", b'region: "r"\n zne: 1', '2:2: Message type "envoy.config.core.v3.Locality" has no field named'),
    ],
)
def test_a_broken_text_names_its_place(tmp_path: Path, name: str, content: bytes, complaint: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(TextError) as caught:
        read(path)
    assert caught.value.file == str(path)
    assert f"{caught.value.line}:{caught.value.column}: {caught.value}".startswith(complaint)


def test_a_missing_file_is_named_as_envoy_names_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^Invalid path: .*/none\.yaml$"):
        read(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match="unable to read file"):
        read(tmp_path)


def test_too_large_a_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    with path.open("wb") as handle:
        handle.truncate(100 << 20)
    with pytest.raises(TextError, match=f"is {100 << 20} bytes long; the limit is {MAX_BYTES}"):
        read(path)


def test_formats_are_told_by_suffix() -> None:
    assert format_of("/x/a.pb_text") is Format.TEXT
    assert format_of("/x.pb/a") is Format.GUESS


def test_texts_merge_as_protobuf_merges_messages() -> None:
    name = "envoy.config.bootstrap.v3.Bootstrap"
    first = read_text(
        "{node: {id: a}, static_resources: {clusters: [{name: x}, {name: z}]}, enable_dispatcher_stats: true}",
        "first",
        Format.YAML,
        name,
        UnknownFields.REJECT,
    )
    second = read_text(
        "{node: {id: c}, static_resources: {clusters: [{name: w, nme: 1}]}, enable_dispatcher_stats: false}",
        "second",
        Format.YAML,
        name,
        UnknownFields.REJECT,
    )
    first.merge(second)
    bootstrap = first.message
    assert bootstrap.node.id == "c"
    assert [cluster.name for cluster in bootstrap.static_resources.clusters] == ["x", "z", "w"]
    assert bootstrap.enable_dispatcher_stats  # false is the default value, which never overrides
    assert [error.field_path for error in first.findings.errors] == ["static_resources.clusters[2].nme"]


def test_a_deeply_nested_proto_text_is_refused() -> None:
    text = "fields { key: 'a' value { struct_value { " * 10_000
    with pytest.raises(TextError, match="nested too deep"):
        read_text(text, "f", Format.TEXT, "google.protobuf.Struct", UnknownFields.REJECT)
