"""Builds src/portico/config/descriptors.bin: every protobuf file portico knows, in one file with an index.

    python tools/build_descriptors.py [--wheel xds_protos-1.85.0-py3-none-any.whl] [--output FILE]

The files come from the xds-protos wheel, whose modules are read as text and never imported (they would shadow the
top-level packages of others), from the protobuf package itself, and from the overlay in tools/overlay/.
Layout of the result: see portico.config.descriptor_blob.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from google.protobuf import (
    any_pb2,
    api_pb2,
    descriptor_pb2,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    source_context_pb2,
    struct_pb2,
    timestamp_pb2,
    type_pb2,
    wrappers_pb2,
)
from overlay_format import FileProto, Overlay, Row, read_rows

XDS_PROTOS = "xds-protos==1.85.0"
ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / "build" / "xds-protos"
OUTPUT = ROOT / "src" / "portico" / "config" / "descriptors.bin"
OVERLAYS = ROOT / "tools" / "overlay"

WELL_KNOWN = (
    any_pb2,
    api_pb2,
    descriptor_pb2,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    source_context_pb2,
    struct_pb2,
    timestamp_pb2,
    type_pb2,
    wrappers_pb2,
)
# Everything these import comes along; the rest of xds-protos (google/api/**, conformance tests) is of no use here.
WANTED = ("envoy/", "xds/", "udpa/", "validate/", "opentelemetry/", "src/proto/grpc/", "io/prometheus/")


def find_wheel() -> Path:
    """The pinned wheel: the cached copy, else downloaded into build/."""
    wheels = sorted(CACHE.glob("xds_protos-*.whl"))
    if not wheels:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(CACHE), XDS_PROTOS]
        subprocess.run(command, check=True)
        wheels = sorted(CACHE.glob("xds_protos-*.whl"))
    return wheels[-1]


def read_wheel(wheel: Path) -> dict[str, FileProto]:
    """The descriptors that the wheel's generated modules hold as literals."""
    files: dict[str, FileProto] = {}
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith("_pb2.py"):
                for serialized in _serialized_files(archive.read(name)):
                    file = FileProto.FromString(serialized)
                    files[file.name] = file
    return files


def _serialized_files(source: bytes) -> Iterator[bytes]:
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "AddSerializedFile"
        ):
            literal = node.args[0]
            assert isinstance(literal, ast.Constant)
            assert isinstance(literal.value, bytes)
            yield literal.value


def base_files(wheel: Path | None = None) -> dict[str, FileProto]:
    """Path -> descriptor, before the overlay."""
    files = read_wheel(wheel or find_wheel())
    for module in WELL_KNOWN:
        file = FileProto()
        module.DESCRIPTOR.CopyToProto(file)
        files[file.name] = file
    return files


def read_overlay() -> list[Row]:
    return [row for path in sorted(OVERLAYS.glob("*.tsv")) for row in read_rows(path)]


def wanted_files(files: dict[str, FileProto]) -> list[FileProto]:
    """Files portico is asked for by name, and all they import, sorted by path."""
    pending = [name for name in files if name.startswith((*WANTED, "google/protobuf/"))]
    chosen: dict[str, FileProto] = {}
    while pending:
        name = pending.pop()
        if name not in chosen:
            chosen[name] = files[name]
            pending += files[name].dependency
    return [chosen[name] for name in sorted(chosen)]


def encode(files: list[FileProto]) -> bytes:
    """Index and serialized files as portico.config.descriptor_blob reads them."""
    bodies = [file.SerializeToString(deterministic=True) for file in files]
    lines = [f"portico descriptors 1 {XDS_PROTOS} overlay {overlay_digest()}"]
    offset = 0
    for file, body in zip(files, bodies, strict=True):
        lines.append(" ".join([file.name, str(offset), str(len(body)), file.package, *_symbols(file)]))
        offset += len(body)
    index = "\n".join(lines).encode() + b"\n"
    return len(index).to_bytes(4, "big") + index + b"".join(bodies)


def _symbols(file: FileProto) -> list[str]:
    """Top-level names; a nested one is found by its first parent."""
    kinds = (file.message_type, file.enum_type, file.service, file.extension)
    return [symbol.name for kind in kinds for symbol in kind]


def overlay_digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(OVERLAYS.glob("*.tsv")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def build(wheel: Path | None = None) -> bytes:
    files = base_files(wheel)
    Overlay(files).apply(read_overlay())
    return encode(wanted_files(files))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheel", type=Path, help="xds-protos wheel to read instead of downloading the pinned one")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args()
    blob = build(arguments.wheel)
    arguments.output.write_bytes(blob)
    print(f"{arguments.output}: {len(blob)} bytes")


if __name__ == "__main__":
    main()
