"""SubstitutionFormatString messages, and the deprecated ways to write a format, into formatters."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from portico.api.context import FactoryContext
from portico.api.errors import ConfigError, Problems, inside
from portico.api.registry import Registry
from portico.formatter.commands import CommandParser
from portico.formatter.compiler import compile_format, compile_json
from portico.formatter.formatter import Formatter

# Extensions of SubstitutionFormatString.formatters: (message's Any, context) -> its commands.
FORMATTERS: Registry[Callable[[Any, FactoryContext], CommandParser]] = Registry("envoy.formatter")

SUPPORTED: dict[str, frozenset[str]] = {
    "envoy.config.core.v3.SubstitutionFormatString": frozenset(
        {
            "text_format",
            "text_format_source",
            "json_format",
            "omit_empty_values",
            "content_type",
            "formatters",
            "json_format_options",
        }
    ),
    "envoy.config.core.v3.JsonFormatOptions": frozenset({"sort_properties"}),
}


def substitution_format(message: Any, context: FactoryContext) -> Formatter:
    """A SubstitutionFormatString. Raises ConfigError or ConfigErrors, relative to the message."""
    extensions = command_parsers(message.formatters, context)
    kind = message.WhichOneof("format")
    with inside(kind or "format"):
        return _format(message, kind, context, extensions)


def command_parsers(formatters: Any, context: FactoryContext) -> list[CommandParser]:
    """The operators that the extensions of a ``formatters`` field bring. Raises ConfigErrors relative to its owner."""
    problems = Problems()
    extensions: list[CommandParser] = []
    for index, extension in enumerate(formatters):
        with problems.at(f"formatters[{index}].typed_config"):
            extensions.append(_extension(extension, context))
    problems.raise_if_any()
    return extensions


def content_type(message: Any) -> str:
    """What a body of this format is: its own word, else by its kind."""
    if message.content_type:
        return str(message.content_type)
    return "application/json" if message.WhichOneof("format") == "json_format" else "text/plain"


def struct_to_python(message: Any) -> dict[str, Any]:
    """A google.protobuf.Struct as dicts, lists, strings, floats, booleans and None."""
    return {key: _value_to_python(value) for key, value in message.fields.items()}


def read_data_source(message: Any) -> bytes:
    """A DataSource's bytes. Raises ConfigError with Envoy's words."""
    kind = message.WhichOneof("specifier")
    if kind == "filename":
        try:
            return Path(message.filename).read_bytes()
        except OSError:
            raise ConfigError("", "filename", f"Invalid path: {message.filename}") from None
    if kind == "environment_variable":
        value = os.environb.get(message.environment_variable.encode())
        if value is None:
            name = message.environment_variable
            raise ConfigError("", "environment_variable", f"Environment variable doesn't exist: {name}")
        return value
    return bytes(message.inline_bytes) if kind == "inline_bytes" else str(message.inline_string).encode()


def _format(message: Any, kind: str | None, context: FactoryContext, extensions: list[CommandParser]) -> Formatter:
    omit_empty: bool = message.omit_empty_values
    if kind == "json_format":
        template = struct_to_python(message.json_format)
        return compile_json(template, context.server, omit_empty, extensions)
    if kind == "text_format":
        return compile_format(message.text_format, context.server, omit_empty, extensions)
    if kind == "text_format_source":
        text = read_data_source(message.text_format_source).decode("utf-8", "surrogateescape")
        return compile_format(text, context.server, omit_empty, extensions)
    raise ConfigError("", "", "is required: one of text_format, json_format, text_format_source")


def _value_to_python(value: Any) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return struct_to_python(value.struct_value)
    if kind == "list_value":
        return [_value_to_python(item) for item in value.list_value.values]
    return None if kind in (None, "null_value") else getattr(value, kind)


def _extension(message: Any, context: FactoryContext) -> CommandParser:
    type_name = message.typed_config.type_url.rpartition("/")[2]
    try:
        factory = FORMATTERS.lookup(type_name).factory
    except ConfigError:
        raise ConfigError("", "", f"Formatter not found: {message.name}") from None
    return factory(message.typed_config, context)
