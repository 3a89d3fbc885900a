"""`%REQ_WITHOUT_QUERY(X?Y):Z%`: a request header up to its first question mark. Deprecated for `%PATH(NQ)%`."""

from __future__ import annotations

from typing import Any

from portico.api.context import FactoryContext
from portico.formatter.commands import CommandParser
from portico.formatter.from_proto import FORMATTERS
from portico.formatter.operator import Operator
from portico.formatter.parser import Command
from portico.formatter.request_fields import header_without_query

SUPPORTED: dict[str, frozenset[str]] = {"envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery": frozenset()}


@FORMATTERS.register("envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery")
def req_without_query(config: Any, context: FactoryContext) -> CommandParser:
    return parse


def parse(command: Command) -> Operator | None:
    return header_without_query(command) if command.name == "REQ_WITHOUT_QUERY" else None
