"""A configuration file or text to a message, whatever its format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from google.protobuf import text_format
from google.protobuf.message import DecodeError

from portico.api.errors import ConfigError
from portico.config import field_path
from portico.config.json_mapping import Findings, parse_message
from portico.config.json_reader import read_json
from portico.config.located import Document, describe, unmark
from portico.config.positions import Place
from portico.config.proto_pool import message_class, pool
from portico.config.sources import MAX_BYTES, TextError, check_size
from portico.config.unknown_fields import UnknownFields
from portico.config.yaml_reader import read_yaml


class Format(Enum):
    YAML = "yaml"
    JSON = "json"
    BINARY = "binary"
    TEXT = "text"
    GUESS = "guess"  # JSON if it starts like JSON, else YAML, of which JSON is nearly a subset


# Envoy compares without case; the last two are protobuf's own names for what Envoy calls .pb_text.
FORMATS = {
    ".yaml": Format.YAML,
    ".yml": Format.YAML,
    ".json": Format.JSON,
    ".pb": Format.BINARY,
    ".pb_text": Format.TEXT,
    ".textproto": Format.TEXT,
    ".txtpb": Format.TEXT,
}


@dataclass
class ReadMessage:
    """A message, complete only if `findings` has no errors, and the text it came from."""

    message: Any
    findings: Findings
    documents: list[Document]
    # Places and texts of what is legal but probably not meant.
    oddities: list[tuple[Place, str]] = field(default_factory=list)
    # Names of fields were read, so an unknown one is in `findings`; else it hides in the message, as a number.
    is_from_fields: bool = True

    @classmethod
    def of(cls, message: Any) -> ReadMessage:
        """A message that came without a text."""
        return cls(message, Findings(), [], is_from_fields=False)

    def merge(self, other: ReadMessage) -> None:
        """Protobuf's MergeFrom: scalars override, lists append, messages merge. Paths of `other` are renumbered."""
        shift = {name: len(items) for name, items in _lists(self.message)}
        for error in (*other.findings.errors, *other.findings.unknown):
            error.field_path = _renumber(error.field_path, shift)
        self.message.MergeFrom(other.message)
        self.findings.errors += other.findings.errors
        self.findings.unknown += other.findings.unknown
        self.documents += other.documents
        self.oddities += other.oddities
        self.is_from_fields = self.is_from_fields and other.is_from_fields


def _lists(message: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Path and items of every list that can be reached without an index."""
    for item_field, value in message.ListFields():
        inner = field_path.join(path, item_field.name)
        if item_field.is_repeated:
            yield inner, value
        elif item_field.message_type is not None:
            yield from _lists(value, inner)


def _renumber(path: str, shift: dict[str, int]) -> str:
    name, bracket, rest = path.partition("[")
    number, _, after = rest.partition("]")
    if not bracket or name not in shift or not number.isdigit():
        return path
    return f"{name}[{int(number) + shift[name]}]{after}"


def format_of(path: str) -> Format:
    return FORMATS.get(Path(path).suffix.lower(), Format.GUESS)


def read_file(path: str, full_name: str, unknown_fields: UnknownFields) -> ReadMessage:
    """Raises TextError if the text has no structure, ConfigError if there is no file."""
    try:
        with Path(path).open("rb") as handle:
            data = handle.read(MAX_BYTES + 1)
            if len(data) > MAX_BYTES:
                check_size(path, max(Path(path).stat().st_size, len(data)))
    except FileNotFoundError:
        raise ConfigError("", "", f"Invalid path: {path}") from None
    except OSError as error:
        raise ConfigError("", "", f"unable to read file: {path}: {error.strerror}") from None
    return read_text(data, path, format_of(path), full_name, unknown_fields)


def read_text(
    data: bytes | str, name: str, text_format_: Format, full_name: str, unknown_fields: UnknownFields
) -> ReadMessage:
    """`name` is the file or flag to blame in errors."""
    check_size(name, len(data))
    if text_format_ is Format.BINARY:
        return _read_binary(data.encode() if isinstance(data, str) else data, name, full_name)
    if text_format_ is Format.TEXT:
        return _read_proto_text(_decode(data, name), name, full_name)
    if text_format_ is Format.GUESS:
        start = data.lstrip()[:1]
        text_format_ = Format.JSON if start in (b"{", "{") else Format.YAML
    if text_format_ is Format.JSON:
        document = read_json(_decode(data, name), name)
    else:
        document = read_yaml(data, name)
    if document.root is None or isinstance(document.root, str | int | float):
        found = "nothing" if document.root is None else describe(document.root)
        raise TextError(name, 1, 1, f"expected an object ({full_name}), found {found}")
    findings = Findings()
    message = parse_message(document.root, full_name, unknown_fields, findings)
    oddities = [(Place(name, *unmark(position)), text) for position, text in document.oddities]
    return ReadMessage(message, findings, [document], oddities)


def _decode(data: bytes | str, name: str) -> str:
    if isinstance(data, str):
        return data
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        raise TextError(name, line, column, f"byte 0x{data[error.start]:02x} is not UTF-8") from None


def _read_binary(data: bytes, name: str, full_name: str) -> ReadMessage:
    message = message_class(full_name)()
    try:
        message.ParseFromString(data)
    except DecodeError:
        raise TextError(name, 0, 0, f"is not a serialized {full_name}") from None
    return ReadMessage(message, Findings(), [Document(name, None)], is_from_fields=False)


def _read_proto_text(text: str, name: str, full_name: str) -> ReadMessage:
    message = message_class(full_name)()
    try:
        text_format.Parse(text, message, descriptor_pool=pool)
    except text_format.ParseError as error:
        reason = str(error).split(" : ", 1)[-1].strip("'")
        raise TextError(name, error.GetLine() or 1, error.GetColumn() or 1, reason) from None
    except RecursionError:  # protobuf's text reader has no limit of its own
        raise TextError(name, 1, 1, "messages are nested too deep to be read") from None
    return ReadMessage(message, Findings(), [Document(name, None)])
