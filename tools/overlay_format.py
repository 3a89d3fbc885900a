"""The overlay: a table of what Envoy's API has and xds-protos lacks, and how it is applied to descriptors.

One tab-separated row a fact, in the order of `Row`; an empty cell means "none":

    file     path      package                          rows below belong to this file; created if it is not there,
                                                        with the syntax in `type` (proto3)
    message  full name                          options created if missing; the options replace those it had
    oneof    message   name                     options created if missing
    field    message   name    number label type oneof options   added; replaces a field of that name or number
    enum     full name                                  created if missing
    value    enum      name    number           options added

`label` is `one`, `optional` (proto3 explicit presence), `required` or `repeated`; `type` is a scalar's name, a full
message name, `enum:` + a full enum name, or `map<key,value>`. Options are written in protobuf's text format.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

FileProto = descriptor_pb2.FileDescriptorProto
MessageProto = descriptor_pb2.DescriptorProto
FieldProto = descriptor_pb2.FieldDescriptorProto

SCALARS = {
    name.removeprefix("TYPE_").lower(): number
    for name, number in FieldProto.Type.items()
    if name not in ("TYPE_MESSAGE", "TYPE_ENUM", "TYPE_GROUP")
}
LABELS = {
    "one": FieldProto.LABEL_OPTIONAL,
    "optional": FieldProto.LABEL_OPTIONAL,
    "required": FieldProto.LABEL_REQUIRED,
    "repeated": FieldProto.LABEL_REPEATED,
}
# Files whose extensions options are written with; each is added as an import where its extension is used.
OPTION_FILES = {
    "validate.": "validate/validate.proto",
    "udpa.annotations.sensitive": "udpa/annotations/sensitive.proto",
    "udpa.annotations.security": "udpa/annotations/security.proto",
    "udpa.annotations.versioning": "udpa/annotations/versioning.proto",
    "udpa.annotations.file_status": "udpa/annotations/status.proto",
    "udpa.annotations.field_migrate": "udpa/annotations/migrate.proto",
    "xds.annotations.v3.": "xds/annotations/v3/status.proto",
    "envoy.annotations.": "envoy/annotations/deprecation.proto",
}


class Row(NamedTuple):
    kind: str
    owner: str
    name: str = ""
    number: str = ""
    label: str = ""
    type: str = ""
    oneof: str = ""
    options: str = ""

    def text(self) -> str:
        return "\t".join(self).rstrip("\t")


def read_rows(path: Path) -> list[Row]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Row(*line.split("\t")) for line in lines if line and not line.startswith("#")]


class OptionsText:
    """Option messages to and from text, with the extensions that the given files define."""

    def __init__(self, files: dict[str, FileProto]) -> None:
        self.pool = descriptor_pool.DescriptorPool()
        self._files = {"google/protobuf/descriptor.proto": _own_descriptor_proto(), **files}
        self._added: set[str] = set()
        for name in OPTION_FILES.values():
            self._add(name)

    def _add(self, name: str) -> None:
        if name in self._added:
            return
        self._added.add(name)
        for dependency in self._files[name].dependency:
            self._add(dependency)
        self.pool.Add(self._files[name])

    def new(self, kind: str) -> Any:
        descriptor = self.pool.FindMessageTypeByName(f"google.protobuf.{kind}")
        return message_factory.GetMessageClass(descriptor)()

    def parse(self, kind: str, text: str) -> bytes:
        serialized: bytes = text_format.Parse(text, self.new(kind), descriptor_pool=self.pool).SerializeToString(
            deterministic=True
        )
        return serialized

    def render(self, kind: str, serialized: bytes) -> str:
        message = self.new(kind)
        message.MergeFromString(serialized)
        return text_format.MessageToString(message, as_one_line=True, descriptor_pool=self.pool).strip()


def _own_descriptor_proto() -> FileProto:
    file = FileProto()
    descriptor_pb2.DESCRIPTOR.CopyToProto(file)
    return file


class Overlay:
    """Applies rows to a set of files; `files` is changed in place."""

    def __init__(self, files: dict[str, FileProto]) -> None:
        self.files = files
        self._options = OptionsText(files)
        self._messages: dict[str, tuple[FileProto, MessageProto]] = {}
        self._enums: dict[str, tuple[FileProto, descriptor_pb2.EnumDescriptorProto]] = {}
        self._touched: dict[str, FileProto] = {}
        for file in files.values():
            self._index(file)

    def apply(self, rows: Iterable[Row]) -> None:
        file: FileProto | None = None
        for row in rows:
            if row.kind == "file":
                file = self._file(row)
                self._touched[file.name] = file
                continue
            assert file is not None, "the first row must be a file row"
            if row.kind == "message":
                self._message(file, row)
            elif row.kind == "enum":
                self._enum(file, row.owner)
            elif row.kind == "oneof":
                self._oneof(row)
            elif row.kind == "field":
                self._field(row)
            elif row.kind == "value":
                self._value(row)
            else:
                raise ValueError(f"unknown kind of row: {row.kind!r}")
        for touched in self._touched.values():
            self._add_imports(touched)

    def _index(self, file: FileProto) -> None:
        for enum in file.enum_type:
            self._enums[f"{file.package}.{enum.name}"] = (file, enum)
        for name, message in walk_messages(file):
            self._messages[name] = (file, message)
            for enum in message.enum_type:
                self._enums[f"{name}.{enum.name}"] = (file, enum)

    def _file(self, row: Row) -> FileProto:
        file = self.files.get(row.owner)
        if file is None:
            file = FileProto(name=row.owner, package=row.name, syntax=row.type or "proto3")
            self.files[row.owner] = file
        if row.options:
            file.options.MergeFromString(self._options.parse("FileOptions", row.options))
        return file

    def _message(self, file: FileProto, row: Row) -> None:
        if row.owner not in self._messages:
            parent, _, name = row.owner.rpartition(".")
            if parent == file.package:
                message = file.message_type.add(name=name)
            else:
                message = self._messages[parent][1].nested_type.add(name=name)
            self._messages[row.owner] = (file, message)
        message = self._messages[row.owner][1]
        message.options.Clear()
        message.options.MergeFromString(self._options.parse("MessageOptions", row.options))

    def _enum(self, file: FileProto, full_name: str) -> None:
        parent, _, name = full_name.rpartition(".")
        if full_name not in self._enums:
            if parent == file.package:
                enum = file.enum_type.add(name=name)
            else:
                enum = self._messages[parent][1].enum_type.add(name=name)
            self._enums[full_name] = (file, enum)

    def _oneof(self, row: Row) -> int:
        message = self._messages[row.owner][1]
        names = [oneof.name for oneof in message.oneof_decl]
        if row.name not in names:
            message.oneof_decl.add(name=row.name)
            names.append(row.name)
        index = names.index(row.name)
        if row.kind == "oneof":
            message.oneof_decl[index].options.Clear()
            message.oneof_decl[index].options.MergeFromString(self._options.parse("OneofOptions", row.options))
        return index

    def _field(self, row: Row) -> None:
        message = self._messages[row.owner][1]
        number = int(row.number)
        kept = [field for field in message.field if field.name != row.name and field.number != number]
        field = FieldProto(name=row.name, number=number, label=LABELS[row.label], json_name=json_name(row.name))
        self._set_type(field, row)
        if row.oneof:
            field.oneof_index = self._oneof(Row("", row.owner, row.oneof))
        elif row.label == "optional" and self._messages[row.owner][0].syntax == "proto3":
            field.proto3_optional = True
            field.oneof_index = self._oneof(Row("", row.owner, "_" + row.name))
        if row.options:
            field.options.MergeFromString(self._options.parse("FieldOptions", row.options))
        kept.append(field)
        del message.field[:]
        message.field.extend(kept)

    def _set_type(self, field: FieldProto, row: Row) -> None:
        if row.type in SCALARS:
            field.type = FieldProto.Type.ValueType(SCALARS[row.type])
        elif row.type.startswith("enum:"):
            field.type = FieldProto.TYPE_ENUM
            field.type_name = "." + row.type.removeprefix("enum:")
        elif row.type.startswith("map<"):
            key, value = row.type[4:-1].split(",")
            field.label = FieldProto.LABEL_REPEATED
            field.type = FieldProto.TYPE_MESSAGE
            field.type_name = self._map_entry(row, key, value)
        else:
            field.type = FieldProto.TYPE_MESSAGE
            field.type_name = "." + row.type

    def _map_entry(self, row: Row, key: str, value: str) -> str:
        file, message = self._messages[row.owner]
        name = "".join(part.capitalize() for part in row.name.split("_")) + "Entry"
        full_name = f"{row.owner}.{name}"
        if full_name not in self._messages:
            entry = message.nested_type.add(name=name)
            entry.options.map_entry = True
            self._messages[full_name] = (file, entry)
            self._field(Row("field", full_name, "key", "1", "one", key))
            self._field(Row("field", full_name, "value", "2", "one", value))
        return "." + full_name

    def _value(self, row: Row) -> None:
        enum = self._enums[row.owner][1]
        if row.name not in [value.name for value in enum.value]:
            value = enum.value.add(name=row.name, number=int(row.number))
            if row.options:
                value.options.MergeFromString(self._options.parse("EnumValueOptions", row.options))

    def _add_imports(self, file: FileProto) -> None:
        needed: set[str] = set()
        for _, message in walk_messages(file):
            for field in message.field:
                name = field.type_name.removeprefix(".")
                owner = self._messages.get(name) or self._enums.get(name)
                if owner is not None:
                    needed.add(owner[0].name)
                elif name.startswith("google.protobuf."):
                    needed.add(WELL_KNOWN_FILES[name])
                elif name:
                    raise ValueError(f"{file.name}: no file defines {name}")
        needed.update(self._option_imports(file))
        needed.difference_update(file.dependency, [file.name])
        file.dependency.extend(sorted(needed))

    def _option_imports(self, file: FileProto) -> Iterator[str]:
        text = [self._options.render("FileOptions", file.options.SerializeToString())]
        for _, message in walk_messages(file):
            text.append(self._options.render("MessageOptions", message.options.SerializeToString()))
            text += [self._options.render("FieldOptions", f.options.SerializeToString()) for f in message.field]
            text += [self._options.render("OneofOptions", o.options.SerializeToString()) for o in message.oneof_decl]
        joined = "".join(text)
        for prefix, name in OPTION_FILES.items():
            if "[" + prefix in joined:
                yield name


WELL_KNOWN_FILES = {
    "google.protobuf.Any": "google/protobuf/any.proto",
    "google.protobuf.Duration": "google/protobuf/duration.proto",
    "google.protobuf.Empty": "google/protobuf/empty.proto",
    "google.protobuf.FieldMask": "google/protobuf/field_mask.proto",
    "google.protobuf.Timestamp": "google/protobuf/timestamp.proto",
    **{f"google.protobuf.{name}": "google/protobuf/struct.proto" for name in ("Struct", "Value", "ListValue")},
    **{
        f"google.protobuf.{name}Value": "google/protobuf/wrappers.proto"
        for name in ("Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes")
    },
}


def walk_messages(file: FileProto) -> Iterator[tuple[str, MessageProto]]:
    """Full name and descriptor of every message in the file, parents before what they nest."""
    pending = [(f"{file.package}.{message.name}", message) for message in file.message_type]
    while pending:
        name, message = pending.pop(0)
        yield name, message
        pending += [(f"{name}.{nested.name}", nested) for nested in message.nested_type]


def json_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)
