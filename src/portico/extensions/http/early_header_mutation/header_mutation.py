"""envoy.http.early_header_mutation.header_mutation: a list of header mutations before routing."""

from __future__ import annotations

from typing import Any

from portico.api.access_log import LogEntry
from portico.api.context import FactoryContext
from portico.api.headers import RequestHeaders
from portico.api.registries import EARLY_HEADER_MUTATIONS
from portico.api.stream_info import StreamInfo
from portico.http.forwarded import EarlyHeaderMutation
from portico.router.mutation.from_proto import ordered_mutations
from portico.router.mutation.ordered import HeaderMutation, apply_all


class HeaderMutations(EarlyHeaderMutation):
    """The mutations of one configuration, in order."""

    def __init__(self, mutations: list[HeaderMutation]) -> None:
        self._mutations = mutations

    def apply(self, headers: RequestHeaders, info: StreamInfo) -> bool:
        apply_all(self._mutations, headers, LogEntry(info, headers))
        return True


@EARLY_HEADER_MUTATIONS.register(
    "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation", frozenset({"mutations"})
)
def header_mutation(config: Any, context: FactoryContext) -> EarlyHeaderMutation:
    return HeaderMutations(ordered_mutations(config.mutations, "mutations", context.server))
