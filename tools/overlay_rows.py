"""Prints the overlay rows by which a real Envoy's API differs from the given descriptors.

Run after a new Envoy release, read the rows, and put what portico should know into tools/overlay/:

    python tools/overlay_rows.py path/to/envoy
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from build_descriptors import base_files, read_overlay
from envoy_descriptors import read_descriptors
from google.protobuf import descriptor_pb2
from overlay_format import SCALARS, FieldProto, FileProto, MessageProto, OptionsText, Overlay, Row, walk_messages

# Envoy's own wire formats and those of libraries it links: nobody configures with them.
INTERNAL = ("google/", "src/proto/grpc/", "source/", "tcmalloc/", "cpp2sky/")
SCALAR_NAMES = {number: name for name, number in SCALARS.items()}


def missing_rows(ours: dict[str, FileProto], envoys: dict[str, FileProto]) -> Iterator[Row]:
    options = OptionsText(ours)
    known = {name: message for file in ours.values() for name, message in walk_messages(file)}
    known_enums = dict(enum for file in ours.values() for enum in _enums(file))
    for name in sorted(envoys):
        if name.startswith(INTERNAL):
            continue
        file = envoys[name]
        rows: list[Row] = []
        for full_name, enum in _enums(file):
            rows += _enum_rows(full_name, enum, known_enums.get(full_name), options)
        messages = [(n, m) for n, m in walk_messages(file) if not m.options.map_entry]
        for full_name, message in messages:
            rows += _message_rows(full_name, message, known.get(full_name), options)
        # An enum may be nested in a message of this file, so messages come first.
        rows.sort(key=lambda row: ["message", "enum", "value", "oneof", "field"].index(row.kind))
        if rows or name not in ours:
            file_options = "" if name in ours else _file_options(file, options)
            yield Row("file", name, file.package, "", "", "" if file.syntax == "proto3" else "proto2", "", file_options)
            yield from rows


def _file_options(file: FileProto, options: OptionsText) -> str:
    message = options.new("FileOptions")
    message.MergeFromString(file.options.SerializeToString())
    for field, _ in message.ListFields():
        if not field.is_extension:
            message.ClearField(field.name)
    return options.render("FileOptions", message.SerializeToString())


def _enums(file: FileProto) -> Iterator[tuple[str, descriptor_pb2.EnumDescriptorProto]]:
    for enum in file.enum_type:
        yield f"{file.package}.{enum.name}", enum
    for name, message in walk_messages(file):
        for enum in message.enum_type:
            yield f"{name}.{enum.name}", enum


def _enum_rows(
    name: str,
    enum: descriptor_pb2.EnumDescriptorProto,
    ours: descriptor_pb2.EnumDescriptorProto | None,
    options: OptionsText,
) -> Iterator[Row]:
    if ours is None:
        yield Row("enum", name)
    have = {value.name for value in ours.value} if ours is not None else set()
    for value in enum.value:
        if value.name not in have:
            text = options.render("EnumValueOptions", value.options.SerializeToString())
            yield Row("value", name, value.name, str(value.number), options=text)


def _message_rows(name: str, message: MessageProto, ours: MessageProto | None, options: OptionsText) -> Iterator[Row]:
    text = _sorted_options("MessageOptions", message, options)
    if ours is None or text != _sorted_options("MessageOptions", ours, options):
        yield Row("message", name, options=text)
    have = {field.name: field for field in ours.field} if ours is not None else {}
    have_oneofs = {oneof.name: oneof for oneof in ours.oneof_decl} if ours is not None else {}
    maps = {f".{name}.{nested.name}": nested for nested in message.nested_type if nested.options.map_entry}
    for oneof in message.oneof_decl:
        text = _sorted_options("OneofOptions", oneof, options)
        mine = _sorted_options("OneofOptions", have_oneofs[oneof.name], options) if oneof.name in have_oneofs else ""
        if text != mine:
            yield Row("oneof", name, oneof.name, options=text)
    for field in message.field:
        row = _field_row(name, message, field, maps, options)
        mine_field = have.get(field.name)
        if ours is None or mine_field is None or row != _field_row(name, ours, mine_field, maps, options):
            yield row


def _sorted_options(kind: str, owner: object, options: OptionsText) -> str:
    return options.render(kind, owner.options.SerializeToString())  # type: ignore[attr-defined]


def _field_row(
    owner: str, message: MessageProto, field: FieldProto, maps: dict[str, MessageProto], options: OptionsText
) -> Row:
    label = "one"
    if field.label == FieldProto.LABEL_REPEATED:
        label = "repeated"
    elif field.label == FieldProto.LABEL_REQUIRED:
        label = "required"
    elif field.proto3_optional:
        label = "optional"
    kind = _type(field)
    if field.type_name in maps:
        entry = maps[field.type_name]
        kind = f"map<{_type(entry.field[0])},{_type(entry.field[1])}>"
    oneof = ""
    if field.HasField("oneof_index") and not field.proto3_optional:
        oneof = message.oneof_decl[field.oneof_index].name
    text = options.render("FieldOptions", field.options.SerializeToString())
    return Row("field", owner, field.name, str(field.number), label, kind, oneof, text)


def _type(field: FieldProto) -> str:
    if field.type == FieldProto.TYPE_MESSAGE:
        return field.type_name.removeprefix(".")
    if field.type == FieldProto.TYPE_ENUM:
        return "enum:" + field.type_name.removeprefix(".")
    return SCALAR_NAMES[field.type]


def main() -> None:
    files = base_files()
    if "--base" not in sys.argv:
        Overlay(files).apply(read_overlay())
    for row in missing_rows(files, read_descriptors(Path(sys.argv[1]))):
        print(row.text())


if __name__ == "__main__":
    main()
