"""HeaderValueOption and HeaderMutation messages into mutations."""

from __future__ import annotations

from typing import Any

from portico.api.context import ServerContext
from portico.api.errors import ConfigError, Problems, inside
from portico.api.inline_headers import REQUEST, RESPONSE
from portico.formatter.commands import CommandParser
from portico.formatter.compiler import compile_format
from portico.matching.from_proto import string_matcher
from portico.router.mutation.header_mutation import AppendAction, HeaderAddition, HeaderMutations
from portico.router.mutation.ordered import Append, HeaderMutation, RemoveOnMatch

SUPPORTED: dict[str, frozenset[str]] = {
    "envoy.config.core.v3.HeaderValueOption": frozenset({"header", "append", "append_action", "keep_empty_value"}),
    "envoy.config.core.v3.HeaderValue": frozenset({"key", "value"}),  # Envoy ignores raw_value here
    "envoy.config.common.mutation_rules.v3.HeaderMutation": frozenset({"remove", "append", "remove_on_match"}),
    "envoy.config.common.mutation_rules.v3.HeaderMutation.RemoveOnMatch": frozenset({"key_matcher"}),
}


def header_mutations(owner: Any, direction: str, server: ServerContext) -> HeaderMutations:
    """``request_headers_to_{add,remove}`` of ``owner``; ``direction`` is "request" or "response".

    Raises ConfigErrors, with paths relative to ``owner``.
    """
    problems = Problems()
    additions: list[HeaderAddition] = []
    removals: list[bytes] = []
    to_add, to_remove = f"{direction}_headers_to_add", f"{direction}_headers_to_remove"
    for index, option in enumerate(getattr(owner, to_add)):
        with problems.at(f"{to_add}[{index}]"):
            additions.append(header_addition(option, server))
    for index, name in enumerate(getattr(owner, to_remove)):
        with problems.at(f"{to_remove}[{index}]"):
            removals.append(removable(name))
    problems.raise_if_any()
    return HeaderMutations(additions, removals, REQUEST if direction == "request" else RESPONSE)


def header_addition(
    message: Any, server: ServerContext, extensions: list[CommandParser] | None = None
) -> HeaderAddition:
    """HeaderValueOption; ``extensions`` bring format operators of their own."""
    key: str = message.header.key
    if key.startswith(":") or key.lower() == "host":
        raise ConfigError("", "header.key", f":-prefixed or host headers may not be modified, got {key!r}")
    action = AppendAction(message.append_action)
    if message.HasField("append"):
        if action is not AppendAction.APPEND_IF_EXISTS_OR_ADD:
            raise ConfigError("", "append", "Both append and append_action are set and it's not allowed")
        action = (
            AppendAction.APPEND_IF_EXISTS_OR_ADD if message.append.value else AppendAction.OVERWRITE_IF_EXISTS_OR_ADD
        )
    with inside("header.value"):
        value = compile_format(message.header.value, server, omit_empty=True, extensions=extensions)
    return HeaderAddition(key.lower().encode(), value, action, message.keep_empty_value)


def removable(name: str) -> bytes:
    if name.startswith(":") or name.lower() == "host":
        raise ConfigError("", "", f":-prefixed or host headers may not be removed, got {name!r}")
    return name.lower().encode()


def ordered_mutations(
    messages: Any,
    field: str,
    server: ServerContext,
    inline: frozenset[bytes] = REQUEST,
    extensions: list[CommandParser] | None = None,
) -> list[HeaderMutation]:
    """Repeated envoy.config.common.mutation_rules.v3.HeaderMutation; ``inline`` as in HeaderMutations."""
    problems = Problems()
    mutations: list[HeaderMutation] = []
    for index, message in enumerate(messages):
        with problems.at(f"{field}[{index}]"):
            mutations.append(_ordered_mutation(message, server, inline, extensions))
    problems.raise_if_any()
    return mutations


def _ordered_mutation(
    message: Any, server: ServerContext, inline: frozenset[bytes], extensions: list[CommandParser] | None
) -> HeaderMutation:
    kind = message.WhichOneof("action")
    if kind == "append":
        with inside("append"):
            return Append(HeaderMutations([header_addition(message.append, server, extensions)], [], inline))
    if kind == "remove":
        with inside("remove"):
            return Append(HeaderMutations([], [removable(message.remove)], inline))
    if kind == "remove_on_match":
        with inside("remove_on_match.key_matcher"):
            return RemoveOnMatch(string_matcher(message.remove_on_match.key_matcher))
    raise ConfigError("", "action", "is required: one of remove, append, remove_on_match")
