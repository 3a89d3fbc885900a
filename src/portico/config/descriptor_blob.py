"""Every protobuf file portico knows, in one memory-mapped file that is parsed piece by piece.

Layout of descriptors.bin, which tools/build_descriptors.py writes:

    4 bytes      length of the index, big-endian
    index        a line naming the sources, then one line a file: path offset length package symbol symbol …
    files        serialized FileDescriptorProtos, offsets counted from here

Symbols are top-level names; a nested message is found by the name of its outermost parent.
"""

from __future__ import annotations

import mmap
from pathlib import Path

from google.protobuf import descriptor_pb2

BLOB = Path(__file__).with_name("descriptors.bin")


class DescriptorBlob:
    """A protobuf DescriptorDatabase: hands a pool the file that defines a name, when it first asks."""

    def __init__(self, path: Path = BLOB) -> None:
        with path.open("rb") as handle:
            self._data = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
        self._start = 4 + int.from_bytes(self._data[:4], "big")
        self.sources, *lines = self._data[4 : self._start].decode().splitlines()
        self._spans: dict[str, tuple[int, int]] = {}
        self._file_of: dict[str, str] = {}
        for line in lines:
            path_in_api, offset, length, package, *symbols = line.split(" ")
            self._spans[path_in_api] = (int(offset), int(length))
            for symbol in symbols:
                self._file_of[f"{package}.{symbol}"] = path_in_api

    def FindFileByName(self, name: str) -> descriptor_pb2.FileDescriptorProto:  # noqa: N802 - protobuf's interface
        """KeyError if the blob has no file of this path."""
        offset, length = self._spans[name]
        start = self._start + offset
        return descriptor_pb2.FileDescriptorProto.FromString(self._data[start : start + length])

    def FindFileContainingSymbol(self, symbol: str) -> descriptor_pb2.FileDescriptorProto:  # noqa: N802 - see above
        """KeyError if no file defines the symbol or one of its parents."""
        name = symbol
        while name not in self._file_of:
            name, dot, _ = name.rpartition(".")
            if not dot:
                raise KeyError(symbol)
        return self.FindFileByName(self._file_of[name])

    def file_names(self) -> list[str]:
        return list(self._spans)

    def top_level_symbols(self) -> list[str]:
        """Full names of all messages, enums, services and extensions that are not nested."""
        return list(self._file_of)
