"""Reads the FileDescriptorProtos that a real Envoy binary carries inside it.

protoc's C++ output embeds each file's serialized descriptor as one constant. Nothing marks where it starts or ends, so
the reader looks for what every one starts with (field 1, the file's name) and walks protobuf fields until one appears
that FileDescriptorProto does not have.
"""

from __future__ import annotations

import mmap
import re
from pathlib import Path

from google.protobuf import descriptor_pb2
from google.protobuf.message import DecodeError

NAME = re.compile(rb"\x0a([\x08-\x7f])([a-z0-9_]+(?:/[a-z0-9_.]+)+\.proto)")

# field number -> wire type, of google.protobuf.FileDescriptorProto (descriptor.proto); 0 varint, 2 length-delimited.
FILE_FIELDS = {1: 2, 2: 2, 3: 2, 4: 2, 5: 2, 6: 2, 7: 2, 8: 2, 9: 2, 10: 0, 11: 0, 12: 2, 14: 0, 15: 2}


def read_descriptors(binary: Path) -> dict[str, descriptor_pb2.FileDescriptorProto]:
    """File name -> descriptor, for every file found in the binary."""
    found: dict[str, descriptor_pb2.FileDescriptorProto] = {}
    with binary.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for match in NAME.finditer(data):
            if match.group(1)[0] != len(match.group(2)):
                continue
            file = _parse(data[match.start() : _end(data, match.start())])
            if file is not None:
                found.setdefault(file.name, file)
    return found


def _parse(serialized: bytes) -> descriptor_pb2.FileDescriptorProto | None:
    try:
        file = descriptor_pb2.FileDescriptorProto.FromString(serialized)
    except DecodeError:
        return None
    # A bare name is an #include list or a log text, not a descriptor.
    return file if file.package or file.message_type else None


def _end(data: mmap.mmap, position: int) -> int:
    """Offset after the last field that can belong to the file descriptor starting at `position`."""
    seen_name = False
    while True:
        tag, after = _varint(data, position)
        number, wire_type = tag >> 3, tag & 7
        # A second name means that the next file's descriptor follows without a gap.
        if FILE_FIELDS.get(number) != wire_type or (number == 1 and seen_name):
            return position
        seen_name = seen_name or number == 1
        value, after = _varint(data, after)
        if wire_type == 2:
            if value > len(data) - after:
                return position
            after += value
        position = after


def _varint(data: mmap.mmap, position: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 64 and position < len(data):
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
    return value, position
