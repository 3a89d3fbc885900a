"""/config_dump: the configuration that runs, whole or by resource, name and field mask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from portico.admin.config_dump_messages import dumps
from portico.admin.documents import render
from portico.admin.exchange import PLAIN, AdminRequest, AdminResponse, Endpoint, Param, json_text
from portico.admin.proto_json import document
from portico.admin.regexes import BadRegexError, compile_filter
from portico.admin.state import ServerState
from portico.config.proto_pool import ANY, message_class
from portico.config.protos import pack, unpack


class RefusedError(Exception):
    """The answer's status and text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(status, text)
        self.status = status
        self.text = text


async def answer(request: AdminRequest, state: ServerState) -> AdminResponse:
    params = request.params
    resource = params.get("resource")
    mask = params.get("mask")
    dump = message_class("envoy.admin.v3.ConfigDump")()
    try:
        sections = dumps(state.config, params.has("include_eds"), name_filter(params.get("name_regex")))
        if resource:
            items = repeated_field(sections, resource)
            chosen = [masked_item(item, mask) for item in items] if mask else items
        else:
            chosen = masked_sections(sections, mask) if mask else sections
    except RefusedError as refused:
        return AdminResponse(refused.status, refused.text.encode(), PLAIN)
    for message in chosen:
        dump.configs.add().CopyFrom(pack(message))
    return json_text(render(document(dump)))


def name_filter(pattern: str | None) -> Callable[[str], bool]:
    if not pattern:
        return lambda _: True
    try:
        compiled = compile_filter(pattern)
    except BadRegexError as error:
        raise RefusedError(400, f"INVALID_ARGUMENT: Error while parsing name_regex from {pattern}: {error}") from None
    return lambda name: compiled.fullmatch(name) is not None


def repeated_field(sections: list[Any], resource: str) -> list[Any]:
    """The members of the field of that name, in whichever section has it."""
    for section in sections:
        field = section.DESCRIPTOR.fields_by_name.get(resource)
        if field is None:
            continue
        if not field.is_repeated:
            raise RefusedError(400, f"{resource} is not a repeated field. Use ?mask={resource} to get only this field")
        return list(getattr(section, resource))
    raise RefusedError(404, f"{resource} not found in config dump")


def masked_sections(sections: list[Any], mask: str) -> list[Any]:
    """Only what the mask names, of the sections to which all of it applies."""
    field_mask = message_class("google.protobuf.FieldMask")(paths=mask.split(","))
    chosen: list[Any] = []
    for section in sections:
        if field_mask.IsValidForDescriptor(section.DESCRIPTOR):
            trimmed = type(section)()
            field_mask.MergeMessage(section, trimmed)
            chosen.append(trimmed)
    if not chosen:
        raise RefusedError(400, f"FieldMask {mask} could not be successfully applied to any configs.")
    return chosen


def masked_item(item: Any, mask: str) -> Any:
    """One member of a repeated field under the mask. A path into an Any goes on inside the message it holds."""
    paths = mask.split(",")
    trimmed = type(item)()
    for path in paths:
        name, _, rest = path.partition(".")
        field = item.DESCRIPTOR.fields_by_name.get(name)
        if field is None:
            raise unusable(paths)
        if field.message_type is not None and field.message_type.full_name == ANY:
            merge_any(getattr(item, name), getattr(trimmed, name), rest, paths)
            continue
        merge(item, trimmed, path, paths)
    return trimmed


def merge_any(source: Any, target: Any, path: str, paths: list[str]) -> None:
    if not path:
        raise unusable(paths)
    if not source.type_url:
        return
    whole = unpack(source)
    kept = unpack(target) if target.type_url else type(whole)()
    merge(whole, kept, path, paths)
    target.CopyFrom(pack(kept))


def merge(source: Any, target: Any, path: str, paths: list[str]) -> None:
    field_mask = message_class("google.protobuf.FieldMask")(paths=[path])
    if not field_mask.IsValidForDescriptor(source.DESCRIPTOR):
        raise unusable(paths)
    field_mask.MergeMessage(source, target)


def unusable(paths: list[str]) -> RefusedError:
    listed = "".join(f'paths: "{path}"\n' for path in paths)
    return RefusedError(400, f"FieldMask {listed} could not be successfully used.")


CONFIG_DUMP = Endpoint(
    "/config_dump",
    "dump current Envoy configs",
    answer,
    params=(
        Param("resource", "The resource to dump"),
        Param(
            "mask",
            "The mask to apply. When both resource and mask are specified, the mask is applied to every element in "
            "the desired repeated field so that only a subset of fields are returned. The mask is parsed as a "
            "Protobuf::FieldMask",
        ),
        Param(
            "name_regex",
            "Dump only the currently loaded configurations whose names match the specified regex. Can be used with "
            "both resource and mask query parameters.",
        ),
        Param(
            "include_eds",
            "Dump currently loaded configuration including EDS. See the response definition for more information",
        ),
    ),
)
