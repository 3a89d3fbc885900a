"""The committed descriptors: complete, current, and equal to what real Envoy carries."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import Descriptor

from portico.config.descriptor_blob import BLOB, DescriptorBlob
from portico.config.proto_pool import pool
from tests.config.tables import ENVOY_BINARIES, NO_ENVOY, ROOT

sys.path.insert(0, str(ROOT / "tools"))
import build_descriptors
import envoy_descriptors
from overlay_format import FileProto, walk_messages

REBUILD = "run: python tools/build_descriptors.py"
# Envoy's own wire formats and those of libraries it links: nobody configures with them.
INTERNAL = ("src/proto/grpc/", "source/", "tcmalloc/", "cpp2sky/", "google/")


def test_every_file_can_be_built() -> None:
    blob = DescriptorBlob()
    names = blob.file_names()
    assert len(names) > 600
    for name in names:
        assert pool.FindFileByName(name).name == name


def test_a_nested_symbol_is_found_by_its_parent() -> None:
    blob = DescriptorBlob()
    file = blob.FindFileContainingSymbol("envoy.config.cluster.v3.Cluster.LbSubsetConfig.LbSubsetSelector")
    assert file.name == "envoy/config/cluster/v3/cluster.proto"
    assert "envoy.config.cluster.v3.Cluster" in blob.top_level_symbols()


def test_what_is_unknown_is_a_key_error() -> None:
    blob = DescriptorBlob()
    with pytest.raises(KeyError):
        blob.FindFileByName("a/b.proto")
    with pytest.raises(KeyError):
        blob.FindFileContainingSymbol("a.b.C")


def test_the_overlay_was_built_in() -> None:
    assert DescriptorBlob().sources.endswith(f"overlay {build_descriptors.overlay_digest()}"), REBUILD


def test_the_committed_file_is_what_the_sources_give() -> None:
    try:
        wheel = build_descriptors.find_wheel()
    except subprocess.CalledProcessError:
        pytest.skip(f"{build_descriptors.XDS_PROTOS} can be neither found nor downloaded")
    assert build_descriptors.build(wheel) == BLOB.read_bytes(), REBUILD


@pytest.fixture(scope="module")
def envoys_files() -> dict[str, FileProto]:
    if not ENVOY_BINARIES:
        pytest.skip(NO_ENVOY)
    found = envoy_descriptors.read_descriptors(Path(ENVOY_BINARIES[0]))
    return {name: file for name, file in found.items() if not name.startswith(INTERNAL)}


def test_portico_knows_every_message_and_field_of_envoy(envoys_files: dict[str, FileProto]) -> None:
    assert len(envoys_files) > 500
    differences = [
        difference
        for file in envoys_files.values()
        for name, message in walk_messages(file)
        for difference in message_differences(message, pool.FindMessageTypeByName(name))
    ]
    assert differences == []


def message_differences(theirs: descriptor_pb2.DescriptorProto, ours: Descriptor) -> Iterator[str]:
    known = descriptor_pb2.DescriptorProto()
    ours.CopyToProto(known)
    fields = {field.name: field for field in known.field}
    for field in theirs.field:
        mine = fields.get(field.name)
        if mine is None:
            yield f"{ours.full_name}.{field.name} is missing"
        elif facts(field, theirs) != facts(mine, known):
            yield f"{ours.full_name}.{field.name}: Envoy {facts(field, theirs)}, portico {facts(mine, known)}"


def facts(field: descriptor_pb2.FieldDescriptorProto, message: descriptor_pb2.DescriptorProto) -> tuple[object, ...]:
    """All that decides how the field is written, read and checked."""
    oneof = message.oneof_decl[field.oneof_index].name if field.HasField("oneof_index") else ""
    options = field.options.SerializeToString(deterministic=True)
    return field.number, field.type, field.label, field.type_name, oneof, options


def test_portico_knows_every_enum_value_of_envoy(envoys_files: dict[str, FileProto]) -> None:
    missing: list[str] = []
    for file in envoys_files.values():
        enums = [(f"{file.package}.{enum.name}", enum) for enum in file.enum_type]
        for name, message in walk_messages(file):
            enums += [(f"{name}.{enum.name}", enum) for enum in message.enum_type]
        for name, enum in enums:
            ours = {value.name: value.number for value in pool.FindEnumTypeByName(name).values}
            missing += [f"{name}.{v.name}" for v in enum.value if ours.get(v.name) != v.number]
    assert missing == []
