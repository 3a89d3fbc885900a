"""`%METADATA(TYPE:NAMESPACE:KEY*):Z%`, asked for by name. Envoy 1.40 has the command built in, and so has portico."""

from __future__ import annotations

from typing import Any

from portico.api.context import FactoryContext
from portico.formatter.commands import CommandParser
from portico.formatter.from_proto import FORMATTERS
from portico.formatter.metadata_fields import any_metadata_operator
from portico.formatter.operator import Operator
from portico.formatter.parser import Command

SUPPORTED: dict[str, frozenset[str]] = {"envoy.extensions.formatter.metadata.v3.Metadata": frozenset()}


@FORMATTERS.register("envoy.extensions.formatter.metadata.v3.Metadata")
def metadata(config: Any, context: FactoryContext) -> CommandParser:
    return parse


def parse(command: Command) -> Operator | None:
    return any_metadata_operator(command) if command.name == "METADATA" else None
