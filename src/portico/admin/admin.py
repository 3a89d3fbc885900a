"""From a request to its endpoint: which paths there are, who may call them, with which method."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from portico.admin import help as help_endpoint
from portico.admin import home
from portico.admin.endpoints import ENDPOINTS
from portico.admin.exchange import AdminRequest, AdminResponse, Endpoint, text
from portico.admin.state import ServerState

PathPredicate = Callable[[str], bool]

SLASHES = re.compile("/{2,}")


class Admin:
    """The admin interface without its listener."""

    def __init__(self, state: ServerState, allow_paths: list[PathPredicate] | None = None) -> None:
        self.state = state
        self.allow_paths = allow_paths or []  # empty = every path
        home_page = Endpoint("/", "Admin home page", self.answer_home)
        help_text = Endpoint("/help", "print out list of admin commands", self.answer_help)
        self.endpoints = {each.path: each for each in (home_page, help_text, *ENDPOINTS)}

    async def answer(self, request: AdminRequest) -> AdminResponse:
        path = normalized(request.path)
        if self.allow_paths and not any(allows(path) for allows in self.allow_paths):
            return text(f"request to path {path} not allowed", 403)
        endpoint = self.endpoints.get(path)
        if endpoint is None:
            return help_endpoint.not_found(self.endpoints.values())
        if endpoint.is_mutation and request.method != "POST":
            return text(f"Method {request.method} not allowed, POST required.", 405)
        return await endpoint.handler(request, self.state)

    async def answer_home(self, request: AdminRequest, state: ServerState) -> AdminResponse:
        return home.page(self.endpoints.values())

    async def answer_help(self, request: AdminRequest, state: ServerState) -> AdminResponse:
        return text(help_endpoint.listing(self.endpoints.values()))


def normalized(path: str) -> str:
    """Envoy's admin listener normalizes paths: percent-encoded letters, double slashes, dot segments."""
    kept: list[str] = []
    for segment in SLASHES.sub("/", unquote(path, errors="replace")).split("/")[1:]:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    return "/" + "/".join(kept)
